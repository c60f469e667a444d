import type { Zone } from './zone.js';

export const BUDGET_PERIODS = ['day', 'week', 'month'] as const;
/** Weeks begin on Monday. */
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

/** From `from`, up to but not at `to`; milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The day, week or month, as the calendar of a zone has it, in which `at` lies. */
export function spanAround(at: number, period: BudgetPeriod, zone: Zone): Span {
  const { year, month, day, weekday } = zone.localTime(at);
  switch (period) {
    case 'day':
      return { from: zone.startOfDay(year, month, day), to: zone.startOfDay(year, month, day + 1) };
    case 'week':
      return {
        from: zone.startOfDay(year, month, day - weekday),
        to: zone.startOfDay(year, month, day - weekday + 7),
      };
    case 'month':
      return { from: zone.startOfDay(year, month, 1), to: zone.startOfDay(year, month + 1, 1) };
  }
}
