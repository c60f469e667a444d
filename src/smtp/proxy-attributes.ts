/** What XCLIENT and XFORWARD say of another client: names, and values in xtext (Postfix's XCLIENT_README). */
import { decodeXtextUtf8 } from './xtext.js';

/** By name, in lower case. A value that the other end said it does not have is absent. */
export type ProxyAttributes = Readonly<Partial<Record<AttributeName, string>>>;

export type AttributeName = XclientName | XforwardName;
type XclientName = 'name' | 'addr' | 'port' | 'proto' | 'helo' | 'login' | 'destaddr' | 'destport';
type XforwardName = 'name' | 'addr' | 'port' | 'proto' | 'helo' | 'ident' | 'source';

export const XCLIENT_NAMES: readonly XclientName[] = [
  'name',
  'addr',
  'port',
  'proto',
  'helo',
  'login',
  'destaddr',
  'destport',
];

export const XFORWARD_NAMES: readonly XforwardName[] = [
  'name',
  'addr',
  'port',
  'proto',
  'helo',
  'ident',
  'source',
];

/** Values that say that there is none, or none now. */
const ABSENT = /^\[(?:UNAVAILABLE|TEMPUNAVAIL)\]$/i;

/** @returns undefined when an attribute is not of those, or is none, or a value is longer than 255 characters. */
export function parseProxyAttributes(
  argument: string,
  names: readonly AttributeName[],
): ReadonlyMap<AttributeName, string | undefined> | undefined {
  const attributes = new Map<AttributeName, string | undefined>();
  for (const word of argument.split(/[ \t]+/)) {
    const [, key = '', encoded = ''] = /^([A-Za-z]+)=(.+)$/.exec(word) ?? [];
    const name = names.find((known) => known === key.toLowerCase());
    const value = decodeXtextUtf8(encoded);
    if (name === undefined || value === undefined || value.length > 255) return undefined;
    attributes.set(name, ABSENT.test(value) ? undefined : value);
  }
  return attributes;
}

/** What was known, with what was said now: a value that is said not to be there takes away the one before. */
export function withAttributes(
  before: ProxyAttributes | undefined,
  said: ReadonlyMap<AttributeName, string | undefined>,
): ProxyAttributes {
  const merged = new Map(Object.entries(before ?? {}));
  for (const [name, value] of said)
    if (value === undefined) merged.delete(name);
    else merged.set(name, value);
  return Object.fromEntries(merged);
}
