export type CallTimerName = 'callAccept' | 'serviceReady' | 'reply' | 'quit';

export interface CallTimerEntry {
  /** Milliseconds. */
  readonly default: number;
  readonly range: readonly [least: number, most: number];
  readonly meaning: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The time-limits of RFC 1090 §10. */
export const CALL_TIMERS = {
  callAccept: {
    default: 100 * SECOND,
    range: [10, HOUR],
    meaning: 'CALL REQUEST to the acceptance (§10.1)',
  },
  serviceReady: {
    default: 120 * SECOND,
    range: [10, HOUR],
    meaning: 'acceptance to the greeting 220 (§10.1)',
  },
  reply: {
    default: 10 * MINUTE,
    range: [10, 24 * HOUR],
    meaning: 'silence of the other end while something is awaited from it (§10.2)',
  },
  quit: {
    default: 20 * SECOND,
    range: [10, HOUR],
    meaning: 'QUIT to 221, and 221 or 421 to the clear of the other end (§9, §10.3)',
  },
} as const satisfies Record<CallTimerName, CallTimerEntry>;

/** Values in use, milliseconds. */
export interface CallTimers {
  readonly callAcceptMs: number;
  readonly serviceReadyMs: number;
  readonly replyMs: number;
  readonly quitMs: number;
}

export const DEFAULT_CALL_TIMERS: CallTimers = {
  callAcceptMs: CALL_TIMERS.callAccept.default,
  serviceReadyMs: CALL_TIMERS.serviceReady.default,
  replyMs: CALL_TIMERS.reply.default,
  quitMs: CALL_TIMERS.quit.default,
};

export function durationOf(timer: CallTimerName, timers: CallTimers): number {
  return timers[`${timer}Ms`];
}
