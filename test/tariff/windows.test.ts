import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTimeWindow, TimeWindows, type Zone } from '../../src/tariff/index.js';
import { windows, zone } from './zones.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const at = (text: string): number => Date.parse(text);
const text = (moment: number | undefined): string | undefined =>
  moment === undefined ? undefined : new Date(moment).toISOString().slice(0, 16);

describe('what a window is', () => {
  test.each([
    ['22:00-06:00', [0, 1, 2, 3, 4, 5, 6], 1320, 360],
    ['00:00-24:00', [0, 1, 2, 3, 4, 5, 6], 0, 1440],
    ['Mo-Fr 22:00-06:00', [0, 1, 2, 3, 4], 1320, 360],
    ['Fr-Mo 08:00-09:30', [0, 4, 5, 6], 480, 570],
    ['Mo,We,Fr-Su 12:00-13:00', [0, 2, 4, 5, 6], 720, 780],
    ['Sa-Su', [5, 6], 0, 1440],
    ['Su 23:00-24:00', [6], 1380, 1440],
  ])('%s', (written, days, start, end) => {
    expect(parseTimeWindow(written)).toEqual({ text: written, days, start, end });
  });

  test.each([
    '',
    '22-06',
    '22:00',
    '24:00-06:00',
    '22:60-23:00',
    '6:00-7:00',
    '22:00-22:00',
    'Mo-Xx 22:00-23:00',
    'mo 22:00-23:00',
    'Mo- 22:00-23:00',
    '22:00-23:00 Mo',
    'Mo 22:00-23:00 Tu',
    'Mo;Tu 01:00-02:00',
    '-06:00',
  ])('%j is none', (written) => {
    expect(parseTimeWindow(written)).toBeUndefined();
  });
});

describe('when it is open', () => {
  test('one over midnight belongs to the day on which it begins', () => {
    const nights = windows('UTC', 'Mo-Fr 22:00-06:00');
    // 1990-01-05 was a Friday.
    expect(nights.isOpen(at('1990-01-05T05:59:00Z'))).toBe(true); // of Thursday
    expect(nights.isOpen(at('1990-01-05T06:00:00Z'))).toBe(false);
    expect(nights.isOpen(at('1990-01-06T05:59:00Z'))).toBe(true); // of Friday
    expect(nights.isOpen(at('1990-01-06T22:00:00Z'))).toBe(false);
    expect(nights.isOpen(at('1990-01-08T05:00:00Z'))).toBe(false); // Sunday has no night
    expect(text(nights.nextOpen(at('1990-01-06T06:00:00Z')))).toBe('1990-01-08T22:00');
  });

  test('windows that touch are one', () => {
    const twice = windows('UTC', '08:00-12:00', '12:00-18:00');
    expect(text(twice.nextChange(at('1990-01-05T09:00:00Z')))).toBe('1990-01-05T18:00');
    expect(text(twice.nextWindow(at('1990-01-05T09:00:00Z')))).toBe('1990-01-05T12:00');
  });

  test('one that is always open never changes', () => {
    expect(windows('Europe/Berlin', '00:00-24:00').nextChange(at('1990-01-05T09:00:00Z'))).toBeUndefined();
    expect(windows('Europe/Berlin', '12:00-11:00', '11:00-12:00').nextChange(0)).toBeUndefined();
  });

  test.each([
    // 2026-03-29 01:00 UTC: from 02:00 to 03:00. The hour between is not there.
    ['01:30-02:30', '2026-03-29T00:00', ['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T23:30']],
    ['02:30-05:00', '2026-03-29T00:00', ['2026-03-29T01:00', '2026-03-29T03:00', '2026-03-30T00:30']],
    ['02:15-02:45', '2026-03-29T00:00', ['2026-03-30T00:15', '2026-03-30T00:45', '2026-03-31T00:15']],
    ['22:00-06:00', '2026-03-28T12:00', ['2026-03-28T21:00', '2026-03-29T04:00', '2026-03-29T20:00']],
    // 2026-10-25 01:00 UTC: from 03:00 back to 02:00. The hour before comes twice.
    ['02:15-02:45', '2026-10-25T00:00', ['2026-10-25T00:15', '2026-10-25T00:45', '2026-10-25T01:15']],
    ['01:30-02:30', '2026-10-24T22:00', ['2026-10-24T23:30', '2026-10-25T00:30', '2026-10-25T01:00']],
    ['22:00-06:00', '2026-10-24T12:00', ['2026-10-24T20:00', '2026-10-25T05:00', '2026-10-25T21:00']],
  ])('%s in Berlin after %s, over summer time', (window, from, changes) => {
    const open = windows('Europe/Berlin', window);
    let moment = at(`${from}Z`);
    const seen = changes.map(() => {
      moment = open.nextChange(moment) ?? Number.NaN;
      return text(moment);
    });
    expect(seen).toEqual(changes);
  });

  test('a day that a place leaves out', () => {
    // Samoa went from Thursday 29 to Saturday 31 December 2011, at 10:00 UTC.
    const fridays = windows('Pacific/Apia', 'Fr');
    expect(text(fridays.nextOpen(at('2011-12-30T00:00:00Z')))).toBe('2012-01-05T10:00');
  });
});

describe('over all changes of clocks', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Africa/Casablanca',
    'America/Sao_Paulo',
    'Pacific/Apia',
  ].map(zone);
  const clock = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 1, 15, 30, 59));
  const hours = fc
    .tuple(clock, clock)
    .filter(([from, to]) => from[0] !== to[0] || from[1] !== to[1])
    .map(([from, to]) => `${two(from)}-${two(to)}`);
  const days = fc.constantFrom('', 'Mo ', 'Sa-Su ', 'Su ', 'Mo-Fr ', 'Fr-Mo ', 'Tu,Th ');
  const window = fc.tuple(days, hours).map(([on, of]) => parseTimeWindow(`${on}${of}`));
  /** Near a change of clocks, mostly. */
  const moment = fc.oneof(
    fc.integer({ min: at('1990-01-01T00:00Z'), max: at('2030-01-01T00:00Z') }),
    fc
      .tuple(
        fc.constantFrom('2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2011-12-30'),
        fc.integer({ min: -2 * DAY, max: 2 * DAY }),
      )
      .map(([day, offset]) => at(`${day}T01:00:00Z`) + offset),
  );

  const cases = fc.record({
    zone: fc.constantFrom(...zones),
    windows: fc.array(window, { minLength: 1, maxLength: 3 }),
    from: moment,
  });

  function build(written: readonly ReturnType<typeof parseTimeWindow>[], where: Zone): TimeWindows {
    return new TimeWindows(
      written.flatMap((each) => each ?? []),
      where,
    );
  }

  test('nothing changes before nextChange, and it does there', () => {
    fc.assert(
      fc.property(cases, ({ zone: where, windows: written, from }) => {
        const open = build(written, where);
        const before = open.isOpen(from);
        const change = open.nextChange(from);
        const until = Math.min(change ?? Number.POSITIVE_INFINITY, from + 9 * DAY);
        for (let minute = Math.ceil(from / MINUTE) * MINUTE; minute < until; minute += 13 * MINUTE)
          expect(open.isOpen(minute)).toBe(before);
        if (change === undefined) return;
        expect(change).toBeGreaterThan(from);
        expect(open.isOpen(change - 1)).toBe(before);
        expect(open.isOpen(change)).toBe(!before);
      }),
      { numRuns: 150 },
    );
  });

  test('it is open exactly when a clock there says so', () => {
    fc.assert(
      fc.property(cases, ({ zone: where, windows: written, from }) => {
        const open = build(written, where);
        const shown = new Intl.DateTimeFormat('en-GB', {
          timeZone: where.name,
          weekday: 'short',
          hour: '2-digit',
          minute: '2-digit',
        }).format(from);
        const [day = '', hour, minute] = shown.split(/[ :]+/).map((word) => word.replace(',', ''));
        const today = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(day);
        const now = Number(hour) * 60 + Number(minute);
        const expected = open.windows.some(({ days: on, start, end }) =>
          on.some((begin) => {
            const since = ((today - begin + 7) % 7) * 1440 + now - start;
            return since >= 0 && since < (end > start ? end - start : end + 1440 - start);
          }),
        );
        expect(open.isOpen(from)).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});

function two([hour, minute]: readonly [number, number]): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}
