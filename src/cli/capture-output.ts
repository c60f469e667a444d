import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { describeError, GatewayError } from '../core/index.js';
import {
  CaptureEncoder,
  describeEvent,
  sectionHeaderBlock,
  type TracedLink,
  type TraceEvent,
} from '../observe/index.js';

/** Whoever may read a capture reads the mail in it. */
const OWNER_ONLY = 0o600;

/** A pcapng file being written, or one that goes to standard output, such as into Wireshark. */
export class CaptureOutput {
  readonly #stream: Writable;
  readonly #encoder = new CaptureEncoder();
  readonly #path: string;
  #packets = 0;

  /** @param path `-`: standard output. @throws GatewayError when the file can't be opened. */
  static async open(path: string, application: string): Promise<CaptureOutput> {
    if (path === '-') return new CaptureOutput(process.stdout, 'standard output', application);
    try {
      const file = await open(path, 'w', OWNER_ONLY);
      // A file that was there keeps its mode, which may be anything.
      if ((await file.stat()).isFile()) await file.chmod(OWNER_ONLY);
      return new CaptureOutput(file.createWriteStream(), path, application);
    } catch (error) {
      throw cantWrite(path, error);
    }
  }

  private constructor(stream: Writable, path: string, application: string) {
    this.#stream = stream;
    this.#path = path;
    stream.write(sectionHeaderBlock({ hardware: process.arch, application }));
  }

  get packets(): number {
    return this.#packets;
  }

  /** Calls back once when nothing more can be written; undefined when the reader has only closed its end. */
  onFailure(failed: (error: GatewayError | undefined) => void): void {
    this.#stream.once('error', (error: NodeJS.ErrnoException) =>
      failed(error.code === 'EPIPE' ? undefined : cantWrite(this.#path, error)),
    );
  }

  /** @returns false when there is enough to do until `drained`. */
  record(link: TracedLink, event: TraceEvent, circuit: string | undefined): boolean {
    const introduction = this.#encoder.introduce(link);
    if (introduction !== undefined) this.#stream.write(introduction);
    this.#packets++;
    const where = circuit === undefined ? link.name : `${link.name}, circuit ${circuit}`;
    const comment = `${event.direction} on ${where}: ${describeEvent(link, event)}`;
    return this.#stream.write(this.#encoder.encode(link, event, comment));
  }

  async drained(): Promise<void> {
    await once(this.#stream, 'drain');
  }

  /** Resolves when all is written. Never rejects. */
  async close(): Promise<void> {
    if (this.#stream.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#stream.once('error', () => resolve());
      this.#stream.end(resolve);
    });
  }
}

function cantWrite(path: string, error: unknown): GatewayError {
  const message = `${path} can't be written (${describeError(error)}): check the path, its permissions and free space`;
  return new GatewayError('fileWrite', message, { temporary: true, cause: error });
}
