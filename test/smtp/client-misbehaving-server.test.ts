/** A server that behaves until a given step, and then does not: what becomes of each of two recipients. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClientOptions } from '../../src/smtp/index.js';
import { AnsweringServer, type ServerStep } from '../support/answering-server.js';
import { ClientDriver, queued } from '../support/smtp-drivers.js';

type Step = Exclude<ServerStep, 'RSET'>;

const FAULTS = {
  '4xx': '451 4.3.0 not now\r\n',
  '5xx': '554 5.0.0 never\r\n',
  '421': '421 4.3.2 closing\r\n',
  '3xx': '399 what now\r\n',
  garbage: 'SSH-2.0-OpenSSH\r\n',
  'endless reply': '250-and more\r\n'.repeat(1000),
  'endless line': `250 ${'x'.repeat(400_000)}`,
  'endless nothing': '\r\n'.repeat(200_000),
  close: undefined,
  silence: undefined,
} as const;
type Fault = keyof typeof FAULTS;

const BIG = `${'x'.repeat(78)}\r\n`.repeat(900);

/** What is offered, and what is sent, so that a step comes about. */
const SETTINGS: Partial<
  Record<Step, { keywords?: string[]; options?: Partial<ClientOptions>; body?: string }>
> = {
  STARTTLS: { keywords: ['STARTTLS'], options: { tls: 'must' } },
  AUTH: { keywords: ['AUTH PLAIN'], options: { login: { user: 'u', password: 'p', privateLine: true } } },
  BDAT: { keywords: ['PIPELINING', 'CHUNKING'], body: BIG },
  'BDAT LAST': { keywords: ['PIPELINING', 'CHUNKING'], body: BIG },
};

/** Answers every command, until the one that goes wrong; of two RCPT it is the second. Then it says nothing more. */
function failing(fails: Step, fault: Fault, pipelining: boolean): AnsweringServer {
  const keywords = [...(SETTINGS[fails]?.keywords ?? []), ...(pipelining ? ['PIPELINING'] : [])];
  let rcpts = 0;
  let isSilent = false;
  return new AnsweringServer(keywords, (step) => {
    if (isSilent) return '';
    if (step === 'EHLO' && fails === 'HELO') return '502 no\r\n';
    if (step === 'RCPT') rcpts++;
    if (step !== fails || (step === 'RCPT' && rcpts !== 2)) return undefined;
    // Refusals are replies like others.
    isSilent = fault !== '4xx' && fault !== '5xx';
    return FAULTS[fault] ?? '';
  });
}

function play(fails: Step, fault: Fault, pipelining: boolean, cut = 65_536): ClientDriver {
  const { options = {}, body = 'x\r\n' } = SETTINGS[fails] ?? {};
  const client = new ClientDriver([queued('m', ['b@y', 'c@y'], body)], options).start();
  const server = failing(fails, fault, pipelining);
  for (let said = server.greet(); said !== ''; said = server.answer(client.said()))
    for (let at = 0; at < said.length; at += cut) client.give(said.slice(at, at + cut));
  if (fault === 'close') client.input({ type: 'ended', reason: 'connection closed' });
  client.runUntil(10_000_000);
  return client;
}

/** How the session ended, and the outcome of each recipient: `-` where the message was never begun. */
function summary(client: ClientDriver): string {
  const [b = '-', c = '-'] = (client.results.get('m') ?? []).map(({ outcome }) => outcome);
  return `${client.finished?.how ?? 'open'} ${b} ${c}`;
}

const T = 'temporary';
const P = 'permanent';
const D = 'delivered';

/** Of 4xx, 5xx and 421; a close, silence and everything that is no reply abort it. */
const EXPECTED: Record<Step, Record<'4xx' | '5xx' | '421' | 'other', string>> = {
  greeting: { '4xx': 'close - -', '5xx': 'close - -', '421': 'close - -', other: 'abort - -' },
  EHLO: { '4xx': 'close - -', '5xx': `close ${D} ${D}`, '421': 'close - -', other: 'abort - -' },
  HELO: { '4xx': 'close - -', '5xx': 'close - -', '421': 'close - -', other: 'abort - -' },
  STARTTLS: { '4xx': 'close - -', '5xx': 'close - -', '421': 'close - -', other: 'abort - -' },
  AUTH: { '4xx': 'close - -', '5xx': 'close - -', '421': 'close - -', other: 'abort - -' },
  MAIL: {
    '4xx': `close ${T} ${T}`,
    '5xx': `close ${P} ${P}`,
    '421': `close ${T} ${T}`,
    other: `abort ${T} ${T}`,
  },
  RCPT: {
    '4xx': `close ${D} ${T}`,
    '5xx': `close ${D} ${P}`,
    '421': `close ${T} ${T}`,
    other: `abort ${T} ${T}`,
  },
  DATA: {
    '4xx': `close ${T} ${T}`,
    '5xx': `close ${P} ${P}`,
    '421': `close ${T} ${T}`,
    other: `abort ${T} ${T}`,
  },
  message: {
    '4xx': `close ${T} ${T}`,
    '5xx': `close ${P} ${P}`,
    '421': `close ${T} ${T}`,
    other: `abort ${T} ${T}`,
  },
  BDAT: {
    '4xx': `close ${T} ${T}`,
    '5xx': `close ${P} ${P}`,
    '421': `close ${T} ${T}`,
    other: `abort ${T} ${T}`,
  },
  'BDAT LAST': {
    '4xx': `close ${T} ${T}`,
    '5xx': `close ${P} ${P}`,
    '421': `close ${T} ${T}`,
    other: `abort ${T} ${T}`,
  },
  // Whatever is said to QUIT, what was delivered stays delivered.
  QUIT: {
    '4xx': `close ${D} ${D}`,
    '5xx': `close ${D} ${D}`,
    '421': `close ${D} ${D}`,
    other: `abort ${D} ${D}`,
  },
};

/** 3xx to DATA lets the message through whatever its last two digits, and any reply to QUIT is a farewell. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['DATA 3xx', `abort ${T} ${T}`],
  ['QUIT 3xx', `close ${D} ${D}`],
]);

const steps = Object.keys(EXPECTED) as Step[];
const faults = Object.keys(FAULTS) as Fault[];

describe.each([[true], [false]])('pipelining: %s', (pipelining) => {
  describe.each(steps)('at %s', (step) => {
    test.each(faults)('%s', (fault) => {
      const row = EXPECTED[step];
      const expected =
        EXCEPTIONS.get(`${step} ${fault}`) ??
        (fault === '4xx' || fault === '5xx' || fault === '421' ? row[fault] : row.other);
      const client = play(step, fault, pipelining);
      expect(summary(client)).toBe(expected);
      for (const { reason } of client.results.get('m') ?? []) expect(reason.length).toBeLessThan(520);
    });
  });
});

test('however the replies are cut, the outcome is the same', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...steps),
      fc.constantFrom<Fault>('4xx', '5xx', '421', 'garbage', 'close', 'silence'),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      (step, fault, pipelining, cut) => {
        expect(summary(play(step, fault, pipelining, cut))).toBe(summary(play(step, fault, pipelining)));
      },
    ),
    { numRuns: 150 },
  );
});

describe('sloppy servers', () => {
  /** Writes a reply as badly as may be while it can still be read. */
  const sloppy = fc
    .record({
      end: fc.constantFrom('\r\n', '\n', '\r\r\n'),
      text: fc.constantFrom(' ok', '', ' ', 'ok', ' \xe4\0', ' 2.0.0 ok', ' 9.9.9'),
      before: fc.constantFrom(
        '',
        '\r\n',
        '250-first\n',
        '250-\r\n250-2.1.0\r\n',
        '550-mixed\r\n',
        '250-a\nno code\n',
      ),
    })
    .map(
      ({ end, text, before }) =>
        (code: number): string =>
          `${before}${code}${text}${end}`,
    );

  test('are understood, however they write and however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(sloppy, { minLength: 6, maxLength: 6 }),
        fc.constantFrom('pipelining', 'PIPELINING', 'Pipelining  ', ' PIPELINING x'),
        fc.integer({ min: 1, max: 40 }),
        (writers, keyword, cut) => {
          const client = new ClientDriver([queued('m', ['b@y', 'c@y'], 'x\r\n')]).start();
          const codes = [220, 250, 250, 250, 354, 250];
          const replies = codes.map((code, i) => writers[i]?.(code) ?? '');
          const give = (said: string): void => {
            for (let at = 0; at < said.length; at += cut) client.give(said.slice(at, at + cut));
          };
          give(replies[0] ?? '');
          give(`250-s\r\n250 ${keyword}\n`);
          give(replies.slice(1, 5).join(''));
          give(replies[5] ?? '');
          expect(client.results.get('m')?.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered']);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('the last code of a reply counts', () => {
    const client = new ClientDriver([queued('m', ['b@y'], 'x\r\n')]).start();
    client.give('220 s\r\n');
    client.give('250-s\r\n250 PIPELINING\r\n');
    client.give('250-ok\r\n550 5.7.1 but no\r\n550 ok\r\n554 no\r\n');
    expect(client.outcomes('m')).toEqual(['b@y: permanent 550 5.7.1 ok but no']);
  });
});

/** Refuses the first recipient of the session, so that RSET comes before the second message, and fails at it. */
function failingAtRset(fault: Fault, keywords: readonly string[]): AnsweringServer {
  let rcpts = 0;
  let isSilent = false;
  return new AnsweringServer(keywords, (step) => {
    if (isSilent) return '';
    if (step === 'DATA' && rcpts === 1) return '503 no recipients\r\n';
    if (step === 'RCPT') return ++rcpts === 1 ? '550 no\r\n' : undefined;
    if (step !== 'RSET') return undefined;
    isSilent = fault !== '4xx' && fault !== '5xx';
    return FAULTS[fault] ?? '';
  });
}

describe.each([[[]], [['PIPELINING']]])('at RSET, with %j', (keywords) => {
  test.each<[Fault, string]>([
    // Whatever it is said to be: MAIL will show whether the server is ready for it.
    ['4xx', 'close delivered'],
    ['5xx', 'close delivered'],
    // Nothing of it was begun: it is for the next session.
    ['421', 'close undefined'],
    ['3xx', 'abort temporary'],
    ['garbage', 'abort temporary'],
    ['close', 'abort temporary'],
    ['silence', 'abort temporary'],
  ])('%s: %s', (fault, expected) => {
    const queue = [queued('m', ['b@y'], 'x\r\n'), queued('n', ['d@y'], 'x\r\n')];
    const client = new ClientDriver(queue).start();
    const server = failingAtRset(fault, keywords);
    for (let said = server.greet(); said !== ''; said = server.answer(client.said())) client.give(said);
    if (fault === 'close') client.input({ type: 'ended', reason: 'connection closed' });
    client.runUntil(10_000_000);
    expect(client.results.get('m')?.[0]?.outcome).toBe('permanent');
    expect(`${client.finished?.how} ${client.results.get('n')?.[0]?.outcome}`).toBe(expected);
  });
});
