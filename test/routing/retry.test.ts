import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FailedAttempt, nextAttempt } from '../../src/routing/index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const schedule = [1 * MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR];

function waits(failure: Partial<FailedAttempt>, tries = 6): number[] {
  return Array.from({ length: tries }, (_, attempts) => {
    const next = nextAttempt({ schedule, attempts, now: 1_000, random: 0, ...failure });
    return (next.at - 1_000) / MINUTE;
  });
}

const BUSY = [1, 2, 5, 10, 10, 10];
const SCHEDULE = [1, 5, 15, 60, 240, 240];
const FROM_15_MINUTES = [15, 15, 15, 60, 240, 240];
const FROM_4_HOURS = [240, 240, 240, 240, 240, 240];

/** Cause, diagnostic, minutes waited after the first, second, ... failure, operator told. All numbers hexadecimal. */
const TABLE: [number, number, number[], boolean][] = [
  [0x01, 0x00, BUSY, false],
  [0x01, 0x42, BUSY, false], // busy is busy, whatever facility is named
  [0x05, 0x00, SCHEDULE, false],
  [0x05, 0x41, SCHEDULE, false],
  [0x11, 0x00, SCHEDULE, false],
  [0x13, 0x00, SCHEDULE, false],
  [0x09, 0x00, FROM_15_MINUTES, false],
  [0x09, 0x49, FROM_15_MINUTES, false],
  [0x15, 0x00, FROM_15_MINUTES, false],
  [0x39, 0x00, FROM_15_MINUTES, false],
  [0x0b, 0x00, FROM_4_HOURS, true],
  [0x0d, 0x00, FROM_4_HOURS, true],
  [0x19, 0x00, FROM_4_HOURS, true],
  [0x29, 0x00, FROM_4_HOURS, true],
  [0x00, 0xa2, SCHEDULE, false],
  [0x00, 0xa3, SCHEDULE, false],
  [0x00, 0xf4, SCHEDULE, false],
  [0x00, 0xf3, FROM_4_HOURS, true],
  [0x00, 0xf5, FROM_4_HOURS, true],
  [0x00, 0xf8, FROM_4_HOURS, true],
  [0x00, 0xf9, FROM_4_HOURS, true],
  [0x80, 0xf9, FROM_4_HOURS, true],
  [0xff, 0xf9, FROM_4_HOURS, true],
  [0x00, 0xf1, SCHEDULE, false],
  [0x00, 0x00, SCHEDULE, false],
  [0x05, 0xf9, SCHEDULE, false], // from the network a diagnostic of the DTE's means nothing
  [0x03, 0x00, SCHEDULE, false], // no facility set is left
  [0x21, 0x00, SCHEDULE, false],
  [0x7f, 0x00, SCHEDULE, false],
];

test.each(TABLE)('a clear %x/%x is tried again after %j minutes', (cause, diagnostic, minutes, operator) => {
  const clear = { cause, diagnostic };
  expect(waits({ clear })).toEqual(minutes);
  const next = nextAttempt({ schedule, attempts: 0, now: 0, random: 0, clear });
  expect(next.tellOperator ?? false).toBe(operator);
  expect(next.nextFacilitySet).toBeUndefined();
});

test('without a clear the queue decides', () => {
  expect(waits({})).toEqual(SCHEDULE);
});

describe('another facility set', () => {
  const left = { untriedFacilitySets: 1 };
  test.each<[string, Partial<FailedAttempt>]>([
    ['invalid facility request', { clear: { cause: 0x03, diagnostic: 0 } }],
    ['incompatible destination', { clear: { cause: 0x21, diagnostic: 0 } }],
    ['a facility code', { clear: { cause: 0x13, diagnostic: 0x41 } }],
    ['a facility parameter', { clear: { cause: 0x00, diagnostic: 0x42 } }],
    ['a called address', { clear: { cause: 0x13, diagnostic: 0x43 } }],
    ['a calling address', { clear: { cause: 0x13, diagnostic: 0x44 } }],
    ['a facility length', { clear: { cause: 0x80, diagnostic: 0x45 } }],
    ['a facility twice', { clear: { cause: 0x0b, diagnostic: 0x49 } }],
    ['a reset', { reset: true }],
  ])('is tried soon after %s', (_what, failure) => {
    const next = nextAttempt({ schedule, attempts: 3, now: 0, random: 0, ...failure, ...left });
    expect(next).toEqual({ at: 5_000, nextFacilitySet: true });
  });

  test.each([0x01, 0x05, 0x09])('is not tried after cause %x', (cause) => {
    const clear = { cause, diagnostic: 0x42 };
    expect(nextAttempt({ schedule, attempts: 0, now: 0, random: 0, clear, ...left }).nextFacilitySet).toBe(
      undefined,
    );
  });

  test('is not promised when none is left', () => {
    expect(waits({ reset: true })).toEqual(SCHEDULE);
  });
});

test('jitter only ever adds, a fifth at most', () => {
  const failure = fc.record({
    attempts: fc.nat(20),
    now: fc.nat(),
    cause: fc.integer({ min: 0, max: 255 }),
    diagnostic: fc.integer({ min: 0, max: 255 }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  fc.assert(
    fc.property(failure, ({ attempts, now, cause, diagnostic, random }) => {
      const asked = { schedule, attempts, now, clear: { cause, diagnostic } };
      const least = nextAttempt({ ...asked, random: 0 }).at - now;
      const wait = nextAttempt({ ...asked, random }).at - now;
      expect(least).toBeGreaterThan(0);
      expect(wait).toBeGreaterThanOrEqual(least);
      expect(wait).toBeLessThanOrEqual(Math.round(least * 1.2));
    }),
  );
});
