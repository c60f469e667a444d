import type { ResultAliases } from './result-code.js';

export interface ModemTime {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly meaning: string;
}

/** Time limits of the dialogue with a modem, milliseconds. */
export const MODEM_TIMES = {
  settleMs: { default: 500, min: 0, max: 60_000, meaning: 'DTR on, or on hook again, to the first command' },
  gapMs: { default: 150, min: 0, max: 10_000, meaning: 'an answer to the next command' },
  commandMs: { default: 3000, min: 100, max: 60_000, meaning: 'a command to its answer' },
  dialMs: {
    default: 120_000,
    min: 5000,
    max: 600_000,
    meaning: 'the dial command to a result; more than dialling and the wait for carrier (S7) take',
  },
  answerMs: { default: 90_000, min: 5000, max: 600_000, meaning: 'the answer command to a result' },
  ringGapMs: { default: 10_000, min: 1000, max: 60_000, meaning: 'RING to the belief that it has stopped' },
  guardMs: {
    default: 1300,
    min: 0,
    max: 10_000,
    meaning: 'silence before and after the escape sequence; more than the guard time of the modem (S12)',
  },
  dtrMs: { default: 1500, min: 50, max: 30_000, meaning: 'how long DTR is off to hang up' },
  freshMs: {
    default: 60_000,
    min: 0,
    max: 3_600_000,
    meaning: 'how long an initialisation counts: later it is done again before dialling',
  },
  retryMs: {
    default: 60_000,
    min: 1000,
    max: 3_600_000,
    meaning: 'how soon a modem that did not answer is tried again',
  },
} as const satisfies Record<string, ModemTime>;

export type ModemTimes = Readonly<Record<keyof typeof MODEM_TIMES, number>>;

export const DEFAULT_MODEM_TIMES = Object.fromEntries(
  Object.entries(MODEM_TIMES).map(([name, row]) => [name, row.default]),
) as ModemTimes;

/** All that the dialogue with one modem depends on. Commands stand without their CR. */
export interface ModemSettings {
  /** Sent in this order, each answered by OK; at least one. */
  readonly init: readonly string[];
  /** The number follows at once: `ATDT`. */
  readonly dialCommand: string;
  readonly answerCommand: string;
  readonly hangUpCommand: string;
  readonly escapeSequence: string;
  /** `dtr` where the line has it, else `escape`. */
  readonly hangUpBy: 'dtr' | 'escape';
  /** 0: never. */
  readonly answerAfterRings: number;
  readonly aliases: ResultAliases;
  /** How often a modem may leave an initialisation unanswered before it counts as broken. */
  readonly initTries: number;
  readonly times: ModemTimes;
}

/** Digits and what modems take among them: pauses, tone and pulse, waits, flash, grouping. No `;`: we want to be connected. */
const DIAL_STRING = /^[0-9*#A-D,WPTR@!()\- ]{1,60}$/i;

/** Whether a modem would take it as a number to dial, and as nothing else. */
export function isDialString(text: string): boolean {
  return DIAL_STRING.test(text) && /[0-9]/.test(text);
}
