import type { Clock } from './clock.js';

/** Since when something is in the state it is in. */
export class Since<State> {
  readonly #clock: Clock;
  #state: State;
  #wallTime: number;

  constructor(clock: Clock, state: State) {
    this.#clock = clock;
    this.#state = state;
    this.#wallTime = clock.wallTime();
  }

  /** To be told as often as the state may have changed. */
  note(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#wallTime = this.#clock.wallTime();
  }

  /** Milliseconds since 1970-01-01 UTC. */
  get wallTime(): number {
    return this.#wallTime;
  }
}
