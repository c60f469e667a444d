/** The part of a report that is for people: what happened, to whom, why, and what happens next. */
import {
  internetDate,
  isReply,
  oneLine,
  type Report,
  type ReportAction,
  type ReportedRecipient,
  TIME_IS_OVER,
} from './report-facts.js';

export const SUBJECTS: Readonly<Record<ReportAction, string>> = {
  failed: 'Undelivered mail returned to sender',
  delayed: 'Delayed mail, still being tried',
  delivered: 'Delivery report: delivered',
  relayed: 'Delivery report: passed on',
  expanded: 'Delivery report: sent to several',
};

const WHAT_HAPPENED: Readonly<Record<ReportAction, string>> = {
  failed: 'could not be delivered to:',
  delayed: 'is not delivered yet to:',
  delivered: 'was delivered to:',
  relayed: 'was passed on to the next mail server for:',
  expanded: 'was taken, and sent on to all that this address stands for:',
};

export function explanation(report: Report): string {
  const { hostname, message, received, action, recipients, insteadOf } = report;
  const whose = insteadOf === undefined ? 'Your message' : 'A message';
  return [
    `This is the mail gateway at ${hostname}.`,
    '',
    ...(insteadOf === undefined ? [] : [`You get this as postmaster: ${insteadOf}.`, '']),
    `${whose}, which came here on ${internetDate(received)}`,
    `and was queued as ${message},`,
    WHAT_HAPPENED[action],
    '',
    ...recipients.flatMap((recipient) => aboutRecipient(recipient, action)),
    '',
    ...whatNext(report),
    ...whatIsAttached(report),
    '',
  ].join('\r\n');
}

function aboutRecipient({ address, reason, attempts }: ReportedRecipient, action: ReportAction): string[] {
  const lines = [`  <${oneLine(address)}>`];
  const isTrouble = action === 'failed' || action === 'delayed';
  if (isTrouble && attempts > 1) lines.push(`      tried ${attempts} times; the last time:`);
  if (reason !== undefined) lines.push(`      ${isReply(reason) ? 'reply: ' : ''}${oneLine(reason)}`);
  else if (isTrouble) lines.push('      no attempt was possible');
  return lines;
}

function whatNext({ action, now, deliverBy, retryUntil, recipients }: Report): string[] {
  const isLate = deliverBy !== undefined && deliverBy <= now;
  const late = isLate ? [`It was to be delivered by ${internetDate(deliverBy)}.`] : [];
  switch (action) {
    case 'failed': {
      const isTimeOver = !isLate && recipients.some(({ status }) => status === TIME_IS_OVER);
      const tried = isTimeOver ? ['It was tried for as long as this gateway keeps mail.'] : [];
      return [...late, ...tried, 'It will not be tried again.'];
    }
    case 'delayed':
      return [
        ...late,
        ...(retryUntil === undefined ? [] : [`It is tried again until ${internetDate(retryUntil)}.`]),
        'You need not send it again.',
      ];
    case 'relayed':
      return ['There may be no further report on it, unless it fails.'];
    case 'delivered':
      return [];
    case 'expanded':
      return ['There is no further report when it reaches them.'];
  }
}

function whatIsAttached({ content }: Report): string[] {
  if (content === undefined) return ['The message itself can not be read any more.'];
  return [
    content.what === 'message'
      ? 'The message is attached.'
      : 'Only its header is attached, not the whole message.',
  ];
}
