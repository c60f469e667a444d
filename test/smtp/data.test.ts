import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DataFault, DataReader, type DataReaderOptions, DataWriter } from '../../src/smtp/data.js';
import { octets, text } from '../support/smtp-drivers.js';

interface Outcome {
  readonly body: string;
  readonly rest: string;
  readonly ended: boolean;
  readonly fault: DataFault | undefined;
}

function readAll(pieces: readonly string[], options: Partial<DataReaderOptions> = {}): Outcome {
  const reader = new DataReader({ lineEnds: 'crlf', bareLineEnd: 'refuse', maxSize: 1000, ...options });
  let body = '';
  for (const [i, piece] of pieces.entries()) {
    const read = reader.read(octets(piece));
    body += text(read.octets);
    if (!read.ended) {
      expect(read.used).toBe(piece.length);
      continue;
    }
    const rest = piece.slice(read.used) + pieces.slice(i + 1).join('');
    return { body, rest, ended: true, fault: reader.fault };
  }
  return { body, rest: '', ended: false, fault: reader.fault };
}

/** Every way to cut a text in two, the text alone, and octet by octet. */
function cuts(whole: string): string[][] {
  const inTwo = Array.from({ length: whole.length - 1 }, (_, i) => [
    whole.slice(0, i + 1),
    whole.slice(i + 1),
  ]);
  return [[whole], whole.split(''), ...inTwo];
}

const write = (pieces: readonly string[]): string => {
  const writer = new DataWriter();
  return [...pieces.map((piece) => text(writer.write(octets(piece)))), text(writer.end())].join('');
};

const whole = { ended: true, fault: undefined };

describe('reading data of a CRLF session', () => {
  test.each<[string, string, Outcome]>([
    ['a message', 'a\r\nb\r\n.\r\nQUIT\r\n', { ...whole, body: 'a\r\nb\r\n', rest: 'QUIT\r\n' }],
    ['an empty message', '.\r\n', { ...whole, body: '', rest: '' }],
    [
      'stuffed dots',
      '..\r\n...a\r\n.b\r\na.\r\n.\r\n',
      { ...whole, body: '.\r\n..a\r\nb\r\na.\r\n', rest: '' },
    ],
    ['an empty line', '\r\n\r\n.\r\n', { ...whole, body: '\r\n\r\n', rest: '' }],
    ['all octets', 'a\0\x80\xff\t\r\n.\r\n', { ...whole, body: 'a\0\x80\xff\t\r\n', rest: '' }],
    [
      'a very long line',
      `${'x'.repeat(900)}\r\n.\r\n`,
      { ...whole, body: `${'x'.repeat(900)}\r\n`, rest: '' },
    ],
    ['no end yet', 'a\r\n.', { body: 'a\r\n', rest: '', ended: false, fault: undefined }],
  ])('%s, however it is cut', (_, input, expected) => {
    for (const pieces of cuts(input)) expect(readAll(pieces)).toEqual(expected);
  });

  test.each([
    ['a bare LF', 'a\nb\r\n.\r\n', 'a\r\nb\r\n'],
    ['a bare CR', 'a\rb\r\n.\r\n', 'a\r\nb\r\n'],
    ['CR CR LF', 'a\r\r\n.\r\n', 'a\r\n\r\n'],
    ['LF CR', 'a\n\rb\r\n.\r\n', 'a\r\n\r\nb\r\n'],
    ['a stuffed dot behind a bare LF, which its sender did not stuff', 'a\n..b\r\n.\r\n', 'a\r\n..b\r\n'],
    ['a bare LF behind a stuffed dot', '.\nb\r\n.\r\n', '\r\nb\r\n'],
    ['a bare CR behind a stuffed dot', '.\rb\r\n.\r\n', '\r\nb\r\n'],
  ])('%s is refused, or made CRLF', (_, input, body) => {
    for (const pieces of cuts(input)) {
      expect(readAll(pieces, { bareLineEnd: 'crlf' })).toEqual({ ...whole, body, rest: '' });
      expect(readAll(pieces)).toMatchObject({ ended: true, fault: 'bareLineEnd', rest: '' });
    }
  });
});

describe('reading data of an LF session', () => {
  test.each([
    ['LF', 'a\nb\n.\nQUIT\n', 'a\r\nb\r\n'],
    ['CRLF and LF mixed', 'a\r\nb\n.\r\nQUIT\n', 'a\r\nb\r\n'],
    ['stuffed dots', '..a\n...\r\n.b\n.\nQUIT\n', '.a\r\n..\r\nb\r\n'],
    ['empty lines', '\n\r\n\n.\nQUIT\n', '\r\n\r\n\r\n'],
  ])('%s', (_, input, body) => {
    for (const pieces of cuts(input))
      expect(readAll(pieces, { lineEnds: 'lf' })).toEqual({ ...whole, body, rest: 'QUIT\n' });
  });

  test.each(['a\rb\n.\n', 'a\r\r\n.\n', '.\r\r\n.\n', '.\rb\n.\n', '\rb\n.\n'])(
    '%j: a stray CR is refused',
    (input) => {
      for (const pieces of cuts(input))
        for (const bareLineEnd of ['refuse', 'crlf'] as const)
          expect(readAll(pieces, { lineEnds: 'lf', bareLineEnd })).toMatchObject({
            ended: true,
            fault: 'bareLineEnd',
            rest: '',
          });
    },
  );
});

describe('the size of a message', () => {
  test('is counted as it is passed on, and may reach the limit', () => {
    const limit = { maxSize: 6 };
    expect(readAll(['..a\r\n\r\n.\r\n'], limit)).toMatchObject({
      fault: undefined,
    });
    expect(readAll(['..ab\r\n\r\n.\r\n'], limit)).toMatchObject({ fault: 'tooBig', ended: true });
  });

  test('beyond the limit nothing is passed on, and the end is still found', () => {
    const reader = new DataReader({ lineEnds: 'crlf', bareLineEnd: 'refuse', maxSize: 10 });
    expect(reader.read(octets('12345\r\n')).octets).toHaveLength(7);
    expect(reader.read(octets('12345\r\n')).octets).toHaveLength(0);
    expect(reader.read(octets('..\r\n.\r\nRSET\r\n'))).toMatchObject({ used: 7, ended: true });
    expect(reader.size).toBe(7);
  });

  test('the first fault stays, however the octets are cut', () => {
    for (const pieces of cuts('1234567890123\r\na\nb\r\n.\r\n'))
      expect(readAll(pieces, { maxSize: 10 })).toMatchObject({ fault: 'tooBig', ended: true });
  });
});

describe('writing data', () => {
  test.each([
    ['', '.\r\n'],
    ['a\r\n', 'a\r\n.\r\n'],
    ['a', 'a\r\n.\r\n'],
    ['a\r\n.', 'a\r\n..\r\n.\r\n'],
    ['.\r\n..\r\na.\r\n', '..\r\n...\r\na.\r\n.\r\n'],
    ['a\n.\nb', 'a\r\n..\r\nb\r\n.\r\n'],
    ['a\r.\rb\r', 'a\r\n..\r\nb\r\n.\r\n'],
    ['a\r\r\n', 'a\r\n\r\n.\r\n'],
    ['\r\n\r\n', '\r\n\r\n.\r\n'],
  ])('%j becomes %j, however it is cut', (body, expected) => {
    expect(write(body === '' ? [] : [body])).toBe(expected);
    for (const pieces of cuts(body)) expect(write(pieces)).toBe(expected);
  });

  test('a clean stretch is handed on without a copy', () => {
    const clean = octets('one\r\ntwo\r\n');
    expect(new DataWriter().write(clean).buffer).toBe(clean.buffer);
    const reader = new DataReader({ lineEnds: 'crlf', bareLineEnd: 'refuse', maxSize: 1000 });
    expect(reader.read(clean).octets.buffer).toBe(clean.buffer);
  });
});

const piece = fc.constantFrom('\r', '\n', '\r\n', '.', '..', 'a', 'text', '\0', '\r\n.\r\n', '\r\n.');
const anyText = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
const cleanText = fc
  .array(fc.constantFrom('.', '..', 'a', 'text', '\0', '\r\n', '\r\n.'), { maxLength: 30 })
  .map((pieces) => (pieces.length === 0 ? '' : `${pieces.join('')}\r\n`));

/** The text in pieces of random length. */
const cut = (input: string, lengths: readonly number[]): string[] => {
  const pieces: string[] = [];
  for (let i = 0; input !== ''; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    pieces.push(input.slice(0, length));
    input = input.slice(length);
  }
  return pieces;
};
const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe('properties', () => {
  test('what was written is read again, and its end is the end', () => {
    fc.assert(
      fc.property(cleanText, lengths, lengths, (body, one, two) => {
        const line = write(cut(body, one));
        expect(readAll(cut(`${line}NOOP\r\n`, two))).toEqual({ ...whole, body, rest: 'NOOP\r\n' });
      }),
    );
  });

  test('whatever is written has CRLF line ends and one end of data, for anybody', () => {
    fc.assert(
      fc.property(anyText, lengths, (body, pieces) => {
        const line = write(cut(body, pieces));
        expect(line.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
        expect(`\r\n${line}`.indexOf('\r\n.\r\n')).toBe(line.length - 3);
      }),
    );
  });

  test('whatever is read, it does not matter how it is cut, and only CRLF comes out', () => {
    const options = fc.record({
      lineEnds: fc.constantFrom('crlf' as const, 'lf' as const),
      bareLineEnd: fc.constantFrom('refuse' as const, 'crlf' as const),
      maxSize: fc.constantFrom(5, 1000),
    });
    fc.assert(
      fc.property(anyText, lengths, options, (input, pieces, given) => {
        const once = readAll([input], given);
        const cutUp = readAll(cut(input, pieces), given);
        if (once.fault === undefined) {
          expect(cutUp).toEqual(once);
          expect(once.body.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
          if (once.ended) expect(once.body).toMatch(/^$|\r\n$/);
        } else expect(cutUp).toMatchObject({ rest: once.rest, ended: once.ended, fault: once.fault });
      }),
    );
  });
});
