import { z } from 'zod';
import { type KeptStore, keptFile, keptInMemory } from './kept-file.js';

const spending = z.strictObject({ ms: z.number().nonnegative(), cost: z.number().nonnegative() });

const keptSchema = z.strictObject({
  version: z.literal(1),
  peers: z.record(
    z.string(),
    z.strictObject({
      days: z.record(z.iso.datetime(), spending),
      warned: z.iso.datetime().optional(),
      usedUp: z.iso.datetime().optional(),
    }),
  ),
});

/**
 * What was spent on calls to peers: charged time and cost by the day on which the calls were connected (its beginning), and for
 * which period (its beginning) the operator was told what.
 */
export type KeptSpending = z.output<typeof keptSchema>;

/** Where it outlives the program. */
export type SpendingStore = KeptStore<KeptSpending>;

export function spendingFile(path: string): SpendingStore {
  return keptFile(path, keptSchema, 'budgets begin anew');
}

/** For gateways that keep nothing on disk. */
export function spendingInMemory(): SpendingStore {
  return keptInMemory();
}
