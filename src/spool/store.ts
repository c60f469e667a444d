import type Database from 'better-sqlite3';
import { concat } from '../core/index.js';
import { type Cursor, Desk } from './desk.js';
import { notifyText, parameterValues, toDelivery } from './rows.js';
import type {
  ClaimLimit,
  Delivery,
  DeliveryChange,
  DeliveryFilter,
  DestinationSummary,
  Envelope,
  HeldDestination,
  OutgoingTransaction,
  Settlement,
  SpoolTotals,
  TransactionKey,
} from './spool.js';
import { type DeliveryKey, type DeliveryRow, prepareStatements, type Statements } from './statements.js';
import {
  type CheckpointLimits,
  type Finished,
  type KnownTransaction,
  type Mark,
  Transactions,
} from './transactions.js';

/** A message whose body is whole: in `body`, or, when that is missing, synced to its file. */
export interface NewMessage {
  readonly id: string;
  readonly envelope: Envelope;
  /** Of the body alone; what stands above it (`envelope.top`) is added here. */
  readonly size: number;
  readonly body?: Uint8Array;
}

/** From the offset asked for: a body in its row comes at once; `octets` is undefined when it is in a file. */
export interface StoredBody {
  /** Octets of `top` and body, whole. */
  readonly size: number;
  /** What stands above the body, whole. */
  readonly top: Uint8Array;
  /** Of both, from the offset. */
  readonly octets: Uint8Array | undefined;
}

const NOTHING = new Uint8Array(0);

/**
 * The queue as rows. Plain and synchronous: every method is one request, run inside a transaction that someone else
 * begins and commits (see `commitTogether`), so a method that throws half-way is undone by them.
 *
 * A delivery is claimed as a whole, but only those of its recipients are handed out that are due. They are marked
 * `claimed`; when the last of them is settled, the claim is over and the delivery waits for the rest of them.
 */
export class Store {
  readonly #db: Database.Database;
  readonly #sql: Statements;
  readonly #transactions: Transactions;
  readonly #desk: Desk;
  #isSyncing = true;

  /** @param db from `openDatabase`; closed with this store. Nobody else holds it, so whatever is claimed is free. */
  constructor(db: Database.Database) {
    this.#db = db;
    this.#sql = prepareStatements(db);
    this.#transactions = new Transactions(this.#sql);
    this.#desk = new Desk(this.#sql, {
      remove: ({ message, destination }) => this.#removeDelivery(message, destination),
      destination: (name) => this.#destination(name),
    });
    this.#sql.releaseAll.run();
  }

  // ---------------------------------------------------------------- requests that write

  /** @returns ids of messages that `settling` ended and whose files can go. */
  receive(message: NewMessage, settling: readonly Settlement[]): string[] {
    const { id, envelope, size, body } = message;
    const top = Buffer.from(envelope.top ?? '');
    const received = Math.floor(envelope.received);
    const row = this.#sql.addMessage.get(
      id,
      envelope.sender,
      envelope.body === 'BINARYMIME' ? '8BITMIME' : envelope.body,
      envelope.source,
      received,
      top.length + size,
      body === undefined ? 1 : 0,
      body ?? null,
    );
    const number = inserted(row);
    const parameters = parameterValues(number, envelope, top);
    if (parameters !== undefined) this.#sql.addParameters.run(...parameters);
    const { priority = 0, hold = null, deliverBy } = envelope;
    const deadline = deliverBy === undefined ? null : Math.floor(deliverBy.at);
    envelope.recipients.forEach((recipient, position) => {
      const { address, destination, originalRecipient = null } = recipient;
      const at = this.#destination(destination);
      this.#sql.addDelivery.run(number, at, received, received, priority, hold, deadline);
      this.#sql.addRecipient.run(
        number,
        at,
        address,
        position,
        received,
        notifyText(recipient),
        originalRecipient,
      );
    });
    return this.settle(settling);
  }

  /** As `receive`, of a message that could have been interrupted. */
  receiveFinished(
    message: NewMessage,
    settling: readonly Settlement[],
    finished: Finished,
    limits: CheckpointLimits,
  ): string[] {
    this.#transactions.finish(message.id, finished, limits);
    return this.receive(message, settling);
  }

  claim(destination: string, owner: string, limit: ClaimLimit, until: number, now: number): Delivery[] {
    this.#sql.releaseExpired.run(now);
    const row = this.#sql.claimable.get(destination);
    if (row === undefined) return [];
    const chosen = withinLimit(this.#sql.due.iterate(row.number, now, limit.messages), limit.octets);
    return chosen.map((delivery) => {
      const { message, destination } = delivery;
      this.#sql.claimDelivery.run(owner, Math.ceil(until), message, destination);
      this.#sql.claimRecipients.run(now, message, destination);
      return this.#delivery(delivery, 'claimed');
    });
  }

  renew(owner: string, until: number): void {
    this.#sql.renew.run(Math.ceil(until), owner);
  }

  release(owner: string): void {
    this.#sql.release.run(owner);
  }

  /**
   * Recipients that don't wait any longer are passed over: whoever held an expired claim may settle it late.
   * @returns ids of messages that are over and whose files can go, once this is committed.
   */
  settle(batch: readonly Settlement[]): string[] {
    const touched = new Map<string, DeliveryKey>();
    for (const settlement of batch) {
      const key = this.#settleRecipient(settlement);
      if (key !== undefined) touched.set(`${key.message} ${key.destination}`, key);
    }
    return [...touched.values()].flatMap((key) => this.#settleDelivery(key));
  }

  holdDestination(destination: string, reason: string, now: number): void {
    this.#sql.holdDestination.run(destination, reason, Math.floor(now));
  }

  releaseDestination(destination: string): void {
    this.#sql.releaseDestination.run(destination);
  }

  // ---------------------------------------------------------------- the operator, see `Desk`

  search(filter: DeliveryFilter, after: Cursor, limit: number, now: number): ReturnType<Desk['find']> {
    this.#sql.releaseExpired.run(now);
    return this.#desk.find(filter, after, limit);
  }

  take(
    ...[filter, after, limit, owner, until, now]: [...Parameters<Desk['take']>, now: number]
  ): ReturnType<Desk['take']> {
    this.#sql.releaseExpired.run(now);
    return this.#desk.take(filter, after, limit, owner, until);
  }

  change(
    filter: DeliveryFilter,
    after: Cursor,
    change: DeliveryChange,
    now: number,
  ): ReturnType<Desk['change']> {
    this.#sql.releaseExpired.run(now);
    return this.#desk.change(filter, after, change, now);
  }

  ages(times: readonly number[], after: Cursor): ReturnType<Desk['ages']> {
    return this.#desk.ages(times, after);
  }

  // ---------------------------------------------------------------- checkpoints, see `Transactions`

  findTransaction(key: TransactionKey, since: number): KnownTransaction | undefined {
    return this.#transactions.find(key, since);
  }

  markTransaction(mark: Mark, limits: CheckpointLimits): ReturnType<Transactions['mark']> {
    return this.#transactions.mark(mark, limits);
  }

  forgetTransaction(key: TransactionKey): string[] {
    return this.#transactions.forget(key);
  }

  removeOldTransactions(before: number, limit: number): ReturnType<Transactions['removeOld']> {
    return this.#transactions.removeOld(before, limit);
  }

  keepTransaction(message: string, destination: string, transaction: OutgoingTransaction | undefined): void {
    this.#transactions.keep(message, destination, transaction);
  }

  // ---------------------------------------------------------------- requests that ask

  /** @returns undefined when there is no such message. */
  body(id: string, offset: number): StoredBody | undefined {
    const row = this.#sql.body.get(offset, id);
    if (row === undefined) return undefined;
    const { size } = row;
    const top = row.top ?? NOTHING;
    if (row.inFile === 1) return { size, top, octets: undefined };
    const octets = row.octets ?? NOTHING;
    return { size, top, octets: offset < top.length ? concat([top.subarray(offset), octets]) : octets };
  }

  /** Counts up to `DUE_COUNT_LIMIT` due deliveries per destination; all else is a look into an index. */
  destinations(now: number, wallTime: number): DestinationSummary[] {
    this.#sql.releaseExpired.run(wallTime);
    return this.#sql.destinations.all(now).map(({ nextDue, hold, ...summary }) => ({
      ...summary,
      nextDue: nextDue ?? undefined,
      ...(hold !== null && { hold }),
    }));
  }

  overdue(before: number, limit: number, now: number): Delivery[] {
    this.#sql.releaseExpired.run(now);
    return this.#sql.overdue.all(before, limit).map((row) => this.#delivery(row, 'all'));
  }

  unwarned(before: number, limit: number, now: number): Delivery[] {
    this.#sql.releaseExpired.run(now);
    return this.#sql.unwarned.all(before, limit).map((row) => this.#delivery(row, 'all'));
  }

  late(now: number, limit: number): Delivery[] {
    this.#sql.releaseExpired.run(now);
    return this.#sql.late.all(now, limit).map((row) => this.#delivery(row, 'all'));
  }

  nextDeadline(): number | undefined {
    return this.#sql.nextDeadline.get()?.at ?? undefined;
  }

  totals(): SpoolTotals {
    return this.#sql.totals.get() ?? { messages: 0, octets: 0, deliveries: 0, held: 0 };
  }

  heldDestinations(): HeldDestination[] {
    return this.#sql.heldDestinations.all();
  }

  list(limit: number): Delivery[] {
    return this.#sql.list.all(limit).map((row) => this.#delivery(row, 'all'));
  }

  find(message: string): Delivery[] {
    return this.#sql.find.all(message).map((row) => this.#delivery(row, 'all'));
  }

  /** Of these ids, those that no message needs a file for, whole or interrupted. */
  withoutFile(ids: readonly string[]): string[] {
    return ids.filter(
      (id) => this.#sql.bodyInFile.get(id) === undefined && this.#sql.openTransaction.get(id) === undefined,
    );
  }

  // ---------------------------------------------------------------- transactions

  get inTransaction(): boolean {
    return this.#db.inTransaction;
  }

  /** Whether a commit returns only when all that was written is on stable storage; otherwise `sync` or a later one sees to it. */
  setSyncing(isSyncing: boolean): void {
    if (isSyncing === this.#isSyncing) return;
    this.#db.pragma(`synchronous = ${isSyncing ? 'FULL' : 'NORMAL'}`);
    this.#isSyncing = isSyncing;
  }

  /** Puts on stable storage what was committed without that. */
  sync(): void {
    // A checkpoint begins with syncing the log, and nothing needs to be written for it.
    this.#db.pragma('wal_checkpoint(PASSIVE)');
  }

  begin(): void {
    this.#sql.begin.run();
  }

  commit(): void {
    this.#sql.commit.run();
  }

  rollback(): void {
    if (this.#db.inTransaction) this.#sql.rollback.run();
  }

  /** One request among others: what it does can be undone alone. */
  startRequest(): void {
    this.#sql.savepoint.run();
  }

  keepRequest(): void {
    this.#sql.keep.run();
  }

  undoRequest(): void {
    this.#sql.undo.run();
    this.#sql.keep.run();
  }

  /** Grows with every row that is written. */
  get totalChanges(): number {
    return this.#sql.totalChanges.get()?.total ?? 0;
  }

  close(): void {
    this.#db.close();
  }

  // ---------------------------------------------------------------- parts

  #destination(name: string): number {
    return inserted(this.#sql.destinationNumber.get(name) ?? this.#sql.addDestination.get(name));
  }

  /** @returns the delivery that has to be brought into line with this, if any. */
  #settleRecipient({ message, destination, recipient, outcome }: Settlement): DeliveryKey | undefined {
    const key = this.#sql.recipient.get(destination, recipient, message);
    if (key === undefined) return undefined;
    if (outcome.type === 'warned') {
      this.#sql.warnDelivery.run(key.message, key.destination);
      return undefined;
    }
    if (outcome.type === 'late') {
      this.#sql.forgetDeadline.run(key.message, key.destination);
      return undefined;
    }
    if (outcome.type === 'deferred') {
      const attempts = outcome.attempt === false ? 0 : 1;
      const due = Math.ceil(outcome.until);
      this.#sql.deferRecipient.run(due, attempts, outcome.reason, key.message, key.destination, recipient);
    } else {
      this.#sql.removeRecipient.run(key.message, key.destination, recipient);
      this.#sql.notBegun.run(key.message, key.destination);
    }
    return key;
  }

  /** Brings a delivery into line with its recipients. */
  #settleDelivery({ message, destination }: DeliveryKey): string[] {
    const rest = this.#sql.rest.get(message, destination);
    if (rest !== undefined && rest.due !== null) {
      const move = rest.claimed === 1 ? this.#sql.moveDelivery : this.#sql.releaseDelivery;
      move.run(rest.due, message, destination);
      return [];
    }
    return this.#removeDelivery(message, destination);
  }

  /** @returns the file that can go with the message, if this was its last delivery */
  #removeDelivery(message: number, destination: number): string[] {
    this.#sql.removeDelivery.run(message, destination);
    const over = this.#sql.removeMessage.get(message);
    return over?.inFile === 1 ? [over.id] : [];
  }

  #delivery(row: DeliveryRow, which: 'claimed' | 'all'): Delivery {
    const recipients = this.#sql.recipients.all(row.message, row.destination, which === 'claimed' ? 1 : 0);
    return toDelivery(row, recipients);
  }
}

/** The first always, however long it is: else it would wait for ever. */
function withinLimit(rows: Iterable<DeliveryRow>, octets: number): DeliveryRow[] {
  const chosen: DeliveryRow[] = [];
  for (const row of rows) {
    octets -= row.size;
    if (octets < 0 && chosen.length > 0) break;
    chosen.push(row);
  }
  return chosen;
}

function inserted(row: { number: number } | undefined): number {
  if (row === undefined) throw new Error('INSERT ... RETURNING returned nothing');
  return row.number;
}
