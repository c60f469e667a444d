import { BEGINNING, type ChangeCount, type Cursor, type Looked } from './desk.js';
import type { Link } from './protocol.js';
import type {
  AgeHistogram,
  Delivery,
  DeliveryChange,
  DeliveryFilter,
  DeliveryPage,
  PageRequest,
  QueueOperator,
} from './spool.js';

/** Asks the desk for a little at a time, so that mail never waits for a search. */
export class LinkedOperator implements QueueOperator {
  readonly #link: Link;
  readonly #wallTime: () => number;
  readonly #removeBodies: (ids: readonly string[]) => void;

  constructor(link: Link, wallTime: () => number, removeBodies: (ids: readonly string[]) => void) {
    this.#link = link;
    this.#wallTime = wallTime;
    this.#removeBodies = removeBodies;
  }

  search(filter: DeliveryFilter, page: PageRequest): Promise<DeliveryPage> {
    return fill(page, (after, limit) => this.#link.call('search', filter, after, limit, this.#wallTime()));
  }

  take(filter: DeliveryFilter, owner: string, until: number, page: PageRequest): Promise<DeliveryPage> {
    return fill(page, (after, limit) =>
      this.#link.call('take', filter, after, limit, owner, until, this.#wallTime()),
    );
  }

  async change(filter: DeliveryFilter, change: DeliveryChange): Promise<ChangeCount> {
    let changed = 0;
    let busy = 0;
    let after: Cursor | undefined = BEGINNING;
    while (after !== undefined) {
      const { found, next } = await this.#changeSome(filter, after, change);
      this.#removeBodies(found.files);
      changed += found.changed;
      busy += found.busy;
      after = next;
    }
    return { changed, busy };
  }

  #changeSome(filter: DeliveryFilter, after: Cursor, change: DeliveryChange) {
    return this.#link.call('change', filter, after, change, this.#wallTime());
  }

  async ages(now: number, classes: readonly number[]): Promise<AgeHistogram[]> {
    const times = classes.map((age) => now - age);
    const all = new Map<string, number[]>();
    let after: Cursor | undefined = BEGINNING;
    while (after !== undefined) {
      const { found, next } = await this.#someAges(times, after);
      for (const { destination, counts } of found) {
        const sum = all.get(destination);
        all.set(
          destination,
          counts.map((count, i) => count + (sum?.[i] ?? 0)),
        );
      }
      after = next;
    }
    return [...all].map(([destination, counts]) => ({ destination, counts }));
  }

  #someAges(times: readonly number[], after: Cursor) {
    return this.#link.call('ages', times, after);
  }
}

/** Looks on until the page is full, or nothing is left. */
async function fill(
  { limit, after }: PageRequest,
  look: (after: Cursor, limit: number) => Promise<Looked<Delivery[]>>,
): Promise<DeliveryPage> {
  const deliveries: Delivery[] = [];
  let cursor = after === undefined ? BEGINNING : cursorOf(after);
  while (deliveries.length < limit) {
    const { found, next } = await look(cursor, limit - deliveries.length);
    deliveries.push(...found);
    if (next === undefined) return { deliveries };
    cursor = next;
  }
  return { deliveries, next: `${cursor.received}/${cursor.message}/${cursor.destination}` };
}

function cursorOf(text: string): Cursor {
  const match = /^(-?\d{1,16})\/(\d{1,16})\/(\d{1,16})$/.exec(text);
  if (match === null) throw new RangeError(`no place in a list: ${text}`);
  const [received = 0, message = 0, destination = 0] = match.slice(1).map(Number);
  return { received, message, destination };
}
