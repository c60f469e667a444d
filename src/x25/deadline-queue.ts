interface Slot<Owner> {
  readonly owner: Owner;
  at: number;
  /** Where it stands in the heap. */
  index: number;
}

/** Who has to be woken next, among thousands: one deadline for each owner, in a binary heap, earliest first. */
export class DeadlineQueue<Owner> {
  readonly #heap: Slot<Owner>[] = [];
  readonly #slots = new Map<Owner, Slot<Owner>>();

  /** The earliest deadline. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** @param at undefined: none any longer. */
  set(owner: Owner, at: number | undefined): void {
    const slot = this.#slots.get(owner);
    if (at === undefined) {
      if (slot !== undefined) this.#remove(slot);
    } else if (slot === undefined) {
      const added = { owner, at, index: this.#heap.length };
      this.#slots.set(owner, added);
      this.#heap.push(added);
      this.#raise(added);
    } else if (slot.at !== at) {
      slot.at = at;
      this.#raise(slot);
      this.#lower(slot);
    }
  }

  /** Takes out those whose time has come, earliest first. */
  takeDue(now: number): Owner[] {
    const due: Owner[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      due.push(first.owner);
      this.#remove(first);
    }
    return due;
  }

  #remove(slot: Slot<Owner>): void {
    this.#slots.delete(slot.owner);
    const last = this.#heap.pop();
    if (last === undefined || last === slot) return;
    this.#put(last, slot.index);
    this.#raise(last);
    this.#lower(last);
  }

  #put(slot: Slot<Owner>, index: number): void {
    slot.index = index;
    this.#heap[index] = slot;
  }

  #raise(slot: Slot<Owner>): void {
    while (slot.index > 0) {
      const parent = this.#heap[(slot.index - 1) >> 1];
      if (parent === undefined || parent.at <= slot.at) return;
      this.#swap(slot, parent);
    }
  }

  #lower(slot: Slot<Owner>): void {
    for (;;) {
      const left = this.#heap[2 * slot.index + 1];
      const right = this.#heap[2 * slot.index + 2];
      const child = right !== undefined && left !== undefined && right.at < left.at ? right : left;
      if (child === undefined || child.at >= slot.at) return;
      this.#swap(slot, child);
    }
  }

  #swap(a: Slot<Owner>, b: Slot<Owner>): void {
    const { index } = a;
    this.#put(a, b.index);
    this.#put(b, index);
  }
}
