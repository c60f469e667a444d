import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { describeError, GatewayError } from '../core/index.js';
import type { Credentials, ScramVerifier } from '../smtp/index.js';

const LINE = /^([^\s:#][^\s:]{0,127}):\{(SCRAM-SHA-256|PLAIN)\}(.*)$/;
const SCRAM = /^(\d{4,7}),([A-Za-z0-9+/=]+),([A-Za-z0-9+/=]+),([A-Za-z0-9+/=]+)$/;
const KEY_OCTETS = 32;

/**
 * Who may log in: a line each, `name:{SCRAM-SHA-256}iterations,salt,StoredKey,ServerKey` (the octets in base64), from
 * which no password can be got back, or `name:{PLAIN}password` for clients that know nothing better than CRAM-MD5.
 * Empty lines and those that begin with `#` are passed over.
 */
export function parseUsers(text: string): ReadonlyMap<string, Credentials> | string {
  const users = new Map<string, Credentials>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name, kind, value = ''] = LINE.exec(line) ?? [];
    const credentials = kind === 'PLAIN' ? plain(value) : scram(value);
    // What stands in the line is a secret, so it is not shown.
    if (name === undefined || credentials === undefined)
      return `line ${index + 1}: not name:{SCRAM-SHA-256}..., as x25mail passwd writes it, or name:{PLAIN}...`;
    if (users.has(name)) return `line ${index + 1}: ${name} a second time`;
    users.set(name, credentials);
  }
  return users;
}

function plain(password: string): Credentials | undefined {
  return password === '' ? undefined : { password };
}

function scram(value: string): Credentials | undefined {
  const [, iterations, ...parts] = SCRAM.exec(value) ?? [];
  const [salt, storedKey, serverKey] = parts.map((part) => Buffer.from(part, 'base64'));
  if (salt === undefined || storedKey?.length !== KEY_OCTETS || serverKey?.length !== KEY_OCTETS)
    return undefined;
  return { scramSha256: { salt, iterations: Number(iterations), storedKey, serverKey } };
}

/** @returns the line of a user, without its end. */
export function formatUser(name: string, { iterations, salt, storedKey, serverKey }: ScramVerifier): string {
  const parts = [salt, storedKey, serverKey].map((octets) => Buffer.from(octets).toString('base64'));
  return `${name}:{SCRAM-SHA-256}${iterations},${parts.join(',')}`;
}

/** Whether a name can stand in the file. */
export function isUserName(name: string): boolean {
  return LINE.test(`${name}:{PLAIN}x`);
}

/**
 * Puts a user's line into the file, or takes it out; all other lines stay as they are. The file is replaced as a whole,
 * readable by its owner only. @returns whether the user was there before. @throws GatewayError when it can't be written.
 */
export function changeUser(file: string, name: string, line: string | undefined): boolean {
  try {
    const lines = readOrNothing(file).split('\n');
    if (lines.at(-1) === '') lines.pop();
    const at = lines.findIndex((other) => other.startsWith(`${name}:`));
    if (at >= 0) lines.splice(at, 1, ...(line === undefined ? [] : [line]));
    else if (line !== undefined) lines.push(line);
    const next = `${file}.new`;
    writeFileSync(next, lines.map((each) => `${each}\n`).join(''), { mode: 0o600 });
    renameSync(next, file);
    return at >= 0;
  } catch (error) {
    throw new GatewayError('users', `${file} can't be changed: ${describeError(error)}`, {
      temporary: false,
      cause: error,
    });
  }
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** A users file as it is at the moment: a change counts from the next login on. */
export class UsersFile {
  readonly #file: string;
  readonly #onProblem: (problem: string) => void;
  #users: ReadonlyMap<string, Credentials> = new Map();
  #stamp = '';

  constructor(file: string, onProblem: (problem: string) => void) {
    this.#file = file;
    this.#onProblem = onProblem;
  }

  /** @throws GatewayError when the file can't be used. Without it the file that was read last counts on. */
  load(): void {
    const { mtimeMs, size, ino } = this.#attempt(() => statSync(this.#file));
    const stamp = `${mtimeMs} ${size} ${ino}`;
    if (stamp === this.#stamp) return;
    const users = parseUsers(this.#attempt(() => readFileSync(this.#file, 'utf8')));
    if (typeof users === 'string') throw this.#unusable(users);
    this.#users = users;
    this.#stamp = stamp;
  }

  find(name: string): Credentials | undefined {
    this.#refresh();
    return this.#users.get(name);
  }

  /** Whether the password of every user is kept as it is, so that CRAM-MD5 serves all. */
  get allHavePasswords(): boolean {
    this.#refresh();
    return this.#users.size > 0 && [...this.#users.values()].every(({ password }) => password !== undefined);
  }

  #refresh(): void {
    try {
      this.load();
    } catch (error) {
      this.#onProblem(describeError(error));
    }
  }

  #attempt<Result>(what: () => Result): Result {
    try {
      return what();
    } catch (error) {
      throw this.#unusable(describeError(error), error);
    }
  }

  #unusable(why: string, cause?: unknown): GatewayError {
    return new GatewayError('users', `auth.users: ${this.#file} can't be used: ${why}`, {
      temporary: false,
      cause,
    });
  }
}
