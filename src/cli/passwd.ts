import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { formatProblem, loadConfiguration } from '../config/index.js';
import { describeError } from '../core/index.js';
import { changeUser, formatUser, isUserName } from '../gateway/index.js';
import { makeVerifier } from '../smtp/index.js';
import { DONE, FAILED, WRONG_USAGE } from './exit-status.js';

export interface PasswdOptions {
  readonly config?: string;
  readonly file?: string;
  readonly delete: boolean;
  readonly cramMd5: boolean;
}

export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** Adds a user to the file of `[auth] users`, gives one a new password, or takes one out. @returns the exit status. */
export async function runPasswd(name: string, options: PasswdOptions, terminal: Terminal): Promise<number> {
  const { say, complain } = terminal;
  const file = fileOf(options, complain);
  if (file === undefined) return WRONG_USAGE;
  if (!isUserName(name)) {
    complain(
      `${JSON.stringify(name)} can't be a user: up to 128 characters, no spaces, ":" or "#" at the start`,
    );
    return WRONG_USAGE;
  }
  try {
    if (options.delete) return deleted(changeUser(file, name, undefined), name, file, terminal);
    const password = await readPassword(terminal.input);
    const line = lineOf(name, password, options.cramMd5);
    if (line === undefined) {
      complain('a password may not be empty or hold control characters');
      return FAILED;
    }
    const wasThere = changeUser(file, name, line);
    say(`${name} ${wasThere ? 'has a new password' : 'may log in now'} (${file})`);
    return DONE;
  } catch (error) {
    complain(describeError(error));
    return FAILED;
  }
}

function fileOf({ config, file }: PasswdOptions, complain: (line: string) => void): string | undefined {
  if (file !== undefined) return file;
  if (config === undefined) {
    complain('give the configuration (-c) or the file of users (--file)');
    return undefined;
  }
  const result = loadConfiguration(config);
  if (!result.ok) {
    for (const problem of result.problems) complain(formatProblem(problem));
    return undefined;
  }
  if (result.configuration.usersFile === undefined) complain(`${config} names no file: users in [auth]`);
  return result.configuration.usersFile;
}

function deleted(wasThere: boolean, name: string, file: string, { say, complain }: Terminal): number {
  if (wasThere) say(`${name} may no longer log in (${file})`);
  else complain(`${name} is not in ${file}`);
  return wasThere ? DONE : FAILED;
}

function lineOf(name: string, password: string, cramMd5: boolean): string | undefined {
  if (password === '') return undefined;
  const verifier = makeVerifier(password);
  if (verifier === undefined) return undefined;
  return cramMd5 ? `${name}:{PLAIN}${password}` : formatUser(name, verifier);
}

/** From a terminal without echo; else the first line that comes. */
async function readPassword(input: NodeJS.ReadStream): Promise<string> {
  const isTerminal = input.isTTY === true;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (isTerminal) process.stderr.write('password: ');
  const lines = createInterface({ input, output: silent, terminal: isTerminal });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write('\n');
  }
}
