import { describe, expect, test } from 'vitest';
import { findDifference, transparentParameters } from '../../src/pad/x3.js';

describe('parameters', () => {
  test.each([
    ['break', { 1: 0, 7: 8 }],
    ['dtr', { 1: 0, 7: 0 }],
    ['escape', { 1: 1, 7: 0 }],
  ] as const)('for clearing by %s', (clearing, expected) => {
    expect(Object.fromEntries(transparentParameters(clearing))).toMatchObject({
      ...expected,
      2: 0,
      6: 1,
      12: 0,
    });
  });

  test('those that decide whether the PAD can be talked to come last', () => {
    expect([...transparentParameters('break').keys()].slice(-3)).toEqual([7, 1, 6]);
  });

  test('a PAD may want others; what clearing needs stays', () => {
    const changed = transparentParameters(
      'break',
      new Map([
        [5, 3],
        [1, 1],
        [118, 7],
      ]),
    );
    expect(Object.fromEntries(changed)).toMatchObject({ 5: 3, 1: 0, 118: 7 });
  });

  test.each([
    [{ 2: 0, 4: 2 }, undefined],
    [{ 2: 'invalid', 4: 2 }, undefined], // what it does not have it does not do
    [{ 2: 1, 4: 2 }, 'keeps parameter 2 at 1, it must be 0'],
    [{ 2: 0, 4: 'invalid' }, 'has no parameter 4, which must be 2'],
    [{ 4: 2 }, 'does not tell its parameter 2'],
  ])('of %j against 2:0, 4:2 it is said: %s', (reported, difference) => {
    const found = new Map(
      Object.entries(reported).map(([key, value]) => [Number(key), value as number | 'invalid']),
    );
    expect(
      findDifference(
        new Map([
          [2, 0],
          [4, 2],
        ]),
        found,
      ),
    ).toBe(difference);
  });
});
