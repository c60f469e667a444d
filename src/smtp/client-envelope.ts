/** MAIL and RCPT as they go out, with what of the envelope this server offers to take. */
import { isAddress } from './address.js';
import type { OutgoingMessage, OutgoingParameters, OutgoingRecipient, PeerCapabilities } from './session.js';
import { encodeUtf8Xtext, encodeXtext } from './xtext.js';

/** @param authenticated the server knows who we are, and may believe whom we name (RFC 4954 §5). */
export function mailLine(message: OutgoingMessage, peer: PeerCapabilities, authenticated: boolean): string {
  const { sender, size, parameters, checkpoint } = message;
  const { body, smtpUtf8, submitter } = parameters;
  let line = `MAIL FROM:<${sender}>`;
  if (peer.size !== undefined) line += ` SIZE=${size}`;
  if (body === '8BITMIME' && peer.eightBitMime) line += ' BODY=8BITMIME';
  if (body === 'BINARYMIME' && peer.binaryMime) line += ' BODY=BINARYMIME';
  if (smtpUtf8 === true && peer.smtpUtf8) line += ' SMTPUTF8';
  if (submitter !== undefined && authenticated)
    line += ` AUTH=${submitter === '<>' ? submitter : encodeXtext(submitter)}`;
  if (checkpoint !== undefined && peer.checkpoint) line += ` TRANSID=${checkpoint.transactionId}`;
  return line + deliveryParameters(parameters, peer);
}

function deliveryParameters(
  { ret, envelopeId, deliverBy, priority }: OutgoingParameters,
  { dsn, keywords }: PeerCapabilities,
): string {
  let said = '';
  if (ret !== undefined && dsn) said += ` RET=${ret}`;
  if (envelopeId !== undefined && dsn) said += ` ENVID=${encodeXtext(envelopeId)}`;
  if (deliverBy !== undefined && keywords.has('DELIVERBY'))
    said += ` BY=${deliverBy.seconds};${deliverBy.mode}${deliverBy.trace ? 'T' : ''}`;
  if (priority !== undefined && keywords.has('MT-PRIORITY')) said += ` MT-PRIORITY=${priority}`;
  return said;
}

export function rcptLine({ address, parameters }: OutgoingRecipient, peer: PeerCapabilities): string {
  const { notify, originalRecipient } = parameters;
  let line = `RCPT TO:<${address}>`;
  if (notify !== undefined && peer.dsn) line += ` NOTIFY=${notify.length === 0 ? 'NEVER' : notify.join(',')}`;
  if (originalRecipient !== undefined && peer.dsn) line += ` ORCPT=${originalOf(originalRecipient)}`;
  return line;
}

/** RFC 3461 §4.2: the type is an atom, the address behind it xtext; a `utf-8` one as RFC 6533 §3 has it. */
function originalOf(recipient: string): string {
  const at = recipient.indexOf(';');
  const type = recipient.slice(0, at).toLowerCase();
  const address = recipient.slice(at + 1);
  if (type !== 'utf-8') return `${recipient.slice(0, at)};${encodeXtext(address)}`;
  return `${recipient.slice(0, at)};${encodeUtf8Xtext(address)}`;
}

/**
 * Decides what needs no server: a message that this one can't take, and addresses that can't be written into a command.
 *
 * @returns what a reply would have said of the whole message.
 */
export function refusalOfMessage(message: OutgoingMessage, peer: PeerCapabilities): string | undefined {
  const { sender, size, parameters } = message;
  const { body, smtpUtf8, deliverBy } = parameters;
  if (peer.size !== undefined && peer.size > 0 && size > peer.size)
    return `552 5.3.4 message has ${size} octets, ${peer.name} takes ${peer.size}`;
  if (body === 'BINARYMIME' && !peer.binaryMime)
    return `554 5.6.3 message has binary parts, ${peer.name} takes only lines`;
  if (body === '8BITMIME' && !peer.eightBitMime)
    return `554 5.6.3 message has 8-bit octets, ${peer.name} takes only 7-bit`;
  const trouble = sender === '' ? undefined : troubleWith(sender, peer);
  if (trouble === 'noAddress') return '553 5.1.7 sender is no address that can be given to a server';
  if (trouble === 'notAscii')
    return `550 5.6.7 sender is not in ASCII, ${peer.name} takes no other addresses`;
  // RFC 2852 §4.1.4: R is a promise that this server does not make; N only asks for a word about it.
  if (deliverBy?.mode === 'R') {
    const least = peer.keywords.get('DELIVERBY');
    if (least === undefined) return `550 5.3.3 ${peer.name} does not promise delivery by a given time`;
    if (deliverBy.seconds < Number(least.split(',')[0]))
      return `550 5.4.7 ${deliverBy.seconds} s are left for delivery, ${peer.name} asks for ${least}`;
  }
  return smtpUtf8 === true && !peer.smtpUtf8 ? UTF8_HEADER : undefined;
}

/** The addresses may be plain, the header is not known to be: RFC 6531 §3.2 forbids to send it there. */
const UTF8_HEADER = '550 5.6.9 message may have a header in UTF-8, which the next server does not take';

/** @returns what a reply would have said of this recipient. */
export function refusalOfRecipient(
  { address }: OutgoingRecipient,
  peer: PeerCapabilities,
): string | undefined {
  const trouble = troubleWith(address, peer);
  if (trouble === 'noAddress') return '553 5.1.3 not an address that can be given to a server';
  if (trouble === 'notAscii') return `553 5.6.7 address is not in ASCII, ${peer.name} takes no other`;
  return undefined;
}

/** RFC 6531 §3.3: outside ASCII any character may stand where a letter may, control characters excepted. */
function troubleWith(address: string, { smtpUtf8 }: PeerCapabilities): 'noAddress' | 'notAscii' | undefined {
  if (isAddress(address)) return undefined;
  if (!isAddress(address.replace(/[^\p{ASCII}\p{Control}\p{Surrogate}]/gu, 'x'))) return 'noAddress';
  return smtpUtf8 ? undefined : 'notAscii';
}
