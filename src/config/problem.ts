import { basename } from 'node:path';
import { type KeyPath, lineFinder } from './locate.js';

/** One thing that is wrong with a configuration, or (as a warning) that will hurt. */
export interface Problem {
  readonly file: string;
  /** Counted from 1; absent where no line can be blamed. */
  readonly line?: number;
  /** Where: `link "psdn0" packet.window`. */
  readonly key: string;
  /** What was found and what is allowed. */
  readonly message: string;
}

/** In one line: `x25mail.toml:12: link "psdn0" packet.window: found 9; allowed: ...`. */
export function formatProblem({ file, line, key, message }: Problem): string {
  const place = line === undefined ? basename(file) : `${basename(file)}:${line}`;
  return [place, ...(key === '' ? [] : [key]), message].join(': ');
}

/** By which key people know an entry that has no name. */
const NAMED_BY: Readonly<Record<string | number, string>> = { route: 'domain', bridge: 'listen' };

/** Gathers all that is wrong with one file, so that an operator mends it once. */
export class ProblemList {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #file: string;
  readonly #root: unknown;
  readonly #lineOf: (path: KeyPath) => number | undefined;

  constructor(file: string, toml: string, root: unknown) {
    this.#file = file;
    this.#root = root;
    this.#lineOf = lineFinder(toml);
  }

  refuse(path: KeyPath, message: string): void {
    this.problems.push(this.#problem(path, message));
  }

  warn(path: KeyPath, message: string): void {
    this.warnings.push(this.#problem(path, message));
  }

  /** What the file says at `path`. */
  found(path: KeyPath): unknown {
    return path.reduce<unknown>((value, key) => memberOf(value, key), this.#root);
  }

  /** In the order of the file. */
  inOrder(): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
    return { problems: this.problems.toSorted(byLine), warnings: this.warnings.toSorted(byLine) };
  }

  #problem(path: KeyPath, message: string): Problem {
    const line = this.#lineOf(path);
    return { file: this.#file, ...(line !== undefined && { line }), key: this.describe(path), message };
  }

  /** `link "psdn0" packet.window` where the entry has a name, else `link[0].packet.window`. */
  describe(path: KeyPath): string {
    const [list = '', index, ...rest] = path;
    if (typeof index !== 'number') return dotted(path);
    const entry = this.found([list, index]);
    const name = memberOf(entry, NAMED_BY[list] ?? 'name');
    if (typeof name !== 'string') return dotted(path);
    return [`${list} ${JSON.stringify(name)}`, ...(rest.length > 0 ? [dotted(rest)] : [])].join(' ');
  }
}

function byLine(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0);
}

function dotted(path: KeyPath): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );
}

function memberOf(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}
