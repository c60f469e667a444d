import type { Bodies, BodyFile } from './bodies.js';
import { BodyBuffer, InTurn } from './body-buffer.js';
import { DoubtfulError, spoolTaken, storeFault } from './fault.js';
import type { CheckpointWriter, Envelope, Settlement, TransactionKey } from './spool.js';
import type { NewMessage } from './store.js';
import type { Finished, Mark } from './transactions.js';

/** What is long or slow is put on stable storage after so much, or so long, whichever comes first. */
const CHECKPOINT_OCTETS = 1024 * 1024;
const CHECKPOINT_MS = 30_000;

/** What a writer needs of its spool. */
export interface CheckpointHome {
  readonly bodies: Bodies;
  readonly wallTime: () => number;
  /** Resolves when it is on stable storage that the file has so many octets. @returns false: it can't be kept */
  mark(mark: Mark): Promise<boolean>;
  store(message: NewMessage, settling: readonly Settlement[], finished: Finished): Promise<void>;
  forget(key: TransactionKey): Promise<void>;
  /** The writer needs nothing any longer. `inDoubt`: its file must be kept until it is clear whether a row has it. */
  ended(writer: PartialWriter, inDoubt: boolean): void;
}

/** Where an interrupted message goes on. */
export interface Interrupted {
  readonly file: BodyFile;
  readonly envelope: Envelope;
  readonly prefix: number;
}

/**
 * A message that outlives its session. Short ones that are not interrupted are held in memory and cost nothing more than
 * others. A mark in the database says how much of the file counts; whatever lies behind it is cut off.
 */
export class PartialWriter implements CheckpointWriter {
  readonly id: string;
  readonly key: TransactionKey;
  readonly #home: CheckpointHome;
  readonly #leaseMs: number;
  readonly #turns = new InTurn();
  readonly #buffer = new BodyBuffer((octets) => this.#toFile(octets));
  #file: BodyFile | undefined;
  #envelope: Envelope | undefined;
  #prefix = 0;
  /** Octets of the file that a mark counts. */
  #marked = 0;
  #markedAt: number;
  /** It got longer than what is kept of a peer: from now on a message like others. */
  #isTooLong = false;
  #leaseEnd: number;
  #state: 'open' | 'failed' | 'taken' | 'ended' = 'open';
  #failure: unknown;

  constructor(id: string, key: TransactionKey, home: CheckpointHome, leaseMs: number, from?: Interrupted) {
    this.id = id;
    this.key = key;
    this.#home = home;
    this.#leaseMs = leaseMs;
    this.#markedAt = home.wallTime();
    this.#leaseEnd = this.#markedAt + leaseMs;
    if (from === undefined) return;
    this.#file = from.file;
    this.#envelope = from.envelope;
    this.#prefix = from.prefix;
    this.#marked = from.file.size;
  }

  get offset(): number {
    return Math.max(0, this.#marked - this.#prefix);
  }

  /** Whether it may be taken away from whoever has it. */
  get isLeaseOver(): boolean {
    return this.#home.wallTime() > this.#leaseEnd;
  }

  begin(envelope: Envelope, prefix: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#envelope !== undefined) throw new Error(`message ${this.id} was begun before`);
      this.#envelope = envelope;
      this.#prefix = prefix.length;
      await this.#buffer.append(prefix);
    });
  }

  async *stored(): AsyncGenerator<Uint8Array, void, void> {
    if (this.offset > 0) yield* this.#home.bodies.read(this.id, this.#marked, this.#prefix);
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#inTurn(() => {
      this.#begun();
      return this.#buffer.append(chunk);
    });
  }

  checkpoint(): Promise<number> {
    return this.#inTurn(async () => {
      await this.#buffer.flush();
      await this.#mark();
      return this.offset;
    });
  }

  commit(envelope: Envelope, reply: string, settling: readonly Settlement[] = []): Promise<void> {
    return this.#inTurn(async () => {
      this.#begun();
      if (envelope.recipients.length === 0) throw new RangeError('a message needs a recipient');
      try {
        const body = await this.#finishBody();
        const size = body.size - this.#prefix;
        const finished = { key: this.key, reply, size, at: this.#home.wallTime() };
        await this.#home.store({ id: this.id, envelope, ...body }, settling, finished);
      } catch (error) {
        if (error instanceof DoubtfulError) await this.#end('ended', 'in doubt');
        throw error;
      }
      await this.#end('ended', 'of use');
    });
  }

  suspend(): Promise<void> {
    return this.#leave('ended');
  }

  /** Another session goes on with it, from what is on stable storage now. */
  take(): Promise<void> {
    return this.#leave('taken');
  }

  abort(): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#isOver()) return;
      try {
        if (this.#marked > 0) await this.#home.forget(this.key);
      } finally {
        await this.#end('ended', 'of no use');
      }
    });
  }

  /** What was kept of it had to make room for others of the same peer. */
  thrownAway(): void {
    this.#marked = 0;
  }

  /** A failure ends what can be written, not what is kept. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      if (this.#state === 'failed') throw this.#failure;
      if (this.#state === 'taken') throw spoolTaken(this.key.id);
      if (this.#state === 'ended')
        throw new Error(`message ${this.id} was committed, suspended or aborted before`);
      this.#leaseEnd = this.#home.wallTime() + this.#leaseMs;
      try {
        return await action();
      } catch (error) {
        if (error instanceof RangeError || this.#isOver()) throw error;
        this.#failure = storeFault(error);
        this.#state = 'failed';
        throw this.#failure;
      }
    });
  }

  #begun(): Envelope {
    if (this.#envelope === undefined) throw new RangeError(`message ${this.id} was not begun`);
    return this.#envelope;
  }

  #isOver(): boolean {
    return this.#state === 'ended' || this.#state === 'taken';
  }

  #leave(state: 'ended' | 'taken'): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#isOver()) return;
      try {
        if (this.#state === 'open' && this.#total() > this.#prefix) {
          await this.#buffer.flush();
          await this.#mark();
        }
      } catch {
        // What was marked before is kept: nothing more was promised.
      }
      await this.#end(state, this.#marked > 0 ? 'of use' : 'of no use');
    });
  }

  #total(): number {
    return (this.#file?.size ?? 0) + this.#buffer.held;
  }

  async #toFile(octets: Uint8Array): Promise<void> {
    this.#file ??= await this.#home.bodies.create(this.id);
    await this.#file.write(octets);
    const isLong = this.#file.size - this.#marked >= CHECKPOINT_OCTETS;
    if (isLong || this.#home.wallTime() - this.#markedAt >= CHECKPOINT_MS) await this.#mark();
  }

  async #mark(): Promise<void> {
    const { size } = this.#file ?? { size: 0 };
    if (size === this.#marked || this.#isTooLong) return;
    await this.#file?.sync();
    const isKept = await this.#home.mark({
      key: this.key,
      message: this.id,
      envelope: this.#begun(),
      prefix: this.#prefix,
      stored: size,
      at: this.#home.wallTime(),
    });
    this.#isTooLong = !isKept;
    this.#marked = isKept ? size : 0;
    this.#markedAt = this.#home.wallTime();
  }

  async #finishBody(): Promise<{ size: number; body?: Uint8Array }> {
    if (this.#file === undefined) return { size: this.#buffer.held, body: this.#buffer.copy() };
    await this.#buffer.flush();
    await this.#file.sync();
    return { size: this.#file.size };
  }

  async #end(state: 'ended' | 'taken', file: 'of use' | 'of no use' | 'in doubt'): Promise<void> {
    this.#state = state;
    this.#buffer.release();
    // Where this fails, no harm is done: what is of no use is removed when the spool is opened next.
    await (file === 'of no use' ? this.#file?.discard() : this.#file?.close())?.catch(() => undefined);
    this.#home.ended(this, file === 'in doubt' && this.#file !== undefined);
  }
}
