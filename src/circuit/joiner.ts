import { Counters, concat } from '../core/index.js';
import type { Piece } from './circuit.js';

/** RFC 1090 §4: the longest sequence that its senders are encouraged to make, octets. */
export const LONGEST_SEQUENCE = 2048;

/** How long the next packet of a sequence may keep the octets before it waiting, milliseconds. */
export const LONGEST_PAUSE_MS = 1000;

export type JoinerCount =
  /** Octets passed on while their sequence was not complete, for want of a further packet. */
  | 'passedAfterPause'
  /** Octets passed on while their sequence was not complete, for its length. */
  | 'passedForLength'
  | 'qualifiedDropped'
  | 'qualifiedOctetsDropped';

/**
 * Packet sequences -> octets (RFC 1090 §4 and §5). A sequence is passed on when it is complete, but nobody waits for
 * its end for ever: neither for more than 2048 octets nor for longer than a second, since some networks lose M bits.
 *
 * What is held here must not close the packet window, or the rest of the sequence could not come. So up to 2048
 * octets beyond what the consumer has used up count as consumed; further ones wait for the consumer, and a slow one
 * closes the window at the other end. With a window of W octets no more than W + 2048 are ever in memory.
 */
export class Joiner {
  readonly counters = new Counters<JoinerCount>();
  readonly #held = new Uint8Array(LONGEST_SEQUENCE);
  #heldOctets = 0;
  #deadline: number | undefined;
  #received = 0;
  #passedOn = 0;
  #consumed = 0;
  /** Octets nobody will consume (Q bit): used up on arrival. */
  #dropped = 0;
  #acknowledged = 0;

  /** @returns octets for the consumer; undefined while the sequence is incomplete. */
  receive(piece: Piece, now: number): Uint8Array | undefined {
    const { octets } = piece;
    if (piece.qualified === true) {
      this.counters.add('qualifiedDropped');
      this.counters.add('qualifiedOctetsDropped', octets.length);
      this.#dropped += octets.length;
      return undefined;
    }
    this.#received += octets.length;
    if (!piece.more) return this.#passOn(octets);
    if (this.#heldOctets + octets.length >= LONGEST_SEQUENCE) {
      this.counters.add('passedForLength');
      return this.#passOn(octets);
    }
    this.#held.set(octets, this.#heldOctets);
    this.#heldOctets += octets.length;
    if (this.#heldOctets > 0) this.#deadline = now + LONGEST_PAUSE_MS;
    return undefined;
  }

  /** What is held will not be continued (the circuit ends): @returns it, if there is any. */
  flush(): Uint8Array | undefined {
    return this.#passOn(new Uint8Array(0));
  }

  nextDeadline(): number | undefined {
    return this.#deadline;
  }

  handleTimeout(now: number): Uint8Array | undefined {
    if (this.#deadline === undefined || now < this.#deadline) return undefined;
    this.counters.add('passedAfterPause');
    return this.flush();
  }

  /** The consumer has used up so many octets of what was passed on. @throws RangeError when it never got as many. */
  consumed(octets: number): void {
    if (this.#consumed + octets > this.#passedOn)
      throw new RangeError(`${octets} octets consumed, only ${this.#passedOn - this.#consumed} were there`);
    this.#consumed += octets;
  }

  /** How many octets more than last time may be acknowledged to the other end. */
  takeAcknowledgeable(): number {
    const total = Math.min(this.#received, this.#consumed + LONGEST_SEQUENCE) + this.#dropped;
    const more = total - this.#acknowledged;
    this.#acknowledged = total;
    return more;
  }

  #passOn(last: Uint8Array): Uint8Array | undefined {
    const joined = this.#heldOctets === 0 ? last : concat([this.#held.subarray(0, this.#heldOctets), last]);
    this.#heldOctets = 0;
    this.#deadline = undefined;
    this.#passedOn += joined.length;
    return joined.length === 0 ? undefined : joined;
  }
}
