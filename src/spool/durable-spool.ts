import { describeError, type GatewayError } from '../core/index.js';
import { type Bodies, CHUNK_OCTETS } from './bodies.js';
import { messageGone, spoolClosed } from './fault.js';
import { MessageIds } from './message-id.js';
import { BufferedWriter, type WriterHome } from './message-writer.js';
import { Partials } from './partials.js';
import type { GroupReport, Link } from './protocol.js';
import { LinkedOperator } from './queue-operator.js';
import type {
  ClaimLimit,
  Delivery,
  DestinationSummary,
  HeldDestination,
  IncomingTransaction,
  MessageWriter,
  OutgoingTransaction,
  QueueOperator,
  Settlement,
  Spool,
  SpoolTotals,
  TransactionKey,
} from './spool.js';
import type { StoredBody } from './store.js';
import { type CheckpointLimits, DEFAULT_CHECKPOINT_LIMITS } from './transactions.js';

/** What happens inside, for logs and metrics. */
export type SpoolEvent =
  /** One transaction with so many requests. */
  | ({ readonly type: 'group' } & GroupReport)
  /** The search for files that a crash left behind is over. */
  | { readonly type: 'leftovers'; readonly removed: number }
  /** Something about body files went wrong that does no harm but takes up room until the next start. */
  | { readonly type: 'bodyKept'; readonly reason: string }
  /** An interrupted message can't be gone on with: its file is gone, or shorter than it was. It begins anew. */
  | { readonly type: 'partialLost'; readonly message: string; readonly reason: string }
  /** The thread of the database ended by itself: no request is taken any longer. */
  | { readonly type: 'stopped'; readonly error: GatewayError };

export interface DurableSpoolParts {
  readonly link: Link;
  readonly bodies: Bodies;
  readonly wallTime: () => number;
  readonly log: (event: SpoolEvent) => void;
  readonly hasRoom: (octets: number) => Promise<boolean>;
  /** Names for messages, unique for ever and growing. */
  readonly ids?: { next(): string };
  readonly checkpoints?: CheckpointLimits;
}

/** File names are looked up so many at a time, so that mail waits for the search a millisecond at most. */
const LEFTOVER_BATCH = 256;

/** The spool of rows behind a link, and of body files on this side of it. */
export class DurableSpool implements Spool {
  readonly #link: Link;
  readonly #bodies: Bodies;
  readonly #wallTime: () => number;
  readonly #log: (event: SpoolEvent) => void;
  readonly hasRoom: (octets: number) => Promise<boolean>;
  readonly #ids: { next(): string };
  /** Ids only grow while a spool is open: those below are of an earlier run. */
  readonly #firstId: string;
  readonly #writers = new Set<MessageWriter>();
  readonly #partials: Partials;
  readonly operator: QueueOperator;
  /** Messages whose commit failed so that their row may be there or not. */
  readonly #doubtful = new Set<string>();
  /** Bodies of messages that are over, but not yet on stable storage: they must not go before. */
  readonly #filesToGo: string[] = [];
  /** What runs besides the requests, and must be over before the spool is closed. */
  readonly #background = new Set<Promise<void>>();
  readonly #writerHome: WriterHome;
  #closing: Promise<void> | undefined;

  constructor({
    link,
    bodies,
    wallTime,
    log,
    hasRoom,
    ids = new MessageIds(wallTime),
    checkpoints = DEFAULT_CHECKPOINT_LIMITS,
  }: DurableSpoolParts) {
    this.#link = link;
    this.#bodies = bodies;
    this.#wallTime = wallTime;
    this.#log = log;
    this.hasRoom = hasRoom;
    this.#ids = ids;
    this.#firstId = this.#ids.next();
    this.#writerHome = {
      bodies,
      store: async (message, settling) => this.#removeBodies(await link.call('receive', message, settling)),
      ended: (writer, leftFile) => {
        this.#writers.delete(writer);
        if (leftFile) this.#doubtful.add(writer.id);
      },
    };
    this.operator = new LinkedOperator(link, wallTime, (files) => this.#removeBodies(files));
    this.#partials = new Partials({
      link,
      bodies,
      wallTime,
      limits: checkpoints,
      nextId: () => this.#ids.next(),
      removeBodies: (files) => this.#removeBodies(files),
      inDoubt: (id) => this.#doubtful.add(id),
      lost: (message, reason) => log({ type: 'partialLost', message, reason }),
    });
  }
  // ---------------------------------------------------------------- in

  async receive(): Promise<MessageWriter> {
    if (this.#closing !== undefined) throw spoolClosed();
    const writer = new BufferedWriter(this.#ids.next(), this.#writerHome);
    this.#writers.add(writer);
    return writer;
  }

  async partial(key: TransactionKey, leaseMs: number): Promise<IncomingTransaction> {
    if (this.#closing !== undefined) throw spoolClosed();
    return this.#partials.open(key, leaseMs);
  }

  // ---------------------------------------------------------------- out

  claim(destination: string, owner: string, limit: ClaimLimit, until: number): Promise<Delivery[]> {
    return this.#link.call('claim', destination, owner, limit, until, this.#wallTime());
  }

  renew(owner: string, until: number): Promise<void> {
    return this.#link.call('renew', owner, until);
  }

  release(owner: string): Promise<void> {
    return this.#link.call('release', owner);
  }

  async settle(batch: readonly Settlement[]): Promise<void> {
    this.#filesToGo.push(...(await this.#link.call('settle', batch)));
  }

  keepTransaction(message: string, destination: string, transaction?: OutgoingTransaction): Promise<void> {
    return this.#link.call('keepTransaction', message, destination, transaction);
  }

  async *readBody(message: string, offset = 0): AsyncGenerator<Uint8Array, void, void> {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`no place in a body: ${offset}`);
    const body = await this.#link.call('body', message, offset);
    if (body === undefined) throw messageGone(message);
    if (body.octets === undefined) yield* this.#readFile(message, body, offset);
    else yield* pieces(body.octets);
  }

  // ---------------------------------------------------------------- questions

  destinations(now: number): Promise<DestinationSummary[]> {
    return this.#link.call('destinations', now, this.#wallTime());
  }

  overdue(before: number, limit: number): Promise<Delivery[]> {
    return this.#link.call('overdue', before, limit, this.#wallTime());
  }

  unwarned(before: number, limit: number): Promise<Delivery[]> {
    return this.#link.call('unwarned', before, limit, this.#wallTime());
  }

  late(limit: number): Promise<Delivery[]> {
    return this.#link.call('late', this.#wallTime(), limit);
  }

  nextDeadline(): Promise<number | undefined> {
    return this.#link.call('nextDeadline');
  }

  list(limit: number): Promise<Delivery[]> {
    return this.#link.call('list', limit);
  }

  find(message: string): Promise<Delivery[]> {
    return this.#link.call('find', message);
  }

  totals(): Promise<SpoolTotals> {
    return this.#link.call('totals');
  }

  // ---------------------------------------------------------------- the operator

  holdDestination(destination: string, reason: string): Promise<void> {
    return this.#link.call('holdDestination', destination, reason, this.#wallTime());
  }

  releaseDestination(destination: string): Promise<void> {
    return this.#link.call('releaseDestination', destination);
  }

  heldDestinations(): Promise<HeldDestination[]> {
    return this.#link.call('heldDestinations');
  }

  // ---------------------------------------------------------------- its life

  /** A transaction is over: told by the link. */
  handleGroup(report: GroupReport): void {
    this.#log({ type: 'group', ...report });
    if (report.synced) this.handleSynced();
  }

  /** All that was written is on stable storage: told by the link. */
  handleSynced(): void {
    this.#removeBodies(this.#filesToGo.splice(0));
    // What was written took the place of the transaction that failed before, which can't come back any more.
    if (this.#doubtful.size === 0) return;
    const ids = [...this.#doubtful];
    this.#doubtful.clear();
    this.#inBackground(this.#removeUnneeded(ids).then(() => undefined));
  }

  /** Begins to remove the body files that a crash of an earlier run left behind, a few at a time. */
  removeLeftovers(): void {
    this.#inBackground(this.#searchLeftovers());
  }

  tidy(): Promise<void> {
    return this.#partials.tidy();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([this.#partials.close(), ...Array.from(this.#writers, (writer) => writer.abort())]);
    await Promise.all(this.#background);
    await this.#link.close();
    await Promise.all(this.#background); // of the last requests
  }

  // ---------------------------------------------------------------- body files

  async *#readFile(
    message: string,
    { size, top }: StoredBody,
    offset: number,
  ): AsyncGenerator<Uint8Array, void, void> {
    const chunks = this.#bodies.read(message, size - top.length, Math.max(offset - top.length, 0));
    let first = top.subarray(offset);
    try {
      for await (const chunk of chunks) {
        if (first.length > 0) yield first; // now that the file is known to be whole
        first = first.subarray(first.length);
        yield chunk;
      }
    } catch (error) {
      // Whoever reads on an expired claim may find that the message was settled by another meanwhile.
      const row = await this.#link.call('body', message, offset);
      throw row === undefined ? messageGone(message) : error;
    }
  }

  /** After the commit that removed their rows; what a crash in between leaves is found when the spool opens. */
  #removeBodies(ids: readonly string[]): void {
    for (const id of ids) this.#inBackground(this.#bodies.remove(id));
  }

  async #searchLeftovers(): Promise<void> {
    let removed = 0;
    for await (const names of this.#bodies.list(LEFTOVER_BATCH)) {
      if (this.#closing !== undefined) return;
      removed += await this.#removeUnneeded(names.filter((name) => name < this.#firstId));
    }
    this.#log({ type: 'leftovers', removed });
  }

  async #removeUnneeded(ids: readonly string[]): Promise<number> {
    const unneeded = await this.#link.call('withoutFile', ids);
    let removed = 0;
    for (const id of unneeded) {
      if (this.#partials.isOpen(id)) continue; // gone on with, after what was kept of it was thrown away
      await this.#bodies.remove(id);
      removed++;
    }
    return removed;
  }

  #inBackground(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#log({ type: 'bodyKept', reason: describeError(error) }))
      .finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }
}

/** A body in its row with what stands above it may be longer than a chunk. */
function* pieces(octets: Uint8Array): Generator<Uint8Array, void, void> {
  for (let at = 0; at < octets.length; at += CHUNK_OCTETS) yield octets.subarray(at, at + CHUNK_OCTETS);
}
