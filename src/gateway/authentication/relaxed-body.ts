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
    for (const octet of octets) {
      if (this.#afterCr) {
        this.#afterCr = false;
        if (octet === LF) {
          this.#lineEnds++;
          this.#hasSpace = false;
          continue;
        }
        this.#content(CR);
      }
      if (octet === CR) this.#afterCr = true;
      else if (octet === SPACE || octet === TAB) this.#hasSpace = true;
      else this.#content(octet);
    }
  }

  /** In base64. The body is over. */
  digest(): string {
    if (this.#afterCr) this.#content(CR);
    if (!this.#isEmpty) this.#lineEnd();
    this.#flush();
    return this.#hash.digest('base64');
  }

  #content(octet: number): void {
    for (; this.#lineEnds > 0; this.#lineEnds--) this.#lineEnd();
    if (this.#hasSpace) this.#put(SPACE);
    this.#hasSpace = false;
    this.#isEmpty = false;
    this.#put(octet);
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
