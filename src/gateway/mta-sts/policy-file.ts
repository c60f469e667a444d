import { z } from 'zod';
import { type KeptStore, keptFile } from '../kept-file.js';

const keptSchema = z.strictObject({
  version: z.literal(1),
  domains: z.record(
    z.string(),
    z.strictObject({
      id: z.string(),
      until: z.iso.datetime(),
      mode: z.enum(['enforce', 'testing', 'none']),
      maxAgeMs: z.number().nonnegative(),
      mx: z.array(z.string()),
    }),
  ),
});

/** Policies by domain, and until when each counts. */
export type KeptPolicies = z.output<typeof keptSchema>;

export type PolicyStore = KeptStore<KeptPolicies>;

export function policyFile(path: string): PolicyStore {
  return keptFile(path, keptSchema, 'policies are asked for anew');
}
