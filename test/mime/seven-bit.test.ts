/** 8-bit messages made 7-bit: what is said stays the same. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertTo7Bit, planFor7Bit, SevenBitConverter, Surveyor } from '../../src/mime/index.js';
import { octets, text } from '../support/smtp-drivers.js';
import { decodeEntity, type PlainEntity } from './decode-entity.js';

/** The message as it goes out, or the word for why it can't. */
function convert(message: string, cut = message.length || 1): string {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += cut) pieces.push(octets(message.slice(at, at + cut)));
  const surveyor = new Surveyor();
  for (const piece of pieces) surveyor.push(piece);
  const plan = surveyor.end();
  if (!plan.ok) return `! ${plan.fault}`;
  const converter = new SevenBitConverter(plan.value);
  return [...pieces.map((piece) => text(converter.push(piece))), text(converter.end())].join('');
}

const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('');

describe('what is 7-bit is not touched', () => {
  test.each([
    ['plain', lines('Subject: x', '', 'hello')],
    ['without a body', lines('Subject: x')],
    ['empty', ''],
    ['only an empty line', '\r\n'],
    [
      'with parts',
      lines(
        'Content-Type: multipart/mixed; boundary=b',
        '',
        'preamble',
        '--b',
        '',
        'one',
        '--b',
        'Content-Transfer-Encoding: base64',
        '',
        '/w==',
        '--b--',
        'epilogue',
      ),
    ],
  ])('%s', async (_, message) => {
    expect(convert(message)).toBe(message);
    expect(await planFor7Bit([octets(message)])).toMatchObject({ ok: true, value: { isNeeded: false } });
  });
});

describe('a message of one part', () => {
  test('text becomes quoted-printable', () => {
    expect(
      convert(
        lines(
          'MIME-Version: 1.0',
          'Content-Type: text/plain; charset=iso-8859-1',
          'Content-transfer-encoding: 8bit',
          'Subject: x',
          '',
          'caf\xe9 = \t',
          '-- ',
          'end',
        ),
      ),
    ).toBe(
      lines(
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=iso-8859-1',
        'Content-Transfer-Encoding: quoted-printable',
        'Subject: x',
        '',
        'caf=E9 =3D =09',
        '=2D-=20',
        'end',
      ),
    );
  });

  test('without MIME fields gets them', () => {
    expect(convert(lines('Subject: x', '', 'caf\xe9'))).toBe(
      lines(
        'Subject: x',
        'Content-Transfer-Encoding: quoted-printable',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=unknown-8bit',
        '',
        'caf=E9',
      ),
    );
  });

  test('anything but text becomes base64, text of another script as well', () => {
    const bytes = Array.from({ length: 120 }, (_, i) => String.fromCharCode(i + 100)).join('');
    const image = convert(
      lines('MIME-Version: 1.0', 'Content-Type: image/x', 'Content-Transfer-Encoding: binary', '') + bytes,
    );
    expect(image).toMatch(/Encoding: base64\r\n\r\n[\w+/]{76}\r\n[\w+/]{76}\r\n[\w+/=]+$/);
    const greek = convert(lines('MIME-Version: 1.0', '', ...Array(20).fill('\xce\xb1\xce\xb2'.repeat(15))));
    expect(greek).toContain('Content-Transfer-Encoding: base64\r\n');
  });

  test('long lines are reason enough', () => {
    const message = lines('MIME-Version: 1.0', '', 'x'.repeat(999));
    expect(convert(message)).toContain('quoted-printable');
    expect(convert(lines('MIME-Version: 1.0', '', 'x'.repeat(998)))).not.toContain('quoted-printable');
  });

  test('8bit that was not needed is taken back', () => {
    expect(convert(lines('Content-Transfer-Encoding: 8BIT (really)', '', 'plain'))).toBe(
      lines(
        'Content-Transfer-Encoding: 7bit',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=unknown-8bit',
        '',
        'plain',
      ),
    );
  });
});

test('parts, nested, and a message within; the second is not touched', () => {
  const message = lines(
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; charset=x;',
    ' boundary="=_outer (1)"',
    'Content-Transfer-Encoding: 8bit',
    '',
    'pre\xe4mble',
    '--=_outer (1)  ',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'd\xc3\xa9j\xc3\xa0 vu, and enough of plain text beside it that it stays readable',
    '--=_outer (1)',
    'Content-Type: text/plain',
    '',
    'plain',
    '',
    '--=_outer (1)',
    'Content-Type: message/rfc822',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Subject: inner',
    'MIME-Version: 1.0',
    'Content-Type: Multipart/Alternative; boundary=inner',
    '',
    '--inner',
    'Content-Type: application/x',
    '',
    '\xff\xfe',
    '--inner--',
    '--=_outer (1)--',
    'post',
  );
  expect(convert(message)).toBe(
    lines(
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; charset=x;',
      ' boundary="=_outer (1)"',
      'Content-Transfer-Encoding: 7bit',
      '',
      'pre?mble',
      '--=_outer (1)  ',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'd=C3=A9j=C3=A0 vu, and enough of plain text beside it that it stays readabl=',
      'e',
      '--=_outer (1)',
      'Content-Type: text/plain',
      '',
      'plain',
      '',
      '--=_outer (1)',
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: 7bit',
      '',
      'Subject: inner',
      'MIME-Version: 1.0',
      'Content-Type: Multipart/Alternative; boundary=inner',
      '',
      '--inner',
      'Content-Type: application/x',
      'Content-Transfer-Encoding: base64',
      '',
      '//4=',
      '--inner--',
      '--=_outer (1)--',
      'post',
    ),
  );
});

test('parts of a digest are messages', () => {
  const digest = lines(
    'MIME-Version: 1.0',
    'Content-Type: multipart/digest; boundary=b',
    '',
    '--b',
    '',
    'Subject: one',
    'Content-Type: text/plain; charset=iso-8859-1',
    '',
    '\xe4',
    '--b--',
  );
  expect(convert(digest)).toContain(
    lines(
      'Subject: one',
      'Content-Type: text/plain; charset=iso-8859-1',
      'Content-Transfer-Encoding: quoted-printable',
    ),
  );
});

test('a part whose last line has no end of its own: none is added, the delimiter has it', () => {
  const message = lines(
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    '\xe4',
    '',
    '--b',
    '',
    '\xe4',
    '--b--',
  );
  expect(convert(message)).toContain(
    '--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E4\r\n\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E4\r\n--b--',
  );
});

test('text can not become a delimiter by being wrapped', () => {
  const message = lines(
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    `${'x'.repeat(74)}\xe4--b`,
    'and on',
    '--b--',
  );
  const { parts } = decodeEntity(convert(message));
  expect(parts.map(({ content }) => content)).toEqual([`${'x'.repeat(74)}\xe4--b\r\nand on`]);
});

describe('what says it is encoded and is not', () => {
  const part = (encoding: string, ...content: string[]): string =>
    convert(lines('MIME-Version: 1.0', `Content-Transfer-Encoding: ${encoding}`, '', ...content));

  test.each([
    ['quoted-printable', 'a=3D\xe9=', 'a=3D=E9='],
    ['Quoted-Printable', `${'x'.repeat(1200)}`, `${'x'.repeat(991)}=\r\n${'x'.repeat(209)}`],
    ['quoted-printable', '\n--x\r', '=0A--x=0D'],
    ['base64', 'YW\xffJj', 'YWJj'],
    [
      'base64',
      'A'.repeat(1000),
      'A'
        .repeat(1000)
        .match(/.{1,76}/g)
        ?.join('\r\n'),
    ],
  ])('%s %j', (encoding, content, expected) => {
    expect(part(encoding, content)).toMatch(/^MIME-Version: 1.0\r\nContent-Transfer-Encoding: /);
    expect(part(encoding, content).split('\r\n\r\n')[1]?.trimEnd()).toBe(expected?.trimEnd());
  });
});

describe('what can not be converted', () => {
  const signed = (content: string): string =>
    lines(
      'MIME-Version: 1.0',
      'Content-Type: multipart/signed; boundary=s',
      '',
      '--s',
      '',
      content,
      '--s',
      'Content-Type: application/pgp-signature',
      '',
      'sig',
      '--s--',
    );

  test.each([
    ['header8bit', lines('Subject: caf\xe9', '', 'x')],
    [
      'header8bit',
      lines(
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary=b',
        '',
        '--b',
        'X: \xe9',
        '',
        'x',
        '--b--',
      ),
    ],
    ['headerOctets', lines('Subject: a\0b', '', 'x')],
    ['headerOctets', lines('Subject: a\rb', '', 'x')],
    ['headerOctets', 'Content-Transfer-Encoding: 8bit\r\n\r-'],
    ['headerTooLong', lines(`Subject: ${'x'.repeat(1000)}`, '', 'x')],
    ['headerTooLong', `X: ${'x'.repeat(100_000)}`],
    ['headerTooLong', lines('X: 1', ...Array(1000).fill(` ${'x'.repeat(100)}`))],
    ['signed', signed('caf\xe9')],
    ['unknownEncoding', lines('Content-Transfer-Encoding: x-uuencode', '', '\xe9')],
    ['structure', lines('Content-Type: multipart/mixed', '', '\xe9')],
    [
      'tooComplex',
      Array.from(
        { length: 60 },
        (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
      ).join(''),
    ],
    ['tooComplex', `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(10_001)}`],
  ])('%s', (fault, message) => {
    expect(convert(message)).toBe(`! ${fault}`);
  });

  test('signed content that is 7-bit stays as it is, whatever its label says', () => {
    const message = signed('plain').replace('--s\r\n\r\n', '--s\r\nContent-Transfer-Encoding: 8bit\r\n\r\n');
    expect(convert(message)).toBe(message);
  });
});

// ---------------------------------------------------------------- properties

const word = fc.stringMatching(/^[A-Za-z0-9'()+_,./:=? -]{0,20}[A-Za-z0-9]$/);
const contentText = fc
  .array(
    fc.oneof(
      fc.string({
        unit: fc.constantFrom('a', ' ', '\t', '=', '-', '.', '\xe9', '\xff', '\0', '-b', '\r', '\n'),
        maxLength: 120,
      }),
      fc.constantFrom('x'.repeat(1100), '\xe9'.repeat(1100), '--', '--b', '=3D', 'From me', '.'),
    ),
    { maxLength: 8 },
  )
  .map((all) => all.join('\r\n'));

interface Drawn {
  readonly message: string;
  readonly contents: readonly string[];
}

const leaf: fc.Arbitrary<Drawn> = fc
  .record({
    type: fc.constantFrom(
      'text/plain',
      'text/html; charset=utf-8',
      'application/octet-stream',
      'image/png',
      '',
    ),
    encoding: fc.constantFrom('', '7bit', '8bit', 'binary'),
    content: contentText,
  })
  .map(({ type, encoding, content }) => ({
    message: `${type === '' ? '' : `Content-Type: ${type}\r\n`}${encoding === '' ? '' : `Content-Transfer-Encoding: ${encoding}\r\n`}\r\n${content}`,
    contents: [content],
  }));

const { tree } = fc.letrec<{ tree: Drawn }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc
      .tuple(word, fc.array(tie('tree'), { minLength: 1, maxLength: 3 }), fc.nat())
      .map(([boundary, parts, salt]) => {
        const delimiter = `${boundary}_${salt}`;
        return {
          message: `Content-Type: multipart/mixed; boundary="${delimiter}"\r\n\r\n${parts
            .map(({ message }) => `--${delimiter}\r\n${message}\r\n`)
            .join('')}--${delimiter}--`,
          contents: parts.flatMap(({ contents }) => contents),
        };
      }),
    tie('tree').map(({ message, contents }) => ({
      message: `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nMIME-Version: 1.0\r\n${message}`,
      contents,
    })),
  ),
}));

const contentsOf = ({ content, parts }: PlainEntity): string[] =>
  parts.length > 0 ? parts.flatMap(contentsOf) : [content];

function expectSevenBit(message: string): void {
  expect([...message].every((character) => character > '\0' && character < '\x80')).toBe(true);
  for (const line of message.split('\r\n')) {
    expect(line.length).toBeLessThanOrEqual(998);
    expect(line).not.toMatch(/[\r\n]/);
  }
}

test('what every part decodes to is the same, and all is 7-bit lines', () => {
  fc.assert(
    fc.property(tree, fc.integer({ min: 1, max: 200 }), ({ message, contents }, cut) => {
      const whole = `MIME-Version: 1.0\r\n${message}`;
      const converted = convert(whole);
      expect(converted).not.toMatch(/^! /);
      expectSevenBit(converted);
      expect(contentsOf(decodeEntity(converted))).toEqual(contents);
      expect(convert(whole, cut)).toBe(converted);
      expect(convert(converted)).toBe(converted);
    }),
    { numRuns: 300 },
  );
});

test('any octets at all: a word for why not, or 7-bit lines; however they are cut', () => {
  const piece = fc.constantFrom(
    'Content-Type: multipart/mixed; boundary=b\r\n',
    'Content-Type: message/rfc822\r\n',
    'Content-Transfer-Encoding: base64\r\n',
    'Content-Transfer-Encoding: quoted-printable\r\n',
    'Content-Transfer-Encoding: 8bit\r\n',
    '\r\n',
    '\r\n\r\n',
    '--b\r\n',
    '--b--\r\n',
    '--b',
    '--',
    '-',
    '\r',
    '\n',
    '\xe9',
    '\0',
    'text',
    '=',
    '=3',
    ' ',
    ':',
    'x'.repeat(600),
    '"',
    '(',
    ';',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (pieces, cut) => {
      const message = pieces.join('');
      const converted = convert(message);
      expect(convert(message, cut)).toBe(converted);
      const surveyor = new Surveyor();
      surveyor.push(octets(message));
      const plan = surveyor.end();
      if (plan.ok && plan.value.isNeeded) expectSevenBit(converted);
    }),
    { numRuns: 1000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (any) => void convert(text(any))));
});

test('memory does not grow with the message', async () => {
  let largest = 0;
  const chunk = octets('\xe9'.repeat(16 * 1024));
  async function* message(): AsyncGenerator<Uint8Array> {
    yield octets('MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n');
    for (let i = 0; i < 64; i++) yield chunk;
    yield octets('\r\n--b--\r\n');
  }
  const plan = await planFor7Bit(message());
  if (!plan.ok) throw new Error(plan.fault);
  for await (const piece of convertTo7Bit(message(), plan.value)) largest = Math.max(largest, piece.length);
  expect(largest).toBeLessThan(4 * chunk.length);
});
