import { CHUNK_OCTETS } from './bodies.js';

/** Bodies up to here are in the database row, where they cost no further sync; longer ones are files. */
const IN_ROW_OCTETS = CHUNK_OCTETS;

/** Most messages are short: the buffer begins small and doubles. */
const FIRST_BUFFER_OCTETS = 4 * 1024;

/** The last octets of a body on its way in, at most 64 KiB; whenever it is full, and more comes, it is emptied. */
export class BodyBuffer {
  readonly #flush: (octets: Uint8Array) => Promise<void>;
  #octets = new Uint8Array(0);
  #held = 0;

  /** @param flush takes all octets before it resolves: their place is used again */
  constructor(flush: (octets: Uint8Array) => Promise<void>) {
    this.#flush = flush;
  }

  /** How many octets it holds. */
  get held(): number {
    return this.#held;
  }

  async append(chunk: Uint8Array): Promise<void> {
    while (this.#held + chunk.length > IN_ROW_OCTETS) {
      const fits = chunk.subarray(0, IN_ROW_OCTETS - this.#held);
      this.#hold(fits);
      chunk = chunk.subarray(fits.length);
      await this.flush();
    }
    this.#hold(chunk);
  }

  async flush(): Promise<void> {
    if (this.#held === 0) return;
    await this.#flush(this.#octets.subarray(0, this.#held));
    this.#held = 0;
  }

  /** What it holds, of its own length: the whole buffer would go to another thread with a part of it. */
  copy(): Uint8Array {
    return this.#octets.slice(0, this.#held);
  }

  release(): void {
    this.#octets = new Uint8Array(0);
    this.#held = 0;
  }

  #hold(octets: Uint8Array): void {
    const needed = this.#held + octets.length;
    if (needed > this.#octets.length) {
      const larger = Math.max(needed, 2 * this.#octets.length, FIRST_BUFFER_OCTETS);
      const grown = new Uint8Array(Math.min(larger, IN_ROW_OCTETS));
      grown.set(this.#octets.subarray(0, this.#held));
      this.#octets = grown;
    }
    this.#octets.set(octets, this.#held);
    this.#held = needed;
  }
}

/** Carries calls out one after the other, in the order in which they came, so that each may come at any time. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(action);
    this.#last = turn.catch(() => undefined); // whoever asked for that turn hears of it
    return turn;
  }
}
