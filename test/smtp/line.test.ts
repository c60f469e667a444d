import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Inbox } from '../../src/smtp/inbox.js';
import { LineSplitter } from '../../src/smtp/line.js';
import { octets, text } from '../support/smtp-drivers.js';

type Mode = 'crlf' | 'lf' | 'learn';

/** Lines as they come out; a fault stands in brackets. */
function split(pieces: readonly string[], mode: Mode, maxLength = 20): string[] {
  const splitter = new LineSplitter(mode, maxLength);
  const lines: string[] = [];
  for (const piece of pieces)
    for (let rest = octets(piece); rest.length > 0; ) {
      const { used, line } = splitter.take(rest);
      rest = rest.subarray(used);
      if (line !== undefined) lines.push(line.ok ? line.value : `[${line.fault}]`);
    }
  return lines;
}

const TOO_LONG = 'x'.repeat(21);

describe('lines, whole and octet by octet', () => {
  test.each<[Mode, string, string[]]>([
    ['crlf', 'one\r\n\r\ntwo\r\nthr', ['one', '', 'two']],
    ['crlf', 'x'.repeat(20).concat('\r\none\r\n'), ['x'.repeat(20), 'one']],
    ['crlf', `${TOO_LONG}\r\none\r\n`, ['[tooLong]', 'one']],
    ['crlf', `${TOO_LONG}${TOO_LONG}${TOO_LONG}\r\none\r\n`, ['[tooLong]', 'one']],
    // The line goes on behind a bare LF: what it hides is no command.
    ['crlf', 'one\ntwo\r\nthree\r\n', ['[bareLineEnd]', 'three']],
    ['crlf', 'one\ntwo\nthree\n\r\nfour\r\n', ['[bareLineEnd]', 'four']],
    ['crlf', 'one\rtwo\r\nthree\r\n', ['[bareLineEnd]', 'three']],
    ['crlf', 'one\r\r\ntwo\r\n', ['[bareLineEnd]', 'two']],
    ['crlf', `${TOO_LONG}\nQUIT\r\none\r\n`, ['[tooLong]', 'one']],
    ['lf', 'one\ntwo\r\n\nthree', ['one', 'two', '']],
    ['lf', 'one\rtwo\nthree\r\r\nfour\n', ['[bareLineEnd]', '[bareLineEnd]', 'four']],
    ['lf', `${TOO_LONG}\none\n`, ['[tooLong]', 'one']],
    ['learn', 'one\r\ntwo\nthree\r\nfour\r\n', ['one', '[bareLineEnd]', 'four']],
    ['learn', 'one\ntwo\r\nthree\n', ['one', 'two', 'three']],
    ['learn', `${TOO_LONG}\none\ntwo\n`, ['[tooLong]', 'one', 'two']],
    ['learn', `${TOO_LONG}${TOO_LONG}\r\none\ntwo\r\nthree\r\n`, ['[tooLong]', '[bareLineEnd]', 'three']],
  ])('%s: %j', (mode, input, expected) => {
    expect(split([input], mode)).toEqual(expected);
    expect(split(input.split(''), mode)).toEqual(expected);
  });

  test('the kind of line end is known once it is learnt', () => {
    const splitter = new LineSplitter('learn', 20);
    splitter.take(octets('EHLO'));
    expect(splitter.lineEnds).toBeUndefined();
    splitter.take(octets(' a\n'));
    expect(splitter.lineEnds).toBe('lf');
  });

  test('a fault is told before the end of the line is there', () => {
    const splitter = new LineSplitter('crlf', 20);
    expect(splitter.take(octets('x'.repeat(30))).line).toEqual({ ok: false, fault: 'tooLong' });
    expect(splitter.take(octets('x\r')).line).toBeUndefined();
    expect(splitter.take(octets('\nNOOP'))).toEqual({ used: 1, line: undefined });
  });

  test('it does not matter how the octets are cut', () => {
    const pieces = fc.array(fc.constantFrom('\r', '\n', '\r\n', 'ab', 'x'.repeat(10), '\0'), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(pieces, fc.constantFrom<Mode>('crlf', 'lf', 'learn'), (given, mode) => {
        const whole = split([given.join('')], mode);
        expect(split(given, mode)).toEqual(whole);
        expect(split(given.join('').split(''), mode)).toEqual(whole);
      }),
    );
  });
});

describe('the inbox', () => {
  test('gives back what was put in, whatever the steps', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 30, unit: 'binary-ascii' })), steps, (pieces, limits) => {
        const inbox = new Inbox();
        for (const piece of pieces) inbox.push(octets(piece));
        let out = '';
        for (let i = 0; inbox.length > 0; i++) {
          const limit = limits[i % limits.length] ?? 1;
          const shown = inbox.peek(limit);
          expect(shown.length).toBeGreaterThan(0);
          expect(shown.length).toBeLessThanOrEqual(limit);
          out += text(shown);
          inbox.drop(shown.length);
        }
        expect(out).toBe(pieces.join(''));
      }),
    );
  });

  test('joins small pieces, and leaves a large one alone', () => {
    const inbox = new Inbox();
    const large = octets('x'.repeat(100));
    inbox.push(large);
    inbox.push(octets('a'));
    inbox.push(octets('b'));
    expect(inbox.peek(100).buffer).toBe(large.buffer);
    inbox.drop(100);
    expect(text(inbox.peek(100))).toBe('ab');
    expect(inbox.length).toBe(2);
  });

  test('does not let more be dropped than it showed', () => {
    const inbox = new Inbox();
    inbox.push(octets('abc'));
    expect(() => inbox.drop(4)).toThrow(RangeError);
  });
});
