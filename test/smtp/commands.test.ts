import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isHelloName,
  parseChunk,
  parseCommandLine,
  parseMail,
  parseRecipient,
} from '../../src/smtp/commands.js';
import { BASIC_OFFERS } from '../../src/smtp/index.js';

describe('a command line', () => {
  test.each([
    ['NOOP', { verb: 'NOOP', argument: '' }],
    ['noop  ', { verb: 'NOOP', argument: '' }],
    ['Mail  FROM:<a@b> ', { verb: 'MAIL', argument: 'FROM:<a@b>' }],
    ['VRFY\tsome body', { verb: 'VRFY', argument: 'some body' }],
  ])('%j', (line, expected) => {
    expect(parseCommandLine(line)).toEqual(expected);
  });

  test.each(['', ' ', ' NOOP', 'NO-OP', '250 OK', 'NOOP\0', 'NOOP a\x7f', 'MAIL\r', 'GET/', '\xff'])(
    '%j is none',
    (line) => {
      expect(parseCommandLine(line)).toBeUndefined();
    },
  );
});

describe('MAIL', () => {
  test.each([
    ['FROM:<a@b>', { address: 'a@b', body: '7BIT' }],
    ['from: <a@b>', { address: 'a@b', body: '7BIT' }],
    ['FROM :<>', { address: '', body: '7BIT' }],
    ['FROM:<a@b> SIZE=0', { address: 'a@b', body: '7BIT', size: 0 }],
    ['FROM:<a@b>  size=1000  body=8bitmime', { address: 'a@b', body: '8BITMIME', size: 1000 }],
    ['FROM:<a@b> BODY=7BIT', { address: 'a@b', body: '7BIT' }],
  ])('%j', (argument, expected) => {
    expect(parseMail(argument, BASIC_OFFERS)).toEqual({ ok: true, value: expected });
  });

  test.each([
    ['TO:<a@b>', 'syntax'],
    ['<a@b>', 'syntax'],
    ['a@b', 'syntax'],
    ['FROM:a@b', 'badSender'],
    ['FROM:', 'badSender'],
    ['FROM:<a>', 'badSender'],
    ['FROM:<\xe4@b>', 'notAscii'],
    ['FROM:<a@b>SIZE=1', 'badParameter'],
    ['FROM:<a@b> SIZE', 'badParameter'],
    ['FROM:<a@b> SIZE=', 'badParameter'],
    ['FROM:<a@b> SIZE=-1', 'badParameter'],
    ['FROM:<a@b> SIZE=1e3', 'badParameter'],
    ['FROM:<a@b> SIZE=1 SIZE=1', 'badParameter'],
    [`FROM:<a@b> SIZE=${'1'.repeat(21)}`, 'badParameter'],
    ['FROM:<a@b> BODY=BINARYMIME', 'badParameter'],
    ['FROM:<a@b> =', 'badParameter'],
    ['FROM:<a@b> A=B=C', 'badParameter'],
    ['FROM:<a@b> SMTPUTF8', 'unknownParameter'],
    ['FROM:<a@b> RET=HDRS', 'unknownParameter'],
  ])('%j is refused as %s', (argument, fault) => {
    expect(parseMail(argument, BASIC_OFFERS)).toEqual({ ok: false, fault });
  });
});

describe('RCPT', () => {
  test.each([
    ['TO:<a@b>', 'a@b'],
    ['to: <Postmaster>', 'Postmaster'],
    ['TO:<@x:a@b>', 'a@b'],
  ])('%j', (argument, address) => {
    expect(parseRecipient(argument, BASIC_OFFERS, false)).toEqual({
      ok: true,
      value: { address, parameters: {} },
    });
  });

  test.each([
    ['FROM:<a@b>', 'syntax'],
    ['TO:<>', 'badRecipient'],
    ['TO:a@b', 'badRecipient'],
    ['TO:<a@\xe4>', 'notAscii'],
    ['TO:<a@b> NOTIFY=NEVER', 'unknownParameter'],
    ['TO:<a@b>x', 'badParameter'],
  ])('%j is refused as %s', (argument, fault) => {
    expect(parseRecipient(argument, BASIC_OFFERS, false)).toEqual({ ok: false, fault });
  });
});

test.each([
  ['host.example', true],
  ['[192.0.2.1]', true],
  ['[IPv6:2001:db8::1]', true],
  ['my_host', true],
  ['a b', false],
  ['a(b)', false],
  ['<a>', false],
  ['a;b', false],
  ['', false],
  ['x'.repeat(256), false],
])('HELO name %j: %s', (name, expected) => {
  expect(isHelloName(name)).toBe(expected);
});

test('no line makes a parser throw', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 100 }),
    fc
      .array(fc.constantFrom('FROM:', 'TO:', '<', '>', 'a@b', ' ', '=', 'SIZE', 'BODY', '"', '\\', '\xff'))
      .map((p) => p.join('')),
  );
  fc.assert(
    fc.property(line, (text) => {
      parseCommandLine(text);
      parseMail(text, BASIC_OFFERS);
      parseRecipient(text, BASIC_OFFERS, false);
      parseChunk(text);
      isHelloName(text);
    }),
    { numRuns: 500 },
  );
});
