import type { z } from 'zod';
import { duration, table } from './fields.js';

/** Names of times as the layers have them, `ringGapMs`. */
type TimeRows = Readonly<Record<string, { readonly min: number; readonly max: number }>>;

/** As the file has them: `ring_gap`. */
export function keyOf(name: string): string {
  return name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A table of times, none of them needed: a layer's own table says which there are, and how far they go. */
export function timesTable<Rows extends TimeRows>(name: string, rows: Rows) {
  const keys = Object.entries(rows).map(([time, { min, max }]) => [
    keyOf(time),
    duration(min, max).optional(),
  ]);
  const schema: z.ZodType<Readonly<Record<string, number | undefined>>> = table(
    name,
    Object.fromEntries(keys) as Record<string, z.ZodOptional<ReturnType<typeof duration>>>,
  );
  return schema.transform((written) => timesOf(rows, written));
}

/** Under the layer's names, those that are written. */
function timesOf<Rows extends TimeRows>(
  rows: Rows,
  written: Readonly<Record<string, number | undefined>>,
): Partial<Record<keyof Rows, number>> {
  const given = Object.keys(rows).flatMap((time) => {
    const value = written[keyOf(time)];
    return value === undefined ? [] : [[time, value] as const];
  });
  return Object.fromEntries(given) as Partial<Record<keyof Rows, number>>;
}
