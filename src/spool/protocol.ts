import type { Fault } from './fault.js';
import type { Store } from './store.js';

/** What can be asked of the thread that holds the database. */
export type Operation =
  | 'receive'
  | 'search'
  | 'take'
  | 'change'
  | 'ages'
  | 'receiveFinished'
  | 'findTransaction'
  | 'markTransaction'
  | 'forgetTransaction'
  | 'removeOldTransactions'
  | 'keepTransaction'
  | 'claim'
  | 'renew'
  | 'release'
  | 'settle'
  | 'body'
  | 'destinations'
  | 'overdue'
  | 'unwarned'
  | 'late'
  | 'nextDeadline'
  | 'holdDestination'
  | 'releaseDestination'
  | 'heldDestinations'
  | 'totals'
  | 'list'
  | 'find'
  | 'withoutFile';

/**
 * Requests that are answered only when what they change is on stable storage. What else changes something can be lost
 * with the machine, though not with this program, for a moment, until one of these follows or the thread syncs without:
 * a claim is given back by a crash anyway, and a settlement that is lost delivers once more.
 */
export const STABLE: ReadonlySet<Operation> = new Set([
  'receive',
  'change',
  'receiveFinished',
  'markTransaction',
  'forgetTransaction',
  'removeOldTransactions',
  'keepTransaction',
  'holdDestination',
  'releaseDestination',
]);

/** One request; `args` are those of the method of `Store` that is named. */
export interface Call {
  readonly id: number;
  readonly operation: Operation;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly fault: Fault };

/** All requests that came up together, in their order. */
export type ToThread = readonly Call[] | 'close';

export type FromThread =
  | { readonly type: 'opened' }
  | { readonly type: 'refused'; readonly fault: Fault }
  /** The answers to all requests of one transaction. */
  | {
      readonly type: 'group';
      readonly answers: readonly Answer[];
      readonly wrote: boolean;
      readonly synced: boolean;
    }
  /** Everything that was written is on stable storage. */
  | { readonly type: 'synced' };

/** The way to a `Store`, wherever it runs. */
export interface Link {
  /** Rejects with a GatewayError; with a DoubtfulError when the change may have been made all the same. */
  call<O extends Operation>(operation: O, ...args: Parameters<Store[O]>): Promise<ReturnType<Store[O]>>;
  /** Finishes what was asked before. */
  close(): Promise<void>;
}

/** A transaction is over. */
export interface GroupReport {
  readonly requests: number;
  /** It changed something. */
  readonly wrote: boolean;
  /** That, and all that was written before, is on stable storage. */
  readonly synced: boolean;
}
