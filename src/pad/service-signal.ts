import { CLEAR_CAUSE } from '../x25/index.js';
import { causeOfLetters } from './cause-letters.js';
import type { ReportedParameters } from './x3.js';

/**
 * What a PAD says to its terminal (X.28 §3.5), one line of it. PADs differ in wording, spaces and case, and modems and
 * terminal servers below them speak up as well, so it is read with goodwill.
 */
export type ServiceSignal =
  /** A line with nothing in it: a command was carried out, or only a line end that belongs to something else. */
  | { readonly type: 'acknowledgement' }
  /** `COM`. An incoming call has the number of the caller before it; some PADs give it for every call. */
  | { readonly type: 'connected'; readonly address: string }
  /** `CONNECT 9600`: a selection's answer from a PAD that speaks like a modem, or only the modem before it. */
  | { readonly type: 'carrier' }
  | Cleared
  /** `CLR CONF` */
  | { readonly type: 'clearConfirmed' }
  | { readonly type: 'reset' }
  /** `ERR`: a command was not understood, or not now. */
  | { readonly type: 'error' }
  /** Answers to STAT. */
  | { readonly type: 'free' | 'engaged' }
  /** `PAR 1:0,2:INV` */
  | { readonly type: 'parameters'; readonly values: ReportedParameters }
  /** Anything else: a banner, the echo of a command, noise. */
  | { readonly type: 'unknown' };

/** `CLR xxx` */
export interface Cleared {
  readonly type: 'cleared';
  readonly cause: number;
  readonly diagnostic: number;
}

/** Said without a cause that anybody could read: something passing in the network. */
const UNKNOWN_CAUSE = CLEAR_CAUSE.networkCongestion;

type Rule = readonly [pattern: RegExp, read: (line: string) => ServiceSignal];

/** The first that fits. */
const RULES: readonly Rule[] = [
  [/^$/, () => ({ type: 'acknowledgement' })],
  [/^CLR\s+CONF/, () => ({ type: 'clearConfirmed' })],
  [/^CLR\s+\S/, readCleared], // alone it is the echo of our own command
  [/^(?:CALL\s+)?(?:CLEARED|DISCONNECTED)\b/, () => cleared(UNKNOWN_CAUSE)],
  [/^NO CARRIER\b/, () => cleared(CLEAR_CAUSE.outOfOrder)],
  [/(?:^|[\s+])COM(?:$|\s)/, readConnected],
  [/^(?:CALL\s+)?CONNECT(?:ED)?\b/, () => ({ type: 'carrier' })],
  [/^RESET\s+\S/, () => ({ type: 'reset' })],
  [/^FREE\b/, () => ({ type: 'free' })],
  [/^ENGA\w*/, () => ({ type: 'engaged' })],
  [/^R?PAR\s*\d+\s*:/, readParameters],
  [/^(?:ERR|INV|ILLEGAL|\?)/, () => ({ type: 'error' })],
];

/** @param line without its line ends. */
export function readServiceSignal(line: string): ServiceSignal {
  const text = line.replace(/^[\s*]+|\s+$/g, '').toUpperCase(); // a prompt may stand before it
  const rule = RULES.find(([pattern]) => pattern.test(text));
  return rule === undefined ? { type: 'unknown' } : rule[1](text);
}

function cleared(cause: number, diagnostic = 0): Cleared {
  return { type: 'cleared', cause, diagnostic };
}

/**
 * `CLR NP`, `CLR DTE C:0 D:241`, `CLR OCC 1 0`, `CLR ERR 67` (a number alone is the diagnostic), all decimal, text behind.
 * The number of the cause says more than its letters: any DTE cause is `DTE`.
 */
function readCleared(line: string): Cleared {
  const [, letters = '', rest = ''] = /^CLR\s+([A-Z]*)(.*)$/.exec(line) ?? [];
  const labelled = { cause: numberAfter('C', rest), diagnostic: numberAfter('D', rest) };
  const [, first, second] = /^[\s,-]*(\d{1,3})\b(?:[\s,/-]+(\d{1,3})\b)?/.exec(rest) ?? [];
  const bare =
    second === undefined
      ? { cause: undefined, diagnostic: octet(first) }
      : { cause: octet(first), diagnostic: octet(second) };
  return cleared(
    labelled.cause ?? bare.cause ?? causeOfLetters(letters) ?? UNKNOWN_CAUSE,
    labelled.diagnostic ?? bare.diagnostic ?? 0,
  );
}

function numberAfter(label: 'C' | 'D', text: string): number | undefined {
  return octet(new RegExp(`\\b${label}\\s*[:=]\\s*(\\d{1,3})\\b`).exec(text)?.[1]);
}

function octet(digits: string | undefined): number | undefined {
  const value = Number(digits);
  return digits !== undefined && value <= 0xff ? value : undefined;
}

/** `23421000001 COM`, `23421000001+R,G12 COM`, `COM 23421000001`. */
function readConnected(line: string): ServiceSignal {
  const [before = '', after = ''] = line.split(/\bCOM\b/);
  const address = /\d{1,15}/.exec(before)?.[0] ?? /\d{2,15}/.exec(after)?.[0] ?? '';
  return { type: 'connected', address };
}

function readParameters(line: string): ServiceSignal {
  const values = new Map<number, number | 'invalid'>();
  for (const [, reference, value] of line.matchAll(/(\d{1,3})\s*:\s*(\d{1,3}|INV)/g))
    values.set(Number(reference), value === 'INV' ? 'invalid' : Number(value));
  return { type: 'parameters', values };
}
