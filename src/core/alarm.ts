import type { Clock } from './clock.js';

/** One wake-up of one owner, moved whenever its machines want to be woken at another time. */
export class Alarm {
  readonly #clock: Clock;
  readonly #callback: () => void;
  #at: number | undefined;
  #cancel: () => void = () => {};

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock;
    this.#callback = callback;
  }

  /** Wakes at `at` (of the clock's `now()`), or never; replaces what was set before. */
  set(at: number | undefined): void {
    if (at === this.#at) return;
    this.#cancel();
    this.#at = at;
    this.#cancel =
      at === undefined
        ? () => {}
        : this.#clock.wake(at, () => {
            this.#at = undefined;
            this.#callback();
          });
  }
}
