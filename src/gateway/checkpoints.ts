import { createHash, type Hash, randomBytes } from 'node:crypto';
import type { Clock } from '../core/index.js';
import type { Checkpoint, OutgoingMessage } from '../smtp/index.js';
import type { ReadBody } from './outgoing-body.js';

/** A transaction that was cut off, and what of the message had gone out until then. */
interface Interrupted {
  readonly checkpoint: Required<Checkpoint>;
  readonly sender: string;
  readonly octets: number;
  readonly digest: string;
  /** Wall time. */
  readonly at: number;
}

/** Servers keep it about as long; the oldest goes first where there are too many. */
const KEPT_MS = 48 * 3_600_000;
const MOST_KEPT = 1000;

/** Below that sending all again costs less than the round trip that asks where to go on. */
const LEAST_SIZE = 16 * 1024;

/** What of it concerns one next hop. */
export interface HopCheckpoints {
  /** The message with the transaction in which it is to be sent, a new one or one that goes on. */
  begin(message: OutgoingMessage, read: ReadBody): Promise<OutgoingMessage>;
  /**
   * What became of a message is known.
   * @param interrupted it was cut off in this transaction.
   * @param sent what went out of it in this session and before, from its first octet; undefined: nothing in this one.
   */
  end(
    message: OutgoingMessage,
    interrupted: Required<Checkpoint> | undefined,
    sent: SentOctets | undefined,
  ): void;
}

/**
 * Remembers messages that were cut off and may go on where they stopped (RFC 1845).
 *
 * They go on only if what was sent of them is what would be sent again: its hash is kept. Nothing of it survives a
 * restart; then a message is sent from its start, in a new transaction.
 */
export class Checkpoints {
  readonly #clock: Clock;
  readonly #hostname: string;
  readonly #interrupted = new Map<string, Interrupted>();

  constructor(options: { readonly clock: Clock; readonly hostname: string }) {
    this.#clock = options.clock;
    this.#hostname = options.hostname;
  }

  forHop(hop: string): HopCheckpoints {
    return {
      begin: (message, read) => this.#begin(`${hop} ${message.id}`, message, read),
      end: (message, interrupted, sent) => {
        const key = `${hop} ${message.id}`;
        if (interrupted === undefined) this.#interrupted.delete(key);
        else if (sent !== undefined) this.#keep(key, message.sender, interrupted, sent.sum());
      },
    };
  }

  async #begin(key: string, message: OutgoingMessage, read: ReadBody): Promise<OutgoingMessage> {
    if (message.size < LEAST_SIZE) return message;
    const before = this.#find(key, message.sender);
    const isUnchanged = before !== undefined && (await digestOf(read(), before.octets)) === before.digest;
    const checkpoint = isUnchanged ? before.checkpoint : { transactionId: this.#newId() };
    return { ...message, checkpoint };
  }

  #keep(key: string, sender: string, checkpoint: Required<Checkpoint>, { octets, digest }: Sum): void {
    this.#interrupted.delete(key);
    this.#interrupted.set(key, { checkpoint, sender, octets, digest, at: this.#clock.wallTime() });
    const [oldest] = this.#interrupted.keys();
    if (this.#interrupted.size > MOST_KEPT && oldest !== undefined) this.#interrupted.delete(oldest);
  }

  #find(key: string, sender: string): Interrupted | undefined {
    const found = this.#interrupted.get(key);
    const isOurs = found?.sender === sender && this.#clock.wallTime() - found.at < KEPT_MS;
    return isOurs ? found : undefined;
  }

  /** RFC 1845 §3: at most 80 characters. */
  #newId(): string {
    const host = this.#hostname.slice(-48).replace(/^[.-]+/, '');
    return `<${randomBytes(18).toString('base64url')}@${host}>`;
  }
}

interface Sum {
  readonly octets: number;
  /** SHA-256. */
  readonly digest: string;
}

/** Sums up a body while it goes out. */
export class SentOctets {
  readonly #hash: Hash = createHash('sha256');
  #octets = 0;

  add(octets: Uint8Array): void {
    this.#hash.update(octets);
    this.#octets += octets.length;
  }

  sum(): Sum {
    return { octets: this.#octets, digest: this.#hash.copy().digest('hex') };
  }

  /** The same body, summed up as it is read. */
  async *watch(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const octets of body) {
      this.add(octets);
      yield octets;
    }
  }
}

/** Of the first octets of a body; undefined where it has fewer. */
async function digestOf(body: AsyncIterable<Uint8Array>, octets: number): Promise<string | undefined> {
  const sum = new SentOctets();
  let left = octets;
  for await (const piece of body) {
    sum.add(piece.subarray(0, left));
    left -= Math.min(left, piece.length);
    if (left === 0) break;
  }
  return left === 0 ? sum.sum().digest : undefined;
}
