/** Which reports are owed for what became of a recipient (RFC 3461 §4.1, §5.2, RFC 2852 §4.1). */
import type { RecipientOutcome } from '../smtp/index.js';
import type { Delivery, NotifyEvent, RecipientAttributes } from '../spool/index.js';
import type { ReportAction } from './report-facts.js';

const EVENTS: Readonly<Record<ReportAction, NotifyEvent>> = {
  failed: 'FAILURE',
  delayed: 'DELAY',
  delivered: 'SUCCESS',
  relayed: 'SUCCESS',
  expanded: 'SUCCESS',
};

/** Where nothing is said of it, RFC 3461 §4.1 leaves DELAY to us: whoever waits wants to know. */
const UNLESS_SAID: readonly NotifyEvent[] = ['FAILURE', 'DELAY'];

/**
 * Whether the sender wants to know. Where there is none, only failures of our own reports matter, to the postmaster: who
 * sends a report says NEVER for it, and that is not his word on what we do with ours.
 */
export function isOwed(
  action: ReportAction,
  { notify = UNLESS_SAID }: RecipientAttributes,
  { sender, origin }: Pick<Delivery, 'sender' | 'origin'>,
): boolean {
  if (sender === '' && action !== 'failed') return false;
  return (sender === '' && origin === 'report') || notify.includes(EVENTS[action]);
}

/** What is told of a recipient whose message was taken by the next server, or put into the mailbox. */
export function reportOfSuccess(
  outcome: Pick<RecipientOutcome, 'relayed' | 'untimed' | 'final'>,
  recipient: RecipientAttributes,
  delivery: Pick<Delivery, 'sender' | 'origin' | 'deliverBy'>,
): ReportAction | undefined {
  if (outcome.final === true) return isOwed('delivered', recipient, delivery) ? 'delivered' : undefined;
  // RFC 3461 §5.2.2: a server that makes reports has taken that over from us.
  if (outcome.relayed === true && isOwed('relayed', recipient, delivery)) return 'relayed';
  return isTraced(outcome, recipient, delivery) ? 'relayed' : undefined;
}

/** RFC 2852 §4.1: with a trace at every hop; else where the time will not be kept. SUCCESS need not be asked for. */
function isTraced(
  { untimed }: Pick<RecipientOutcome, 'untimed'>,
  { notify }: RecipientAttributes,
  { sender, deliverBy }: Pick<Delivery, 'sender' | 'deliverBy'>,
): boolean {
  if (deliverBy === undefined || sender === '' || notify?.length === 0) return false;
  return deliverBy.trace || (deliverBy.mode === 'N' && untimed === true);
}
