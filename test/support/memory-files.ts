import type { FileSystem } from '../../src/spool/index.js';

/** A file system that holds nothing but bodies, so that a spool can do without a disk. Paths are as they are written. */
export class MemoryFiles {
  readonly files: FileSystem;
  readonly #contents = new Map<string, Buffer>();

  constructor() {
    const methods = {
      mkdir: async () => undefined,
      open: async (path: string, flags: string) => this.#open(path, flags),
      unlink: async (path: string) => {
        if (!this.#contents.delete(path)) throw failure('ENOENT', path);
      },
      // Nothing outlives the process, so there is nothing to look for.
      opendir: async () => [],
      statfs: async () => ({ bavail: 2 ** 40, bsize: 1 }),
      access: async () => undefined,
    };
    this.files = methods as unknown as FileSystem;
  }

  #open(path: string, flags: string): unknown {
    const isNew = !this.#contents.has(path);
    if (flags === 'wx') {
      if (!isNew) throw failure('EEXIST', path);
      this.#contents.set(path, Buffer.alloc(0));
    } else if (flags === 'r+' && isNew) throw failure('ENOENT', path);
    const contents = (): Buffer => this.#contents.get(path) ?? Buffer.alloc(0);
    return {
      stat: async () => ({ size: contents().length }),
      read: async (into: Uint8Array, offset: number, length: number, position: number) => {
        const bytesRead = contents().copy(into, offset, position, position + length);
        return { bytesRead };
      },
      write: async (octets: Uint8Array, offset: number, length: number, position: number) => {
        const before = contents().subarray(0, position);
        this.#contents.set(path, Buffer.concat([before, octets.subarray(offset, offset + length)]));
        return { bytesWritten: length };
      },
      truncate: async (length: number) => void this.#contents.set(path, contents().subarray(0, length)),
      sync: async () => undefined,
      close: async () => undefined,
    };
  }
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
