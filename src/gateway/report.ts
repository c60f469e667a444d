import MimeNode from 'nodemailer/lib/mime-node';
import { internetDate, isAscii, type Report } from './report-facts.js';
import { deliveryStatus } from './report-status.js';
import { explanation, SUBJECTS } from './report-text.js';

const PLAIN = {
  status: 'message/delivery-status',
  header: 'text/rfc822-headers',
  message: 'message/rfc822',
} as const;

/** RFC 6533: the same in UTF-8. */
const INTERNATIONAL = {
  status: 'message/global-delivery-status',
  header: 'message/global-headers',
  message: 'message/global',
} as const;

/**
 * A delivery report as multipart/report (RFC 6522, RFC 3464), CRLF line ends. Its own header is ASCII unless `to` is not,
 * so that it reaches a sender whose server knows nothing of UTF-8.
 */
export async function buildReport(report: Report): Promise<Uint8Array> {
  const { action, hostname, id, to, now, recipients, smtpUtf8, content } = report;
  const isInternational = smtpUtf8 || !isAscii(JSON.stringify(recipients));
  const types = isInternational ? INTERNATIONAL : PLAIN;
  const root = new MimeNode('multipart/report; report-type=delivery-status', { hostname });
  root.setHeader({
    from: `Mail Delivery System <MAILER-DAEMON@${hostname}>`,
    to,
    subject: SUBJECTS[action],
    date: internetDate(now),
    'message-id': `<${id}@${hostname}>`,
    'auto-submitted': 'auto-replied',
  });
  root.createChild('text/plain; charset=utf-8').setContent(explanation(report));
  const status = Buffer.from(deliveryStatus(report));
  const parts = [addPart(root, types.status, status)];
  if (content !== undefined) parts.push(addPart(root, types[content.what], Buffer.from(content.octets)));
  // RFC 2045 §6.4: what holds 8-bit parts says so itself.
  if (parts.includes('8bit')) root.setHeader('content-transfer-encoding', '8bit');
  const octets: Uint8Array = await root.build();
  return octets;
}

/** Text is encoded where it must be; a `message/...` has to come as it is. @returns its encoding. */
function addPart(root: MimeNode, type: string, octets: Buffer): '7bit' | '8bit' {
  const part = root.createChild(type);
  if (type.startsWith('text/')) {
    // Of a string the builder takes it that it is Unicode; what is not ASCII may be anything.
    part.setContent(isAscii(octets) ? octets.toString('latin1') : octets);
    return '7bit';
  }
  const encoding = isAscii(octets) ? '7bit' : '8bit';
  part.setHeader('content-transfer-encoding', encoding);
  part.setContent(octets);
  return encoding;
}
