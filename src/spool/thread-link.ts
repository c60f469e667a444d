import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { GatewayError } from '../core/index.js';
import { fromFault, spoolClosed, threadEnded } from './fault.js';
import type { Answer, Call, FromThread, GroupReport, Link, Operation, ToThread } from './protocol.js';
import type { Store } from './store.js';

export interface ThreadLinkEvents {
  group(report: GroupReport): void;
  /** All that was written is on stable storage. */
  synced(): void;
  /** The thread ended by itself; every request is rejected from now on. */
  stopped(error: GatewayError): void;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: GatewayError): void;
}

/** The promise of the thread to have opened the database waits among the requests. */
const OPENING = 0;

/** Requests to a `Store` in a thread of its own, and the promises that wait for their answers. */
export class ThreadLink implements Link {
  readonly #worker: Worker;
  readonly #events: ThreadLinkEvents;
  readonly #pending = new Map<number, Pending>();
  readonly #ended: Promise<void>;
  #nextId = OPENING + 1;
  /** What came up since the last message to the thread: to wake it for each would cost more than what most ask. */
  #calls: Call[] = [];
  /** Why no request is taken any longer. */
  #over: GatewayError | undefined;

  constructor(worker: Worker, events: ThreadLinkEvents) {
    this.#worker = worker;
    this.#events = events;
    worker.on('message', (message: FromThread) => this.#handleMessage(message));
    worker.on('error', (error) => this.#stop(error));
    this.#ended = new Promise((resolve) => {
      worker.on('exit', (code) => {
        this.#stop(new Error(`exit code ${code}`));
        resolve();
      });
    });
  }

  /**
   * Starts the thread and waits until it has opened `file`.
   * @throws GatewayError as `openDatabase` does
   */
  static async open(file: string, events: ThreadLinkEvents): Promise<ThreadLink> {
    const link = new ThreadLink(newWorker(file), events);
    await new Promise<unknown>((resolve, reject) => link.#pending.set(OPENING, { resolve, reject }));
    return link;
  }

  call<O extends Operation>(operation: O, ...args: Parameters<Store[O]>): Promise<ReturnType<Store[O]>> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) {
        reject(this.#over);
        return;
      }
      const id = this.#nextId++;
      this.#calls.push({ id, operation, args });
      if (this.#calls.length === 1) setImmediate(() => this.#post());
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject });
    });
  }

  async close(): Promise<void> {
    if (this.#over === undefined) {
      this.#over = spoolClosed();
      this.#post();
      this.#worker.postMessage('close' satisfies ToThread);
    }
    await this.#ended;
  }

  #post(): void {
    const calls = this.#calls;
    if (calls.length === 0) return;
    this.#calls = [];
    this.#worker.postMessage(calls satisfies ToThread);
  }

  #handleMessage(message: FromThread): void {
    switch (message.type) {
      case 'opened':
        this.#settle({ id: OPENING, ok: true, result: undefined });
        break;
      case 'refused':
        this.#over = fromFault(message.fault);
        this.#settle({ id: OPENING, ok: false, fault: message.fault });
        break;
      case 'group':
        this.#events.group({
          requests: message.answers.length,
          wrote: message.wrote,
          synced: message.synced,
        });
        for (const answer of message.answers) this.#settle(answer);
        break;
      case 'synced':
        this.#events.synced();
        break;
    }
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (answer.ok) pending?.resolve(answer.result);
    else pending?.reject(fromFault(answer.fault));
  }

  /** The thread is gone. In good order after `close`, and then nothing waits any longer. */
  #stop(cause: unknown): void {
    const error = threadEnded(cause);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    if (this.#over !== undefined) return;
    this.#over = error;
    this.#events.stopped(error);
  }
}

/** What the thread makes is soon over; by itself its heap would take 48 MB before anything of it is collected. */
const YOUNG_MB = 4;

function newWorker(file: string): Worker {
  const options = { workerData: file, execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } };
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./worker.js', import.meta.url), options);
  }
  // Run from its source (tests), a thread has to be taught TypeScript again. `--import tsx` reaches only the main
  // thread on Node 20, and require hooks start three times faster than import hooks.
  const tsx = createRequire(import.meta.url).resolve('tsx/cjs/api');
  const source = fileURLToPath(new URL('./worker.ts', import.meta.url));
  const bootstrap = `require(${JSON.stringify(tsx)}).register(); require(${JSON.stringify(source)});`;
  return new Worker(bootstrap, { ...options, eval: true });
}
