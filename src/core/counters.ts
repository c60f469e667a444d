/** Named totals since the start. A name never counted reads as 0. */
export class Counters<Name extends string = string> {
  readonly #totals = new Map<Name, number>();

  add(name: Name, amount = 1): void {
    this.#totals.set(name, (this.#totals.get(name) ?? 0) + amount);
  }

  get(name: Name): number {
    return this.#totals.get(name) ?? 0;
  }

  /** All that was counted, for logs and metrics. */
  snapshot(): Partial<Record<Name, number>> {
    return Object.fromEntries(this.#totals) as Partial<Record<Name, number>>;
  }
}
