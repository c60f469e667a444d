import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as fsPromises from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { FileSystem } from '../../../src/spool/bodies.js';

type Handle = fsPromises.FileHandle;

/**
 * The file system as the body files use it, with a look at every step. It remembers what was synced, so that it can
 * tell what a power cut would leave: contents that were synced, under names whose directory was synced after them.
 */
export class WatchedDisk {
  /** Every operation so far, by name: `open write write sync close`. */
  readonly steps: string[] = [];
  readonly files: FileSystem;
  readonly #before: (step: string, count: number) => unknown;
  readonly #contents = new Map<string, Buffer>();
  readonly #names = new Set<string>();

  /**
   * @param before called before each operation; what it throws is the failure of the operation. Of a write it may say how many
   *   octets the disk takes this time
   */
  constructor(before: (step: string, count: number) => unknown = () => {}) {
    this.#before = before;
    this.files = this.#watch();
  }

  /** Makes `target` the directory `source` as a power cut now would leave it. The database looks after itself. */
  powerCut(source: string, target: string): void {
    for (const name of ['spool.db', 'spool.db-wal']) cpSync(join(source, name), join(target, name));
    for (const path of this.#names) {
      const copy = join(target, relative(source, path));
      const octets = this.#contents.get(path);
      if (!path.startsWith(join(source, 'bodies')) || !this.#isReachable(source, path)) continue;
      mkdirSync(dirname(copy), { recursive: true });
      if (octets !== undefined) writeFileSync(copy, octets);
    }
  }

  #isReachable(source: string, path: string): boolean {
    const parent = dirname(path);
    return (
      parent === join(source, 'bodies') || (this.#names.has(parent) && this.#isReachable(source, parent))
    );
  }

  #step(name: string): unknown {
    this.steps.push(name);
    return this.#before(name, this.steps.length);
  }

  #watch(): FileSystem {
    const open = async (path: string, ...rest: [flags: string, mode?: number]): Promise<Handle> => {
      this.#step('open');
      return this.#watchHandle(path, await fsPromises.open(path, ...rest));
    };
    const mkdir = async (path: string, options: object) => {
      this.#step('mkdir');
      return fsPromises.mkdir(path, options);
    };
    const unlink = async (path: string): Promise<void> => {
      this.#step('unlink');
      return fsPromises.unlink(path);
    };
    return { ...fsPromises, open, mkdir, unlink } as FileSystem;
  }

  #watchHandle(path: string, handle: Handle): Handle {
    const watched = {
      stat: () => handle.stat(),
      read: (...args: Parameters<Handle['read']>) => handle.read(...args),
      write: async (octets: Uint8Array, offset: number, length: number, position: number) => {
        const taken = this.#step('write');
        const now = typeof taken === 'number' ? Math.min(taken, length) : length;
        return handle.write(octets, offset, now, position);
      },
      truncate: async (size: number) => {
        this.#step('truncate');
        return handle.truncate(size);
      },
      sync: async () => {
        this.#step('sync');
        await handle.sync();
        await this.#remember(path, handle);
      },
      close: async () => {
        await handle.close(); // even a failing close gives the descriptor back
        this.#step('close');
      },
    };
    return watched as unknown as Handle;
  }

  async #remember(path: string, handle: Handle): Promise<void> {
    if (!(await handle.stat()).isDirectory()) {
      this.#contents.set(path, readFileSync(path));
      return;
    }
    const present = readdirSync(path).map((name) => join(path, name));
    for (const name of this.#names) {
      if (dirname(name) === path && !present.includes(name)) this.#names.delete(name);
    }
    for (const name of present) this.#names.add(name);
  }
}
