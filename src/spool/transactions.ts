import type { Envelope, OutgoingTransaction, TransactionKey } from './spool.js';
import type { Statements, TransactionRow } from './statements.js';

/** So much of an interrupted message is on stable storage. */
export interface Mark {
  readonly key: TransactionKey;
  readonly message: string;
  readonly envelope: Envelope;
  /** Octets of the file that are not the client's. */
  readonly prefix: number;
  /** Octets of the file, with the prefix. */
  readonly stored: number;
  readonly at: number;
}

/** A transaction is over, and this was said. */
export interface Finished {
  readonly key: TransactionKey;
  readonly reply: string;
  /** Octets of the client. */
  readonly size: number;
  readonly at: number;
}

/** What is kept of each peer. */
export interface CheckpointLimits {
  readonly keepMs: number;
  /** Interrupted messages, and octets of them. */
  readonly interrupted: number;
  readonly octets: number;
  /** Replies to what was finished. */
  readonly finished: number;
}

export const DEFAULT_CHECKPOINT_LIMITS: CheckpointLimits = {
  keepMs: 48 * 3_600_000,
  interrupted: 16,
  octets: 128 * 1024 * 1024,
  finished: 10_000,
};

export type InterruptedTransaction = Pick<Mark, 'message' | 'envelope' | 'prefix' | 'stored'>;

/** What is known of a transaction that comes in. */
export type KnownTransaction =
  | { readonly message: string; readonly reply: string; readonly size: number }
  | InterruptedTransaction;

/** Ids of messages whose files can go once this is committed. */
type FilesToRemove = string[];

/** The part of the store that belongs to CHECKPOINT. As in `Store`, every method runs in a transaction of someone else. */
export class Transactions {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** @param since what was not touched later is kept no longer */
  find(key: TransactionKey, since: number): KnownTransaction | undefined {
    const row = this.#sql.transaction.get(...values(key), Math.floor(since));
    return row === undefined ? undefined : known(row);
  }

  /** Makes room among what is kept of the peer, oldest first. `isKept` is false when this one alone is too long. */
  mark(mark: Mark, limits: CheckpointLimits): { isKept: boolean; files: FilesToRemove } {
    const { key, message, envelope, prefix, stored, at } = mark;
    if (stored > limits.octets)
      return { isKept: false, files: this.forget(key).filter((id) => id !== message) };
    const kept = JSON.stringify(envelope);
    this.#sql.markTransaction.run(...values(key), message, Math.floor(at), kept, prefix, stored);
    const files: string[] = [];
    let count = 0;
    let octets = 0;
    for (const open of this.#sql.openOfPeer.all(key.peer)) {
      count++;
      octets += open.stored;
      if (count > limits.interrupted || octets > limits.octets) files.push(...this.#remove(open.number));
    }
    return { isKept: !files.includes(message), files: files.filter((id) => id !== message) };
  }

  finish(message: string, { key, reply, size, at }: Finished, limits: CheckpointLimits): void {
    this.#sql.finishTransaction.run(...values(key), message, Math.floor(at), reply, size);
    for (const { number } of this.#sql.excessFinished.all(key.peer, limits.finished)) this.#remove(number);
  }

  forget(key: TransactionKey): FilesToRemove {
    const removed = this.#sql.forgetTransaction.get(...values(key));
    return removed?.isOpen === 1 ? [removed.message] : [];
  }

  /** At most `limit` of those that were not touched since. */
  removeOld(before: number, limit: number): { removed: number; files: FilesToRemove } {
    const old = this.#sql.oldTransactions.all(Math.floor(before), limit);
    return { removed: old.length, files: old.flatMap(({ number }) => this.#remove(number)) };
  }

  /** At the next hop. */
  keep(message: string, destination: string, transaction: OutgoingTransaction | undefined): void {
    const text = transaction === undefined ? null : JSON.stringify(transaction);
    this.#sql.begun.run(text, message, destination);
  }

  #remove(number: number): FilesToRemove {
    const removed = this.#sql.removeTransaction.get(number);
    return removed?.isOpen === 1 ? [removed.message] : [];
  }
}

function values({ peer, hello, id }: TransactionKey): [peer: string, hello: string, transid: string] {
  return [peer, hello, id];
}

function known({ message, reply, envelope, prefix, stored }: TransactionRow): KnownTransaction {
  if (reply !== null) return { message, reply, size: stored };
  return { message, envelope: JSON.parse(envelope ?? '') as Envelope, prefix, stored };
}
