/** Why a call or session failed, as far as it matters for the next attempt. */
export interface FailedAttempt {
  /** The queue's waits in milliseconds, at least one; the last one repeats. */
  readonly schedule: readonly number[];
  /** Attempts that failed before this one. */
  readonly attempts: number;
  readonly now: number;
  /** How the other end or the network cleared; absent when the call did not end in a clear from there. */
  readonly clear?: { readonly cause: number; readonly diagnostic: number };
  /** The circuit was reset under way (RFC 1090 §6). */
  readonly reset?: boolean;
  /** Facility sets of the peer that have not been tried in this round. Default 0. */
  readonly untriedFacilitySets?: number;
  /** A number from 0 up to, not including, 1. */
  readonly random: number;
}

export interface NextAttempt {
  readonly at: number;
  /** A setting is wrong, somewhere: someone has to look. Said at each such failure; the operator is told once. */
  readonly tellOperator?: true;
  /** The next attempt uses the next facility set. */
  readonly nextFacilitySet?: true;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const WAITS_WHEN_BUSY = [1, 2, 5, 10].map((minutes) => minutes * MINUTE);
const SHORT_DELAY = 5_000;

/**
 * A fifth more at most, so that what failed together does not come back together. Never less: a wait that an
 * operator wrote is the least.
 */
const JITTER = 0.2;

/** What a failure asks for. `from`: the queue's schedule, but never sooner than this. */
type Reaction =
  | { readonly do: 'busy' | 'schedule' | 'nextFacilitySet' }
  | { readonly do: 'from'; readonly wait: number; readonly tellOperator: boolean };

const schedule: Reaction = { do: 'schedule' };
const outOfOrder: Reaction = { do: 'from', wait: 15 * MINUTE, tellOperator: false };
const misconfigured: Reaction = { do: 'from', wait: 4 * HOUR, tellOperator: true };

/** Clearing causes (X.25 §5.2.4). Those not named here: the queue's schedule. */
const BY_CAUSE: ReadonlyMap<number, Reaction> = new Map<number, Reaction>([
  [0x01, { do: 'busy' }], // number busy
  [0x03, { do: 'nextFacilitySet' }], // invalid facility request
  [0x05, schedule], // network congestion
  [0x09, outOfOrder],
  [0x0b, misconfigured], // access barred
  [0x0d, misconfigured], // not obtainable
  [0x11, schedule], // remote procedure error
  [0x13, schedule], // local procedure error
  [0x15, outOfOrder], // RPOA out of order
  [0x19, misconfigured], // reverse charging acceptance not subscribed
  [0x21, { do: 'nextFacilitySet' }], // incompatible destination
  [0x29, misconfigured], // fast select acceptance not subscribed
  [0x39, outOfOrder], // ship absent
]);

/** With a cause of the DTE itself (00, 80-FF) the diagnostic tells. Those not named here: the queue's schedule. */
const BY_DIAGNOSTIC: ReadonlyMap<number, Reaction> = new Map<number, Reaction>([
  [0xa2, schedule], // shutting down
  [0xa3, schedule], // no circuit, or low on disk
  [0xf3, misconfigured],
  [0xf4, schedule], // MTA unreachable
  [0xf5, misconfigured], // caller refused
  [0xf8, misconfigured],
  [0xf9, misconfigured], // call user data not wanted
]);

/** X.25 Annex E: facility code, parameter, called and calling address, facility length, duplicate facility. */
const FACILITY_DIAGNOSTICS: ReadonlySet<number> = new Set([0x41, 0x42, 0x43, 0x44, 0x45, 0x49]);
/** Busy, congestion, out of order: another facility set would meet the same. */
const PASSING_CAUSES: ReadonlySet<number> = new Set([0x01, 0x05, 0x09]);

/** When to try again, and how: "What a clear means for mail". Nothing bounces here; the message's age decides that. */
export function nextAttempt(failure: FailedAttempt): NextAttempt {
  const reaction = reactionTo(failure);
  const usual = waitAt(failure.schedule, failure.attempts);
  switch (reaction.do) {
    case 'nextFacilitySet':
      return (failure.untriedFacilitySets ?? 0) > 0
        ? { at: jittered(failure, SHORT_DELAY), nextFacilitySet: true }
        : { at: jittered(failure, usual) };
    case 'busy':
      return { at: jittered(failure, waitAt(WAITS_WHEN_BUSY, failure.attempts)) };
    case 'schedule':
      return { at: jittered(failure, usual) };
    case 'from':
      return {
        at: jittered(failure, Math.max(usual, reaction.wait)),
        ...(reaction.tellOperator && { tellOperator: true }),
      };
  }
}

function reactionTo({ clear, reset = false }: FailedAttempt): Reaction {
  if (reset) return { do: 'nextFacilitySet' };
  if (clear === undefined) return schedule;
  const { cause, diagnostic } = clear;
  if (FACILITY_DIAGNOSTICS.has(diagnostic) && !PASSING_CAUSES.has(cause)) return { do: 'nextFacilitySet' };
  const isFromDte = cause === 0x00 || cause >= 0x80;
  return (isFromDte ? BY_DIAGNOSTIC.get(diagnostic) : BY_CAUSE.get(cause)) ?? schedule;
}

function waitAt(waits: readonly number[], attempts: number): number {
  const wait = waits[Math.min(attempts, waits.length - 1)];
  if (wait === undefined) throw new RangeError('a retry schedule needs at least one wait');
  return wait;
}

function jittered({ now, random }: FailedAttempt, wait: number): number {
  return now + Math.round(wait * (1 + JITTER * random));
}
