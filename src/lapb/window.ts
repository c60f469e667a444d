import { modulo } from '../core/index.js';
import type { Modulo } from './parameters.js';

/**
 * The numbers of one end in the information transfer phase (X.25 §2.3.2), and the packets that wait for their
 * acknowledgement.
 *
 *        V(A) ............ V(S) ............ end            V(A) + k
 *         |  sent, under way |  to be sent again |  may be sent   |
 *
 * `end` and V(S) differ only after V(S) was moved back.
 */
export class Window {
  readonly #modulus: Modulo;
  readonly #size: number;
  /** By N(S). Slots outside V(A) .. end are undefined. */
  readonly #packets: (Uint8Array | undefined)[];
  #va = 0;
  #vs = 0;
  #end = 0;
  #vr = 0;
  #hasReceived = false;

  /** @param size k, less than the modulus. */
  constructor(modulus: Modulo, size: number) {
    this.#modulus = modulus;
    this.#size = size;
    this.#packets = new Array<undefined>(modulus).fill(undefined);
  }

  /** V(S): the number of the next I frame to send. */
  get vs(): number {
    return this.#vs;
  }

  /** V(R): the number of the next I frame expected. */
  get vr(): number {
    return this.#vr;
  }

  /** Whether an I frame was received in sequence since V(R) was 0 by decree. */
  get hasReceived(): boolean {
    return this.#hasReceived;
  }

  /** Whether an I frame was sent and, as far as we know, is still on its way. */
  get isUnderWay(): boolean {
    return this.#va !== this.#vs;
  }

  get isAllAcknowledged(): boolean {
    return this.#va === this.#end;
  }

  /** Room for one more packet, and nothing to be sent again before it. */
  get isOpen(): boolean {
    return this.#vs === this.#end && modulo.distance(this.#va, this.#end, this.#modulus) < this.#size;
  }

  get isFull(): boolean {
    return modulo.distance(this.#va, this.#end, this.#modulus) === this.#size;
  }

  /** All variables to 0; packets not acknowledged are thrown away. */
  reset(): void {
    this.#packets.fill(undefined);
    this.#va = 0;
    this.#vs = 0;
    this.#end = 0;
    this.receiveAnew();
  }

  /** V(R) to 0. */
  receiveAnew(): void {
    this.#vr = 0;
    this.#hasReceived = false;
  }

  /** Takes a packet that goes out now with N(S) = V(S). Only when `isOpen`. */
  append(packet: Uint8Array): void {
    this.#packets[this.#vs] = packet;
    this.#vs = modulo.next(this.#vs, this.#modulus);
    this.#end = this.#vs;
  }

  /** The packet that goes out again now with N(S) = V(S), or undefined when there is none. */
  repeat(): Uint8Array | undefined {
    if (this.#vs === this.#end) return undefined;
    const packet = this.#packets[this.#vs];
    this.#vs = modulo.next(this.#vs, this.#modulus);
    return packet;
  }

  /**
   * Whether N(R) acknowledges only what was sent.
   *
   * UNCLEAR X.25 §2.3.5.4: whether V(S) is the limit when it was moved back. Ours is `end`, for frames that are to
   * be sent again may have arrived the first time.
   */
  isValid(nr: number): boolean {
    return modulo.isBetween(this.#va, nr, this.#end, this.#modulus);
  }

  /** V(A) := N(R), a valid one. @returns whether anything was acknowledged. */
  acknowledge(nr: number): boolean {
    if (nr === this.#va) return false;
    // What is acknowledged need not be sent again: V(S) never stays behind V(A).
    if (!modulo.isBetween(nr, this.#vs, this.#end, this.#modulus)) this.#vs = nr;
    for (; this.#va !== nr; this.#va = modulo.next(this.#va, this.#modulus))
      this.#packets[this.#va] = undefined;
    return true;
  }

  /** Whether a packet with this number waits for its acknowledgement. */
  isOutstanding(ns: number): boolean {
    return this.#packets[ns] !== undefined;
  }

  /** V(S) := V(A): all that is not acknowledged goes out again. @returns whether anything was under way. */
  goBack(): boolean {
    const wasUnderWay = this.isUnderWay;
    this.#vs = this.#va;
    return wasUnderWay;
  }

  /** Judges N(S). @returns true when it is V(R), which moves on; the frame is then to be delivered. */
  accept(ns: number): boolean {
    if (ns !== this.#vr) return false;
    this.#vr = modulo.next(this.#vr, this.#modulus);
    this.#hasReceived = true;
    return true;
  }
}
