import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseChunk, parseMail, parseRecipient } from '../../src/smtp/commands.js';
import { BASIC_OFFERS } from '../../src/smtp/index.js';
import { readMailParameters, readRecipientParameters } from '../../src/smtp/parameters.js';
import { decodeUtf8Xtext, decodeXtext, decodeXtextUtf8 } from '../../src/smtp/xtext.js';
import { ALL_OFFERS } from '../support/smtp-drivers.js';

describe('a parameter of MAIL', () => {
  test.each<[string, object]>([
    ['SIZE=00000000000000000010', { size: 10 }],
    ['BODY=BINARYMIME', { body: 'BINARYMIME' }],
    ['smtputf8', { smtpUtf8: true }],
    ['RET=full', { ret: 'FULL' }],
    ['RET=HDRS ENVID=QQ314159', { ret: 'HDRS', envelopeId: 'QQ314159' }],
    ['ENVID=a+2Bb+3Dc+20d', { envelopeId: 'a+b=c d' }],
    [`ENVID=${'x'.repeat(100)}`, { envelopeId: 'x'.repeat(100) }],
    ['BY=120;R', { deliverBy: { seconds: 120, mode: 'R', trace: false } }],
    ['BY=-120;nt', { deliverBy: { seconds: -120, mode: 'N', trace: true } }],
    ['BY=+999999999;RT', { deliverBy: { seconds: 999999999, mode: 'R', trace: true } }],
    ['BY=0;N', { deliverBy: { seconds: 0, mode: 'N', trace: false } }],
    ['MT-PRIORITY=-9', { priority: -9 }],
    ['MT-PRIORITY=+4', { priority: 4 }],
    ['MT-PRIORITY=0', { priority: 0 }],
    ['AUTH=<>', { submitter: '<>' }],
    ['AUTH=e+3Dmc2@example.com', { submitter: 'e=mc2@example.com' }],
    ['TRANSID=<12345@claremont.edu>', { transactionId: '<12345@claremont.edu>' }],
    ['TRANSID=<a.b@c.d>', { transactionId: '<a.b@c.d>' }],
  ])('%s', (words, expected) => {
    expect(readMailParameters(` ${words}`, ALL_OFFERS)).toEqual({ ok: true, value: expected });
  });

  test.each([
    'SIZE=x',
    'BODY=9BIT',
    'SMTPUTF8=yes',
    'RET',
    'RET=ALL',
    'ENVID=',
    'ENVID=a+b',
    'ENVID=a+0A',
    'ENVID=a+2b',
    `ENVID=${'x'.repeat(101)}`,
    'BY=120',
    'BY=0;R',
    'BY=-1;R',
    'BY=1234567890;N',
    'BY=1;X',
    'BY=;N',
    'MT-PRIORITY=10',
    'MT-PRIORITY=-0',
    'AUTH=',
    'AUTH=a+0Db',
    `AUTH=${'x'.repeat(501)}`,
    'TRANSID=12345@claremont.edu',
    'TRANSID=<12345>',
    'TRANSID=<a@b@c>',
    'TRANSID=<a..b@c>',
    'TRANSID=<a,b@c>',
    `TRANSID=<${'x'.repeat(80)}@c>`,
    'RET=FULL RET=FULL',
    'RET=FULL FOO BY=x',
  ])('%s is bad', (words) => {
    expect(readMailParameters(` ${words}`, ALL_OFFERS)).toEqual({ ok: false, fault: 'badParameter' });
  });

  test.each([
    'SMTPUTF8',
    'RET=FULL',
    'ENVID=x',
    'BY=120;R',
    'MT-PRIORITY=3',
    'AUTH=<>',
    'TRANSID=<a@b>',
    'X=1',
  ])('%s is unknown where nothing of the kind is offered', (words) => {
    const unknown = { ok: false, fault: 'unknownParameter' };
    expect(readMailParameters(` ${words}`, BASIC_OFFERS)).toEqual(unknown);
    expect(readRecipientParameters(` ${words}`, ALL_OFFERS)).toEqual(unknown);
  });
});

describe('a parameter of RCPT', () => {
  test.each<[string, object]>([
    ['NOTIFY=NEVER', { notify: [] }],
    ['notify=success,Failure', { notify: ['SUCCESS', 'FAILURE'] }],
    ['NOTIFY=DELAY ORCPT=rfc822;Bob@x.com', { notify: ['DELAY'], originalRecipient: 'rfc822;Bob@x.com' }],
    ['ORCPT=x400;/c+3Ddk/', { originalRecipient: 'x400;/c=dk/' }],
    ['ORCPT=utf-8;j\\x{F6}rg@x', { originalRecipient: 'utf-8;j\xf6rg@x' }],
    ['ORCPT=rfc822;j+C3+B6rg@x', { originalRecipient: 'utf-8;j\xf6rg@x' }], // as Postfix has it
  ])('%s', (words, expected) => {
    expect(readRecipientParameters(` ${words}`, ALL_OFFERS)).toEqual({ ok: true, value: expected });
  });

  test.each([
    'NOTIFY',
    'NOTIFY=',
    'NOTIFY=NEVER,DELAY',
    'NOTIFY=DELAY,DELAY',
    'NOTIFY=SOON',
    'ORCPT=rfc822',
    'ORCPT=;a',
    'ORCPT=rfc822;',
    'ORCPT=rfc822;a+0Ab',
    'ORCPT=rfc822;a+2b@x',
    'ORCPT=rfc822;j+F6rg@x',
    'ORCPT=x400;j+C3+B6rg@x',
    'ORCPT=utf-8;\\x{A}',
    `ORCPT=rfc822;${'x'.repeat(500)}`,
  ])('%s is bad', (words) => {
    expect(readRecipientParameters(` ${words}`, ALL_OFFERS)).toEqual({ ok: false, fault: 'badParameter' });
  });
});

describe('addresses in UTF-8', () => {
  const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

  test('with SMTPUTF8 only', () => {
    const mail = parseMail(latin1('FROM:<jörg@bücher.example> SMTPUTF8'), ALL_OFFERS);
    expect(mail).toEqual({
      ok: true,
      value: { address: 'jörg@bücher.example', body: '7BIT', smtpUtf8: true },
    });
    expect(parseMail(latin1('FROM:<jörg@x>'), ALL_OFFERS)).toEqual({ ok: false, fault: 'needsSmtpUtf8' });
    expect(parseMail(latin1('FROM:<jörg@x> SMTPUTF8'), BASIC_OFFERS)).toEqual({
      ok: false,
      fault: 'notAscii',
    });
    const to = latin1('TO:<用户@例え.jp> NOTIFY=NEVER');
    expect(parseRecipient(to, ALL_OFFERS, false)).toEqual({ ok: false, fault: 'needsSmtpUtf8' });
    expect(parseRecipient(to, ALL_OFFERS, true)).toEqual({
      ok: true,
      value: { address: '用户@例え.jp', parameters: { notify: [] } },
    });
  });

  test.each(['\xff', '\xc0\xaf', latin1('\u0085'), latin1('\u2028'), '\xed\xa0\x80'])('not %j', (bad) => {
    expect(parseMail(`FROM:<a${bad}@x> SMTPUTF8`, ALL_OFFERS)).toEqual({ ok: false, fault: 'badSender' });
  });
});

test.each<[string, object | undefined]>([
  ['0', { size: 0, last: false }],
  ['86 LAST', { size: 86, last: true }],
  ['86  last', { size: 86, last: true }],
  ['', undefined],
  ['x', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['86LAST', undefined],
  ['86 FIRST', undefined],
  ['86 LAST x', undefined],
  ['1'.repeat(16), undefined],
])('BDAT %j', (argument, expected) => {
  expect(parseChunk(argument)).toEqual(expected);
});

test.each(['\u0085', '\\x{85}', '\u2028', '\\x{2028}', '\u2029', '\\x{110000}', '\\x{D800}'])(
  'an original recipient of type utf-8 is not %j',
  (bad) => {
    expect(decodeUtf8Xtext(`a${bad}b@x`)).toBeUndefined();
  },
);

test('nothing makes a reader of parameters or xtext throw, and nothing unprintable comes out', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc
      .array(
        fc.constantFrom(
          'ENVID=',
          'ORCPT=',
          'utf-8;',
          '+',
          '2B',
          '0A',
          '\\x{',
          'D800',
          '}',
          'BY=',
          '1',
          ';',
          'R',
        ),
      )
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(word, (text) => {
      const read = [
        readMailParameters(` ${text}`, ALL_OFFERS),
        readRecipientParameters(` ${text}`, ALL_OFFERS),
      ];
      for (const result of read)
        if (result.ok) expect(JSON.stringify(result.value)).not.toMatch(/\\u00[01]|[\u0080-\u009f\u2028]/);
      for (const decode of [decodeXtext, decodeXtextUtf8, decodeUtf8Xtext])
        expect(decode(text) ?? '').not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    }),
    { numRuns: 1000 },
  );
});
