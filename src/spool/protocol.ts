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

/** One request; `args` are those of the method of `Store` that is named. */
export interface Call {
  readonly id: number;
  readonly operation: Operation;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly fault: Fault };

export type ToThread = Call | 'close';

export type FromThread =
  | { readonly type: 'opened' }
  | { readonly type: 'refused'; readonly fault: Fault }
  /** The answers to all requests of one transaction. */
  | { readonly type: 'group'; readonly answers: readonly Answer[]; readonly wrote: boolean };

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
  readonly wrote: boolean;
}
