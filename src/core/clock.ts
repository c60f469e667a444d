/**
 * Where the drivers get the time from. Machines never see a clock: they get `now` with every input.
 * Tests, the simulated network and benchmarks run on `VirtualClock`, the gateway on `SystemClock`.
 */
export interface Clock {
  /** Milliseconds that never go back; fractions allowed. Only differences mean anything. */
  now(): number;
  /** Milliseconds since 1970-01-01 UTC, for people and for what must outlive the process. */
  wallTime(): number;
  /** Calls back once when `now() >= at`, never from within this call. The result takes the wish back. */
  wake(at: number, callback: () => void): () => void;
}

/** setTimeout holds its delay in 31 bits; later wishes are asked for again when it runs out. */
const LONGEST_TIMEOUT_MS = 0x7fff_ffff;

export class SystemClock implements Clock {
  now(): number {
    return performance.now();
  }

  wallTime(): number {
    return Date.now();
  }

  wake(at: number, callback: () => void): () => void {
    const delay = at - this.now();
    if (delay <= 0) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    let cancel = (): void => {};
    const timeout = setTimeout(
      () => {
        // Timers may fire up to a millisecond early; a machine woken early would do nothing and sleep for ever.
        if (this.now() < at) cancel = this.wake(at, callback);
        else callback();
      },
      Math.min(Math.ceil(delay), LONGEST_TIMEOUT_MS),
    );
    cancel = () => clearTimeout(timeout);
    return () => cancel();
  }
}
