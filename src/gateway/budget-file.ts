import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { describeError } from '../core/index.js';

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
export interface SpendingStore {
  /** Never rejects. @returns what is kept, and in words what of it is lost. */
  read(): Promise<{ readonly kept?: KeptSpending; readonly problem?: string }>;
  /** Rejects when it can't be written; what was kept before is there still. */
  write(kept: KeptSpending): Promise<void>;
}

/** A file that is always whole: the old one or the new one. */
export function spendingFile(path: string): SpendingStore {
  return { read: () => readFrom(path), write: (kept) => writeTo(path, `${JSON.stringify(kept, null, 1)}\n`) };
}

async function readFrom(path: string): ReturnType<SpendingStore['read']> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    return { problem: `${path} can't be read, budgets begin anew: ${describeError(error)}` };
  }
  const kept = parse(text);
  if (kept !== undefined) return { kept };
  const aside = `${path}.damaged`;
  const moved = await rename(path, aside).then(
    () => `it is ${aside} now`,
    (error: unknown) => `it can't be renamed: ${describeError(error)}`,
  );
  return { problem: `${path} is damaged, budgets begin anew; ${moved}` };
}

function parse(text: string): KeptSpending | undefined {
  try {
    return keptSchema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

async function writeTo(path: string, text: string): Promise<void> {
  const next = `${path}.new`;
  await synced(await open(next, 'w', 0o600), (file) => file.writeFile(text));
  await rename(next, path);
  await synced(await open(dirname(path), 'r'), async () => {});
}

async function synced(handle: FileHandle, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** For gateways that keep nothing on disk. */
export function spendingInMemory(): SpendingStore {
  let kept: KeptSpending | undefined;
  return {
    read: async () => (kept === undefined ? {} : { kept: structuredClone(kept) }),
    write: async (wanted) => {
      kept = structuredClone(wanted);
    },
  };
}
