/** What is known of a failure when the next attempt is planned. */
export interface FailedAttempt {
  /** The queue's waits in milliseconds, at least one; the last one repeats. */
  readonly schedule: readonly number[];
  /** How the kind of failure bends the schedule. Default: not at all. */
  readonly pace?: SchedulePace;
  /** Attempts that failed before this one. */
  readonly attempts: number;
  readonly now: number;
  /** A number from 0 up to, not including, 1. */
  readonly random: number;
}

export interface SchedulePace {
  /** Waits before the first, second, ... attempt instead of the schedule's, milliseconds. */
  readonly first: readonly number[];
  /** Whether the last of `first` repeats, or the schedule goes on behind them. */
  readonly repeats: boolean;
  /** No wait is shorter. */
  readonly atLeast: number;
}

/**
 * A fifth more at most, so that what failed together does not come back together. Never less: a wait that an
 * operator wrote is the least.
 */
const JITTER = 0.2;

/** When to try again. Nothing bounces here; the message's age decides that. */
export function nextAttempt({ schedule, pace, attempts, now, random }: FailedAttempt): number {
  const wait = Math.max(waitOf(schedule, attempts, pace), pace?.atLeast ?? 0);
  return now + Math.round(wait * (1 + JITTER * random));
}

function waitOf(schedule: readonly number[], attempts: number, pace: SchedulePace | undefined): number {
  const first = pace?.first ?? [];
  const isWithin = attempts < first.length || (pace?.repeats === true && first.length > 0);
  const waits = isWithin ? first : schedule;
  const wait = waits[Math.min(attempts, waits.length - 1)];
  if (wait === undefined) throw new RangeError('a retry schedule needs at least one wait');
  return wait;
}
