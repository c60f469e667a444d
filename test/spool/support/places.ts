import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory that is gone when the test is over. */
export function tempDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'x25mail-spool-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What a crash of the program leaves of a spool that is open: whatever is on the disk at this moment. */
export function copyAsAfterCrash(directory: string, copy: string): void {
  for (const name of ['spool.db', 'spool.db-wal']) copyFileSync(join(directory, name), join(copy, name));
  for (const id of bodyFiles(directory)) {
    const file = join('bodies', id.slice(-2), id);
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    try {
      copyFileSync(join(directory, file), join(copy, file));
    } catch (error) {
      // A file whose message is over may go at any moment.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}

/** The names of all body files of a spool. */
export function bodyFiles(spoolDirectory: string): string[] {
  const root = join(spoolDirectory, 'bodies');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}
