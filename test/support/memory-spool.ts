import type { VirtualClock } from '../../src/core/index.js';
import { concat } from '../../src/core/index.js';
import { Bodies } from '../../src/spool/bodies.js';
import { DurableSpool } from '../../src/spool/durable-spool.js';
import { fromFault, spoolClosed } from '../../src/spool/fault.js';
import { commitTogether } from '../../src/spool/group.js';
import type {
  Envelope,
  IncomingTransaction,
  MessageWriter,
  Settlement,
  TransactionKey,
} from '../../src/spool/index.js';
import type { Link, Operation } from '../../src/spool/protocol.js';
import { openDatabase } from '../../src/spool/schema.js';
import { Store } from '../../src/spool/store.js';
import { type CheckpointLimits, DEFAULT_CHECKPOINT_LIMITS } from '../../src/spool/transactions.js';
import { MemoryFiles } from './memory-files.js';

/** Every request is carried out where it is asked, in a transaction of its own. */
class DirectLink implements Link {
  readonly #store: Store;
  #closed = false;

  constructor(store: Store) {
    this.#store = store;
  }

  async call<O extends Operation>(
    operation: O,
    ...args: Parameters<Store[O]>
  ): Promise<ReturnType<Store[O]>> {
    if (this.#closed) throw spoolClosed();
    const [answer] = commitTogether(this.#store, [{ id: 0, operation, args }]).answers;
    if (answer?.ok !== true)
      throw fromFault(answer?.fault ?? { code: '', message: '', temporary: true, doubtful: false });
    return answer.result as ReturnType<Store[O]>;
  }

  /** The store stays open: tests look into it when all is over. */
  async close(): Promise<void> {
    this.#closed = true;
  }
}

interface Disk {
  readonly database: ReturnType<typeof openDatabase>;
  readonly files: MemoryFiles['files'];
  ids: number;
}

function newDisk(): Disk {
  return { database: openDatabase(':memory:'), files: new MemoryFiles().files, ids: 0 };
}

/**
 * The spool itself, without disk and thread, so that whole gateways run in virtual time; with short names for
 * messages, and a memory of all that was done.
 */
export class MemorySpool extends DurableSpool {
  /** Every envelope that was ever committed, in order. */
  readonly history: { readonly id: string; readonly envelope: Envelope; readonly body: Uint8Array }[] = [];
  readonly settlements: Settlement[] = [];
  /** What waits. */
  readonly messages: { readonly size: number };
  /** What stays when a gateway has stopped. */
  readonly #disk: Disk;
  room = Number.POSITIVE_INFINITY;
  override hasRoom = async (octets: number): Promise<boolean> => octets <= this.room;

  /** @param before a spool that was closed, or whose process was killed, and is to be opened again. */
  constructor(
    clock: Pick<VirtualClock, 'wallTime'>,
    checkpoints: Partial<CheckpointLimits> = {},
    before?: MemorySpool,
  ) {
    const disk = before === undefined ? newDisk() : before.#disk;
    const store = new Store(disk.database);
    super({
      link: new DirectLink(store),
      bodies: new Bodies('/bodies', disk.files),
      wallTime: () => clock.wallTime(),
      log: () => {},
      hasRoom: async () => true,
      checkpoints: { ...DEFAULT_CHECKPOINT_LIMITS, ...checkpoints },
      ids: { next: () => `m${disk.ids++}` }, // m0 is taken by the spool itself, to tell earlier runs from this one
    });
    this.#disk = disk;
    this.messages = {
      get size() {
        return store.totals().messages;
      },
    };
  }

  override async receive(): Promise<MessageWriter> {
    const writer = await super.receive();
    const pieces: Uint8Array[] = [];
    return {
      id: writer.id,
      write: (chunk) => {
        pieces.push(chunk.slice());
        return writer.write(chunk);
      },
      commit: async (envelope, settling = []) => {
        await writer.commit(envelope, settling);
        const body = concat([Buffer.from(envelope.top ?? ''), ...pieces]).slice();
        this.history.push({ id: writer.id, envelope, body });
        this.settlements.push(...settling);
      },
      abort: () => writer.abort(),
    };
  }

  override async partial(key: TransactionKey, leaseMs: number): Promise<IncomingTransaction> {
    const transaction = await super.partial(key, leaseMs);
    if (transaction.state !== 'new' && transaction.state !== 'interrupted') return transaction;
    const { writer } = transaction;
    const commit = writer.commit.bind(writer);
    writer.commit = async (envelope, reply, settling = []) => {
      await commit(envelope, reply, settling);
      const pieces: Uint8Array[] = [];
      for await (const piece of this.readBody(writer.id)) pieces.push(piece);
      this.history.push({ id: writer.id, envelope, body: concat(pieces).slice() });
      this.settlements.push(...settling);
    };
    return transaction;
  }

  override async settle(batch: readonly Settlement[]): Promise<void> {
    await super.settle(batch);
    this.settlements.push(...batch);
  }
}
