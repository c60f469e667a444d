import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  describeReply,
  formatReply,
  type Reply,
  type ReplyFault,
  ReplyReader,
} from '../../src/smtp/reply.js';
import { octets } from '../support/smtp-drivers.js';

describe('writing a reply', () => {
  test.each([
    [{ code: 250, status: '2.1.0', text: 'Sender OK' }, '250 2.1.0 Sender OK\r\n'],
    [{ code: 354, text: 'Go' }, '354 Go\r\n'],
    [{ code: 250, text: '' }, '250 \r\n'],
    [{ code: 250, text: 'gw\nSIZE 1\nHELP' }, '250-gw\r\n250-SIZE 1\r\n250 HELP\r\n'],
    [{ code: 550, status: '5.7.1', text: 'no\nand no' }, '550-5.7.1 no\r\n550 5.7.1 and no\r\n'],
    // Whatever another program put into a text, it can't become a second reply.
    [{ code: 550, text: 'a\r\n250 ok' }, '550-a\r\n550 250 ok\r\n'],
    [{ code: 550, text: 'a\rb\0c\xe4d\te' }, '550 a?b?c?d e\r\n'],
  ])('%j', (reply, line) => {
    expect(formatReply(reply)).toBe(line);
  });

  test('a long text becomes several lines of at most 512 octets', () => {
    const lines = formatReply({ code: 550, status: '5.123.123', text: 'x'.repeat(1200) }).split('\r\n');
    expect(lines.map((line) => line.slice(0, 4))).toEqual(['550-', '550-', '550 ', '']);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(510);
  });
});

/** Replies of the octets in these pieces; a fault as its word. */
function read(pieces: readonly string[]): (Reply | ReplyFault)[] {
  const reader = new ReplyReader();
  const replies: (Reply | ReplyFault)[] = [];
  for (const piece of pieces) {
    for (let left = octets(piece); left.length > 0; ) {
      const { used, reply } = reader.take(left);
      left = left.subarray(used);
      if (reply?.ok === true) replies.push(reply.value);
      else if (reply !== undefined) return [...replies, reply.fault];
    }
  }
  return replies;
}

describe('reading replies, whole and octet by octet', () => {
  test.each<[string, (Reply | ReplyFault)[]]>([
    ['250 OK\r\n', [{ code: 250, status: undefined, lines: ['OK'] }]],
    ['250 2.1.0 Sender OK\r\n', [{ code: 250, status: '2.1.0', lines: ['Sender OK'] }]],
    ['550 5.1.1\r\n', [{ code: 550, status: '5.1.1', lines: [''] }]],
    ['550-5.1.1 no\r\n550 5.1.1 user\r\n', [{ code: 550, status: '5.1.1', lines: ['no', 'user'] }]],
    // The class must be that of the code (RFC 2034 §4): this is a version, that a mistake.
    ['220 2.0.1beta ready\r\n', [{ code: 220, status: undefined, lines: ['2.0.1beta ready'] }]],
    ['550 2.1.1 no\r\n', [{ code: 550, status: undefined, lines: ['2.1.1 no'] }]],
    [
      '250-a\r\n250-b\r\n250 c\r\n221 bye\r\n',
      [
        { code: 250, status: undefined, lines: ['a', 'b', 'c'] },
        { code: 221, status: undefined, lines: ['bye'] },
      ],
    ],
    ['250\n', [{ code: 250, status: undefined, lines: [''] }]],
    ['250-a\n250 b\n', [{ code: 250, status: undefined, lines: ['a', 'b'] }]],
    ['250 OK\r\r\n', [{ code: 250, status: undefined, lines: ['OK'] }]],
    ['\r\n250 OK\r\n', [{ code: 250, status: undefined, lines: ['OK'] }]],
    ['250OK\r\n', [{ code: 250, status: undefined, lines: ['OK'] }]],
    [
      '220-hello\r\nno code here\r\n220 there\r\n',
      [{ code: 220, status: undefined, lines: ['hello', 'no code here', 'there'] }],
    ],
    [
      `250 ${'x'.repeat(5000)}\r\n250 OK\r\n`,
      [
        { code: 250, status: undefined, lines: ['x'.repeat(1020)] },
        { code: 250, status: undefined, lines: ['OK'] },
      ],
    ],
    ['SSH-2.0\r\n250 OK\r\n', ['notAReply']],
    ['150 what\r\n', ['notAReply']],
    ['25\r\n', ['notAReply']],
    ['250-a\r\n'.repeat(300), ['tooLong']],
    ['250 not complete', []],
  ])('%j', (input, expected) => {
    expect(read([input])).toEqual(expected);
    expect(read(input.split(''))).toEqual(expected);
  });

  test('nothing makes it throw, and it does not matter how the octets are cut', () => {
    const piece = fc.constantFrom('250', '-', ' ', '\r\n', '\n', '\r', '5.1.1', 'text', '\0', '\xff', '9');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        expect(read(pieces)).toEqual(read([pieces.join('')]));
      }),
    );
  });
});

test('a reply in one line, safe to print', () => {
  expect(describeReply({ code: 550, status: '5.1.1', lines: ['no such', 'user \x1b[1m\xe4'] })).toBe(
    '550 5.1.1 no such user ?[1m?',
  );
  expect(describeReply({ code: 421, text: 'a\nb' })).toBe('421 a b');
  expect(describeReply({ code: 250, status: undefined, lines: [''] })).toBe('250');
  expect(
    describeReply({ code: 550, status: undefined, lines: Array(100).fill('x'.repeat(100)) }).length,
  ).toBeLessThan(510);
});
