import { Pattern } from './pattern.js';
import { toDelivery } from './rows.js';
import type { Delivery, DeliveryChange, DeliveryFilter } from './spool.js';
import type { AgeRow, DeliveryRow, Statements } from './statements.js';

/** Behind the last delivery that was looked at. */
export interface Cursor {
  readonly received: number;
  readonly message: number;
  readonly destination: number;
}

export const BEGINNING: Cursor = { received: Number.MIN_SAFE_INTEGER, message: 0, destination: 0 };

/**
 * So many deliveries are looked at in one request, whatever they match: mail that waits for the answer to a commit waits
 * for this too.
 */
const LOOK_LIMIT = 500;
const AGE_LIMIT = 10_000;

/** As far as one request got. */
export interface Looked<T> {
  readonly found: T;
  /** Absent: there is nothing behind it. */
  readonly next?: Cursor;
}

export interface ChangeCount {
  readonly changed: number;
  readonly busy: number;
}

/** Of deliveries to one destination: how many were received at or after the first time, the second, ..., or before all. */
export interface AgeCount {
  readonly destination: string;
  readonly counts: number[];
}

/** What a desk needs of its store. */
export interface DeskHome {
  /** Removes a delivery that has no recipients any longer. @returns the file that can go with its message */
  remove(delivery: DeliveryRow): string[];
  /** @returns the number of a destination, which may be new */
  destination(name: string): number;
}

/** What an operator does with the queue. As in `Store`, every method runs in a transaction of someone else. */
export class Desk {
  readonly #sql: Statements;
  readonly #home: DeskHome;

  constructor(sql: Statements, home: DeskHome) {
    this.#sql = sql;
    this.#home = home;
  }

  find(filter: DeliveryFilter, after: Cursor, limit: number): Looked<Delivery[]> {
    const { found, next } = this.#look(filter, after, limit);
    return { found: found.map((row) => this.#delivery(row)), ...(next && { next }) };
  }

  /** Claims, whether due, on hold, or not. */
  take(
    filter: DeliveryFilter,
    after: Cursor,
    limit: number,
    owner: string,
    until: number,
  ): Looked<Delivery[]> {
    const { found, next } = this.#look(filter, after, limit);
    const free = found.filter((row) => row.owner === null);
    for (const { message, destination } of free) {
      this.#sql.claimDelivery.run(owner, Math.ceil(until), message, destination);
      this.#sql.claimRecipients.run(Number.MAX_SAFE_INTEGER, message, destination);
    }
    return { found: free.map((row) => this.#delivery(row)), ...(next && { next }) };
  }

  /** What somebody has claimed is in his hands: it can be put on hold for afterwards, nothing else. */
  change(
    filter: DeliveryFilter,
    after: Cursor,
    change: DeliveryChange,
    now: number,
  ): Looked<ChangeCount & { files: string[] }> {
    const { found, next } = this.#look(filter, after, LOOK_LIMIT);
    const files: string[] = [];
    let changed = 0;
    let busy = 0;
    for (const row of found) {
      if (row.owner !== null && change.type !== 'hold' && change.type !== 'release') busy++;
      else if (this.#apply(row, change, now, files)) changed++;
    }
    return { found: { changed, busy, files }, ...(next && { next }) };
  }

  /** @param times latest first */
  ages(times: readonly number[], { destination, received, message }: Cursor): Looked<AgeCount[]> {
    const rows = this.#sql.ages.all(destination, received, message, AGE_LIMIT);
    const all = new Map<string, number[]>();
    for (const row of rows) {
      const counts = all.get(row.name) ?? new Array<number>(times.length + 1).fill(0);
      all.set(row.name, counts);
      const young = times.findIndex((time) => row.received >= time);
      const place = young === -1 ? times.length : young;
      counts[place] = (counts[place] ?? 0) + 1;
    }
    const found = [...all].map(([destination, counts]) => ({ destination, counts }));
    return { found, ...behind(rows, AGE_LIMIT) };
  }

  #look(filter: DeliveryFilter, after: Cursor, limit: number): Looked<DeliveryRow[]> {
    const rows = this.#candidates(filter, after);
    const isWanted = this.#filter(filter);
    const found: DeliveryRow[] = [];
    for (const row of rows) {
      if (!isWanted(row)) continue;
      found.push(row);
      if (found.length === limit)
        return { found, ...(row !== rows.at(-1) || rows.length === LOOK_LIMIT ? { next: row } : {}) };
    }
    return { found, ...behind(rows, LOOK_LIMIT) };
  }

  /** By the index that leaves the fewest to look at. All are in the order of a cursor. */
  #candidates(filter: DeliveryFilter, after: Cursor): DeliveryRow[] {
    const before = filter.receivedBefore ?? Number.MAX_SAFE_INTEGER;
    const { received, message, destination } = startOf(filter, after);
    if (filter.message !== undefined) {
      return this.#sql.find.all(filter.message).filter((row) => row.destination > destination);
    }
    if (filter.destination !== undefined) {
      const to = this.#sql.destinationNumber.get(filter.destination)?.number ?? -1;
      return this.#sql.findByDestination.all(to, received, message, before, LOOK_LIMIT);
    }
    const statement = filter.held === true ? this.#sql.findHeld : this.#sql.findByAge;
    return statement.all(received, message, destination, before, LOOK_LIMIT);
  }

  #filter(filter: DeliveryFilter): (row: DeliveryRow) => boolean {
    const { destination, held, receivedBefore = Infinity, receivedAfter = -Infinity } = filter;
    const sender = filter.sender === undefined ? undefined : new Pattern(withoutBrackets(filter.sender));
    const domain = filter.domain === undefined ? undefined : new Pattern(filter.domain);
    const recipient = filter.recipient === undefined ? undefined : new Pattern(filter.recipient);
    return (row) =>
      (destination === undefined || row.name === destination) &&
      (held === undefined || held === (row.hold !== null)) &&
      row.received < receivedBefore &&
      row.received >= receivedAfter &&
      (sender === undefined || sender.matches(row.sender)) &&
      (domain === undefined || this.#hasRecipient(row, (address) => domain.matches(domainOf(address)))) &&
      (recipient === undefined || this.#hasRecipient(row, (address) => recipient.matches(address)));
  }

  #hasRecipient({ message, destination }: DeliveryRow, isWanted: (address: string) => boolean): boolean {
    return this.#sql.recipients.all(message, destination, 0).some(({ address }) => isWanted(address));
  }

  /** @returns whether it changed anything */
  #apply(row: DeliveryRow, change: DeliveryChange, now: number, files: string[]): boolean {
    const { message, destination } = row;
    switch (change.type) {
      case 'hold':
        this.#sql.hold.run(change.reason, message, destination);
        return true;
      case 'release':
        this.#sql.hold.run(null, message, destination);
        return row.hold !== null;
      case 'retry':
        this.#sql.dueAtOnce.run(Math.floor(now), message, destination);
        this.#sql.moveDelivery.run(Math.floor(now), message, destination);
        return true;
      case 'delete':
        files.push(...this.#remove(row));
        return true;
      case 'reroute':
        return (
          row.name !== change.destination &&
          this.#reroute(row, change.destination, change.recipients ?? 'all')
        );
    }
  }

  /** A recipient that waits there as well gets the message once. */
  #reroute(row: DeliveryRow, name: string, addresses: readonly string[] | 'all'): boolean {
    const { message, destination, received, due, priority, hold, deadline } = row;
    if (addresses !== 'all' && !this.#hasRecipient(row, (address) => addresses.includes(address)))
      return false;
    const to = this.#home.destination(name);
    this.#sql.addDelivery.run(message, to, received, due, priority, hold, deadline);
    if (addresses === 'all') this.#sql.moveRecipients.run(to, message, destination);
    else
      for (const address of addresses) {
        this.#sql.moveRecipient.run(to, message, destination, address);
        this.#sql.removeRecipient.run(message, destination, address); // where it waited there as well
      }
    this.#sql.moveDelivery.run(this.#sql.rest.get(message, to)?.due ?? due, message, to);
    const rest = addresses === 'all' ? undefined : this.#sql.rest.get(message, destination)?.due;
    if (typeof rest === 'number') {
      this.#sql.moveDelivery.run(rest, message, destination);
      this.#sql.notBegun.run(message, destination);
    } else this.#remove(row); // the message stays, so nothing of it can go
    return true;
  }

  #remove(row: DeliveryRow): string[] {
    this.#sql.removeRecipients.run(row.message, row.destination);
    return this.#home.remove(row);
  }

  #delivery(row: DeliveryRow): Delivery {
    return toDelivery(row, this.#sql.recipients.all(row.message, row.destination, 0));
  }
}

function startOf({ receivedAfter }: DeliveryFilter, after: Cursor): Cursor {
  if (receivedAfter === undefined || after.received >= receivedAfter) return after;
  return { received: receivedAfter, message: 0, destination: 0 };
}

function behind(rows: readonly (DeliveryRow | AgeRow)[], limit: number): { next?: Cursor } {
  const last = rows.at(-1);
  return last === undefined || rows.length < limit ? {} : { next: last };
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

function withoutBrackets(sender: string): string {
  return sender === '<>' ? '' : sender;
}
