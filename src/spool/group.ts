import { type Fault, toFault } from './fault.js';
import { type Answer, type Call, STABLE } from './protocol.js';
import type { Store } from './store.js';

export interface Group {
  readonly answers: readonly Answer[];
  /** The transaction changed something. */
  readonly wrote: boolean;
  /** That, and all that was written before, is on stable storage. */
  readonly synced: boolean;
}

/**
 * Carries out requests in one transaction, because syncing the disk costs the same for one as for many. A request
 * that fails is undone alone. Where one of them asks for that (`STABLE`), no answer says yes before all of them are on
 * stable storage.
 */
export function commitTogether(store: Store, calls: readonly Call[]): Group {
  const before = store.totalChanges;
  const isStable = calls.some(({ operation }) => STABLE.has(operation));
  let answers: Answer[];
  try {
    store.setSyncing(isStable);
    store.begin();
    answers = calls.map((call) => attempt(store, call));
  } catch (error) {
    store.rollback();
    return refuse(calls, toFault(error));
  }
  try {
    store.commit();
  } catch (error) {
    store.rollback();
    // The log may hold the whole transaction although the disk did not confirm it.
    return refuse(calls, toFault(error, true));
  }
  const wrote = store.totalChanges !== before;
  return { answers, wrote, synced: wrote && isStable };
}

/** @throws what made SQLite give up the whole transaction, as it may when the disk is full or fails. */
function attempt(store: Store, { id, operation, args }: Call): Answer {
  store.startRequest();
  try {
    const request: (...args: never[]) => unknown = store[operation];
    const result = request.apply(store, args as never[]);
    store.keepRequest();
    return { id, ok: true, result };
  } catch (error) {
    if (!store.inTransaction) throw error;
    store.undoRequest();
    return { id, ok: false, fault: toFault(error) };
  }
}

function refuse(calls: readonly Call[], fault: Fault): Group {
  return { answers: calls.map(({ id }) => ({ id, ok: false, fault })), wrote: false, synced: false };
}
