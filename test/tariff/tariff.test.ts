import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTimeWindow, Tariff, type TariffPrices } from '../../src/tariff/index.js';
import { zone } from './zones.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const night = parseTimeWindow('Mo-Fr 22:00-06:00');
if (night === undefined) throw new Error('no window');

/** The example of the design. */
const PRICES: TariffPrices = {
  call: 0.05,
  minute: 0.1,
  incrementMs: MINUTE,
  segment: 0.002,
  windows: [{ at: night, factor: 0.5 }],
  zone: zone('Europe/Berlin'),
};
const tariff = (changes: Partial<TariffPrices> = {}) => new Tariff({ ...PRICES, ...changes });
/** A Friday at noon, in Berlin 13:00. */
const NOON = Date.parse('1990-01-05T12:00:00Z');
/** 21:58:30 there. */
const EVENING = Date.parse('1990-01-05T20:58:30Z');

describe('what a call costs', () => {
  test.each([
    ['never longer than a moment: the call and one increment', {}, NOON, 0, 0, 0.15],
    ['one increment to its end', {}, NOON, MINUTE, 0, 0.15],
    ['a millisecond of the next', {}, NOON, MINUTE + 1, 0, 0.25],
    ['segments', {}, NOON, MINUTE, 250, 0.65],
    ['all is cheaper in the night', {}, EVENING + 2 * MINUTE, MINUTE, 250, 0.325],
    ['the factor of each increment is that of its beginning', {}, EVENING, 3 * MINUTE, 0, 0.05 + 0.2 + 0.05],
    ['ten seconds at a time', { incrementMs: 10 * SECOND }, NOON, 61 * SECOND, 0, 0.05 + (7 * 0.1) / 6],
    ['no price for time', { minute: 0 }, NOON, 100 * MINUTE, 10, 0.07],
    ['no windows', { windows: [] }, EVENING + 2 * MINUTE, MINUTE, 0, 0.15],
  ] as const)('%s', (_, changes, connectedAt, connectedMs, segments, cost) => {
    expect(tariff(changes).costOf({ connectedAt, connectedMs, segments })).toBeCloseTo(cost, 6);
  });

  test('is the sum of its increments, one by one', () => {
    const whole = tariff({ incrementMs: 7 * SECOND, call: 0, segment: 0 });
    const prices = { incrementMs: 7 * SECOND, call: 0, segment: 0 };
    const one = tariff(prices);
    fc.assert(
      fc.property(
        fc.integer({ min: EVENING - 3_600_000, max: EVENING + 20 * 3_600_000 }),
        fc.integer({ min: 1, max: 5000 }),
        (connectedAt, increments) => {
          let sum = 0;
          for (let nth = 0; nth < increments; nth++)
            sum += (0.1 * 7 * one.factorAt(connectedAt + nth * 7 * SECOND)) / 60;
          const cost = whole.costOf({ connectedAt, connectedMs: increments * 7 * SECOND, segments: 0 });
          expect(cost).toBeCloseTo(sum, 4);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('a call of a month in increments of a second takes no time to price', () => {
    const seconds = tariff({ incrementMs: SECOND });
    expect(seconds.costOf({ connectedAt: NOON, connectedMs: 30 * 86_400_000, segments: 0 })).toBeGreaterThan(
      1000,
    );
  });

  test('what is charged of the time', () => {
    expect([0, 1, MINUTE, MINUTE + 1].map((ms) => tariff().chargedMs(ms) / MINUTE)).toEqual([1, 1, 1, 2]);
  });
});
