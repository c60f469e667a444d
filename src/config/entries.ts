import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';

/** Something of the file that could be read by itself, and where it stands. */
export interface Placed<Value> {
  readonly path: KeyPath;
  readonly value: Value;
}

/**
 * What is written under `key` in each `[[list]]`. As written, so that an entry with a fault of its own does not make
 * every mention of it a fault as well.
 */
export function valuesIn(list: string, key: string, problems: ProblemList): Placed<string>[] {
  const entries = problems.found([list]);
  return (Array.isArray(entries) ? entries : []).flatMap((_, index) => {
    const path = [list, index, key];
    const value = problems.found(path);
    return typeof value === 'string' ? [{ path, value }] : [];
  });
}

export function namesIn(list: string, problems: ProblemList): string[] {
  return valuesIn(list, 'name', problems).map(({ value }) => value);
}

/** Whether a link of this name is a PAD: its calls look different. */
export function isPad(link: string, problems: ProblemList): boolean {
  const named = valuesIn('link', 'name', problems).find(({ value }) => value === link);
  return named !== undefined && problems.found([...named.path.slice(0, -1), 'type']) === 'pad';
}
