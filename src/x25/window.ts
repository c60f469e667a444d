import { modulo } from '../core/index.js';

/** Our DATA packets: V(S), the next number to send, and V(A), the oldest not acknowledged (X.25 §4.4.1). */
export class SendWindow {
  readonly #modulus: number;
  readonly #size: number;
  /** Octets of user data in the packet with this number. */
  readonly #octets: number[];
  #va = 0;
  #vs = 0;

  constructor(modulus: number, size: number) {
    this.#modulus = modulus;
    this.#size = size;
    this.#octets = new Array<number>(modulus).fill(0);
  }

  get va(): number {
    return this.#va;
  }

  get vs(): number {
    return this.#vs;
  }

  get isOpen(): boolean {
    return this.inFlight < this.#size;
  }

  get inFlight(): number {
    return modulo.distance(this.#va, this.#vs, this.#modulus);
  }

  /** @returns the P(S) of the next packet, which holds this many octets of user data. */
  next(octets: number): number {
    const ps = this.#vs;
    this.#octets[ps] = octets;
    this.#vs = modulo.next(ps, this.#modulus);
    return ps;
  }

  /** Whether P(R) lies between the last one received and the next P(S) to send, both included. */
  isValid(pr: number): boolean {
    return modulo.isBetween(this.#va, pr, this.#vs, this.#modulus);
  }

  /** @param pr a valid P(R). @returns the octets that it acknowledges. */
  acknowledge(pr: number): number {
    let octets = 0;
    while (this.#va !== pr) {
      octets += this.#octets[this.#va] ?? 0;
      this.#va = modulo.next(this.#va, this.#modulus);
    }
    return octets;
  }

  clear(): void {
    this.#va = 0;
    this.#vs = 0;
  }
}

/** Their DATA packets: V(R), the next number expected, and P(R), up to which all was used up and may come again. */
export class ReceiveWindow {
  readonly #modulus: number;
  readonly #size: number;
  readonly #octets: number[];
  #vr = 0;
  #pr = 0;
  /** The last P(R) that the other end was told: its window begins here. */
  #told = 0;
  /** Octets used up of the packet with number P(R). */
  #used = 0;
  /** The number behind the last packet with D=1, as long as P(R) has not come to it. */
  #confirmAt: number | undefined;
  #owesConfirmation = false;

  constructor(modulus: number, size: number) {
    this.#modulus = modulus;
    this.#size = size;
    this.#octets = new Array<number>(modulus).fill(0);
  }

  /** Whether this is the next packet, and within the window. */
  accepts(ps: number): boolean {
    return ps === this.#vr && !this.isUsedUp;
  }

  /** Whether this packet came already and is not acknowledged: sent once more, it is still the same. */
  hasAlready(ps: number): boolean {
    return this.#vr !== this.#told && this.#isFrom(this.#told, ps, this.#vr);
  }

  /** Whether this packet is within the window, but packets before it did not come. */
  isAhead(ps: number): boolean {
    const ahead = modulo.distance(this.#told, ps, this.#modulus);
    return ahead < this.#size && ahead > modulo.distance(this.#told, this.#vr, this.#modulus);
  }

  #isFrom(low: number, value: number, end: number): boolean {
    return modulo.distance(low, value, this.#modulus) < modulo.distance(low, end, this.#modulus);
  }

  /** The other end may send nothing more until it is told another P(R). */
  get isUsedUp(): boolean {
    return modulo.distance(this.#told, this.#vr, this.#modulus) >= this.#size;
  }

  /** A whole window of packets waits to be used up: there is no P(R) that could open it. */
  get isShut(): boolean {
    return modulo.distance(this.#pr, this.#vr, this.#modulus) >= this.#size;
  }

  /** Packets wait to be used up, so that the window is not as wide as it can be. */
  get isHeld(): boolean {
    return this.#pr !== this.#vr;
  }

  /** Packets used up that the other end does not know of. */
  get untold(): number {
    return modulo.distance(this.#told, this.#pr, this.#modulus);
  }

  /** A packet with D=1 was used up, which the other end does not know. */
  get owesConfirmation(): boolean {
    return this.#owesConfirmation;
  }

  /** Takes the next packet in. @param confirm its D bit. */
  received(octets: number, confirm = false): void {
    this.#octets[this.#vr] = octets;
    this.#vr = modulo.next(this.#vr, this.#modulus);
    if (confirm) this.#confirmAt = this.#vr;
    if (octets === 0) this.consumed(0);
  }

  /**
   * Moves P(R) over every packet whose octets are all used up, an empty packet when all before it are.
   * More than came is ignored: after a reset a slow user may still report octets from before it.
   */
  consumed(octets: number): void {
    this.#used += octets;
    while (this.#pr !== this.#vr) {
      const length = this.#octets[this.#pr] ?? 0;
      if (this.#used < length) return;
      this.#used -= length;
      this.#pr = modulo.next(this.#pr, this.#modulus);
      if (this.#pr === this.#confirmAt) {
        this.#confirmAt = undefined;
        this.#owesConfirmation = true;
      }
    }
    this.#used = 0;
  }

  /** The P(R) to send, which the other end is told by it. */
  tell(): number {
    this.#told = this.#pr;
    this.#owesConfirmation = false;
    return this.#pr;
  }

  clear(): void {
    this.#vr = 0;
    this.#pr = 0;
    this.#told = 0;
    this.#used = 0;
    this.#confirmAt = undefined;
    this.#owesConfirmation = false;
  }
}
