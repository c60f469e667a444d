import type { Bodies, BodyFile } from './bodies.js';
import { BodyBuffer, InTurn } from './body-buffer.js';
import { DoubtfulError, storeFault } from './fault.js';
import type { Envelope, MessageWriter, Settlement } from './spool.js';
import type { NewMessage } from './store.js';

/** What a writer needs of its spool. */
export interface WriterHome {
  readonly bodies: Bodies;
  /** Resolves when the rows are on stable storage. */
  store(message: NewMessage, settling: readonly Settlement[]): Promise<void>;
  /** The writer needs nothing any longer. `leftFile`: its file must be kept until it is clear whether a row has it. */
  ended(writer: MessageWriter, leftFile: boolean): void;
}

/** A message on its way in. It holds at most 64 KiB of the body; what is longer goes to a file as it comes. */
export class BufferedWriter implements MessageWriter {
  readonly id: string;
  readonly #home: WriterHome;
  readonly #turns = new InTurn();
  readonly #buffer = new BodyBuffer(async (octets) => {
    this.#file ??= await this.#home.bodies.create(this.id);
    await this.#file.write(octets);
  });
  #file: BodyFile | undefined;
  #state: 'open' | 'failed' | 'ended' = 'open';
  #failure: unknown;

  constructor(id: string, home: WriterHome) {
    this.id = id;
    this.#home = home;
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#turns.run(async () => {
      this.#mustBeOpen();
      try {
        await this.#buffer.append(chunk);
      } catch (error) {
        throw await this.#fail(error);
      }
    });
  }

  commit(envelope: Envelope, settling: readonly Settlement[] = []): Promise<void> {
    return this.#turns.run(async () => {
      this.#mustBeOpen();
      if (envelope.recipients.length === 0) throw new RangeError('a message needs a recipient');
      try {
        await this.#home.store({ id: this.id, envelope, ...(await this.#finishBody()) }, settling);
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
    return this.#turns.run(async () => {
      if (this.#state !== 'open') return;
      await this.#discard();
      this.#end(false);
    });
  }

  #mustBeOpen(): void {
    if (this.#state === 'failed') throw this.#failure;
    if (this.#state === 'ended') throw new Error(`message ${this.id} was committed or aborted before`);
  }

  /** File and directory are synced before the row that names them is written. */
  async #finishBody(): Promise<{ size: number; body?: Uint8Array }> {
    if (this.#file === undefined) return { size: this.#buffer.held, body: this.#buffer.copy() };
    await this.#buffer.flush();
    await this.#file.sync();
    await this.#file.close();
    return { size: this.#file.size };
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
    this.#buffer.release();
    this.#home.ended(this, leftFile);
  }
}
