/** Named totals since the start. A name never counted reads as 0. */
export class Counters<Name extends string = string> {
  readonly #totals = new Map<Name, { total: number }>();

  add(name: Name, amount = 1): void {
    const counted = this.#totals.get(name); // one look-up: counting is on every hot path
    if (counted === undefined) this.#totals.set(name, { total: amount });
    else counted.total += amount;
  }

  get(name: Name): number {
    return this.#totals.get(name)?.total ?? 0;
  }

  /** All that was counted, for logs and metrics. */
  snapshot(): Partial<Record<Name, number>> {
    return Object.fromEntries(Array.from(this.#totals, ([name, { total }]) => [name, total])) as Partial<
      Record<Name, number>
    >;
  }
}
