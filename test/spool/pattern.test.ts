import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Pattern } from '../../src/spool/pattern.js';

describe('a pattern', () => {
  test.each([
    ['a@b', 'A@b', true],
    ['a@b', 'a@bc', false],
    ['*', '', true],
    ['', '', true],
    ['', 'x', false],
    ['*@b', '@b', true],
    ['a*', 'ba', false],
    ['aba*aba', 'aba', false],
    ['aba*aba', 'abaaba', true],
    ['a*b*c', 'abbc', true],
    ['a*b*c', 'acc', false],
    ['a**c', 'ac', true],
    ['*b*', 'abc', true],
    ['*.x.*', 'a.x', false],
    ['a*bc*c', 'abc', false],
  ])('%s and %s: %s', (pattern, text, expected) => {
    expect(new Pattern(pattern).matches(text)).toBe(expected);
  });

  test('is what a regular expression would be', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
    fc.assert(
      fc.property(letters, text, (pattern, text) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text);
        expect(new Pattern(pattern).matches(text)).toBe(expected);
      }),
    );
  });
});
