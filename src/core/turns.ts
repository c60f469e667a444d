import { Alarm } from './alarm.js';
import type { Clock } from './clock.js';

export interface TurnsOptions {
  readonly clock: Clock;
  /** Lets the machines see the time. */
  readonly handleTimeouts: (now: number) => void;
  /** Sends what there is to send. Absent: the machines send by themselves. */
  readonly transmit?: (now: number) => void;
  /** When a machine wants to see the time next; undefined when none does. */
  readonly nextDeadline: () => number | undefined;
}

/**
 * Everything that happens on a link happens in turns. A turn lets the machines see the time, tells the listeners what
 * came of it and sends what there is; what listeners do belongs to the same turn, so one frame answers for all of it.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #alarm: Alarm;
  readonly #events: Array<() => void> = [];
  #isRunning = false;
  #isWanted = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.run());
  }

  /** Tells a listener in the present turn, or in the next one, which this does not ask for. */
  post(tell: () => void): void {
    this.#events.push(tell);
  }

  /** A turn is wanted, as soon as whoever calls has returned. */
  want(): void {
    if (this.#isRunning) this.#isWanted = true;
    else this.#alarm.set(this.#options.clock.now());
  }

  /** Never from a listener's call: that is what `want` is for. */
  run(): void {
    this.#isWanted = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    const { clock, handleTimeouts, transmit, nextDeadline } = this.#options;
    try {
      while (this.#isWanted || this.#events.length > 0) {
        this.#isWanted = false;
        handleTimeouts(clock.now());
        for (let tell = this.#events.shift(); tell !== undefined; tell = this.#events.shift()) tell();
        transmit?.(clock.now());
      }
    } finally {
      this.#isRunning = false;
      // A listener that throws leaves events behind.
      this.#alarm.set(this.#events.length > 0 ? clock.now() : nextDeadline());
    }
  }
}
