import type { DataRate } from './server-interface.js';

/**
 * Whether data comes as fast as it should: octets counted over a stretch of time again and again, of which only the
 * time counts in which we wait for the client.
 */
export class DataRateWatch {
  readonly #overMs: number;
  readonly #needed: number;
  #octets = 0;
  /** Waited in this stretch, milliseconds, up to the last pause. */
  #waitedMs = 0;
  #since: number | undefined;

  constructor({ octetsPerSecond, overMs }: DataRate) {
    this.#overMs = overMs;
    this.#needed = (octetsPerSecond * overMs) / 1000;
  }

  count(octets: number): void {
    this.#octets += octets;
  }

  /** We wait for the client from now on. @returns when the stretch is over, unless there is a pause before. */
  resume(now: number): number {
    this.#since ??= now;
    return this.#since + this.#overMs - this.#waitedMs;
  }

  /** The client waits for us. */
  pause(now: number): void {
    if (this.#since !== undefined) this.#waitedMs += now - this.#since;
    this.#since = undefined;
  }

  /** The stretch is over; another begins. @returns whether enough came. */
  next(): boolean {
    const wasEnough = this.#octets >= this.#needed;
    this.#octets = 0;
    this.#waitedMs = 0;
    this.#since = undefined;
    return wasEnough;
  }
}
