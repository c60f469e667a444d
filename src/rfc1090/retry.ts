import { CLEAR_CAUSE, type Ending, isDteCause } from '../circuit/index.js';

/** When a call that failed is worth another attempt. */
export interface Retry {
  readonly pace: Pace;
  /** The network or the other end may dislike the facilities: soon with the peer's next set, if it has one (§6). */
  readonly nextFacilitySet: boolean;
  /** Nothing will change until somebody changes it; to be told once. */
  readonly tellOperator: boolean;
}

export type Pace = keyof typeof PACES;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How the schedule of the queue is bent, milliseconds. */
export const PACES = {
  /** The same call with other facilities. */
  soon: { first: [10 * SECOND], repeats: false, atLeast: 0 },
  busy: { first: [1 * MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE], repeats: true, atLeast: 0 },
  /** As the queue does it. */
  queue: { first: [], repeats: false, atLeast: 0 },
  outOfOrder: { first: [], repeats: false, atLeast: 15 * MINUTE },
  unwanted: { first: [], repeats: false, atLeast: 4 * HOUR },
} as const satisfies Record<
  string,
  {
    /** Waits before the first, second, ... attempt, instead of the queue's. */
    readonly first: readonly number[];
    /** Whether the last of these repeats, or the queue's go on behind them. */
    readonly repeats: boolean;
    /** No wait is shorter. */
    readonly atLeast: number;
  }
>;

/** Clearing causes from the network that mean more than "later" (X.25 table 20). */
const PACE_OF_CAUSE: Readonly<Record<number, Pace>> = {
  [CLEAR_CAUSE.numberBusy]: 'busy',
  [CLEAR_CAUSE.outOfOrder]: 'outOfOrder',
  [CLEAR_CAUSE.rpoaOutOfOrder]: 'outOfOrder',
  [CLEAR_CAUSE.shipAbsent]: 'outOfOrder',
  [CLEAR_CAUSE.accessBarred]: 'unwanted',
  [CLEAR_CAUSE.notObtainable]: 'unwanted',
  [CLEAR_CAUSE.reverseChargingNotSubscribed]: 'unwanted',
  [CLEAR_CAUSE.fastSelectNotSubscribed]: 'unwanted',
};

/** Causes that another set of facilities may avoid. */
const FACILITY_CAUSES: readonly number[] = [
  CLEAR_CAUSE.invalidFacilityRequest,
  CLEAR_CAUSE.incompatibleDestination,
];

/** Facility code, parameter, called address, calling address, facility length; asked for twice; DTE facility. */
const FACILITY_DIAGNOSTICS: readonly number[] = [0x41, 0x42, 0x43, 0x44, 0x45, 0x49, 0x4d];

/** With another set of facilities the network would meet the same. */
const PASSING_CAUSES: readonly number[] = [
  CLEAR_CAUSE.numberBusy,
  CLEAR_CAUSE.networkCongestion,
  CLEAR_CAUSE.outOfOrder,
];

/** With these a DTE says that it does not want such calls (ISO 8208). */
const UNWANTED_DIAGNOSTICS: readonly number[] = [0xf3, 0xf5, 0xf8, 0xf9];

/** What the end of a call means for the next attempt. */
export function retryAfter(ending: Ending): Retry {
  // Our own line or our own lack of channels says nothing about the other end.
  if (ending.by !== 'peer') return retry('queue');
  const { cause, diagnostic } = ending;
  const nextFacilitySet =
    FACILITY_CAUSES.includes(cause) ||
    (FACILITY_DIAGNOSTICS.includes(diagnostic) && !PASSING_CAUSES.includes(cause));
  return { ...retry(paceOf(cause, diagnostic)), nextFacilitySet };
}

function paceOf(cause: number, diagnostic: number): Pace {
  if (isDteCause(cause)) return UNWANTED_DIAGNOSTICS.includes(diagnostic) ? 'unwanted' : 'queue';
  return PACE_OF_CAUSE[cause] ?? 'queue';
}

/** RFC 1090 §6: again, perhaps later, perhaps with other facilities. */
export const RETRY_AFTER_RESET: Retry = { ...retry('queue'), nextFacilitySet: true };

export function retry(pace: Pace): Retry {
  return { pace, nextFacilitySet: false, tellOperator: pace === 'unwanted' };
}
