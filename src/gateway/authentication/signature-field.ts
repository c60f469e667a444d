import type { HeaderField } from './header-section.js';

/** Signed where they are there, and once more: one that somebody adds breaks the signature (RFC 6376 §8.15). */
const GUARDED = [
  'from',
  'reply-to',
  'subject',
  'to',
  'cc',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
];

/** Signed where they are there. Relays add a Date or Message-ID that is missing, and mailing lists theirs. */
const SIGNED = [
  'sender',
  'date',
  'message-id',
  'in-reply-to',
  'references',
  'resent-date',
  'resent-from',
  'resent-to',
  'resent-cc',
  'list-id',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-post',
];

/** What there is to sign of a header. */
export interface SignedFields {
  /** As the tag h= names them. */
  readonly names: readonly string[];
  /** What is hashed, an octet a character. */
  readonly text: string;
}

/** RFC 6376 §5.4.2: of several fields of one name the last is named first. */
export function signedFields(fields: readonly HeaderField[]): SignedFields {
  const of = (name: string): HeaderField[] => fields.filter((field) => field.name === name).reverse();
  const there = [...GUARDED, ...SIGNED].flatMap(of);
  return {
    names: [...there.map(({ name }) => name), ...GUARDED],
    text: there.map((field) => `${relaxed(field.line)}\r\n`).join(''),
  };
}

/** RFC 6376 §3.4.2: a field in relaxed canonicalization, without its line end. */
export function relaxed(line: string): string {
  const colon = line.indexOf(':');
  const value = line
    .slice(colon + 1)
    .replace(/\r?\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '');
  return `${line.slice(0, colon).trimEnd().toLowerCase()}:${value}`;
}

export interface SignatureTags {
  readonly algorithm: string;
  readonly domain: string;
  readonly selector: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly names: readonly string[];
  readonly bodyHash: string;
}

const FOLD = '\r\n\t';
/** So many characters of a list or of base64 stand in one line. */
const LINE = 70;

/** A DKIM-Signature field up to the value of b=, which stands last (RFC 6376 §3.5). */
export function signatureStart({
  algorithm,
  domain,
  selector,
  time,
  names,
  bodyHash,
}: SignatureTags): string {
  return [
    `DKIM-Signature: v=1; a=${algorithm}; c=relaxed/relaxed;`,
    `d=${domain}; s=${selector};`,
    `t=${time}; h=${foldedNames(names)};`,
    `bh=${bodyHash};`,
    'b=',
  ].join(FOLD);
}

/** The whole field, with its line end. @param signature base64 */
export function signatureField(start: string, signature: string): string {
  return `${start}${(signature.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []).join(FOLD)}\r\n`;
}

function foldedNames(names: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const name of names) {
    if (line.length + name.length > LINE) {
      lines.push(line);
      line = '';
    }
    line += `${line === '' && lines.length === 0 ? '' : ':'}${name}`;
  }
  return [...lines, line].join(FOLD);
}
