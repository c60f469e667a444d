import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/** Whether a program of this name can be started. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** For the title of a suite: names what is missing, so that a skip says why. */
export function missing(...programs: string[]): string[] {
  return programs.filter((name) => !hasProgram(name));
}

export function titleWith(title: string, absent: readonly string[]): string {
  return absent.length === 0 ? title : `${title} (SKIPPED: ${absent.join(', ')} not installed)`;
}

/**
 * A port of 127.0.0.1 that nobody listens on at this moment. Not one of those that connections are given (32768 and more on
 * Linux): such a one may be taken again before it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The number of a user, or of its group. */
export function idOf(user: string, what: 'user' | 'group' = 'user'): number {
  return Number(execFileSync('id', [what === 'user' ? '-u' : '-g', user]));
}

/**
 * Whether somebody on this machine greets who connects there, as an SMTP server does.
 * @param preface what is said first.
 */
export function greets(port: number, preface = ''): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const over = (isGreeted: boolean): void => {
      socket.destroy();
      resolve(isGreeted);
    };
    socket.setTimeout(1000, () => over(false));
    socket.write(preface);
    socket.once('error', () => over(false));
    socket.once('close', () => over(false));
    socket.once('data', (octets) => over(octets.toString('latin1').startsWith('220')));
  });
}

/** A program in the background, and everything it says. */
export class Background {
  readonly process: ChildProcess;
  output = '';
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #listeners = new Set<() => void>();

  constructor(
    command: string,
    args: readonly string[],
    options: { cwd?: string; uid?: number; gid?: number } = {},
  ) {
    this.process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const hear = (octets: Buffer): void => {
      this.output += octets.toString();
      for (const listener of this.#listeners) listener();
    };
    this.process.stdout?.on('data', hear);
    this.process.stderr?.on('data', hear);
    this.ended = new Promise((resolve, reject) => {
      this.process.once('error', reject);
      this.process.once('exit', (code, signal) => {
        resolve({ code, signal });
        for (const listener of this.#listeners) listener();
      });
    });
  }

  /** Resolves when the output has it. @throws Error when the program ends, or the time is over, without. */
  async says(what: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    const { process } = this;
    let check = (): void => {};
    const heard = new Promise<RegExpExecArray>((resolve, reject) => {
      check = () => {
        const match = what.exec(this.output);
        if (match !== null) resolve(match);
        else if (process.exitCode !== null || process.signalCode !== null)
          reject(new Error(`ended without saying ${what}:\n${this.output}`));
      };
      this.#listeners.add(check);
      check();
    });
    return withTimeout(heard, timeoutMs, () => `no ${what} in:\n${this.output}`).finally(() => {
      this.#listeners.delete(check);
    });
  }

  async stop(
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.process.kill(signal);
    return this.ended;
  }
}

export async function withTimeout<T>(promise: Promise<T>, ms: number, why: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(why())), ms);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again until it holds; for what other programs do in their own time. */
export async function eventually(
  holds: () => Promise<boolean> | boolean,
  what: string,
  timeoutMs = 30_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
