import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAddress, isDomain, parsePath, splitAddress } from '../../src/smtp/address.js';

describe('a path', () => {
  test.each([
    ['<a@b.example>', 'a@b.example', ''],
    ['<a@b.example> SIZE=1', 'a@b.example', ' SIZE=1'],
    ['<>', '', ''],
    ['<Postmaster>', 'Postmaster', ''],
    ['<POSTMASTER> X', 'POSTMASTER', ' X'],
    ['<postmaster@b>', 'postmaster@b', ''],
    ["<!#$%&'*+-/=?^_`{|}~@b>", "!#$%&'*+-/=?^_`{|}~@b", ''],
    ['<a..b.@b>', 'a..b.@b', ''],
    ['<a@700001>', 'a@700001', ''],
    ['<a@my_host.example>', 'a@my_host.example', ''],
    ['<@one,@two.example:a@b>', 'a@b', ''],
    ['<@[10.0.0.1]:a@b>', 'a@b', ''],
    ['<"john doe"@b>', '"john doe"@b', ''],
    ['<"a@b"@c>', '"a@b"@c', ''],
    ['<"a>b"@c>', '"a>b"@c', ''],
    ['<""@b>', '""@b', ''],
    ['<"john"@b>', 'john@b', ''],
    ['<"jo\\hn.x"@b>', 'john.x@b', ''],
    ['<"a\\"b\\\\"@b>', '"a\\"b\\\\"@b', ''],
    ['<"a..b"@b>', '"a..b"@b', ''],
    ['<"Postmaster">', 'Postmaster', ''],
    ['<a@[192.0.2.1]>', 'a@[192.0.2.1]', ''],
    ['<a@[IPv6:2001:db8::1]>', 'a@[IPv6:2001:db8::1]', ''],
    [`<${'l'.repeat(64)}@${'d'.repeat(63)}.example>`, `${'l'.repeat(64)}@${'d'.repeat(63)}.example`, ''],
  ])('%s is read', (text, address, rest) => {
    expect(parsePath(text)).toEqual({ ok: true, value: { address, rest } });
  });

  test.each([
    ['', 'syntax'],
    ['a@b', 'syntax'],
    ['<a@b', 'syntax'],
    ['<a>', 'syntax'],
    ['<@b>', 'syntax'],
    ['<a@>', 'syntax'],
    ['< a@b>', 'syntax'],
    ['<a @b>', 'syntax'],
    ['<a b@c>', 'syntax'],
    ['<a@b@c>', 'syntax'],
    ['<a@b..c>', 'syntax'],
    ['<a@.b>', 'syntax'],
    ['<a@b.>', 'syntax'],
    ['<a@-b>', 'syntax'],
    ['<a@b->', 'syntax'],
    [`<a@${'d'.repeat(64)}>`, 'syntax'],
    [`<a@${'d.'.repeat(128)}d>`, 'syntax'],
    [`<${'a'.repeat(320)}@b>`, 'tooLong'],
    ['<"a@b>', 'syntax'],
    ['<"a"b@c>', 'syntax'],
    ['<"a\0"@b>', 'syntax'],
    ['<a@[1.2.3]>', 'syntax'],
    ['<a@[]>', 'syntax'],
    ['<a@[x:a@b]>', 'syntax'],
    ['<@one,two:a@b>', 'syntax'],
    ['<@one a@b>', 'syntax'],
    ['<j\xf6rg@b>', 'notAscii'],
    ['<a@b\xfc>', 'notAscii'],
    ['<a\r\n@b>', 'syntax'],
  ])('%j is refused as %s', (text, fault) => {
    expect(parsePath(text)).toEqual({ ok: false, fault });
  });

  test('nothing makes it throw, and what it reads is an address in one spelling', () => {
    const part = fc.constantFrom(
      '<',
      '>',
      '@',
      'a',
      '.',
      '"',
      '\\',
      '[',
      ']',
      ':',
      ',',
      ' ',
      '1',
      '\0',
      '\xff',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 15 }), (parts) => {
        const path = parsePath(`<${parts.join('')}`);
        if (path.ok && path.value.address !== '') expect(isAddress(path.value.address)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('the longest line takes no time', () => {
    for (const text of [
      `<${'@a,'.repeat(700)}`,
      `<"${'\\'.repeat(2000)}`,
      `<a@${'b-'.repeat(1000)}`,
      '<'.repeat(2000),
    ])
      expect(parsePath(text).ok).toBe(false);
  });
});

test.each([
  ['a@b.example', true],
  ['"a b"@c', true],
  ['Postmaster', true],
  ['', false],
  ['"a"@b', false], // the quotes are not needed: not the spelling that we keep
  ['a@b>\r\nRCPT TO:<c@d', false],
  ['@x:a@b', false],
  ['a@b ', false],
])('isAddress(%j) is %s', (text, expected) => {
  expect(isAddress(text)).toBe(expected);
});

test.each([
  ['b.example', true],
  ['[192.0.2.1]', true],
  ['b..example', false],
  ['b example', false],
  ['', false],
])('isDomain(%j) is %s', (text, expected) => {
  expect(isDomain(text)).toBe(expected);
});

test.each([
  ['A.b@C.Example', { local: 'A.b', domain: 'c.example' }],
  ['"a@b"@c', { local: '"a@b"', domain: 'c' }],
  ['Postmaster', { local: 'Postmaster', domain: '' }],
  ['', { local: '', domain: '' }],
])('%j in two parts', (address, parts) => {
  expect(splitAddress(address)).toEqual(parts);
});
