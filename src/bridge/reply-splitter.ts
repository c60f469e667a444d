import { type Decoded, decoded, fault } from '../core/index.js';
import { find, LF, printable, toLatin1 } from '../smtp/index.js';

/** A reply as it stands on the line. */
export interface WireReply {
  /** 200 .. 599. */
  readonly code: number;
  /** Whole lines with their codes, one character per octet, without line ends. */
  readonly lines: readonly string[];
}

export type WireReplyFault = 'notAReply' | 'tooLong';

export interface TakenReply {
  /** Octets used up, from the start. */
  readonly used: number;
  /** Undefined when the reply is not complete yet. */
  readonly reply: Decoded<WireReply, WireReplyFault> | undefined;
}

/** Octets of a reply with all its lines: more than any HELP has. */
const MAX_REPLY = 32 * 1024;

/**
 * Cuts octets into replies, whatever the pieces in which they arrive. A reply is held until it is complete, so that
 * none is ever passed on by half. Takes what `ReplyReader` takes, for the same reasons: lines that end with LF alone or
 * with several CR, a code without text, empty lines, and within a reply of several lines also lines without a code. A
 * CR within a line becomes a space: nothing but the end of a line is to look like one.
 */
export class ReplySplitter {
  #held = '';
  #lines: string[] = [];
  #length = 0;

  /** Takes octets up to the end of a reply, or all of them. After a fault nothing more can be understood. */
  take(octets: Uint8Array): TakenReply {
    for (let from = 0; from < octets.length; ) {
      const lf = find(octets, LF, from);
      this.#length += lf - from;
      if (this.#length > MAX_REPLY) return { used: octets.length, reply: fault('tooLong') };
      this.#held += toLatin1(octets.subarray(from, lf));
      from = Math.min(lf + 1, octets.length);
      if (lf === octets.length) break;
      const reply = this.#line(this.#held.replace(/\r+$/, '').replaceAll('\r', ' '));
      this.#held = '';
      if (reply !== undefined) return { used: from, reply };
    }
    return { used: octets.length, reply: undefined };
  }

  #line(line: string): TakenReply['reply'] {
    if (line.trim() === '') return undefined;
    const match = /^([2-5]\d\d)(-?)/.exec(line);
    if (match === null && this.#lines.length === 0) return fault('notAReply');
    this.#lines.push(line);
    if (match === null || match[2] === '-') return undefined;
    const reply = { code: Number(match[1]), lines: this.#lines };
    this.#lines = [];
    this.#length = 0;
    return decoded(reply);
  }
}

/** The octets of a reply, each line ended by CR LF. */
export function replyOctets(reply: WireReply): Uint8Array {
  return Buffer.from(reply.lines.map((line) => `${line}\r\n`).join(''), 'latin1');
}

/** For logs: its last line, which is the one with the final word. */
export function describeReplyLine(reply: WireReply): string {
  return printable(reply.lines.at(-1) ?? '').slice(0, 200);
}
