/** Deadlines are milliseconds of a clock's `now()`; undefined is one that is not set. */

export function isDue(at: number | undefined, now: number): boolean {
  return at !== undefined && at <= now;
}

/** The one that comes first; undefined when none is set. */
export function earliest(...deadlines: ReadonlyArray<number | undefined>): number | undefined {
  let first: number | undefined;
  for (const at of deadlines) if (at !== undefined && (first === undefined || at < first)) first = at;
  return first;
}
