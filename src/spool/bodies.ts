import * as fsPromises from 'node:fs/promises';
import { join } from 'node:path';
import { bodyFault, errorCode } from './fault.js';
import { isMessageId } from './message-id.js';

/** What is used of `node:fs/promises`; tests put themselves in between. */
export type FileSystem = Pick<
  typeof fsPromises,
  'mkdir' | 'open' | 'opendir' | 'unlink' | 'statfs' | 'access'
>;
type FileHandle = fsPromises.FileHandle;

export const CHUNK_OCTETS = 64 * 1024;

/**
 * The bodies that are too long for a database row: one file each, `bodies/<last two characters of the id>/<id>`.
 *
 * A file counts only when a committed row names it. So there are no temporary names: what a crash leaves behind,
 * half or whole, is a file without a row, and is removed later.
 */
export class Bodies {
  readonly #root: string;
  readonly #files: FileSystem;
  /** Directories that are there, or just being made, with their entry on stable storage. */
  readonly #directories = new Map<string, Promise<void>>();

  /** @param root the directory of all bodies; it exists */
  constructor(root: string, files: FileSystem = fsPromises) {
    this.#root = root;
    this.#files = files;
  }

  async create(id: string): Promise<BodyFile> {
    const directory = this.#directoryOf(id);
    await this.#ensureDirectory(directory);
    const path = join(directory, id);
    return new BodyFile(this.#files, directory, path, await this.#files.open(path, 'wx', 0o600));
  }

  /**
   * Goes on behind the first `size` octets; what follows them is cut off.
   * @throws Error when there are not so many
   */
  async goOn(id: string, size: number): Promise<BodyFile> {
    const directory = this.#directoryOf(id);
    const path = join(directory, id);
    const handle = await this.#files.open(path, 'r+');
    try {
      const found = (await handle.stat()).size;
      if (found < size) throw new Error(`its file has ${found} of ${size} octets`);
      await handle.truncate(size);
      return new BodyFile(this.#files, directory, path, handle, size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The octets from `offset`, in chunks of at most 64 KiB that belong to the reader. */
  async *read(id: string, size: number, offset: number): AsyncGenerator<Uint8Array, void, void> {
    const handle = await this.#openBody(id, size);
    try {
      while (offset < size) {
        const chunk = new Uint8Array(Math.min(CHUNK_OCTETS, size - offset));
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, offset);
        if (bytesRead === 0) throw new Error(`it ends at ${offset} of ${size} octets`);
        offset += bytesRead;
        yield chunk.subarray(0, bytesRead);
      }
    } catch (error) {
      throw bodyFault(id, error);
    } finally {
      await handle.close();
    }
  }

  /** A file that is not there is as good as removed. */
  async remove(id: string): Promise<void> {
    await removeFile(this.#files, join(this.#directoryOf(id), id));
  }

  /** The names of all files that look like bodies, some at a time. */
  async *list(batch: number): AsyncGenerator<string[], void, void> {
    let names: string[] = [];
    for await (const directory of await this.#files.opendir(this.#root)) {
      if (!directory.isDirectory()) continue;
      for await (const entry of await this.#files.opendir(join(this.#root, directory.name))) {
        if (!isMessageId(entry.name)) continue;
        names.push(entry.name);
        if (names.length < batch) continue;
        yield names;
        names = [];
      }
    }
    if (names.length > 0) yield names;
  }

  /** Before the first octet goes out, so that a damaged body is not sent as half. */
  async #openBody(id: string, size: number): Promise<FileHandle> {
    let handle: FileHandle | undefined;
    try {
      handle = await this.#files.open(join(this.#directoryOf(id), id), 'r');
      const found = (await handle.stat()).size;
      if (found !== size) throw new Error(`its file has ${found} of ${size} octets`);
      return handle;
    } catch (error) {
      await handle?.close();
      throw bodyFault(id, error);
    }
  }

  #directoryOf(id: string): string {
    return join(this.#root, id.slice(-2)); // the random end, so that they fill evenly
  }

  #ensureDirectory(path: string): Promise<void> {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const made = this.#makeDirectory(path);
    this.#directories.set(path, made);
    made.catch(() => this.#directories.delete(path));
    return made;
  }

  /** Found there, it may still be without a durable entry: a crash can have come between making and syncing. */
  async #makeDirectory(path: string): Promise<void> {
    await this.#files.mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    await syncDirectory(this.#files, this.#root);
  }
}

/** One body on its way to stable storage. */
export class BodyFile {
  readonly #files: FileSystem;
  readonly #directory: string;
  readonly #path: string;
  readonly #handle: FileHandle;
  #size: number;
  /** The name is on stable storage too. */
  #isNamed: boolean;

  /** @param size octets that are there from an earlier time, under a name that is on stable storage */
  constructor(files: FileSystem, directory: string, path: string, handle: FileHandle, size = 0) {
    this.#files = files;
    this.#directory = directory;
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
    this.#isNamed = size > 0;
  }

  get size(): number {
    return this.#size;
  }

  async write(octets: Uint8Array): Promise<void> {
    let written = 0;
    while (written < octets.length) {
      const rest = octets.length - written;
      const { bytesWritten } = await this.#handle.write(octets, written, rest, this.#size);
      written += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  /** Resolves when the octets and the name of the file are on stable storage. */
  async sync(): Promise<void> {
    await this.#handle.sync();
    if (this.#isNamed) return;
    await syncDirectory(this.#files, this.#directory);
    this.#isNamed = true;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async discard(): Promise<void> {
    await this.#handle.close();
    await removeFile(this.#files, this.#path);
  }
}

/** Puts the entries of a directory on stable storage: fsync of a file does not do that. */
export async function syncDirectory(files: FileSystem, path: string): Promise<void> {
  const handle = await files.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeFile(files: FileSystem, path: string): Promise<void> {
  await files.unlink(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
}
