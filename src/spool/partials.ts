import { describeError } from '../core/index.js';
import type { Bodies } from './bodies.js';
import { type CheckpointHome, type Interrupted, PartialWriter } from './checkpoint-writer.js';
import { errorCode, storeFault } from './fault.js';
import type { Link } from './protocol.js';
import type { IncomingTransaction, TransactionKey } from './spool.js';
import type { CheckpointLimits, InterruptedTransaction } from './transactions.js';

export interface PartialsParts {
  readonly link: Link;
  readonly bodies: Bodies;
  readonly wallTime: () => number;
  readonly limits: CheckpointLimits;
  readonly nextId: () => string;
  /** After the commit that made their files useless. */
  readonly removeBodies: (ids: readonly string[]) => void;
  /** The row of this message may be there or not. */
  readonly inDoubt: (id: string) => void;
  readonly lost: (message: string, reason: string) => void;
}

/** So many old ones are removed in one request. */
const TIDY_BATCH = 100;

/**
 * Messages that can be interrupted. Who holds one is known here only: no other process has the spool, and a crash
 * takes the holders with it.
 */
export class Partials {
  readonly #parts: PartialsParts;
  /** By key; `opening` while it is not known yet whether somebody may have it. */
  readonly #holders = new Map<string, PartialWriter | 'opening'>();
  readonly #home: CheckpointHome;

  constructor(parts: PartialsParts) {
    this.#parts = parts;
    const { link, bodies, wallTime, limits } = parts;
    this.#home = {
      bodies,
      wallTime,
      mark: async (mark) => {
        const { isKept, files } = await link.call('markTransaction', mark, limits);
        this.#throwAway(files);
        return isKept;
      },
      store: async (message, settling, finished) =>
        parts.removeBodies(await link.call('receiveFinished', message, settling, finished, limits)),
      forget: async (key) => void (await link.call('forgetTransaction', key)), // the writer has its file
      ended: (writer, inDoubt) => {
        const name = nameOf(writer.key);
        if (this.#holders.get(name) === writer) this.#holders.delete(name);
        if (inDoubt) parts.inDoubt(writer.id);
      },
    };
  }

  async open(key: TransactionKey, leaseMs: number): Promise<IncomingTransaction> {
    const name = nameOf(key);
    const holder = this.#holders.get(name);
    if (holder === 'opening' || holder?.isLeaseOver === false) return { state: 'held' };
    this.#holders.set(name, 'opening');
    try {
      await holder?.take();
      const { link, wallTime, limits } = this.#parts;
      const found = await link.call('findTransaction', key, wallTime() - limits.keepMs);
      if (found !== undefined && 'reply' in found) {
        this.#holders.delete(name);
        return { state: 'finished', ...found };
      }
      const from = found && (await this.#goOn(key, found));
      const id = from === undefined ? this.#parts.nextId() : from.message;
      const writer = new PartialWriter(id, key, this.#home, leaseMs, from);
      this.#holders.set(name, writer);
      return from === undefined
        ? { state: 'new', writer }
        : { state: 'interrupted', writer, envelope: from.envelope };
    } catch (error) {
      this.#holders.delete(name);
      throw error;
    }
  }

  /** Whether the file of this message is just being written. */
  isOpen(id: string): boolean {
    return this.#writers().some((writer) => writer.id === id);
  }

  async tidy(): Promise<void> {
    const { link, wallTime, limits } = this.#parts;
    for (;;) {
      const before = wallTime() - limits.keepMs;
      const { removed, files } = await link.call('removeOldTransactions', before, TIDY_BATCH);
      this.#throwAway(files);
      if (removed < TIDY_BATCH) return;
    }
  }

  /** What came so far is kept. */
  async close(): Promise<void> {
    await Promise.all(this.#writers().map((writer) => writer.suspend()));
  }

  /** @returns undefined when what was promised to be there is not: then it is forgotten. */
  async #goOn(
    key: TransactionKey,
    { message, envelope, prefix, stored }: InterruptedTransaction,
  ): Promise<(Interrupted & { message: string }) | undefined> {
    try {
      const file = await this.#parts.bodies.goOn(message, stored);
      return { message, envelope, prefix, file };
    } catch (error) {
      if (!['', 'ENOENT'].includes(errorCode(error))) throw storeFault(error);
      this.#parts.lost(message, describeError(error));
      this.#throwAway(await this.#parts.link.call('forgetTransaction', key));
      return undefined;
    }
  }

  /** What is being written goes on, as a message that nothing is kept of yet. */
  #throwAway(ids: readonly string[]): void {
    const open = new Map(this.#writers().map((writer) => [writer.id, writer]));
    for (const id of ids) open.get(id)?.thrownAway();
    this.#parts.removeBodies(ids.filter((id) => !open.has(id)));
  }

  #writers(): PartialWriter[] {
    return [...this.#holders.values()].filter((holder) => holder !== 'opening');
  }
}

function nameOf({ peer, hello, id }: TransactionKey): string {
  return JSON.stringify([peer, hello, id]);
}
