import type { z } from 'zod';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { NEXT_MESSAGE } from './schema/fields.js';

/** Reads one part of the file; all that is wrong with it is put on the list. @returns undefined then. */
export function readPart<Schema extends z.ZodType>(
  schema: Schema,
  path: KeyPath,
  problems: ProblemList,
): z.output<Schema> | undefined {
  // A part that is not there is read as an empty one: its defaults hold, and what it needs is named key by key.
  const result = schema.safeParse(problems.found(path) ?? {});
  if (result.success) return result.data;
  for (const issue of result.error.issues) report(issue, path, problems);
  return undefined;
}

function report(issue: z.core.$ZodIssue, part: KeyPath, problems: ProblemList): void {
  const path = [...part, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split(NEXT_MESSAGE);
    issue.keys.forEach((key, i) => {
      problems.refuse([...path, key], messages[i] ?? issue.message);
    });
    return;
  }
  // One value where a list may stand is read as a list of one: in the file it has no index.
  if (path.at(-1) === 0 && !Array.isArray(problems.found(path.slice(0, -1)))) path.pop();
  problems.refuse(path, describeFound(problems.found(path), issue));
}

function describeFound(value: unknown, { code, message, ...issue }: z.core.$ZodIssue): string {
  if (value === undefined) return `missing; needed: ${message}`;
  const isUnquoted =
    code === 'invalid_type' &&
    'expected' in issue &&
    issue.expected === 'string' &&
    ['number', 'bigint', 'object'].includes(typeof value);
  const hint = isUnquoted && !isTableOrList(value) ? '; write it in quotes' : '';
  return `found ${describeValue(value)}; allowed: ${message}${hint}`;
}

function isTableOrList(value: unknown): boolean {
  return typeof value === 'object' && !(value instanceof Date);
}

export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value instanceof Date) return `the date ${value.toISOString()}`;
  return typeof value === 'object' ? 'a table' : `${value}`;
}
