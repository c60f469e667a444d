import type { EnhancedReply } from '../smtp/index.js';

/** RFC 5321 §6.3 asks for 100 at least. */
const MOST_HOPS = 100;

export const LOOP: EnhancedReply = {
  code: 554,
  status: '5.4.6',
  text: 'the message goes round in circles',
};

/** Longest piece of a line that matters. */
const NAME = 'received:';

/** Counts the systems that a message has passed by its Received fields (RFC 5321 §6.3), while it streams by. */
export class HopCounter {
  #line = '';
  #isOverHeader = false;
  #hops = 0;

  get hops(): number {
    return this.#hops;
  }

  get isLoop(): boolean {
    return this.#hops > MOST_HOPS;
  }

  /** @param octets a piece of the message, lines ended by CR LF. */
  pass(octets: Uint8Array): void {
    for (let at = 0; at < octets.length && !this.#isOverHeader; ) {
      const end = octets.indexOf(0x0a, at);
      const rest = NAME.length - this.#line.length;
      const piece = octets.subarray(at, Math.min(end < 0 ? octets.length : end, at + Math.max(rest, 0)));
      this.#line += Buffer.from(piece).toString('latin1').toLowerCase();
      if (end < 0) return;
      this.#endLine();
      at = end + 1;
    }
  }

  #endLine(): void {
    if (this.#line === NAME) this.#hops++;
    if (this.#line === '' || this.#line === '\r') this.#isOverHeader = true;
    this.#line = '';
  }
}
