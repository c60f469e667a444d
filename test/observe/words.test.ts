import { expect, test } from 'vitest';
import { count, duration, money, utc } from '../../src/observe/words.js';

test.each([
  [0, '0.0 s'],
  [449, '0.4 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 00 s'],
  [65_400, '1 min 05 s'],
  [3_599_400, '59 min 59 s'],
  [3_599_600, '1 h 00 min'],
  [7_384_000, '2 h 03 min'],
])('%i ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('one is one, all else is many', () => {
  expect([0, 1, 2].map((n) => count(n, 'packet'))).toEqual(['0 packets', '1 packet', '2 packets']);
});

test('wall time is UTC to the second', () => {
  expect(utc(Date.UTC(1990, 0, 2, 3, 4, 5, 999))).toBe('1990-01-02 03:04:05Z');
});

test.each([
  [0, undefined, '0.00'],
  [0.15, 'EUR', '0.15 EUR'],
  [1234.5, 'DM', '1234.50 DM'],
  [0.0325, 'EUR', '0.0325 EUR'],
])('%d %s is written %s', (amount, currency, text) => {
  expect(money(amount, currency)).toBe(text);
});
