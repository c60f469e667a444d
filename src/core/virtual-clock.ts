import type { Clock } from './clock.js';

interface Wish {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** A clock that jumps from one wish to the next: hours pass in a moment, in the same order every time. */
export class VirtualClock implements Clock {
  readonly #startOfTime: number;
  #now = 0;
  #order = 0;
  /** Binary heap, earliest first; equal times in the order of asking. */
  readonly #heap: Wish[] = [];

  /** @param startOfTime wall time at `now() === 0`, milliseconds since 1970. */
  constructor(startOfTime = Date.UTC(1990, 0, 1)) {
    this.#startOfTime = startOfTime;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#startOfTime + this.#now;
  }

  wake(at: number, callback: () => void): () => void {
    const wish: Wish = { at: Math.max(at, this.#now), order: this.#order++, callback, cancelled: false };
    this.#push(wish);
    return () => {
      wish.cancelled = true;
    };
  }

  /** The time of the next wish, or undefined when nothing is left to happen. */
  next(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.at;
  }

  /** Carries out the next wish. @returns false when there was none. */
  step(): boolean {
    this.#dropCancelled();
    const wish = this.#pop();
    if (wish === undefined) return false;
    this.#now = Math.max(this.#now, wish.at);
    wish.callback();
    return true;
  }

  /** Runs all that is due up to and including `time`, and stands there. */
  runUntil(time: number): void {
    for (let at = this.next(); at !== undefined && at <= time; at = this.next()) this.step();
    this.#now = Math.max(this.#now, time);
  }

  /** Runs for `duration` milliseconds. */
  runFor(duration: number): void {
    this.runUntil(this.#now + duration);
  }

  /**
   * Runs until `done()` or until nothing is left.
   * @throws Error after `limit` steps: a simulation that never comes to rest is a defect of the test.
   */
  runToRest(done: () => boolean = () => false, limit = 50_000_000): void {
    for (let steps = 0; !done() && this.step(); steps++)
      if (steps >= limit) throw new Error(`virtual clock: not at rest after ${limit} steps`);
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.cancelled === true) this.#pop();
  }

  #push(wish: Wish): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(wish);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isEarlier(wish, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = wish;
  }

  #pop(): Wish | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && isEarlier(right, child)) {
        child = right;
        childIndex++;
      }
      if (!isEarlier(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
    return top;
  }
}

function isEarlier(a: Wish, b: Wish): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
