import { randomUUID } from 'node:crypto';
import addressparser from 'nodemailer/lib/addressparser';
import { concat } from '../core/index.js';
import { splitFields } from '../mime/index.js';

/** What is read of a message before its header section must have ended. */
const LONGEST_HEADER = 256 * 1024;

/** A message whose header section was read; `rest` is what follows it, the empty line included. */
export interface ReadMessage {
  /** One each, continuation lines and line end included. */
  readonly fields: readonly string[];
  readonly rest: AsyncIterable<Uint8Array>;
}

/** @param input lines ended by CR LF. @returns undefined when the header section has no end that is near. */
export async function readHeader(input: AsyncIterable<Uint8Array>): Promise<ReadMessage | undefined> {
  const pieces = input[Symbol.asyncIterator]();
  let read = Buffer.alloc(0);
  for (;;) {
    const end = endOfHeader(read);
    if (end !== undefined) return split(read, end, pieces);
    if (read.length > LONGEST_HEADER) return undefined;
    const { value, done } = await pieces.next();
    if (done === true) return split(read, read.length, pieces);
    read = Buffer.from(concat([read, value]));
  }
}

/** Where the empty line begins, or the first line that is no field: a message may begin with its text. */
function endOfHeader(read: Buffer): number | undefined {
  for (let at = 0; ; ) {
    const end = read.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const line = read.subarray(at, end).toString('latin1');
    const isField = /^[!-9;-~]+[ \t]*:/.test(line) || (at > 0 && /^[ \t]/.test(line));
    const isMailboxLine = at === 0 && /^>?From /.test(line);
    if (!isField && !isMailboxLine) return at;
    at = end + 2;
  }
}

function split(read: Buffer, end: number, pieces: AsyncIterator<Uint8Array, unknown>): ReadMessage {
  const fields = splitFields(read.toString('latin1', 0, end)).filter((field) => !/^>?From /.test(field));
  return { fields, rest: restOf(read.subarray(end), pieces) };
}

async function* restOf(
  first: Buffer,
  pieces: AsyncIterator<Uint8Array, unknown>,
): AsyncGenerator<Uint8Array, void, void> {
  // Text without a header section before it needs the line between them.
  if (!first.subarray(0, 2).equals(Buffer.from('\r\n'))) yield Buffer.from('\r\n');
  if (first.length > 0) yield first;
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value;
}

/** Who is named in these fields. */
export function addressesIn(fields: readonly string[], names: readonly string[]): string[] {
  return fields
    .filter((field) => names.includes(nameOf(field)))
    .flatMap((field) => addressesOf(Buffer.from(field.slice(field.indexOf(':') + 1), 'latin1').toString()));
}

/** Names alone are addresses too, of this host. */
export function addressesOf(text: string): string[] {
  return addressparser(text.replaceAll(/\r\n(?=[ \t])/g, ''), { flatten: true })
    .map(({ address, name }) => (address === '' ? name : address))
    .filter((address) => address !== '');
}

export interface HeaderFacts {
  /** Without brackets. */
  readonly sender: string;
  /** Of the sender, for a From field that is missing. */
  readonly fullName?: string;
  readonly hostname: string;
  readonly now: number;
}

/** The header section as it is sent: without Bcc, with what RFC 5322 §3.6 asks for. */
export function completeHeader(fields: readonly string[], facts: HeaderFacts): Uint8Array {
  const { sender, fullName = '', hostname, now } = facts;
  const has = (name: string): boolean => fields.some((field) => nameOf(field) === name);
  const address = sender.includes('@') ? sender : `${sender}@${hostname}`;
  const added = [
    ...(has('from') || sender === ''
      ? []
      : [`From: ${fullName === '' ? address : `${quoted(fullName)} <${address}>`}\r\n`]),
    ...(has('date') ? [] : [`Date: ${new Date(now).toUTCString().replace('GMT', '+0000')}\r\n`]),
    ...(has('message-id') ? [] : [`Message-ID: <${randomUUID()}@${hostname}>\r\n`]),
  ];
  return concat([
    Buffer.from(fields.filter((field) => nameOf(field) !== 'bcc').join(''), 'latin1'),
    Buffer.from(added.join('')),
  ]);
}

/** RFC 2047 where it can't be written as it is. */
function quoted(name: string): string {
  const plain = name.replaceAll(/[\r\n]+/g, ' ');
  if (/^[\w !#$%&'*+\-/=?^`{|}~]*$/.test(plain)) return plain;
  if (/^[ -~]*$/.test(plain)) return `"${plain.replaceAll(/["\\]/g, '\\$&')}"`;
  return `=?utf-8?B?${Buffer.from(plain).toString('base64')}?=`;
}

function nameOf(field: string): string {
  return field
    .slice(0, Math.max(0, field.indexOf(':')))
    .trim()
    .toLowerCase();
}
