import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, fromAscii, fromHex, isEqual, modulo, startsWith, toHex } from '../../src/core/index.js';

describe('octets', () => {
  test('hexadecimal there and back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('', ' '), (octets, separator) => {
        expect(fromHex(toHex(octets, separator))).toEqual(octets);
      }),
    );
  });

  test.each(['0', 'c0f', 'zz', '0x12'])('%s is not hexadecimal', (text) => {
    expect(fromHex(text)).toBeUndefined();
  });

  test('pieces join in order', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        expect([...concat(pieces)]).toEqual(pieces.flatMap((piece) => [...piece]));
      }),
    );
  });

  test('prefixes and equality', () => {
    const cud = Uint8Array.of(0xc0, 0xf7, 0, 0);
    expect(startsWith(cud, Uint8Array.of(0xc0, 0xf7))).toBe(true);
    expect(startsWith(cud, Uint8Array.of(0xc0, 0xf8))).toBe(false);
    expect(startsWith(Uint8Array.of(0xc0), cud)).toBe(false);
    expect(isEqual(cud, cud.slice())).toBe(true);
    expect(isEqual(cud, cud.subarray(1))).toBe(false);
  });

  test('text above 7F is refused', () => {
    expect(() => fromAscii('caf\u00e9')).toThrow(RangeError);
  });
});

describe('sequence numbers', () => {
  test.each([
    [6, 1, 3],
    [1, 6, 5],
    [4, 4, 0],
  ])('from %i to %i is %i modulo 8', (from, to, expected) => {
    expect(modulo.distance(from, to, 8)).toBe(expected);
  });

  test('between counts round the end, ends included', () => {
    expect([6, 7, 0, 1].map((value) => modulo.isBetween(6, value, 1, 8))).toEqual([true, true, true, true]);
    expect([2, 5].map((value) => modulo.isBetween(6, value, 1, 8))).toEqual([false, false]);
    expect(modulo.next(7, 8)).toBe(0);
  });
});
