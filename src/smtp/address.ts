/** Mail addresses as they stand in MAIL and RCPT (RFC 5321 §4.1.2, §4.1.3). */
import { type Decoded, decoded, fault } from '../core/index.js';

export type AddressFault = 'syntax' | 'tooLong' | 'notAscii';

export interface ParsedPath {
  /** Without brackets and source route; empty for `<>`. Quotes that are not needed are gone. */
  readonly address: string;
  /** What follows the closing bracket. */
  readonly rest: string;
}

/** RFC 5321 §4.5.3.1 asks for 64 + 1 + 255 at least; more than that is nobody's address. */
const MAX_ADDRESS_LENGTH = 320;
const MAX_DOMAIN_LENGTH = 255;

// DEVIATION RFC 5321 §4.1.2: dots may stand anywhere in an unquoted local part. Such addresses exist and get mail.
const ATOMS = /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]+/y;
const QUOTED = /"(?:[ !#-[\]-~]|\\[ -~])*"/y;
// DEVIATION RFC 5321 §4.1.2: an underscore is taken for a letter, as host names in use have it.
const DOMAIN =
  /[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*/y;
/** Of §4.1.3 only the characters are checked, and no `@`, so that the last one in an address is the separator. */
const LITERAL = /\[(?:\d{1,3}(?:\.\d{1,3}){3}|[A-Za-z0-9-]*[A-Za-z0-9]:[!-?A-Z^-~]+)\]/y;

/** Reads `<address>` at the start of `text`; `<>` is the null path, `<Postmaster>` the one address without a domain. */
export function parsePath(text: string): Decoded<ParsedPath, AddressFault> {
  const cursor = new Cursor(text);
  const path = readPath(cursor);
  if (path === undefined) return fault(isAscii(text) ? 'syntax' : 'notAscii');
  if (path.length > MAX_ADDRESS_LENGTH) return fault('tooLong');
  return decoded({ address: path, rest: cursor.rest() });
}

/** Whether the text is an address as `parsePath` returns it, the null address excepted. */
export function isAddress(text: string): boolean {
  const path = parsePath(`<${text}>`);
  return path.ok && path.value.rest === '' && path.value.address === text && text !== '';
}

export function isDomain(text: string): boolean {
  const cursor = new Cursor(text);
  return readDomain(cursor) !== undefined && cursor.rest() === '';
}

/**
 * An address in its two parts: the local part as it stands, the domain in lower case (domains are compared without
 * regard to case, RFC 5321 §2.4). The domain is empty for `Postmaster` and for the null address.
 */
export function splitAddress(address: string): { readonly local: string; readonly domain: string } {
  const at = address.lastIndexOf('@');
  if (at < 0) return { local: address, domain: '' };
  return { local: address.slice(0, at), domain: address.slice(at + 1).toLowerCase() };
}

function readPath(cursor: Cursor): string | undefined {
  if (!cursor.skip('<')) return undefined;
  if (cursor.skip('>')) return '';
  if (!skipSourceRoute(cursor)) return undefined;
  const local = readLocalPart(cursor);
  if (local === undefined) return undefined;
  if (!cursor.skip('@')) return /^postmaster$/i.test(local) && cursor.skip('>') ? local : undefined;
  const domain = readDomain(cursor);
  if (domain === undefined || !cursor.skip('>')) return undefined;
  return `${local}@${domain}`;
}

/** `@one,@two:` is accepted and ignored (RFC 5321 appendix C). */
function skipSourceRoute(cursor: Cursor): boolean {
  if (!cursor.skip('@')) return true;
  do {
    if (readDomain(cursor) === undefined) return false;
  } while (cursor.skip(',') && cursor.skip('@'));
  return cursor.skip(':');
}

function readLocalPart(cursor: Cursor): string | undefined {
  const quoted = cursor.take(QUOTED);
  if (quoted === undefined) return cursor.take(ATOMS);
  // `"john"`, `"jo\hn"` and `john` are one mailbox (RFC 5321 §4.1.2); one spelling keeps them one in every table.
  const content = quoted.slice(1, -1).replace(/\\(.)/g, '$1');
  const needsQuotes = !/^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*$/.test(
    content,
  );
  return needsQuotes ? `"${content.replace(/["\\]/g, '\\$&')}"` : content;
}

function readDomain(cursor: Cursor): string | undefined {
  const domain = cursor.take(LITERAL) ?? cursor.take(DOMAIN);
  return domain === undefined || domain.length > MAX_DOMAIN_LENGTH ? undefined : domain;
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

/** A place in a text that only moves forward. */
class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  skip(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  /** @param pattern has the `y` flag. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  rest(): string {
    return this.#text.slice(this.#at);
  }
}
