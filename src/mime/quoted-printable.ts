/** Quoted-printable (RFC 2045 §6.7), as a stream. */
import type { ContentEncoder } from './encoder.js';

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const DASH = 0x2d;
const EQUALS = 0x3d;
const HEX = Buffer.from('0123456789ABCDEF');

/** RFC 2045 §6.7 (5): 76 characters, the `=` of a soft line break counted. */
const MAX_TEXT = 75;

/** Encodes anything: CR LF is a line end, and whatever else is not plain text is escaped. */
export class QuotedPrintableEncoder implements ContentEncoder {
  /** A space, tab or CR whose meaning depends on what follows. */
  #held: number | undefined;
  #column = 0;
  #out: Uint8Array = new Uint8Array(0);
  #at = 0;

  encode(octets: Uint8Array): Uint8Array {
    this.#makeRoom(octets.length);
    for (const octet of octets) this.#octet(octet);
    return this.#out.subarray(0, this.#at);
  }

  end(): Uint8Array {
    this.#makeRoom(1);
    if (this.#held !== undefined) this.#escaped(this.#held);
    this.#held = undefined;
    return this.#out.subarray(0, this.#at);
  }

  #octet(octet: number): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === CR && octet === LF) {
      this.#hardBreak();
      return;
    }
    if (held === CR) this.#escaped(held);
    // (3): white space at the end of a line would be lost.
    else if (held !== undefined && octet === CR) {
      this.#escaped(held);
    } else if (held !== undefined) this.#plain(held);
    if (octet === CR || octet === SPACE || octet === TAB) this.#held = octet;
    else if (octet < SPACE || octet > 0x7e || octet === EQUALS) this.#escaped(octet);
    else this.#plain(octet);
  }

  #plain(octet: number): void {
    this.#breakBefore(1);
    // What stood in the middle of a line may stand at the start of one now, and must not be taken for a delimiter there.
    if (octet === DASH && this.#column === 0) {
      this.#escaped(octet);
      return;
    }
    this.#out[this.#at++] = octet;
    this.#column++;
  }

  #escaped(octet: number): void {
    this.#breakBefore(3);
    this.#out[this.#at++] = EQUALS;
    this.#out[this.#at++] = HEX[octet >> 4] ?? 0;
    this.#out[this.#at++] = HEX[octet & 15] ?? 0;
    this.#column += 3;
  }

  #breakBefore(length: number): void {
    if (this.#column + length <= MAX_TEXT) return;
    this.#out[this.#at++] = EQUALS;
    this.#hardBreak();
  }

  #hardBreak(): void {
    this.#out[this.#at++] = CR;
    this.#out[this.#at++] = LF;
    this.#column = 0;
  }

  /** For so many octets, and one that is held: three characters each, and a soft break now and then. */
  #makeRoom(octets: number): void {
    this.#out = new Uint8Array(4 * (octets + 4));
    this.#at = 0;
  }
}

/** RFC 5321 §4.5.3.1.6, with room for an escape and a soft break. */
const MAX_LINE = 990;

/** Mends content that says it is quoted-printable and is not: what it decodes to stays the same. */
export class QuotedPrintableMender implements ContentEncoder {
  #afterCr = false;
  /** Octets of an escape that are still to come: no line may be broken there. */
  #escape = 0;
  #column = 0;
  #out: number[] = [];

  encode(octets: Uint8Array): Uint8Array {
    this.#out = [];
    for (const octet of octets) this.#octet(octet);
    return Uint8Array.from(this.#out);
  }

  end(): Uint8Array {
    this.#out = [];
    if (this.#afterCr) this.#escaped(CR);
    this.#afterCr = false;
    return Uint8Array.from(this.#out);
  }

  #octet(octet: number): void {
    const afterCr = this.#afterCr;
    this.#afterCr = octet === CR;
    if (afterCr && octet === LF) {
      this.#out.push(CR, LF);
      this.#column = 0;
      this.#escape = 0;
      return;
    }
    if (afterCr) this.#escaped(CR);
    if (octet === CR) return;
    if (octet === LF || octet === 0 || octet > 0x7e) this.#escaped(octet);
    else this.#plain(octet);
  }

  #plain(octet: number): void {
    if (this.#escape === 0) this.#breakBefore();
    if (octet === DASH && this.#column === 0) {
      this.#escaped(octet);
      return;
    }
    this.#escape = octet === EQUALS ? 2 : Math.max(0, this.#escape - 1);
    this.#out.push(octet);
    this.#column++;
  }

  #escaped(octet: number): void {
    this.#escape = 0;
    this.#breakBefore();
    this.#out.push(EQUALS, HEX[octet >> 4] ?? 0, HEX[octet & 15] ?? 0);
    this.#column += 3;
  }

  #breakBefore(): void {
    if (this.#column <= MAX_LINE) return;
    this.#out.push(EQUALS, CR, LF);
    this.#column = 0;
  }
}
