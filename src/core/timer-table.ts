/** Named deadlines of one machine, in the milliseconds of whoever calls. Holds no real timer. */
export class TimerTable<Name extends string> {
  readonly #deadlines = new Map<Name, number>();
  #next: number | undefined;

  /** Starts or restarts `name`, to run out at `at`. */
  start(name: Name, at: number): void {
    this.#deadlines.set(name, at);
    this.#next = undefined;
  }

  stop(name: Name): void {
    if (this.#deadlines.delete(name)) this.#next = undefined;
  }

  stopAll(): void {
    this.#deadlines.clear();
    this.#next = undefined;
  }

  isRunning(name: Name): boolean {
    return this.#deadlines.has(name);
  }

  /** The earliest deadline, or undefined when no timer runs. */
  next(): number | undefined {
    if (this.#next === undefined)
      for (const at of this.#deadlines.values())
        if (this.#next === undefined || at < this.#next) this.#next = at;
    return this.#next;
  }

  /** Stops and returns the timers whose time has come, oldest first. */
  takeExpired(now: number): Name[] {
    const next = this.next();
    if (next === undefined || next > now) return [];
    const expired = [...this.#deadlines].filter(([, at]) => at <= now).sort(([, a], [, b]) => a - b);
    for (const [name] of expired) this.stop(name);
    return expired.map(([name]) => name);
  }
}
