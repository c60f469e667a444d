import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { describeError } from '../core/index.js';

/** Where something small outlives the program. */
export interface KeptStore<Kept> {
  /** Never rejects. @returns what is kept, and in words what of it is lost. */
  read(): Promise<{ readonly kept?: Kept; readonly problem?: string }>;
  /** Rejects when it can't be written; what was kept before is there still. */
  write(kept: Kept): Promise<void>;
}

/**
 * A file of JSON that is always whole: the old one or the new one.
 * @param otherwise what follows where it can't be used, in words.
 */
export function keptFile<Kept>(path: string, schema: z.ZodType<Kept>, otherwise: string): KeptStore<Kept> {
  return {
    read: () => readFrom(path, schema, otherwise),
    write: (kept) => writeTo(path, `${JSON.stringify(kept, null, 1)}\n`),
  };
}

async function readFrom<Kept>(
  path: string,
  schema: z.ZodType<Kept>,
  otherwise: string,
): ReturnType<KeptStore<Kept>['read']> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    const why = describeError(error);
    return { problem: `${path} can't be read (${why}), ${otherwise}; ${await putAside(path)}` };
  }
  const kept = parse(text, schema);
  if (kept !== undefined) return { kept };
  return { problem: `${path} is damaged, ${otherwise}; ${await putAside(path)}` };
}

/** So that the next writing does not take its place. @returns what became of it, in words. */
async function putAside(path: string): Promise<string> {
  const aside = `${path}.damaged`;
  return rename(path, aside).then(
    () => `it is ${aside} now`,
    (error: unknown) => `it can't be renamed: ${describeError(error)}`,
  );
}

function parse<Kept>(text: string, schema: z.ZodType<Kept>): Kept | undefined {
  try {
    return schema.parse(JSON.parse(text));
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
export function keptInMemory<Kept>(): KeptStore<Kept> {
  let kept: Kept | undefined;
  return {
    read: async () => (kept === undefined ? {} : { kept: structuredClone(kept) }),
    write: async (wanted) => {
      kept = structuredClone(wanted);
    },
  };
}
