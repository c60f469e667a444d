import { mkdirSync } from 'node:fs';
import * as fsPromises from 'node:fs/promises';
import { join } from 'node:path';
import { Bodies, type FileSystem } from '../../../src/spool/bodies.js';
import { DurableSpool, type SpoolEvent } from '../../../src/spool/durable-spool.js';
import { fromFault, spoolClosed } from '../../../src/spool/fault.js';
import { commitTogether } from '../../../src/spool/group.js';
import type { Call, GroupReport, Link, Operation } from '../../../src/spool/protocol.js';
import { openDatabase } from '../../../src/spool/schema.js';
import { Store } from '../../../src/spool/store.js';
import { type CheckpointLimits, DEFAULT_CHECKPOINT_LIMITS } from '../../../src/spool/transactions.js';

interface Events {
  group(report: GroupReport): void;
  synced(): void;
}

/** The store without its thread: requests of one turn of the event loop are one transaction. */
class InProcessLink implements Link {
  readonly #store: Store;
  readonly #events: Events;
  readonly #waiting: { call: Call; resolve: (result: unknown) => void; reject: (error: Error) => void }[] =
    [];
  #closed = false;

  constructor(store: Store, events: Events) {
    this.#store = store;
    this.#events = events;
  }

  call<O extends Operation>(operation: O, ...args: Parameters<Store[O]>): Promise<ReturnType<Store[O]>> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(spoolClosed());
        return;
      }
      if (this.#waiting.length === 0) setImmediate(() => this.#run());
      const call = { id: this.#waiting.length, operation, args };
      this.#waiting.push({ call, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  async close(): Promise<void> {
    this.#run();
    await new Promise((resolve) => setImmediate(resolve));
    this.#closed = true;
    this.#store.close();
  }

  #sync(): void {
    if (this.#closed) return;
    this.#store.sync();
    this.#events.synced();
  }

  #run(): void {
    const requests = this.#waiting.splice(0);
    if (requests.length === 0) return;
    const { answers, wrote, synced } = commitTogether(
      this.#store,
      requests.map(({ call }) => call),
    );
    this.#events.group({ requests: requests.length, wrote, synced });
    requests.forEach(({ resolve, reject }, i) => {
      const answer = answers[i];
      if (answer?.ok === true) resolve(answer.result);
      else if (answer !== undefined) reject(fromFault(answer.fault));
    });
    if (wrote && !synced) setImmediate(() => this.#sync());
  }
}

export interface InProcessOptions {
  readonly files?: FileSystem;
  readonly wallTime?: () => number;
  readonly log?: (event: SpoolEvent) => void;
  readonly checkpoints?: Partial<CheckpointLimits>;
  /** Puts something between the spool and its store. */
  readonly wrapStore?: (store: Store) => Store;
}

/** As `openSpool`, without a thread: opens in a few milliseconds, and a test can reach inside. */
export function openInProcess(directory: string, options: InProcessOptions = {}): DurableSpool {
  const { files = fsPromises, wallTime = () => 1000, log = () => {}, wrapStore = (store) => store } = options;
  const bodies = join(directory, 'bodies');
  mkdirSync(bodies, { recursive: true });
  const store = wrapStore(new Store(openDatabase(join(directory, 'spool.db'))));
  const spool: DurableSpool = new DurableSpool({
    link: new InProcessLink(store, {
      group: (report) => spool.handleGroup(report),
      synced: () => spool.handleSynced(),
    }),
    bodies: new Bodies(bodies, files),
    wallTime,
    log,
    hasRoom: async () => true,
    checkpoints: { ...DEFAULT_CHECKPOINT_LIMITS, ...options.checkpoints },
  });
  spool.removeLeftovers();
  return spool;
}
