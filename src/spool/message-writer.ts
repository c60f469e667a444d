import { type Bodies, type BodyFile, CHUNK_OCTETS } from './bodies.js';
import { DoubtfulError, storeFault } from './fault.js';
import type { Envelope, MessageWriter, Settlement } from './spool.js';
import type { NewMessage } from './store.js';

/** Bodies up to here are in the database row, where they cost no further sync; longer ones are files. */
const IN_ROW_OCTETS = CHUNK_OCTETS;

/** Most messages are short: the buffer begins small and doubles. */
const FIRST_BUFFER_OCTETS = 4 * 1024;

/** What a writer needs of its spool. */
export interface WriterHome {
  readonly bodies: Bodies;
  /** Resolves when the rows are on stable storage. */
  store(message: NewMessage, settling: readonly Settlement[]): Promise<void>;
  /** The writer needs nothing any longer. `leftFile`: its file must be kept until it is clear whether a row has it. */
  ended(writer: MessageWriter, leftFile: boolean): void;
}

/**
 * A message on its way in. It holds at most 64 KiB of the body; what is longer goes to a file as it comes.
 * Calls are carried out one after the other, so that `abort` may come at any time.
 */
export class BufferedWriter implements MessageWriter {
  readonly id: string;
  readonly #home: WriterHome;
  #buffer = new Uint8Array(0);
  #held = 0;
  #size = 0;
  #file: BodyFile | undefined;
  #state: 'open' | 'failed' | 'ended' = 'open';
  #failure: unknown;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(id: string, home: WriterHome) {
    this.id = id;
    this.#home = home;
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      this.#mustBeOpen();
      try {
        await this.#append(chunk);
      } catch (error) {
        throw await this.#fail(error);
      }
    });
  }

  commit(envelope: Envelope, settling: readonly Settlement[] = []): Promise<void> {
    return this.#inTurn(async () => {
      this.#mustBeOpen();
      if (envelope.recipients.length === 0) throw new RangeError('a message needs a recipient');
      try {
        const body = await this.#finishBody();
        await this.#home.store({ id: this.id, envelope, size: this.#size, ...body }, settling);
      } catch (error) {
        if (error instanceof DoubtfulError) {
          this.#end(this.#file !== undefined);
          throw error;
        }
        throw await this.#fail(error);
      }
      this.#end(false);
    });
  }

  abort(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state !== 'open') return;
      await this.#discard();
      this.#end(false);
    });
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(action);
    this.#lastTurn = turn.catch(() => undefined); // whoever asked for that turn hears of it
    return turn;
  }

  #mustBeOpen(): void {
    if (this.#state === 'failed') throw this.#failure;
    if (this.#state === 'ended') throw new Error(`message ${this.id} was committed or aborted before`);
  }

  async #append(chunk: Uint8Array): Promise<void> {
    this.#size += chunk.length;
    while (this.#held + chunk.length > IN_ROW_OCTETS) {
      const fits = chunk.subarray(0, IN_ROW_OCTETS - this.#held);
      this.#hold(fits);
      chunk = chunk.subarray(fits.length);
      await this.#flush();
    }
    this.#hold(chunk);
  }

  #hold(octets: Uint8Array): void {
    const needed = this.#held + octets.length;
    if (needed > this.#buffer.length) {
      const larger = Math.max(needed, 2 * this.#buffer.length, FIRST_BUFFER_OCTETS);
      const grown = new Uint8Array(Math.min(larger, IN_ROW_OCTETS));
      grown.set(this.#buffer.subarray(0, this.#held));
      this.#buffer = grown;
    }
    this.#buffer.set(octets, this.#held);
    this.#held = needed;
  }

  async #flush(): Promise<void> {
    this.#file ??= await this.#home.bodies.create(this.id);
    await this.#file.write(this.#buffer.subarray(0, this.#held));
    this.#held = 0;
  }

  /** File and directory are synced before the row that names them is written. */
  async #finishBody(): Promise<{ body?: Uint8Array }> {
    // A copy of its own length: the whole buffer would go to the thread with a part of it.
    if (this.#file === undefined) return { body: this.#buffer.slice(0, this.#held) };
    await this.#flush();
    await this.#file.finish();
    return {};
  }

  /** Nothing is left behind; later calls fail in the same way. */
  async #fail(error: unknown): Promise<unknown> {
    this.#failure = storeFault(error);
    await this.#discard();
    this.#end(false);
    this.#state = 'failed';
    return this.#failure;
  }

  async #discard(): Promise<void> {
    // On a disk in trouble this can fail too: then the file is removed when the spool is opened next.
    await this.#file?.discard().catch(() => undefined);
  }

  #end(leftFile: boolean): void {
    this.#state = 'ended';
    this.#buffer = new Uint8Array(0);
    this.#home.ended(this, leftFile);
  }
}
