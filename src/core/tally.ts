/** How many there are of each now. Of what there are none, nothing is kept. */
export class Tally<Key> {
  readonly #counts = new Map<Key, number>();

  of(key: Key): number {
    return this.#counts.get(key) ?? 0;
  }

  /** @param by negative: there are so many fewer. @returns how many there are now. */
  add(key: Key, by = 1): number {
    const count = this.of(key) + by;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
    return count;
  }
}
