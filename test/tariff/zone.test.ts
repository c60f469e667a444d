import { describe, expect, test } from 'vitest';
import { Zone } from '../../src/tariff/index.js';
import { zone } from './zones.js';

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);

test('a zone that is none', () => {
  expect(Zone.parse('Europe/Nowhere')).toBeUndefined();
  expect(Zone.parse('')).toBeUndefined();
});

test.each([
  ['UTC', '2026-07-01T00:00:00Z', 0],
  ['Europe/Berlin', '2026-01-01T00:00:00Z', 1],
  ['Europe/Berlin', '2026-07-01T00:00:00Z', 2],
  ['Asia/Kathmandu', '2026-07-01T00:00:00Z', 5.75],
  ['America/St_Johns', '2026-01-01T00:00:00Z', -3.5],
  ['America/New_York', '1969-12-31T23:59:59.500Z', -5],
])('%s at %s', (name, when, hours) => {
  expect(zone(name).offsetAt(at(when)) / HOUR).toBe(hours);
});

test('what the clock shows, to the millisecond', () => {
  expect(zone('Asia/Kathmandu').localTime(at('2026-03-01T18:14:59.250Z'))).toEqual({
    year: 2026,
    month: 3,
    day: 1,
    minute: 1439,
    weekday: 6,
    intoMinuteMs: 59_250,
  });
  expect(zone('Asia/Kathmandu').localTime(at('2026-03-01T18:15:00Z'))).toMatchObject({
    day: 2,
    weekday: 0,
    minute: 0,
  });
});

describe('the beginning of a day', () => {
  test.each([
    ['Europe/Berlin', [2026, 1, 1], '2025-12-31T23:00:00.000Z'],
    ['Europe/Berlin', [2026, 13, 1], '2026-12-31T23:00:00.000Z'],
    ['Europe/Berlin', [2026, 3, 30], '2026-03-29T22:00:00.000Z'],
    ['America/New_York', [2026, 3, 1], '2026-03-01T05:00:00.000Z'],
    // At midnight the clocks went on to 01:00.
    ['America/Sao_Paulo', [2018, 11, 4], '2018-11-04T03:00:00.000Z'],
    // This day was left out: the next one begins where it would.
    ['Pacific/Apia', [2011, 12, 30], '2011-12-30T10:00:00.000Z'],
    ['Pacific/Apia', [2011, 12, 31], '2011-12-30T10:00:00.000Z'],
  ] as const)('in %s, %j', (name, [year, month, day], expected) => {
    expect(new Date(zone(name).startOfDay(year, month, day)).toISOString()).toBe(expected);
  });
});
