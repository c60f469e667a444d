import { createHash, type Hash, randomBytes } from 'node:crypto';
import { type Clock, describeError } from '../core/index.js';
import type { Checkpoint, OutgoingMessage } from '../smtp/index.js';
import type { OutgoingTransaction, Spool } from '../spool/index.js';
import type { ReadBody } from './outgoing-body.js';

/** Servers keep it about as long. */
const KEPT_MS = 48 * 3_600_000;

/** Below that sending all again costs less than the round trip that asks where to go on. */
const LEAST_SIZE = 16 * 1024;

/** Messages that were cut off and may go on where they stopped (RFC 1845), as a session needs to know of them. */
export interface Checkpoints {
  /** The message with the transaction in which it is to be sent, a new one or one that goes on. */
  begin(message: OutgoingMessage, read: ReadBody): Promise<OutgoingMessage>;
  /**
   * What became of a message is known. Never rejects.
   * @param interrupted it was cut off in this transaction.
   * @param sent what went out of it in this session and before, from its first octet; undefined: nothing in this one.
   */
  end(
    message: OutgoingMessage,
    interrupted: Required<Checkpoint> | undefined,
    sent: SentOctets | undefined,
  ): Promise<void>;
}

export interface SpooledCheckpointsOptions {
  readonly spool: Pick<Spool, 'keepTransaction'>;
  readonly clock: Clock;
  readonly hostname: string;
  readonly destination: string;
  /** Of a session before this one, as the message was claimed with it. */
  readonly transactionOf: (message: string) => OutgoingTransaction | undefined;
  readonly onProblem: (problem: string) => void;
}

/**
 * Kept in the spool, beside the delivery. A message goes on only if what was sent of it is what would be sent again: its
 * hash is kept, for it may be converted on its way out in another way than before.
 */
export class SpooledCheckpoints implements Checkpoints {
  readonly #options: SpooledCheckpointsOptions;

  constructor(options: SpooledCheckpointsOptions) {
    this.#options = options;
  }

  async begin(message: OutgoingMessage, read: ReadBody): Promise<OutgoingMessage> {
    if (message.size < LEAST_SIZE) return message;
    const { clock, transactionOf } = this.#options;
    const before = transactionOf(message.id);
    const goesOn =
      before !== undefined &&
      clock.wallTime() - before.at < KEPT_MS &&
      (await hashOf(read(), before.octets)) === before.hash;
    const checkpoint = goesOn
      ? { transactionId: before.id, accepted: before.recipients }
      : { transactionId: this.#newId() };
    return { ...message, checkpoint };
  }

  async end(
    { id: message }: OutgoingMessage,
    interrupted: Required<Checkpoint> | undefined,
    sent: SentOctets | undefined,
  ): Promise<void> {
    const { spool, destination, transactionOf, clock, onProblem } = this.#options;
    try {
      if (interrupted === undefined) {
        if (transactionOf(message) !== undefined) await spool.keepTransaction(message, destination);
        return;
      }
      if (sent === undefined) return; // as it was before
      await spool.keepTransaction(message, destination, {
        id: interrupted.transactionId,
        recipients: interrupted.accepted,
        at: clock.wallTime(),
        ...sent.sum(),
      });
    } catch (error) {
      // Then it is sent from its start.
      onProblem(`keeping how far ${message} has come: ${describeError(error)}`);
    }
  }

  /** RFC 1845 §3: at most 80 characters. */
  #newId(): string {
    const host = this.#options.hostname.slice(-48).replace(/^[.-]+/, '');
    return `<${randomBytes(18).toString('base64url')}@${host}>`;
  }
}

/** Sums up a body while it goes out. */
export class SentOctets {
  readonly #hash: Hash = createHash('sha256');
  #octets = 0;

  add(octets: Uint8Array): void {
    this.#hash.update(octets);
    this.#octets += octets.length;
  }

  sum(): Pick<OutgoingTransaction, 'octets' | 'hash'> {
    return { octets: this.#octets, hash: this.#hash.copy().digest('hex') };
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
async function hashOf(body: AsyncIterable<Uint8Array>, octets: number): Promise<string | undefined> {
  const sum = new SentOctets();
  let left = octets;
  for await (const piece of body) {
    sum.add(piece.subarray(0, left));
    left -= Math.min(left, piece.length);
    if (left === 0) break;
  }
  return left === 0 ? sum.sum().hash : undefined;
}
