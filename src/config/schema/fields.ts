/**
 * The kinds of values a configuration is made of. Each carries its message: what is allowed there, in the words of
 * an operator. What was found is put before it by `report.ts`, so that no message is written twice.
 */
import { z } from 'zod';
import type { Decoded } from '../../core/index.js';
import { isHost, Network, Pattern, type PatternOptions } from '../../routing/index.js';
import { formatDuration, formatSize, parseDuration, parseSize } from '../units.js';
import { describeUnknownKey } from './unknown-key.js';

/** Between the messages of several unknown keys of one table: zod has one message for all of them. */
export const NEXT_MESSAGE = '\n';

/**
 * A table with exactly these keys.
 * @param name as in the file, `link.packet`.
 * @param misplaced why a key that other tables of this kind have has no place here.
 */
export function table<Shape extends z.ZodRawShape>(
  name: string,
  shape: Shape,
  misplaced: Readonly<Record<string, string>> = {},
) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => misplaced[key] ?? describeUnknownKey(key, name, known)).join(NEXT_MESSAGE)
        : 'a table',
  });
}

/** Text that `parse` turns into something, or into undefined when it is not allowed. */
export function parsed<Value>(allowed: string, parse: (text: string) => Value | undefined) {
  return z.string({ error: allowed }).transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
}

export function matching(expression: RegExp, allowed: string) {
  return z.string({ error: allowed }).regex(expression, { error: allowed });
}

export function whole(from: number, to: number) {
  const error = `a whole number from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error });
}

/** A value from 00 to FF; TOML writes it 0xF5. */
export function octet() {
  const error = 'an octet, 0x00 to 0xFF';
  return z.int({ error }).min(0, { error }).max(0xff, { error });
}

export function yesOrNo() {
  return z.boolean({ error: 'true or false' });
}

/** @param why stands behind the words: what keeps others out. */
export function choice<const Word extends string>(words: readonly [Word, ...Word[]], why = '') {
  return z.enum(words, { error: `${words.map((word) => JSON.stringify(word)).join(' or ')}${why}` });
}

/** @param from milliseconds @param to milliseconds; @param off whether "0s" is allowed as well, and means never. */
export function duration(from: number, to: number, { off = false } = {}) {
  const range = `from "${formatDuration(from)}" to "${formatDuration(to)}"`;
  return parsed(
    `a time with its unit (ms, s, m, h, d) ${range}${off ? ', or "0s" for never' : ''}`,
    (text) => {
      const milliseconds = parseDuration(text);
      if (milliseconds === undefined || (off && milliseconds === 0)) return milliseconds;
      return milliseconds >= from && milliseconds <= to ? milliseconds : undefined;
    },
  );
}

/** A timer as the tables of the layers have it, in milliseconds; what may be 0 may be switched off. */
export function timer({ default: usual, range }: { default: number; range: readonly [number, number] }) {
  const [least, most] = range;
  return duration(Math.max(1, least), most, { off: least === 0 }).default(usual);
}

export function size(from: number, to: number) {
  const allowed = `a size with its unit (B, KiB, MiB, GiB) from "${formatSize(from)}" to "${formatSize(to)}"`;
  return parsed(allowed, (text) => {
    const octets = parseSize(text);
    return octets !== undefined && octets >= from && octets <= to ? octets : undefined;
  });
}

/** The name of a link, a peer or a rule; it appears in logs, commands and in the keys of the spool. */
export function name() {
  return matching(/^[A-Za-z0-9][A-Za-z0-9._ -]{0,31}$/, 'up to 32 letters, digits, spaces, ".", "_" and "-"');
}

/** X.121: 14 digits of an international number, 15 with what a network puts before it. */
export function nua() {
  return matching(/^\d{1,15}$/, '1 to 15 digits');
}

export const CLOSED_USER_GROUP = 'the index of a closed user group: two digits (basic) or four (extended)';

export function closedUserGroup() {
  return matching(/^(\d{2}|\d{4})$/, CLOSED_USER_GROUP);
}

export function hex(maxOctets: number) {
  return parsed(`at most ${maxOctets} octets in hexadecimal, such as "c0f70000"`, (text) =>
    /^([0-9a-f]{2})*$/i.test(text) && text.length <= 2 * maxOctets
      ? Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
      : undefined,
  );
}

const PATTERN = 'exact, with *, or a regular expression between slashes';

/** Of numbers: digits and *, or an expression; empty for a caller without a number. */
export function nuaPattern() {
  return pattern(/^[0-9*]*$/, `a pattern of digits: ${PATTERN}`, {});
}

export function domainPattern() {
  const allowed = `a pattern of domains: ${PATTERN}`;
  return pattern(/^[A-Za-z0-9._*-]+$/, allowed, { ignoreCase: true });
}

/** One domain, not a pattern. */
export function domain() {
  return matching(/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/, 'a domain, such as "site-a.example"');
}

/** Of mail addresses: `*@spam.example`; empty for the sender of a report. */
export function addressPattern() {
  const allowed = `a pattern of mail addresses: ${PATTERN}`;
  return pattern(/^[^\s<>]*$/, allowed, { ignoreCase: true });
}

function pattern(plain: RegExp, allowed: string, options: PatternOptions) {
  return z.string({ error: allowed }).transform((text, context) => {
    const result: Decoded<Pattern> = Pattern.parse(text, options);
    if (result.ok && (plain.test(text) || /^\/.+\/$/.test(text))) return result.value;
    context.addIssue({ code: 'custom', message: result.ok ? allowed : `${allowed} (${result.fault})` });
    return z.NEVER;
  });
}

export function network() {
  return parsed('a network such as "10.0.0.0/8" or "fd25::/64", or one address', Network.parse);
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, an IPv6 address in brackets. @param usualPort where it may be left out. */
export function parseHostAndPort(text: string, usualPort?: number): HostAndPort | undefined {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? usualPort : Number(digits);
  if (host === undefined || !isHost(host) || port === undefined || port > 65_535) return undefined;
  return { host, port };
}

export function formatHostAndPort({ host, port }: HostAndPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Where to listen. Port 0 lets the system choose one. */
export function listenAddress() {
  return parsed('an address and a port, such as "127.0.0.1:2525" or "[::1]:2525"', (text) =>
    parseHostAndPort(text),
  );
}

/** A server to connect to. */
export function server() {
  return parsed('a host and a port, such as "127.0.0.1:25"', (text) => {
    const address = parseHostAndPort(text);
    return address?.port === 0 ? undefined : address;
  });
}

/** A list, or one of its items alone. */
export function oneOrMore<Item extends z.ZodType>(item: Item, allowed: string) {
  return z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item, { error: allowed }).min(1, { error: allowed }),
  );
}

export function list<Item extends z.ZodType>(item: Item, allowed: string) {
  return z.array(item, { error: allowed });
}
