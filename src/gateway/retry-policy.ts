import type { Clock } from '../core/index.js';
import { PACES } from '../rfc1090/index.js';
import { nextAttempt } from '../routing/index.js';
import type { Observe } from './events.js';
import type { TransportEnd } from './transport.js';

/** When to come again: the queue's schedule, bent by how a call ended. Tells the operator once of what won't mend itself. */
export class RetryPolicy {
  #schedule: readonly number[];
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #observe: Observe;
  readonly #told = new Set<string>();

  constructor(schedule: readonly number[], clock: Clock, random: () => number, observe: Observe) {
    this.#schedule = schedule;
    this.#clock = clock;
    this.#random = random;
    this.#observe = observe;
  }

  /** From the next failure on. */
  configure(schedule: readonly number[]): void {
    this.#schedule = schedule;
  }

  /** A recipient was put off by the other end. @param attempts that failed before. */
  afterReply(attempts: number): number {
    return this.#next(attempts, PACES.queue);
  }

  /** A destination could not be reached, or not to the end. @param failures in a row before this one. */
  afterFailure(destination: string, failures: number, { retry, reason }: TransportEnd): number {
    if (retry?.tellOperator === true && !this.#told.has(destination)) {
      this.#told.add(destination);
      this.#observe({ type: 'attention', destination, reason });
    }
    return this.#next(failures, PACES[retry?.pace ?? 'queue']);
  }

  /** What was wrong with a destination is mended: if it comes again, it is told again. */
  wentWell(destination: string): void {
    this.#told.delete(destination);
  }

  #next(attempts: number, pace: (typeof PACES)[keyof typeof PACES]): number {
    return nextAttempt({
      schedule: this.#schedule,
      attempts,
      pace,
      now: this.#clock.wallTime(),
      random: this.#random(),
    });
  }
}
