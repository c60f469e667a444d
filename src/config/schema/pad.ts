import { z } from 'zod';
import { PAD_TIMERS } from '../../pad/index.js';
import { choice, matching } from './fields.js';
import { LINE_KEYS, linkKeys, prefixSchema } from './link.js';
import { timesTable } from './times.js';

/** Signals between a PAD and its terminal take no less, and no network takes longer. */
const LIMITS = { min: 10, max: 3_600_000 };
const TIMES = Object.fromEntries(Object.keys(PAD_TIMERS).map((name) => [name, LIMITS])) as Record<
  keyof typeof PAD_TIMERS,
  typeof LIMITS
>;

/** Keys of a `[[link]]` of type `pad`. */
export const PAD_KEYS = {
  ...linkKeys('pad'),
  ...LINE_KEYS,
  flow: choice(['none', 'rtscts'], ' (11 and 13 are data to a PAD that takes 8 bits)').default('none'),
  address: prefixSchema.prefault({}),
  // How a line can do it depends on the line.
  clearing: choice(['break', 'dtr', 'escape']).optional(),
  service_request: matching(/^[\0-\x7f]{1,32}$/, 'up to 32 ASCII characters, such as "\\r"').optional(),
  parameters: parameters().prefault({}),
  user_data_mark: matching(/^[\x21-\x7e]{1,4}$/, 'up to 4 printable characters, such as "*D"').optional(),
  timers: timesTable('link.timers', TIMES).prefault({}),
};

/** `{ 4 = 5 }`: a reference of X.3 and its value. */
function parameters() {
  const error = 'a value of X.3, 0 to 255';
  const value = z.int({ error }).min(0, { error }).max(255, { error });
  return z
    .record(z.string(), value, { error: 'a table of X.3 parameters by number, such as { 4 = 5 }' })
    .transform((written, context): ReadonlyMap<number, number> => {
      const entries = Object.entries(written).map(([key, wanted]) => [Number(key), wanted] as const);
      for (const key of Object.keys(written)) {
        const message = findFault(key);
        if (message !== undefined) context.addIssue({ code: 'custom', path: [key], message });
      }
      return new Map(entries);
    });
}

/** What `transparentParameters` of the PAD layer sets last, whatever it is told. */
const FROM_CLEARING = ['1', '6', '7'];

function findFault(reference: string): string | undefined {
  if (FROM_CLEARING.includes(reference))
    return 'other parameters than 1, 6 and 7, which follow from clearing';
  return /^[1-9]\d{0,2}$/.test(reference) && Number(reference) <= 255
    ? undefined
    : 'parameters of X.3 by number, 2 to 255';
}
