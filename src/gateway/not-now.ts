import type { CallRules } from '../config/index.js';
import { count } from '../observe/index.js';
import type { Tariff } from '../tariff/index.js';

/** Something that may not be begun yet. That is no failure: nothing was tried. */
export interface NotNow {
  readonly why: 'window' | 'budget' | 'few' | 'circuits';
  /** In words. */
  readonly reason: string;
  /** When to ask again, wall time. */
  readonly until: number;
}

/** How long an idle session is kept at most: servers have patience for five minutes (RFC 5321 §4.5.3.2.7). */
const LONGEST_IDLE_MS = 4 * 60_000;
/** What is left of an increment for the farewell: QUIT, its reply and the clear, on a slow line. */
const FAREWELL_MS = 5_000;

/**
 * Until when a call that has nothing to do costs nothing more: what is paid is used up, but for the farewell, within the windows.
 * @param connectedMs so far @param now wall time.
 * @returns for how long from now, milliseconds; 0: not at all
 */
export function freeTime(
  tariff: Tariff | undefined,
  rules: CallRules | undefined,
  connectedMs: number,
  now: number,
): number {
  if (tariff?.chargesTime !== true) return 0;
  const paid = tariff.chargedMs(connectedMs) - connectedMs - FAREWELL_MS;
  const open = (rules?.windows?.nextChange(now) ?? Number.POSITIVE_INFINITY) - now;
  return Math.max(0, Math.min(paid, open, LONGEST_IDLE_MS));
}

/** What a call would be placed for. */
export interface Demand {
  /** That are due. */
  readonly messages: number;
  /** When the oldest was received, wall time. */
  readonly oldest: number;
  /** Somebody wants it now, or it is not for these messages alone: few of them are enough. */
  readonly isUrgent: boolean;
}

const DAY = 86_400_000;

/** @param now wall time. */
export function outsideWindows(
  { windows, zone }: Pick<CallRules, 'windows' | 'zone'>,
  now: number,
): NotNow | undefined {
  if (windows === undefined || windows.isOpen(now)) return undefined;
  const times = windows.windows.map(({ text }) => text).join(', ');
  return {
    why: 'window',
    reason: `outside its call windows, ${times} (${zone.name})`,
    until: windows.nextOpen(now) ?? now + DAY,
  };
}

/** The first moment from then on at which a call may be placed. @param at wall time. */
export function nextOpen({ windows }: CallRules, at: number): number {
  return windows?.nextOpen(at) ?? at;
}

/** @param now wall time. */
export function tooFewMessages(
  { minMessages, maxWaitMs }: CallRules,
  { messages, oldest, isUrgent }: Demand,
  now: number,
): NotNow | undefined {
  const until = oldest + maxWaitMs;
  if (isUrgent || messages >= minMessages || until <= now) return undefined;
  return {
    why: 'few',
    reason: `${count(messages, 'message')} of ${minMessages} that are worth a call`,
    until,
  };
}
