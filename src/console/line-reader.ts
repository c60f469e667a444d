import { concat } from '../core/index.js';

const LINE_END = 0x0a;

/** Finds lines in octets, however they are cut. Holds no more than one line. */
export class LineReader {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;
  readonly #longest: number;

  /** @param longest octets of a line, its end included. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** The lines that end within these octets, without their ends. The last is undefined when a line is too long. */
  *read(octets: Uint8Array): Generator<string | undefined, void> {
    let rest = octets;
    for (let end = rest.indexOf(LINE_END); end >= 0; end = rest.indexOf(LINE_END)) {
      if (!this.#take(rest.subarray(0, end + 1))) {
        yield undefined;
        return;
      }
      rest = rest.subarray(end + 1);
      const line = new TextDecoder().decode(concat(this.#pieces)).trimEnd();
      this.#pieces.length = 0;
      this.#length = 0;
      yield line;
    }
    if (rest.length > 0 && !this.#take(rest.slice())) yield undefined;
  }

  #take(piece: Uint8Array): boolean {
    this.#length += piece.length;
    if (this.#length > this.#longest) return false;
    this.#pieces.push(piece);
    return true;
  }
}
