import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatDuration,
  formatRoundedDuration,
  formatSize,
  parseDuration,
  parseSize,
} from '../../src/config/index.js';

describe('a time', () => {
  test.each([
    ['0s', 0],
    ['250ms', 250],
    ['100s', 100_000],
    ['10m', 600_000],
    ['4h', 14_400_000],
    ['5d', 432_000_000],
  ])('%s is %i ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each([
    '',
    '100',
    's',
    '1.5s',
    '-1s',
    '1 s',
    '1S',
    '1w',
    '1s1',
    '1m30s',
    '99999999999999d',
    '1constructor',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('is written as it is read', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 12), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
    expect([500, 90_000, 120_000, 86_400_000, 0].map(formatDuration)).toEqual([
      '500ms',
      '90s',
      '2m',
      '1d',
      '0ms',
    ]);
  });
});

test('a calculated time is rounded', () => {
  expect([277, 11_079, 12_000, 3_600_000].map(formatRoundedDuration)).toEqual([
    '277ms',
    '11.1s',
    '12s',
    '1h',
  ]);
});

describe('a size', () => {
  test.each([
    ['512B', 512],
    ['64KiB', 65_536],
    ['32MiB', 33_554_432],
    ['1GiB', 1_073_741_824],
  ])('%s is %i octets', (text, octets) => {
    expect(parseSize(text)).toBe(octets);
  });

  test.each(['', '512', '32MB', '32mib', '1.5MiB'])('%j is none', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  test('is written as it is read', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 12), (octets) => {
        expect(parseSize(formatSize(octets))).toBe(octets);
      }),
    );
    expect([1_000, 1_024, 33_554_432].map(formatSize)).toEqual(['1000B', '1KiB', '32MiB']);
  });
});
