import type { z } from 'zod';
import { BUDGET_PERIODS } from '../../tariff/index.js';
import { choice, duration, oneOrMore, table, whole } from './fields.js';
import { amount, timeWindow, timezone } from './tariff.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** `budget` of `peer.calls`. */
const budgetSchema = table('peer.calls.budget', {
  minutes: amount('minutes').optional(),
  cost: amount('an amount of money').optional(),
  warn: amount('a share of the budget', 1).default(0.8),
  period: choice(BUDGET_PERIODS).default('month'),
});

/** `calls` of a `[[peer]]`. */
export const callsSchema = table('peer.calls', {
  max_circuits: whole(1, 4095).default(1),
  windows: oneOrMore(timeWindow(), 'a window such as "22:00-06:00", or a list of them').optional(),
  timezone: timezone().optional(),
  min_messages: whole(1, 1_000).default(1),
  max_wait: duration(SECOND, 30 * 24 * HOUR).default(HOUR),
  budget: budgetSchema.optional(),
});

export type CallsSettings = z.output<typeof callsSchema>;
