import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Background } from './programs.js';

export const X25MAIL = new URL('../../../dist/cli/main.js', import.meta.url).pathname;

/** Writes a configuration. @returns its path. */
export async function configured(folder: string, name: string, toml: string): Promise<string> {
  const file = join(folder, `${name}.toml`);
  await writeFile(file, toml);
  return file;
}

/** `x25mail run` in a process of its own, ready to take mail. */
export async function runSite(folder: string, name: string, toml: string): Promise<Background> {
  const site = new Background(
    process.execPath,
    [X25MAIL, 'run', '-c', await configured(folder, name, toml)],
    {
      cwd: folder,
    },
  );
  await site.says(/is running/);
  return site;
}
