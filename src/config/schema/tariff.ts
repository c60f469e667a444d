import { z } from 'zod';
import { parseTimeWindow, WINDOW_ALLOWED, Zone } from '../../tariff/index.js';
import { duration, list, matching, parsed, table } from './fields.js';

const SECOND = 1_000;

/** More than anything costs in any currency. */
const MOST = 1_000_000;

/** @param what it is, with its article. */
export function amount(what: string, most = MOST) {
  const error = `${what}: a number from 0 to ${most}`;
  return z.number({ error }).min(0, { error }).max(most, { error });
}

export function timeWindow() {
  return parsed(WINDOW_ALLOWED, parseTimeWindow);
}

export function timezone() {
  return parsed('a time zone such as "Europe/Berlin" or "UTC"', Zone.parse);
}

const windowSchema = table('link.tariff.windows', {
  at: timeWindow(),
  factor: amount('a factor, such as 0.5', 100),
});

/** `[link.tariff]` */
export const tariffSchema = table('link.tariff', {
  call: amount('a price').default(0),
  minute: amount('a price').default(0),
  increment: duration(SECOND, 3_600 * SECOND).optional(),
  segment: amount('a price').default(0),
  windows: list(windowSchema, 'a list of tables with at and factor').default([]),
  timezone: timezone().optional(),
  currency: matching(/^[A-Za-z]{1,8}$/, 'up to 8 letters, such as "EUR"').optional(),
});

export type TariffSettings = z.output<typeof tariffSchema>;
