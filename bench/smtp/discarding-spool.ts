import type { MessageWriter, Spool } from '../../src/spool/index.js';

/** Says yes to every message and keeps none: what remains is the cost of the session. */
export function discardingSpool(): Spool {
  let taken = 0;
  const writer = (): MessageWriter => ({
    id: (++taken).toString(36).padStart(14, '0'),
    write: async () => {},
    commit: async () => {},
    abort: async () => {},
  });
  const nothing = async (): Promise<void> => {};
  const none = async (): Promise<[]> => [];
  return {
    receive: async () => writer(),
    partial: () => Promise.reject(new Error('nothing is kept here that could be gone on with')),
    claim: none,
    renew: nothing,
    release: nothing,
    settle: nothing,
    keepTransaction: nothing,
    async *readBody() {},
    destinations: none,
    overdue: none,
    unwarned: none,
    late: none,
    nextDeadline: async () => undefined,
    list: none,
    find: none,
    operator: {
      search: async () => ({ deliveries: [] }),
      take: async () => ({ deliveries: [] }),
      change: async () => ({ changed: 0, busy: 0 }),
      ages: none,
    },
    totals: async () => ({ messages: 0, octets: 0, deliveries: 0, held: 0 }),
    holdDestination: nothing,
    releaseDestination: nothing,
    heldDestinations: none,
    hasRoom: async () => true,
    tidy: nothing,
    close: nothing,
  };
}
