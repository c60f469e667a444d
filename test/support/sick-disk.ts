import * as fsPromises from 'node:fs/promises';
import Database from 'better-sqlite3';
import type { FileSystem } from '../../src/spool/index.js';
import type { Store } from '../../src/spool/store.js';

type Handle = fsPromises.FileHandle;

/** What the spool asks of files, or of its database. */
export type StorageStep = FileStep | DatabaseStep;
export type FileStep = 'mkdir' | 'open' | 'write' | 'sync' | 'close' | 'read' | 'unlink';
export type DatabaseStep =
  | 'commit'
  | 'receive'
  | 'destinations'
  | 'claim'
  | 'body'
  | 'settle'
  | 'release'
  | 'overdue';

/** What the operating system says, and what SQLite makes of it. */
const SQLITE_CODES = {
  ENOSPC: 'SQLITE_FULL',
  EIO: 'SQLITE_IOERR_WRITE',
  EROFS: 'SQLITE_READONLY',
} as const;
export type DiskFault = keyof typeof SQLITE_CODES;

/** The storage of a spool, one step of which fails until it is well again. */
export class SickDisk {
  readonly files: FileSystem;
  /** How often the fault was met. */
  met = 0;
  #fault: { readonly step: StorageStep; readonly code: DiskFault } | undefined;

  constructor() {
    this.files = this.#files();
  }

  fail(step: StorageStep, code: DiskFault): void {
    this.#fault = { step, code };
    this.met = 0;
  }

  heal(): void {
    this.#fault = undefined;
  }

  /** Puts the fault between a spool and its store. */
  readonly wrapStore = (store: Store): Store =>
    new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const code = this.#codeOf(String(name));
          if (code !== undefined) throw new Database.SqliteError('injected', SQLITE_CODES[code]);
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });

  #codeOf(step: string): DiskFault | undefined {
    if (this.#fault?.step !== step) return undefined;
    this.met++;
    return this.#fault.code;
  }

  #check(step: FileStep): void {
    const code = this.#codeOf(step);
    if (code !== undefined) throw Object.assign(new Error(`${code}: injected, ${step}`), { code });
  }

  #files(): FileSystem {
    const open = async (path: string, ...rest: [flags: string, mode?: number]): Promise<Handle> => {
      this.#check('open');
      return this.#handle(await fsPromises.open(path, ...rest));
    };
    const mkdir = async (path: string, options: object) => {
      this.#check('mkdir');
      return fsPromises.mkdir(path, options);
    };
    const unlink = async (path: string): Promise<void> => {
      this.#check('unlink');
      return fsPromises.unlink(path);
    };
    return { ...fsPromises, open, mkdir, unlink } as FileSystem;
  }

  #handle(handle: Handle): Handle {
    const checked = {
      stat: () => handle.stat(),
      read: async (...args: Parameters<Handle['read']>) => {
        this.#check('read');
        return handle.read(...args);
      },
      write: async (octets: Uint8Array, offset: number, length: number, position: number) => {
        this.#check('write');
        return handle.write(octets, offset, length, position);
      },
      truncate: (size: number) => handle.truncate(size),
      sync: async () => {
        this.#check('sync');
        await handle.sync();
      },
      close: async () => {
        await handle.close(); // even a failing close gives the descriptor back
        this.#check('close');
      },
    };
    return checked as unknown as Handle;
  }
}
