import { RecentMap } from '../core/index.js';

/** So many in so long; what is unused adds up to one such lot. */
export interface RateLimit {
  readonly count: number;
  readonly perMs: number;
}

interface Account {
  /** What is left at `at`. */
  left: number;
  at: number;
}

/** Callers remembered; those who have been quiet longest are forgotten, which is in their favour. */
const MOST_ACCOUNTS = 10_000;

/** How much each caller may do (token bucket). Time is an argument. */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #accounts = new RecentMap<string, Account>(MOST_ACCOUNTS);

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** Takes `amount` from what the caller has left. @returns false, and takes nothing, when that is too little. */
  take(caller: string, now: number, amount = 1): boolean {
    const { count, perMs } = this.#limit;
    const before = this.#accounts.get(caller) ?? { left: count, at: now };
    const left = Math.min(count, before.left + ((now - before.at) * count) / perMs);
    const isEnough = left >= amount;
    this.#accounts.put(caller, { left: isEnough ? left - amount : left, at: now });
    return isEnough;
  }
}
