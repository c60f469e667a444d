import { type Decoded, decoded, fault } from '../core/index.js';
import { CR, find, LF, toLatin1 } from './octets.js';

/** What ends a line in a session, commands and data alike. */
export type LineEnds = 'crlf' | 'lf';

export type LineFault = 'tooLong' | 'bareLineEnd';

export interface TakenLine {
  /** Octets used up, from the start. */
  readonly used: number;
  /** The line without its end, one character per octet; undefined when it is not complete yet. */
  readonly line: Decoded<string, LineFault> | undefined;
}

/**
 * Cuts octets into command lines, whatever the pieces in which they arrive.
 *
 * A session has one kind of line end. In a `crlf` session only CR LF ends a line: were a lone LF to end one as well,
 * text that another server took for a single line could hide commands. In an `lf` session LF ends a line and one CR
 * before it is dropped (RFC 1090 §8). With `learn` the first line decides.
 *
 * A faulty line is told once, as soon as that is certain, and skipped to its true end.
 */
export class LineSplitter {
  readonly #maxLength: number;
  readonly #given: LineEnds | undefined;
  #ends: LineEnds | undefined;
  #held = '';
  #skipping = false;
  /** While skipping: the last octet seen was a CR. */
  #afterCr = false;

  /** @param maxLength octets of a line, its end not counted. */
  constructor(lineEnds: LineEnds | 'learn', maxLength: number) {
    this.#given = lineEnds === 'learn' ? undefined : lineEnds;
    this.#ends = this.#given;
    this.#maxLength = maxLength;
  }

  /** Undefined until learnt. */
  get lineEnds(): LineEnds | undefined {
    return this.#ends;
  }

  /** Begins anew, as with the first line: nothing is held, and line ends are to be learnt again. */
  reset(): void {
    this.#ends = this.#given;
    this.#held = '';
    this.#skipping = false;
  }

  /** Takes octets up to the end of a line, or all of them. */
  take(octets: Uint8Array): TakenLine {
    if (this.#skipping) return { used: this.#skip(octets), line: undefined };
    const lf = find(octets, LF, 0);
    if (lf === octets.length) return { used: lf, line: this.#hold(octets) };
    const line = this.#held + toLatin1(octets.subarray(0, lf));
    this.#held = '';
    return { used: lf + 1, line: this.#complete(line) };
  }

  #hold(octets: Uint8Array): TakenLine['line'] {
    // One octet more than allowed may still be the CR of the line's end.
    if (this.#held.length + octets.length <= this.#maxLength + 1) {
      this.#held += toLatin1(octets);
      return undefined;
    }
    this.#held = '';
    this.#skipping = true;
    this.#afterCr = octets[octets.length - 1] === CR;
    return fault('tooLong');
  }

  #complete(line: string): Decoded<string, LineFault> {
    const withCr = line.endsWith('\r');
    this.#ends ??= withCr ? 'crlf' : 'lf';
    if (this.#ends === 'crlf' && !withCr) {
      this.#skipping = true;
      this.#afterCr = false;
      return fault(line.length > this.#maxLength ? 'tooLong' : 'bareLineEnd');
    }
    const text = withCr ? line.slice(0, -1) : line;
    if (text.length > this.#maxLength) return fault('tooLong');
    return text.includes('\r') ? fault('bareLineEnd') : decoded(text);
  }

  #skip(octets: Uint8Array): number {
    for (let from = 0; from < octets.length; ) {
      const lf = find(octets, LF, from);
      if (lf === octets.length) break;
      const withCr = lf === 0 ? this.#afterCr : octets[lf - 1] === CR;
      this.#ends ??= withCr ? 'crlf' : 'lf';
      if (this.#ends === 'lf' || withCr) {
        this.#skipping = false;
        return lf + 1;
      }
      from = lf + 1;
    }
    if (octets.length > 0) this.#afterCr = octets[octets.length - 1] === CR;
    return octets.length;
  }
}
