import MimeNode from 'nodemailer/lib/mime-node';
import type { Clock } from '../core/index.js';
import { utc } from '../observe/index.js';
import { destinationKey, type Router } from '../routing/index.js';
import type { Spool } from '../spool/index.js';
import type { GatewayEvent } from './events.js';
import { internetDate, isAscii } from './report-facts.js';

export interface NoticeTerms {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly hostname: string;
  readonly postmaster: string;
  readonly router: Router;
}

/**
 * Writes to the postmaster. Rejects with a GatewayError of the spool.
 * @returns false when no mail goes there from here.
 */
export async function sendNotice(
  { spool, clock, hostname, postmaster, router }: NoticeTerms,
  subject: string,
  text: string,
): Promise<boolean> {
  const decision = router.route(postmaster);
  if (decision.type === 'refused') return false;
  const now = clock.wallTime();
  const writer = await spool.receive();
  const root = new MimeNode('text/plain; charset=utf-8', { hostname });
  root.setHeader({
    from: `x25mail <MAILER-DAEMON@${hostname}>`,
    to: postmaster,
    subject,
    date: internetDate(now),
    'message-id': `<${writer.id}@${hostname}>`,
    'auto-submitted': 'auto-generated',
  });
  root.setContent(text);
  const octets: Uint8Array = await root.build();
  await writer.write(octets);
  await writer.commit({
    sender: '',
    recipients: [{ address: postmaster, destination: destinationKey(decision), notify: [] }],
    body: isAscii(octets) ? '7BIT' : '8BITMIME',
    source: 'notice of this gateway',
    origin: 'notice',
    received: now,
    ...(!isAscii(postmaster) && { smtpUtf8: true }),
  });
  return true;
}

/** What is told of a budget. */
export function budgetNotice({ peer, level, spent, until }: GatewayEvent & { readonly type: 'budget' }): {
  readonly subject: string;
  readonly text: string;
} {
  const rest =
    level === 'usedUp'
      ? `No call to it is placed before ${utc(until)}; mail for it waits until then.`
      : 'When it is used up, no more calls are placed until the period is over, and mail waits.';
  const state = level === 'usedUp' ? 'is used up' : 'is nearly used up';
  return {
    subject: `Budget for calls to ${peer} ${state}`,
    text: `The budget for calls to ${peer} ${state}: ${spent}.\n${rest}\n\nA larger budget in the configuration counts from the next reload on.\n`,
  };
}
