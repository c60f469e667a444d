import { Alarm, type Clock } from '../core/index.js';

/**
 * What listeners are to be told, in order. Nothing is delivered within the call that put it here, so a method of a
 * circuit can be called anywhere, also by a listener.
 */
export class EventQueue {
  readonly #clock: Clock;
  readonly #events: Array<{ readonly at: number; readonly tell: () => void }> = [];
  readonly #delayMs: number;
  readonly #alarm: Alarm;
  #delivering = false;

  /** @param delayMs how long every event is on its way. */
  constructor(clock: Clock, delayMs = 0) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#alarm = new Alarm(clock, () => this.deliver());
  }

  post(tell: () => void): void {
    this.#events.push({ at: this.#clock.now() + this.#delayMs, tell });
    if (!this.#delivering) this.#alarm.set(this.#events[0]?.at);
  }

  /** Tells all that is due, including what is put here meanwhile. For owners that are called by nobody's listener. */
  deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let first = this.#events[0]; first !== undefined; first = this.#events[0]) {
        if (first.at > this.#clock.now()) break;
        this.#events.shift();
        first.tell();
      }
    } finally {
      this.#delivering = false;
      this.#alarm.set(this.#events[0]?.at);
    }
  }
}
