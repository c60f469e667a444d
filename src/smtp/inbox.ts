import { concat } from '../core/index.js';
import { NOTHING } from './octets.js';

/** Octets that arrived and are not used yet, in the pieces in which they arrived. */
export class Inbox {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.#pieces.push(octets);
    this.#length += octets.length;
  }

  /** The first octets, at most `limit`; small pieces are joined so that few large stretches come out. */
  peek(limit: number): Uint8Array {
    const [first, second] = this.#pieces;
    if (first === undefined) return NOTHING;
    if (second === undefined || first.length + second.length > limit) return first.subarray(0, limit);
    let count = 0;
    let length = 0;
    for (const piece of this.#pieces) {
      if (length + piece.length > limit) break;
      length += piece.length;
      count++;
    }
    const joined = concat(this.#pieces.slice(0, count));
    this.#pieces.splice(0, count, joined);
    return joined;
  }

  /** Drops the first `count` octets, which lie in the first piece. */
  drop(count: number): void {
    if (count === 0) return;
    const first = this.#pieces[0];
    if (first === undefined || count > first.length) throw new RangeError('inbox: more dropped than shown');
    this.#length -= count;
    if (count === first.length) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(count);
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#length = 0;
  }
}
