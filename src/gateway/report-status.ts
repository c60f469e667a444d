/** The part of a report that is for programs (RFC 3464 §2): a block about the message, then one per recipient. */
import {
  enhancedStatusOf,
  internetDate,
  isAscii,
  isReply,
  oneLine,
  type Report,
  type ReportAction,
  type ReportedRecipient,
} from './report-facts.js';

export function deliveryStatus(report: Report): string {
  const blocks = [ofMessage(report), ...report.recipients.map((recipient) => ofRecipient(recipient, report))];
  return blocks.map((block) => `${block.filter((field) => field !== '').join('\r\n')}\r\n`).join('\r\n');
}

function ofMessage({ hostname, received, envelopeId, deliverBy }: Report): string[] {
  return [
    field('Original-Envelope-Id', envelopeId),
    `Reporting-MTA: dns; ${hostname}`,
    `Arrival-Date: ${internetDate(received)}`,
    // RFC 2852 adds this one.
    field('Deliver-By-Date', deliverBy && internetDate(deliverBy)),
  ];
}

function ofRecipient(recipient: ReportedRecipient, { action, remoteMta, retryUntil }: Report): string[] {
  const { address, originalRecipient, reason, lastAttempt } = recipient;
  return [
    field('Original-Recipient', originalRecipient?.replace(';', '; ')),
    // RFC 6533 §3.
    `Final-Recipient: ${isAscii(address) ? 'rfc822' : 'utf-8'}; ${oneLine(address)}`,
    `Action: ${action}`,
    `Status: ${statusOf(recipient, action)}`,
    field('Remote-MTA', reason && remoteMta),
    field('Diagnostic-Code', reason && `${isReply(reason) ? 'smtp' : 'x-x25mail'}; ${oneLine(reason)}`),
    field('Last-Attempt-Date', lastAttempt && internetDate(lastAttempt)),
    field('Will-Retry-Until', retryUntil && internetDate(retryUntil)),
  ];
}

function field(name: string, value: string | number | undefined): string {
  return value === undefined || value === '' || value === 0 ? '' : `${name}: ${oneLine(String(value))}`;
}

/** The digit that an action asks for, and the code where nobody tells more (RFC 3463 §3). */
const STATUS: Readonly<Record<ReportAction, { readonly digit: string; readonly usual: string }>> = {
  failed: { digit: '5', usual: '5.0.0' },
  // Nothing was said, so nobody answered.
  delayed: { digit: '4', usual: '4.4.1' },
  delivered: { digit: '2', usual: '2.0.0' },
  relayed: { digit: '2', usual: '2.0.0' },
  expanded: { digit: '2', usual: '2.0.0' },
};

function statusOf({ reason, status }: ReportedRecipient, action: ReportAction): string {
  const { digit, usual } = STATUS[action];
  const said = enhancedStatusOf(reason ?? '');
  // A reply for now that became one for good keeps its subject and detail.
  const fits = said !== undefined && said.startsWith('2') === (digit === '2');
  return status ?? (fits ? `${digit}${said.slice(1)}` : usual);
}
