/** Mail addresses as they stand in MAIL and RCPT (RFC 5321 §4.1.2, §4.1.3). */
import { type Decoded, decoded, fault } from '../core/index.js';
import { isAscii } from './octets.js';

export type AddressFault = 'syntax' | 'tooLong' | 'notAscii';

export interface ParsedPath {
  /** Without brackets and source route; empty for `<>`. Quotes that are not needed are gone. */
  readonly address: string;
  /** What follows the closing bracket. */
  readonly rest: string;
}

/** RFC 5321 §4.5.3.1 asks for 64 + 1 + 255 at least; more than that is nobody's address. Octets. */
const MAX_ADDRESS_LENGTH = 320;
const MAX_DOMAIN_LENGTH = 255;

/** How the parts of an address are written. */
interface Grammar {
  readonly atoms: RegExp;
  readonly quoted: RegExp;
  readonly domain: RegExp;
}

const ASCII: Grammar = {
  // DEVIATION RFC 5321 §4.1.2: dots may stand anywhere in an unquoted local part. Such addresses exist and get mail.
  atoms: /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]+/y,
  quoted: /"(?:[ !#-[\]-~]|\\[ -~])*"/y,
  // DEVIATION RFC 5321 §4.1.2: an underscore is taken for a letter, as host names in use have it.
  domain:
    /[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*/y,
};

/**
 * RFC 6531 §3.3: whatever is not ASCII may stand where a letter may. Control characters (C1) and line separators, which
 * could break a line elsewhere, may not.
 *
 * DEVIATION RFC 6531 §3.3: U-labels are not checked against RFC 5890; whoever resolves the name does that.
 */
const INTERNATIONAL: Grammar = {
  atoms: /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.\u{a0}-\u{2027}\u{202a}-\u{10ffff}]+/uy,
  quoted: /"(?:[ !#-[\]-~\u{a0}-\u{2027}\u{202a}-\u{10ffff}]|\\[ -~])*"/uy,
  domain:
    /[\w\u{a0}-\u{2027}\u{202a}-\u{10ffff}](?:[\w\-\u{a0}-\u{2027}\u{202a}-\u{10ffff}]{0,61}[\w\u{a0}-\u{2027}\u{202a}-\u{10ffff}])?(?:\.[\w\u{a0}-\u{2027}\u{202a}-\u{10ffff}](?:[\w\-\u{a0}-\u{2027}\u{202a}-\u{10ffff}]{0,61}[\w\u{a0}-\u{2027}\u{202a}-\u{10ffff}])?)*/uy,
};

/** §4.1.3: a tag and its text have no `@` here, so that the last one in an address is the separator. */
const LITERAL = /\[(?:([\d.]+)|([A-Za-z0-9-]*[A-Za-z0-9]):([!-?A-Z^-~]+))\]/y;

/**
 * Reads `<address>` at the start of `text`; `<>` is the null path, `<Postmaster>` the one address without a domain.
 *
 * @param international whether the address may have other characters than ASCII (RFC 6531).
 */
export function parsePath(text: string, international = false): Decoded<ParsedPath, AddressFault> {
  const cursor = new Cursor(text);
  const path = readPath(cursor, international ? INTERNATIONAL : ASCII);
  if (path === undefined) return fault(international || isAscii(text) ? 'syntax' : 'notAscii');
  if (Buffer.byteLength(path) > MAX_ADDRESS_LENGTH) return fault('tooLong');
  return decoded({ address: path, rest: cursor.rest() });
}

/** Whether the text is an address as `parsePath` returns it, the null address excepted. */
export function isAddress(text: string): boolean {
  const path = parsePath(`<${text}>`);
  return path.ok && path.value.rest === '' && path.value.address === text && text !== '';
}

export function isDomain(text: string): boolean {
  const cursor = new Cursor(text);
  return readDomain(cursor, ASCII) !== undefined && cursor.rest() === '';
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

function readPath(cursor: Cursor, grammar: Grammar): string | undefined {
  if (!cursor.skip('<')) return undefined;
  if (cursor.skip('>')) return '';
  if (!skipSourceRoute(cursor, grammar)) return undefined;
  const local = readLocalPart(cursor, grammar);
  if (local === undefined) return undefined;
  if (!cursor.skip('@')) return /^postmaster$/i.test(local) && cursor.skip('>') ? local : undefined;
  const domain = readDomain(cursor, grammar);
  if (domain === undefined || !cursor.skip('>')) return undefined;
  return `${local}@${domain}`;
}

/** `@one,@two:` is accepted and ignored (RFC 5321 appendix C). */
function skipSourceRoute(cursor: Cursor, grammar: Grammar): boolean {
  if (!cursor.skip('@')) return true;
  do {
    if (readDomain(cursor, grammar) === undefined) return false;
  } while (cursor.skip(',') && cursor.skip('@'));
  return cursor.skip(':');
}

function readLocalPart(cursor: Cursor, grammar: Grammar): string | undefined {
  const quoted = cursor.take(grammar.quoted)?.[0];
  if (quoted === undefined) return cursor.take(grammar.atoms)?.[0];
  // `"john"`, `"jo\hn"` and `john` are one mailbox (RFC 5321 §4.1.2); one spelling keeps them one in every table.
  const content = quoted.slice(1, -1).replace(/\\(.)/g, '$1');
  return needsQuotes(content, grammar) ? `"${content.replace(/["\\]/g, '\\$&')}"` : content;
}

function needsQuotes(content: string, grammar: Grammar): boolean {
  return new Cursor(content).take(grammar.atoms)?.[0] !== content || /^\.|\.\.|\.$/.test(content);
}

function readDomain(cursor: Cursor, grammar: Grammar): string | undefined {
  const domain = readLiteral(cursor) ?? cursor.take(grammar.domain)?.[0];
  return domain === undefined || Buffer.byteLength(domain) > MAX_DOMAIN_LENGTH ? undefined : domain;
}

/** RFC 5321 §4.1.3. Of a literal with a tag that we don't know only the characters are checked. */
function readLiteral(cursor: Cursor): string | undefined {
  const found = cursor.take(LITERAL);
  if (found === undefined) return undefined;
  const [literal, ipv4, tag, text = ''] = found;
  if (ipv4 !== undefined) return isIpv4(ipv4) ? literal : undefined;
  return tag?.toLowerCase() !== 'ipv6' || isIpv6(text) ? literal : undefined;
}

function isIpv4(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((octet) => Number(octet) <= 255);
}

/** Eight groups, or fewer around one `::`; the last two may be written as an IPv4 address (RFC 4291 §2.2). */
function isIpv6(text: string): boolean {
  const [, start = text, dotted] = /^(.*:)([\d.]+)$/.exec(text) ?? [];
  const isDotted = dotted?.includes('.') === true;
  if (isDotted && !isIpv4(dotted)) return false;
  const halves = (isDotted ? `${start}0:0` : text).split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : halves.length === 1 && groups.length === 8;
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
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  rest(): string {
    return this.#text.slice(this.#at);
  }
}
