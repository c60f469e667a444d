import type { z } from 'zod';
import { BUDGET_PERIODS } from '../../tariff/index.js';
import { choice, duration, oneOrMore, size, table, whole, yesOrNo } from './fields.js';
import { amount, timeWindow, timezone } from './tariff.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const MIB = 1_048_576;

const WINDOWS = 'a window such as "22:00-06:00", or a list of them';

/** `budget` of `peer.calls`. */
const budgetSchema = table('peer.calls.budget', {
  minutes: amount('minutes').optional(),
  cost: amount('an amount of money').optional(),
  warn: amount('a share of the budget', 1).default(0.8),
  period: choice(BUDGET_PERIODS).default('month'),
});

/** `large` of `peer.calls`. */
const largeSchema = table('peer.calls.large', {
  size: size(1_024, 1_024 * MIB),
  windows: oneOrMore(timeWindow(), WINDOWS).optional(),
  notice: yesOrNo().default(true),
});

/** `calls` of a `[[peer]]`. */
export const callsSchema = table('peer.calls', {
  max_circuits: whole(1, 4095).default(1),
  windows: oneOrMore(timeWindow(), WINDOWS).optional(),
  timezone: timezone().optional(),
  min_messages: whole(1, 1_000).default(1),
  max_wait: duration(SECOND, 30 * 24 * HOUR).default(HOUR),
  budget: budgetSchema.optional(),
  large: largeSchema.optional(),
});

export type CallsSettings = z.output<typeof callsSchema>;
