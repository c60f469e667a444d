import { PassThrough, type Readable } from 'node:stream';
import { describeError } from '../../core/index.js';

/** Octets are gathered to blocks of this length: mailauth pays by the piece. */
const BLOCK_OCTETS = 64 * 1024;

/**
 * mailauth holds a line until it ends, and empty lines, or lines of white space, until it knows whether the body ends with
 * them. Neither is as long as this in honest mail.
 */
const LONGEST_LINE = 64 * 1024;
const LONGEST_GAP = 8 * 1024;

const SPACE = 0x20;
const LF = 0x0a;

export type FeedResult<Result> =
  | { readonly ok: true; readonly result: Result }
  /** What of the message, or what else, was in the way. */
  | { readonly ok: false; readonly reason: string };

/** Gives a message to a function that reads a stream, as fast as that reads, and never holds more of it than a few blocks. */
export class BoundedFeed<Result> {
  readonly #input = new PassThrough({ highWaterMark: BLOCK_OCTETS });
  readonly #result: Promise<FeedResult<Result>>;
  #block = new Uint8Array(BLOCK_OCTETS);
  #held = 0;
  #line = 0;
  #gap = 0;
  #trouble: string | undefined;

  constructor(read: (input: Readable) => Promise<Result>) {
    this.#result = read(this.#input).then(
      (result) => ({ ok: true, result }),
      (error: unknown) => {
        this.#giveUp(describeError(error));
        return { ok: false, reason: describeError(error) };
      },
    );
  }

  /** Resolves when more may come. Never rejects. */
  async write(octets: Uint8Array): Promise<void> {
    this.#look(octets);
    for (let at = 0; at < octets.length && this.#trouble === undefined; ) {
      const piece = octets.subarray(at, at + BLOCK_OCTETS - this.#held);
      this.#block.set(piece, this.#held);
      this.#held += piece.length;
      at += piece.length;
      if (this.#held === BLOCK_OCTETS) await this.#flush();
    }
  }

  async end(): Promise<FeedResult<Result>> {
    if (this.#held > 0) await this.#flush();
    if (this.#trouble !== undefined) return { ok: false, reason: this.#trouble };
    this.#input.end();
    return this.#result;
  }

  abandon(): void {
    this.#giveUp('given up');
  }

  #look(octets: Uint8Array): void {
    for (const octet of octets) {
      this.#line = octet === LF ? 0 : this.#line + 1;
      this.#gap = octet <= SPACE ? this.#gap + 1 : 0;
      if (this.#line > LONGEST_LINE) this.#giveUp('a line is too long');
      if (this.#gap > LONGEST_GAP) this.#giveUp('too many empty lines');
      if (this.#trouble !== undefined) return;
    }
  }

  async #flush(): Promise<void> {
    const block = this.#block.slice(0, this.#held);
    this.#held = 0;
    if (this.#input.write(block)) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.#input.off('drain', go).off('close', go);
        resolve();
      };
      this.#input.on('drain', go).on('close', go);
    });
  }

  /** Nothing more is read. */
  #giveUp(trouble: string): void {
    this.#trouble ??= trouble;
    this.#block = new Uint8Array(0);
    this.#held = 0;
    this.#input.destroy();
  }
}
