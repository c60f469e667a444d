import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextAttempt, type SchedulePace } from '../../src/routing/index.js';

const schedule = [60, 300, 900];

function waits(pace?: SchedulePace): number[] {
  return [0, 1, 2, 3, 4].map(
    (attempts) => nextAttempt({ schedule, attempts, now: 1000, random: 0, ...(pace && { pace }) }) - 1000,
  );
}

test('the schedule in order, its last wait again and again', () => {
  expect(waits()).toEqual([60, 300, 900, 900, 900]);
});

test.each<[string, SchedulePace, number[]]>([
  ['first waits, the last repeated', { first: [1, 2], repeats: true, atLeast: 0 }, [1, 2, 2, 2, 2]],
  ['first waits, then the schedule', { first: [5], repeats: false, atLeast: 0 }, [5, 300, 900, 900, 900]],
  ['a least wait', { first: [], repeats: false, atLeast: 400 }, [400, 400, 900, 900, 900]],
])('%s', (_name, pace, expected) => {
  expect(waits(pace)).toEqual(expected);
});

test('chance only makes waits longer, by a fifth at most', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(10),
      (random, attempts) => {
        const least = nextAttempt({ schedule, attempts, now: 0, random: 0 });
        const at = nextAttempt({ schedule, attempts, now: 0, random });
        expect(at).toBeGreaterThanOrEqual(least);
        expect(at).toBeLessThanOrEqual(Math.round(least * 1.2));
      },
    ),
  );
});

test('a schedule without a wait is our own mistake', () => {
  expect(() => nextAttempt({ schedule: [], attempts: 0, now: 0, random: 0 })).toThrow(RangeError);
});
