import type { DataRate } from './server-interface.js';

/** So often the rate is asked for within the time over which it is measured. */
const PARTS = 10;

/**
 * Whether data comes as fast as it should: octets counted over a stretch of time again and again, of which only the
 * time counts in which we wait for the client. What should come is added up part by part, since it may change.
 */
export class DataRateWatch {
  readonly #partMs: number;
  readonly #now: () => number | undefined;
  readonly #arrived: () => number;
  /** Counted by whoever uses the data up. */
  #used = 0;
  /** What had arrived when the stretch began. */
  #before: number;
  #parts = 0;
  #needed = 0;
  /** Waited in this part, milliseconds, up to the last pause. */
  #waitedMs = 0;
  #since: number | undefined;

  constructor({ octetsPerSecond, overMs, arrived }: DataRate) {
    this.#partMs = overMs / PARTS;
    this.#now = typeof octetsPerSecond === 'number' ? () => octetsPerSecond : octetsPerSecond;
    this.#arrived = arrived ?? (() => this.#used);
    this.#before = this.#arrived();
  }

  count(octets: number): void {
    this.#used += octets;
  }

  /** We wait for the client from now on. @returns when the part is over, unless there is a pause before. */
  resume(now: number): number {
    this.#since ??= now;
    return this.#since + this.#partMs - this.#waitedMs;
  }

  /** The client waits for us. */
  pause(now: number): void {
    if (this.#since !== undefined) this.#waitedMs += now - this.#since;
    this.#since = undefined;
  }

  /** A part is over; another begins. @returns false when a stretch is over with it, in which not enough came. */
  next(): boolean {
    this.#waitedMs = 0;
    this.#since = undefined;
    const rate = this.#now();
    if (rate === undefined) return true;
    this.#needed += (rate * this.#partMs) / 1000;
    if (++this.#parts < PARTS) return true;
    const wasEnough = this.#arrived() - this.#before >= this.#needed;
    this.reset();
    return wasEnough;
  }

  /** Another stretch begins. */
  reset(): void {
    this.#waitedMs = 0;
    this.#since = undefined;
    this.#parts = 0;
    this.#needed = 0;
    this.#before = this.#arrived();
  }
}
