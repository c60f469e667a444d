/**
 * Writes pieces to a file in the order they are handed over, without making anybody wait and without ever
 * throwing: watching must not stop what is watched. What waits for the disk is bounded; more is dropped and counted.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { Counters, describeError, GatewayError } from '../core/index.js';

export interface FileSinkOptions {
  /**
   * `replace`: a new file, one writer, readable by its owner. The first error ends it, for what follows a half
   * written piece can't be read.
   * `append`: pieces are lines of a file that may have other writers and be rotated away, so it is opened for each
   * piece; after an error the next piece is tried again, on a line of its own.
   */
  readonly mode: 'replace' | 'append';
  /** Told of the first error, and again of the first one after something could be written. */
  readonly onError: (error: GatewayError) => void;
  /** Octets that may wait for the disk. Default 8 MiB. */
  readonly maxPendingOctets?: number;
}

const DEFAULT_MAX_PENDING_OCTETS = 8 * 1024 * 1024;
/** For new files that hold what passed over a line: mail, and perhaps passwords. */
const OWNER_ONLY = 0o600;
const LINE_END = Uint8Array.of(0x0a);

export class FileSink {
  readonly counters = new Counters<'pieces' | 'octets' | 'dropped' | 'errors'>();
  readonly #path: string;
  readonly #options: FileSinkOptions;
  readonly #maxPendingOctets: number;
  readonly #pending: Uint8Array[] = [];
  #pendingOctets = 0;
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #closed = false;
  /** The last attempt failed, and was reported. */
  #failing = false;

  constructor(path: string, options: FileSinkOptions) {
    this.#path = path;
    this.#options = options;
    this.#maxPendingOctets = options.maxPendingOctets ?? DEFAULT_MAX_PENDING_OCTETS;
  }

  /**
   * Takes a piece, which must not be changed any more. `always` is for the few without which the rest means nothing:
   * they are taken however much waits. @returns false when the piece was dropped.
   */
  write(piece: Uint8Array, when: 'room' | 'always' = 'room'): boolean {
    const isBroken = this.#failing && this.#options.mode === 'replace';
    const isFull = when === 'room' && this.#pendingOctets + piece.length > this.#maxPendingOctets;
    if (this.#closed || isBroken || isFull) {
      this.counters.add('dropped');
      return false;
    }
    this.#pending.push(piece);
    this.#pendingOctets += piece.length;
    this.#writing ??= this.#writePending();
    return true;
  }

  /** Writes what waits and closes the file. Pieces that come later are dropped. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch((error: unknown) => this.#failed(error));
  }

  async #writePending(): Promise<void> {
    for (let piece = this.#pending.shift(); piece !== undefined; piece = this.#pending.shift()) {
      try {
        if (this.#options.mode === 'replace') await this.#writeOn(piece);
        else await this.#appendLine(piece);
        this.#failing = false;
        this.counters.add('pieces');
        this.counters.add('octets', piece.length);
      } catch (error) {
        this.counters.add('dropped');
        this.#failed(error);
        if (this.#options.mode === 'replace') this.#dropPending();
      }
      this.#pendingOctets -= piece.length;
    }
    this.#writing = undefined;
  }

  async #writeOn(piece: Uint8Array): Promise<void> {
    this.#file ??= await open(this.#path, 'w', OWNER_ONLY);
    await this.#file.appendFile(piece);
  }

  async #appendLine(piece: Uint8Array): Promise<void> {
    const file = await open(this.#path, 'a');
    try {
      // The disk may have filled up in the middle of the last line.
      if (this.#failing) await file.appendFile(LINE_END);
      await file.appendFile(piece);
    } finally {
      await file.close();
    }
  }

  #dropPending(): void {
    this.counters.add('dropped', this.#pending.length);
    for (const piece of this.#pending) this.#pendingOctets -= piece.length;
    this.#pending.length = 0;
  }

  #failed(error: unknown): void {
    this.counters.add('errors');
    if (this.#failing) return;
    this.#failing = true;
    const message = `${this.#path} can't be written (${describeError(error)}): check the path, its permissions and free space`;
    this.#options.onError(new GatewayError('fileWrite', message, { temporary: true, cause: error }));
  }
}
