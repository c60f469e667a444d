/**
 * Times of the week: `"22:00-06:00"`, `"Mo-Fr 22:00-06:00"`, `"Sa-Su"`, `"Mo,We,Fr 12:00-13:30"`. They are read off the clock
 * on the wall: in the night when an hour is shown twice, a window within it is open twice, and one that begins
 * in the hour that is left out opens when the clock is past it.
 */
import type { LocalTime, Zone } from './zone.js';

/** One window of the week. Both ends in minutes since midnight; an end that is not after the start is on the next day. */
export interface TimeWindow {
  /** As it was written. */
  readonly text: string;
  /** On which days it begins, 0: Monday. */
  readonly days: readonly number[];
  readonly start: number;
  readonly end: number;
}

export const WINDOW_ALLOWED =
  'times of the day or the week such as "22:00-06:00", "Mo-Fr 22:00-06:00", "Sa-Su" or "Mo,We 12:00-13:30"';

const MINUTE = 60_000;
const MINUTES_OF_DAY = 1440;
const DAY = MINUTES_OF_DAY * MINUTE;
const DAYS: readonly string[] = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];
const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6];

const DAY_LIST =
  /^(?:(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:-(?:Mo|Tu|We|Th|Fr|Sa|Su))?)(?:,(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:-(?:Mo|Tu|We|Th|Fr|Sa|Su))?)*$/;
const HOURS = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

/** @returns undefined when the text is no window, or one that lasts no time. */
export function parseTimeWindow(text: string): TimeWindow | undefined {
  const words = text.trim().split(/\s+/);
  const [first = '', second] = words;
  if (words.length > 2) return undefined;
  const isDays = DAY_LIST.test(first);
  if (second !== undefined && !isDays) return undefined;
  const days = isDays ? daysOf(first) : ALL_DAYS;
  const hours = isDays ? second : first;
  if (hours === undefined) return { text, days, start: 0, end: MINUTES_OF_DAY };
  const [, startHour, startMinute, endHour, endMinute] = HOURS.exec(hours) ?? [];
  if (startHour === undefined) return undefined;
  const start = minutes(startHour, startMinute);
  const end = endHour === undefined ? MINUTES_OF_DAY : minutes(endHour, endMinute);
  return start === end ? undefined : { text, days, start, end };
}

function minutes(hour: string, minute: string | undefined): number {
  return Number(hour) * 60 + Number(minute);
}

/** `Fr-Mo` goes over the end of the week. */
function daysOf(list: string): number[] {
  const days = list.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map((day) => DAYS.indexOf(day));
    return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, nth) => (from + nth) % 7);
  });
  return [...new Set(days)].toSorted((a, b) => a - b);
}

/** How far nextChange looks: further than a week, for the night that an hour is left out of may be the one. */
const HORIZON = 16 * DAY;

/** When something is open: in any of these windows. */
export class TimeWindows {
  readonly windows: readonly TimeWindow[];
  readonly zone: Zone;
  /** Minutes of the day at which any of them begins or ends. */
  readonly #edges: readonly number[];

  /** @param windows at least one. */
  constructor(windows: readonly TimeWindow[], zone: Zone) {
    this.windows = windows;
    this.zone = zone;
    const edges = windows.flatMap(({ start, end }) => [start, end % MINUTES_OF_DAY]);
    // Midnight as well: there the day changes, and with it what counts.
    this.#edges = [...new Set([0, ...edges])].toSorted((a, b) => a - b);
  }

  /** @param at milliseconds since 1970. */
  isOpen(at: number): boolean {
    return this.openAt(at) !== undefined;
  }

  /** The first window in the order of writing that is open then. */
  openAt(at: number): TimeWindow | undefined {
    const local = this.zone.localTime(at);
    return this.windows.find((window) => isWithin(window, local));
  }

  /** The first moment after `at` at which what is open changes to closed or back; undefined: never. */
  nextChange(at: number): number | undefined {
    const isOpen = this.isOpen(at);
    return this.#nextEdge(at, (moment) => this.isOpen(moment) !== isOpen);
  }

  /** The first moment after `at` at which another window is the first that is open, or none is any more; undefined: never. */
  nextWindow(at: number): number | undefined {
    const window = this.openAt(at);
    return this.#nextEdge(at, (moment) => this.openAt(moment) !== window);
  }

  /** `at` itself when open then, else when it opens; undefined: never. */
  nextOpen(at: number): number | undefined {
    return this.isOpen(at) ? at : this.nextChange(at);
  }

  #nextEdge(at: number, isChanged: (moment: number) => boolean): number | undefined {
    for (let moment = this.#edgeAfter(at); moment <= at + HORIZON; moment = this.#edgeAfter(moment))
      if (isChanged(moment)) return moment;
    return undefined;
  }

  /** The next moment at which the clock shows an edge, or is put forward or back. */
  #edgeAfter(at: number): number {
    const { minute, intoMinuteMs } = this.zone.localTime(at);
    const next = this.#edges.find((edge) => edge > minute) ?? MINUTES_OF_DAY;
    const edge = at + (next - minute) * MINUTE - intoMinuteMs;
    return this.zone.changeBetween(at, edge) ?? edge;
  }
}

function isWithin({ days, start, end }: TimeWindow, { weekday, minute }: LocalTime): boolean {
  if (end > start) return days.includes(weekday) && minute >= start && minute < end;
  if (minute >= start) return days.includes(weekday);
  return minute < end && days.includes((weekday + 6) % 7);
}
