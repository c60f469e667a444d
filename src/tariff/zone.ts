/** A time as the clock on a wall shows it. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  /** Minutes since midnight, as the clock shows them. */
  readonly minute: number;
  /** 0: Monday, 6: Sunday. */
  readonly weekday: number;
  /** Milliseconds into the minute. */
  readonly intoMinuteMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 86_400_000;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 3;

/** A time zone of the IANA database, as the platform knows it: what it is at which moment, summer time included. */
export class Zone {
  /** As it was written: `Europe/Berlin`. */
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;

  private constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name;
    this.#format = format;
  }

  /** @returns undefined when there is no zone of that name. */
  static parse(name: string): Zone | undefined {
    try {
      const format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        calendar: 'gregory',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        era: 'short',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
      return new Zone(name, format);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** The zone of this machine. */
  static ofThisMachine(): Zone {
    return Zone.parse(new Intl.DateTimeFormat().resolvedOptions().timeZone) ?? UTC;
  }

  /** How far the clocks there are ahead of UTC, milliseconds. @param at milliseconds since 1970. */
  offsetAt(at: number): number {
    const wholeSeconds = Math.floor(at / SECOND) * SECOND;
    const parts: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(wholeSeconds)) parts[type] = value;
    const part = (name: string): number => Number(parts[name]);
    const year = parts.era === 'BC' ? 1 - part('year') : part('year');
    const local = Date.UTC(
      2000,
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return new Date(local).setUTCFullYear(year, part('month') - 1, part('day')) - wholeSeconds;
  }

  /** @param at milliseconds since 1970. */
  localTime(at: number): LocalTime {
    const local = at + this.offsetAt(at);
    const date = new Date(local);
    const days = Math.floor(local / DAY);
    const intoDay = local - days * DAY;
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      minute: Math.floor(intoDay / MINUTE),
      weekday: (((days + FIRST_WEEKDAY) % 7) + 7) % 7,
      intoMinuteMs: intoDay % MINUTE,
    };
  }

  /** The first moment after `from`, up to `to`, with another offset than at `from`; at most one change lies between. */
  changeBetween(from: number, to: number): number | undefined {
    const before = this.offsetAt(from);
    if (this.offsetAt(to) === before) return undefined;
    let same = from;
    let other = to;
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2);
      if (this.offsetAt(middle) === before) same = middle;
      else other = middle;
    }
    return other;
  }

  /**
   * The first moment at which a calendar there shows this day or a later one: its midnight, or where the clocks are put
   * forward over midnight, the moment after. Months and days beyond their end count on.
   */
  startOfDay(year: number, month: number, day: number): number {
    const midnight = Date.UTC(year, month - 1, day);
    // Two days around hold every offset there is; the last moment that still shows a day before is just in front.
    let before = midnight - DAY;
    let after = midnight + DAY;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (middle + this.offsetAt(middle) < midnight) before = middle;
      else after = middle;
    }
    return after;
  }
}

export const UTC: Zone = Zone.parse('UTC') as Zone;
