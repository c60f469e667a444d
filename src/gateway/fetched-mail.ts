import type { OutgoingMessage, RecipientOutcome } from '../smtp/index.js';
import type { DkimSigner } from './authentication/index.js';
import type { Checkpoints } from './checkpoints.js';
import type { HandedOut } from './dispatcher.js';

/** The mail that somebody has come for: one destination after the other, as one session takes it. */
export class FetchedMail {
  readonly #sources: readonly HandedOut[];
  readonly #settling = new Set<Promise<void>>();
  #at = 0;

  /** @param sources each with something that is due, claimed. */
  constructor(sources: readonly HandedOut[]) {
    this.#sources = sources;
  }

  /** Of whichever message is on its way. */
  readonly checkpoints: Checkpoints = {
    begin: async (message, read) => this.#current?.checkpoints.begin(message, read) ?? message,
    end: async (...outcome) => this.#current?.checkpoints.end(...outcome),
  };

  get signer(): DkimSigner | undefined {
    return this.#current?.signer;
  }

  async next(): Promise<OutgoingMessage | undefined> {
    for (; this.#at < this.#sources.length; this.#at++) {
      const message = await this.#current?.next();
      if (message !== undefined) return message;
      // One message may wait at two destinations: only one of them has it on its way at a time.
      await Promise.all(this.#settling);
    }
    return undefined;
  }

  readBody(message: string): AsyncIterable<Uint8Array> {
    if (this.#current === undefined) throw new Error(`message ${message} is on nobody's way`);
    return this.#current.readBody(message);
  }

  /** @param relay who has come. */
  settle(message: OutgoingMessage, outcomes: readonly RecipientOutcome[], relay: string): Promise<void> {
    const settling = (this.#current?.settle(message, outcomes, relay) ?? Promise.resolve()).finally(() =>
      this.#settling.delete(settling),
    );
    this.#settling.add(settling);
    return settling;
  }

  /** Gives out nothing more: the session ends after the message that is on its way. */
  finish(): void {
    for (const { mail } of this.#sources) mail.finish();
  }

  /** Gives back what was claimed and not settled. */
  async end(): Promise<void> {
    await Promise.all(this.#sources.map(({ end }) => end()));
  }

  get #current() {
    return this.#sources[this.#at]?.mail;
  }
}
