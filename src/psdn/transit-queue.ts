import { Alarm, type Clock } from '../core/index.js';

/** Everything takes the same time to cross the network, so what was first stays first. */
export class TransitQueue {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #alarm: Alarm;
  #waiting: { readonly at: number; readonly carryOut: () => void }[] = [];

  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#alarm = new Alarm(clock, () => this.#deliver());
  }

  post(carryOut: () => void): void {
    this.#waiting.push({ at: this.#clock.now() + this.#delayMs, carryOut });
    this.#alarm.set(this.#waiting[0]?.at);
  }

  #deliver(): void {
    const now = this.#clock.now();
    const due = this.#waiting.filter(({ at }) => at <= now);
    this.#waiting = this.#waiting.slice(due.length);
    for (const { carryOut } of due) carryOut();
    this.#alarm.set(this.#waiting[0]?.at);
  }
}
