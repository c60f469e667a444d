/**
 * The parameters of MAIL and RCPT: one table for each, so that a parameter is its keyword, the extension that brings
 * it, and how its value is read. A value that can't be read is a fault of syntax.
 */
import { type Decoded, decoded, fault } from '../core/index.js';
import type { DeliverBy, MailParameters, NotifyEvent, RecipientParameters } from './envelope.js';
import { isPrintable } from './octets.js';
import type { Offers } from './offers.js';
import { decodeUtf8Xtext, decodeXtext, decodeXtextUtf8 } from './xtext.js';

export type ParameterFault = 'badParameter' | 'unknownParameter';

interface Parameter<Parameters> {
  readonly offered: (offers: Offers) => boolean;
  /** @returns what the parameter says; undefined when the value is bad. `value` is empty where none was given. */
  readonly read: (value: string, offers: Offers) => Parameters | undefined;
}

type Table<Parameters> = ReadonlyMap<string, Parameter<Parameters>>;

const MAIL: Table<MailParameters> = new Map<string, Parameter<MailParameters>>([
  ['SIZE', { offered: ({ size }) => size === true, read: readSize }],
  [
    'BODY',
    {
      offered: ({ eightBitMime, binaryMime }) => eightBitMime === true || binaryMime === true,
      read: readBody,
    },
  ],
  // RFC 6531 §3.4: it has no value.
  [
    'SMTPUTF8',
    {
      offered: ({ smtpUtf8 }) => smtpUtf8 === true,
      read: (value) => (value === '' ? { smtpUtf8: true } : undefined),
    },
  ],
  ['RET', { offered: ({ dsn }) => dsn === true, read: readRet }],
  ['ENVID', { offered: ({ dsn }) => dsn === true, read: readEnvelopeId }],
  ['BY', { offered: ({ deliverBy }) => deliverBy !== undefined, read: readDeliverBy }],
  ['MT-PRIORITY', { offered: ({ priority }) => priority !== undefined, read: readPriority }],
  ['AUTH', { offered: ({ auth }) => auth !== undefined, read: readSubmitter }],
  ['TRANSID', { offered: ({ checkpoint }) => checkpoint === true, read: readTransactionId }],
]);

const RECIPIENT: Table<RecipientParameters> = new Map<string, Parameter<RecipientParameters>>([
  ['NOTIFY', { offered: ({ dsn }) => dsn === true, read: readNotify }],
  ['ORCPT', { offered: ({ dsn }) => dsn === true, read: readOriginalRecipient }],
]);

/** @param words what follows the path, as it stands: `esmtp-param`s, each after a space (RFC 5321 §4.1.1.11). */
export const readMailParameters = (words: string, offers: Offers): Decoded<MailParameters, ParameterFault> =>
  readParameters(words, MAIL, offers);

export const readRecipientParameters = (
  words: string,
  offers: Offers,
): Decoded<RecipientParameters, ParameterFault> => readParameters(words, RECIPIENT, offers);

function readParameters<Parameters extends object>(
  words: string,
  table: Table<Parameters>,
  offers: Offers,
): Decoded<Parameters, ParameterFault> {
  if (words !== '' && !words.startsWith(' ')) return fault('badParameter');
  const seen = new Set<string>();
  let all = {} as Parameters;
  let unknown = false;
  for (const word of words.split(' ')) {
    if (word === '') continue;
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u{a0}-\u{10ffff}]+))?$/u.exec(word);
    const keyword = match?.[1]?.toUpperCase();
    if (keyword === undefined || seen.has(keyword)) return fault('badParameter');
    seen.add(keyword);
    const parameter = table.get(keyword);
    if (parameter === undefined || !parameter.offered(offers)) {
      unknown = true;
      continue;
    }
    const read = parameter.read(match?.[2] ?? '', offers);
    if (read === undefined) return fault('badParameter');
    all = { ...all, ...read };
  }
  return unknown ? fault('unknownParameter') : decoded(all);
}

/** RFC 1870 §5: 1 to 20 digits. */
function readSize(value: string): MailParameters | undefined {
  return /^\d{1,20}$/.test(value) ? { size: Number(value) } : undefined;
}

/** RFC 6152 §3, RFC 3030 §3. */
function readBody(value: string, offers: Offers): MailParameters | undefined {
  const body = value.toUpperCase();
  if (body === '7BIT' || body === '8BITMIME') return { body };
  return body === 'BINARYMIME' && offers.binaryMime === true ? { body } : undefined;
}

/** RFC 3461 §4.3. */
function readRet(value: string): MailParameters | undefined {
  const ret = value.toUpperCase();
  return ret === 'FULL' || ret === 'HDRS' ? { ret } : undefined;
}

/** RFC 3461 §4.4: at most 100 characters, as encoded. */
function readEnvelopeId(value: string): MailParameters | undefined {
  const envelopeId = value.length > 100 || value === '' ? undefined : decodeXtext(value);
  return envelopeId === undefined ? undefined : { envelopeId };
}

/** RFC 2852 §4: `[+-]seconds;mode[trace]`; mode R wants a time that is still to come. */
function readDeliverBy(value: string): MailParameters | undefined {
  const match = /^([+-]?\d{1,9});([RN])(T?)$/i.exec(value);
  if (match === null) return undefined;
  const deliverBy: DeliverBy = {
    seconds: Number(match[1]),
    mode: match[2]?.toUpperCase() === 'R' ? 'R' : 'N',
    trace: match[3] !== '',
  };
  return deliverBy.mode === 'R' && deliverBy.seconds <= 0 ? undefined : { deliverBy };
}

/** RFC 6710 §4: -9 to 9. */
function readPriority(value: string): MailParameters | undefined {
  return /^(?:0|[+-]?[1-9])$/.test(value) ? { priority: Number(value) } : undefined;
}

/** RFC 4954 §5: an address in xtext, or `<>`. At most 500 characters. */
function readSubmitter(value: string): MailParameters | undefined {
  if (value === '' || value.length > 500) return undefined;
  const submitter = value === '<>' ? value : decodeXtext(value);
  return submitter === undefined ? undefined : { submitter };
}

/** RFC 1845 §2: a message id of at most 80 characters. */
function readTransactionId(value: string): MailParameters | undefined {
  const token = "[!#-'*+\\-0-9A-Z^-~]+(?:\\.[!#-'*+\\-0-9A-Z^-~]+)*";
  const isId = value.length <= 80 && new RegExp(`^<${token}@${token}>$`).test(value);
  return isId ? { transactionId: value } : undefined;
}

const NOTIFY_EVENTS: ReadonlySet<string> = new Set<NotifyEvent>(['SUCCESS', 'FAILURE', 'DELAY']);

/** RFC 3461 §4.1: NEVER alone, or a list of the others, each once. */
function readNotify(value: string): RecipientParameters | undefined {
  const words = value.toUpperCase().split(',');
  if (words.length === 1 && words[0] === 'NEVER') return { notify: [] };
  const isEvent = (word: string): word is NotifyEvent => NOTIFY_EVENTS.has(word);
  const notify = words.filter(isEvent);
  return notify.length === words.length && new Set(notify).size === notify.length ? { notify } : undefined;
}

/** RFC 3461 §4.2, and for the type `utf-8` RFC 6533 §3. At most 500 characters. */
function readOriginalRecipient(value: string): RecipientParameters | undefined {
  const match = /^([A-Za-z0-9-]+);(.+)$/u.exec(value);
  if (match === null || value.length > 500) return undefined;
  const [, type = '', encoded = ''] = match;
  const address = type.toLowerCase() === 'utf-8' ? decodeUtf8Xtext(encoded) : decodeXtext(encoded);
  if (address !== undefined) return { originalRecipient: `${type};${address}` };
  // DEVIATION RFC 3461 §4.2: Postfix says `rfc822` of an address in UTF-8 as well. Refused, it would return the message.
  const meant = type.toLowerCase() === 'rfc822' ? decodeXtextUtf8(encoded) : undefined;
  return meant === undefined || isPrintable(meant) ? undefined : { originalRecipient: `utf-8;${meant}` };
}
