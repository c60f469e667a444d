/** Replies: how ours are written, how those of others are read (RFC 5321 §4.2, RFC 2034, RFC 3463). */
import { type Decoded, decoded, fault } from '../core/index.js';
import { find, LF, printable, toLatin1 } from './octets.js';

/** A reply with its enhanced status code (RFC 5321 §4.2, RFC 3463), before it is put into lines. */
export interface EnhancedReply {
  /** 200 .. 599. */
  readonly code: number;
  /** `5.7.1`; absent where the code has none (354, greeting, EHLO). */
  readonly status?: string;
  /** Line feeds make it a reply of several lines. */
  readonly text: string;
}

/** A reply as it was received. */
export interface Reply {
  /** 200 .. 599. */
  readonly code: number;
  /** Enhanced status code of the last line that has one. */
  readonly status: string | undefined;
  /** The text of each line, without codes. */
  readonly lines: readonly string[];
}

/** RFC 5321 §4.5.3.1.5: 512 octets with code and CRLF; what that leaves for text, a status code counted. */
const MAX_TEXT = 490;

/** The lines of a reply, each ended by CRLF. Whatever is in the text, it stays a reply of this code. */
export function formatReply({ code, status, text }: EnhancedReply): string {
  const lines = text.split('\n').flatMap(cutIntoLines);
  const prefix = status === undefined ? '' : `${status} `;
  return lines
    .map((line, i) => `${code}${i < lines.length - 1 ? '-' : ' '}${`${prefix}${line}`.trimEnd()}\r\n`)
    .join('');
}

/** A reply in one line, for logs and reports: `550 5.1.1 no such user`. At most about 500 characters. */
export function describeReply(reply: Reply | EnhancedReply): string {
  const text = printable('lines' in reply ? reply.lines.join(' ') : reply.text.replaceAll('\n', ' '));
  return [reply.code, reply.status, text.slice(0, MAX_TEXT)]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
}

export type ReplyFault = 'notAReply' | 'tooLong';

/** Of a line no more is kept. */
const MAX_LINE = 1024;
/** More lines than any EHLO or HELP has. */
const MAX_LINES = 256;
/** Octets of one reply, empty lines before it included: 256 lines of twice the length that RFC 5321 allows. */
const MAX_REPLY = 256 * 1024;

export interface TakenReply {
  /** Octets used up, from the start. */
  readonly used: number;
  /** Undefined when it is not complete yet. After a fault nothing more can be understood. */
  readonly reply: Decoded<Reply, ReplyFault> | undefined;
}

/**
 * Reads replies, whatever the pieces in which they arrive. Takes more than it should: lines that end with LF alone or
 * with several CR, a code without text, text directly after the code, empty lines, and within a reply of several
 * lines also lines without a code. Where the lines have several codes the last one counts (RFC 5321 §4.2.1).
 */
export class ReplyReader {
  #held = '';
  #lines: string[] = [];
  #status: string | undefined;
  #octets = 0;

  /** Takes octets up to the end of a reply, or all of them. */
  take(octets: Uint8Array): TakenReply {
    for (let from = 0; from < octets.length; ) {
      const lf = find(octets, LF, from);
      this.#held += toLatin1(octets.subarray(from, Math.min(lf, from + MAX_LINE - this.#held.length)));
      this.#octets += Math.min(lf + 1, octets.length) - from;
      if (this.#octets > MAX_REPLY) return { used: octets.length, reply: fault('tooLong') };
      from = lf + 1;
      if (lf === octets.length) break;
      const reply = this.#line(this.#held.replace(/\r+$/, ''));
      this.#held = '';
      if (reply === undefined) continue;
      this.#octets = 0;
      return { used: from, reply };
    }
    return { used: octets.length, reply: undefined };
  }

  #line(line: string): Decoded<Reply, ReplyFault> | undefined {
    if (line.trim() === '') return undefined;
    const match = /^([2-5]\d\d)(-| |)(.*)$/s.exec(line);
    if (match === null && this.#lines.length === 0) return fault('notAReply');
    const [, code, separator, text = ''] = match ?? [undefined, undefined, '-', line];
    if (this.#lines.length === MAX_LINES) return fault('tooLong');
    this.#lines.push(this.#withoutStatus(code, text));
    if (separator === '-') return undefined;
    const reply = { code: Number(code), status: this.#status, lines: this.#lines };
    this.#lines = [];
    this.#status = undefined;
    return decoded(reply);
  }

  #withoutStatus(code: string | undefined, text: string): string {
    const match = /^([245])\.\d{1,3}\.\d{1,3}(?= |$)/.exec(text);
    // RFC 2034 §4: the class is that of the code; other numbers are text.
    if (match === null || match[1] !== code?.[0]) return text;
    this.#status = match[0];
    return text.slice(match[0].length).trimStart();
  }
}

function cutIntoLines(text: string): string[] {
  const safe = printable(text.replace(/\r$/, ''));
  const lines: string[] = [];
  for (let at = 0; at < safe.length; at += MAX_TEXT) lines.push(safe.slice(at, at + MAX_TEXT));
  return lines.length === 0 ? [''] : lines;
}
