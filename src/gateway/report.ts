import MimeNode from 'nodemailer/lib/mime-node';

/** A recipient that was given up, as a delivery report names it. */
export interface FailedRecipient {
  readonly address: string;
  /** The reply (`550 5.1.1 no such user`), the clear cause in words, or why time is over. */
  readonly reason: string;
}

export interface FailureReport {
  readonly hostname: string;
  /** Who gets the report. */
  readonly to: string;
  readonly message: string;
  readonly received: number;
  readonly now: number;
  readonly failed: readonly FailedRecipient[];
  /** The header section of the message, or what was read of it. */
  readonly header: Uint8Array;
}

/** A failure report as multipart/report (RFC 6522, RFC 3464), CRLF line ends. */
export async function buildFailureReport(report: FailureReport): Promise<Uint8Array> {
  const root = new MimeNode('multipart/report; report-type=delivery-status', { hostname: report.hostname });
  root.setHeader({
    from: `Mail Delivery System <MAILER-DAEMON@${report.hostname}>`,
    to: report.to,
    subject: 'Undelivered mail returned to sender',
    date: internetDate(report.now),
    'auto-submitted': 'auto-replied',
  });
  root.createChild('text/plain; charset=utf-8').setContent(explanation(report));
  root.createChild('message/delivery-status').setContent(deliveryStatus(report));
  root.createChild('text/rfc822-headers').setContent(Buffer.from(report.header).toString('latin1'));
  const octets: Uint8Array = await root.build();
  return octets;
}

function explanation({ hostname, failed, message, received }: FailureReport): string {
  const list = failed.map(({ address, reason }) => `  <${address}>\r\n      ${oneLine(reason)}`).join('\r\n');
  return [
    `This is the mail gateway at ${hostname}.`,
    '',
    `Your message (queued here as ${message} on ${internetDate(received)})`,
    'could not be delivered to:',
    '',
    list,
    '',
    'It will not be tried again. The header of your message is attached.',
    '',
  ].join('\r\n');
}

/** RFC 3464 §2: a block about the message, then one per recipient. */
function deliveryStatus({ hostname, received, failed, now }: FailureReport): string {
  const blocks = failed.map(({ address, reason }) => [
    `Final-Recipient: rfc822; ${address}`,
    'Action: failed',
    `Status: ${enhancedStatusOf(reason)}`,
    ...(/^\d{3}[ -]/.test(reason)
      ? [`Diagnostic-Code: smtp; ${oneLine(reason)}`]
      : [`Diagnostic-Code: x-x25mail; ${oneLine(reason)}`]),
    `Last-Attempt-Date: ${internetDate(now)}`,
  ]);
  return [[`Reporting-MTA: dns; ${hostname}`, `Arrival-Date: ${internetDate(received)}`], ...blocks]
    .map((block) => `${block.join('\r\n')}\r\n`)
    .join('\r\n');
}

/** The enhanced code of a reply where it has one; 5.0.0 says no more than "permanent" (RFC 3463). */
function enhancedStatusOf(reason: string): string {
  return /^[45]\d\d[ -]([45]\.\d{1,3}\.\d{1,3})\b/.exec(reason)?.[1]?.replace(/^4/, '5') ?? '5.0.0';
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** RFC 5322 §3.3. */
export function internetDate(wallTime: number): string {
  return new Date(wallTime).toUTCString().replace('GMT', '+0000');
}
