import { randomBytes } from 'node:crypto';
import * as fsPromises from 'node:fs/promises';
import { join } from 'node:path';

/** What is used of `node:fs/promises`; tests put themselves in between. */
export type MaildirFiles = Pick<typeof fsPromises, 'mkdir' | 'open' | 'rename' | 'unlink'>;

export interface MaildirOptions {
  readonly path: string;
  /** Stands in the names of the files. */
  readonly hostname: string;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
  readonly files?: MaildirFiles;
}

const FOLDERS = ['tmp', 'new', 'cur'] as const;

let delivered = 0;

/**
 * A mailbox as a folder, with a file for each message (https://cr.yp.to/proto/maildir.html). A message is written below
 * `tmp` and appears below `new` as a whole; once `deliver` has resolved, it survives a loss of power.
 */
export class Maildir {
  readonly #path: string;
  readonly #hostname: string;
  readonly #wallTime: () => number;
  readonly #files: MaildirFiles;

  constructor({ path, hostname, wallTime, files = fsPromises }: MaildirOptions) {
    this.#path = path;
    // The name has to be one for a file, and ":" begins the flags.
    this.#hostname = hostname.replaceAll('/', '\\057').replaceAll(':', '\\072');
    this.#wallTime = wallTime;
    this.#files = files;
  }

  /** Rejects with an error of the file system; then the message is not there. @returns the name of its file. */
  async deliver(message: AsyncIterable<Uint8Array>): Promise<string> {
    const unique = this.#uniqueName();
    const written = join(this.#path, 'tmp', unique);
    const file = await this.#withFolders(() => this.#files.open(written, 'wx', 0o600));
    try {
      let size = 0;
      try {
        for await (const octets of message) {
          await file.writeFile(octets);
          size += octets.length;
        }
        await file.sync();
      } finally {
        await file.close();
      }
      const name = `${unique},S=${size}`;
      await this.#withFolders(() => this.#files.rename(written, join(this.#path, 'new', name)));
      await this.#sync(join(this.#path, 'new'));
      return name;
    } catch (error) {
      await this.#files.unlink(written).catch(() => {}); // readers remove what is left there
      throw error;
    }
  }

  /** Makes what is missing, once it is missed. */
  async #withFolders<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
      await this.#make();
      return step();
    }
  }

  /** The mailbox, but not the folder that it is in: where that is missing, a disk may be. */
  async #make(): Promise<void> {
    for (const folder of [this.#path, ...FOLDERS.map((name) => join(this.#path, name))])
      await this.#files.mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
        if (!isCode(error, 'EEXIST')) throw error;
      });
    await this.#sync(this.#path);
    await this.#sync(join(this.#path, '..'));
  }

  /** A name counts once its folder is on the disk. */
  async #sync(folder: string): Promise<void> {
    const handle = await this.#files.open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  #uniqueName(): string {
    const now = this.#wallTime();
    const micros = String(Math.floor((now % 1000) * 1000)).padStart(6, '0');
    const parts = `M${micros}P${process.pid}Q${++delivered}R${randomBytes(4).toString('hex')}`;
    return `${Math.floor(now / 1000)}.${parts}.${this.#hostname}`;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
