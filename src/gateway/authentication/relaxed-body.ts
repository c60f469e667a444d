import { createHash } from 'node:crypto';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

const BLOCK_OCTETS = 16 * 1024;

/** SHA-256 of a body that streams by, in relaxed canonicalization (RFC 6376 §3.4.4); nothing of the body is held. */
export class RelaxedBodyHash {
  readonly #hash = createHash('sha256');
  readonly #block = new Uint8Array(BLOCK_OCTETS);
  #length = 0;
  #isEmpty = true;
  /** Line ends that count only if anything follows them. */
  #lineEnds = 0;
  /** White space that counts only if anything follows it in its line. */
  #hasSpace = false;
  #afterCr = false;

  pass(octets: Uint8Array): void {
    for (let at = 0; at < octets.length; ) {
      const end = endOfText(octets, at);
      if (end > at) this.#text(octets.subarray(at, end));
      else this.#octet(octets[at] ?? 0);
      at = Math.max(end, at + 1);
    }
  }

  /** In base64. The body is over. */
  digest(): string {
    this.#bareCr();
    if (!this.#isEmpty) this.#lineEnd();
    this.#flush();
    return this.#hash.digest('base64');
  }

  #octet(octet: number): void {
    if (this.#afterCr && octet === LF) {
      this.#afterCr = false;
      this.#hasSpace = false;
      this.#lineEnds++;
      return;
    }
    this.#bareCr();
    if (octet === CR) this.#afterCr = true;
    else if (octet === SPACE || octet === TAB) this.#hasSpace = true;
    else this.#content(octet);
  }

  #text(text: Uint8Array): void {
    this.#bareCr();
    this.#catchUp();
    if (text.length > BLOCK_OCTETS - this.#length) this.#flush();
    if (text.length > BLOCK_OCTETS) this.#hash.update(text);
    else {
      this.#block.set(text, this.#length);
      this.#length += text.length;
    }
  }

  #bareCr(): void {
    if (!this.#afterCr) return;
    this.#afterCr = false;
    this.#content(CR);
  }

  #content(octet: number): void {
    this.#catchUp();
    this.#put(octet);
  }

  /** Something follows: what waited for that counts. */
  #catchUp(): void {
    for (; this.#lineEnds > 0; this.#lineEnds--) this.#lineEnd();
    if (this.#hasSpace) this.#put(SPACE);
    this.#hasSpace = false;
    this.#isEmpty = false;
  }

  #lineEnd(): void {
    this.#put(CR);
    this.#put(LF);
  }

  #put(octet: number): void {
    if (this.#length === BLOCK_OCTETS) this.#flush();
    this.#block[this.#length++] = octet;
  }

  #flush(): void {
    this.#hash.update(this.#block.subarray(0, this.#length));
    this.#length = 0;
  }
}

/** @returns where text ends that stays as it is, from a place on: white space is in it only as single spaces between words. */
function endOfText(octets: Uint8Array, from: number): number {
  let at = from;
  for (; at < octets.length; at++) {
    if ((octets[at] ?? 0) > SPACE) continue;
    const isBetweenWords = octets[at] === SPACE && at > from && (octets[at + 1] ?? 0) > SPACE;
    if (!isBetweenWords) break;
  }
  return at;
}
