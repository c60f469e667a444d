/** BDAT (RFC 3030): octets that are counted are never taken for commands, wanted or not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ask, ServerOptions, Verdict } from '../../src/smtp/index.js';
import { ALL_OFFERS, ServerDriver } from '../support/smtp-drivers.js';
import { SMUGGLED, VARIANTS } from '../support/smuggling.js';

const ENVELOPE = 'MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\n';

function greeted(
  options: Partial<ServerOptions> = {},
  decide: (ask: Ask) => Verdict | undefined = () => ({ accept: true }),
): ServerDriver {
  const server = new ServerDriver({ offers: ALL_OFFERS, ...options }, decide).start();
  server.give('EHLO c\r\n');
  server.said();
  return server;
}

const bdat = (content: string, last = ''): string => `BDAT ${content.length}${last}\r\n${content}`;

describe('a message in chunks', () => {
  test('one by one', () => {
    const server = greeted();
    server.give(ENVELOPE);
    server.said();
    server.give(bdat('Subject: x\r\n\r\n'));
    expect(server.said()).toBe('250 2.0.0 14 octets received\r\n');
    server.give(bdat('.\r\n..two\r\n'));
    expect(server.said()).toBe('250 2.0.0 10 octets received\r\n');
    server.give('BDAT 0 LAST\r\n');
    expect(server.said()).toBe('250 2.0.0 Message accepted\r\n');
    expect(server.messages).toEqual([
      {
        mail: { address: 'a@x', body: '7BIT' },
        recipients: ['b@y'],
        body: 'Subject: x\r\n\r\n.\r\n..two\r\n',
      },
    ]);
    expect(server.asks.filter(({ type }) => type === 'begin')).toHaveLength(1);
    expect(server.asks.at(-1)).toMatchObject({ type: 'commit', size: 24 });
    expect(server.discarded).toBe(0);
  });

  test('all in one piece, with the next message behind it', () => {
    const server = greeted();
    const one = `${ENVELOPE}${bdat('one\r\n')}${bdat('two\r\n', ' LAST')}`;
    server.give(`${one}${one}QUIT\r\n`);
    expect(server.messages.map(({ body }) => body)).toEqual(['one\r\ntwo\r\n', 'one\r\ntwo\r\n']);
    expect(server.closed).toBe('quit');
  });

  test('line ends cut in two, and one that is missing at the end', () => {
    const server = greeted();
    server.give(`${ENVELOPE}${bdat('one\r')}${bdat('\ntwo', ' LAST')}`);
    expect(server.messages[0]?.body).toBe('one\r\ntwo\r\n');
    server.give(`${ENVELOPE}${bdat('one')}BDAT 0 LAST\r\n`);
    expect(server.messages[1]?.body).toBe('one\r\n');
    server.give(`${ENVELOPE}BDAT 0 LAST\r\n`);
    expect(server.messages[2]?.body).toBe('');
  });

  test('binary octets stay what they are, and 8-bit text does not', () => {
    const binary = '\0\r\n.\r\n\n\r\xff.';
    const server = greeted();
    server.give(`MAIL FROM:<a@x> BODY=BINARYMIME\r\nRCPT TO:<b@y>\r\n${bdat(binary, ' LAST')}`);
    expect(server.messages[0]?.body).toBe(binary);
    server.said();
    server.give(`${ENVELOPE}${bdat('a\nb\r\n', ' LAST')}`);
    expect(server.said()).toContain('554 5.6.0 Message refused: CR or LF alone in it\r\n');
    const lenient = greeted({ bareLineEnd: 'crlf' });
    lenient.give(`${ENVELOPE}${bdat('a\nb\rc\n')}${bdat('.\r', ' LAST')}`);
    expect(lenient.messages[0]?.body).toBe('a\r\nb\r\nc\r\n.\r\n');
  });

  test('in a session whose lines end with LF', () => {
    const server = new ServerDriver({ offers: ALL_OFFERS, lineEnds: 'learn' }).start();
    server.give('EHLO c\nMAIL FROM:<a@x>\nRCPT TO:<b@y>\nBDAT 6 LAST\na\n.\nb\nQUIT\n');
    expect(server.messages[0]?.body).toBe('a\r\n.\r\nb\r\n');
    expect(server.closed).toBe('quit');
  });
});

describe('a chunk that is not wanted is read all the same', () => {
  const HIDDEN = 'MAIL FROM:<evil@x>\r\nQUIT\r\n';
  const senders = (server: ServerDriver): string[] =>
    server.asks.flatMap((ask) => (ask.type === 'sender' ? [ask.mail.address] : []));

  test.each<[string, string, string]>([
    ['before MAIL', '', '503 5.5.1 Say MAIL first\r\n'],
    ['without recipients', 'MAIL FROM:<a@x>\r\n', '503 5.5.1 Say RCPT or RSET first\r\n'],
    [
      'with TRANSID',
      'MAIL FROM:<a@x> TRANSID=<1@x>\r\nRCPT TO:<b@y>\r\n',
      '503 5.5.1 TRANSID goes with DATA, not BDAT\r\n',
    ],
  ])('%s', (_, before, reply) => {
    const server = greeted();
    server.give(before);
    server.said();
    server.give(`${bdat(HIDDEN)}NOOP\r\n`);
    expect(server.said()).toBe(`${reply}250 2.0.0 OK\r\n`);
    expect(senders(server)).not.toContain('evil@x');
  });

  test('before EHLO', () => {
    const server = new ServerDriver({ offers: ALL_OFFERS }).start();
    server.said();
    server.give(`${bdat(HIDDEN, ' LAST')}NOOP\r\n`);
    expect(server.said()).toBe('503 5.5.1 Say EHLO or HELO first\r\n250 2.0.0 OK\r\n');
  });

  test('when the driver can not take the message', () => {
    const server = greeted({}, (ask) =>
      ask.type === 'begin'
        ? { accept: false, reply: { code: 452, status: '4.3.1', text: 'full' } }
        : { accept: true },
    );
    server.give(ENVELOPE);
    server.said();
    server.give(`${bdat(HIDDEN)}${bdat(HIDDEN)}${bdat(HIDDEN, ' LAST')}MAIL FROM:<next@x>\r\n`);
    expect(server.said()).toBe(`${'452 4.3.1 full\r\n'.repeat(3)}250 2.1.0 Sender OK\r\n`);
    expect(senders(server)).toEqual(['a@x', 'next@x']);
    expect(server.asks.filter(({ type }) => type === 'begin')).toHaveLength(1);
    expect(server.discarded).toBe(0);
  });

  test('when the message grew too big', () => {
    const server = greeted({ maxMessageSize: 30 });
    server.give(`${ENVELOPE}`);
    server.said();
    server.give(`${bdat('x'.repeat(20))}${bdat(HIDDEN)}${bdat(HIDDEN)}${bdat(HIDDEN, ' LAST')}NOOP\r\n`);
    expect(server.said()).toBe(
      '250 2.0.0 20 octets received\r\n552 5.3.4 Message too big\r\n552 5.3.4 Message too big\r\n552 5.3.4 Message too big\r\n250 2.0.0 OK\r\n',
    );
    expect([server.discarded, server.discardedWhy]).toEqual([1, 'refused']);
    expect(server.messages).toEqual([]);
  });

  test('whose length can not be read: nobody knows where the next command is', () => {
    const server = greeted();
    server.give(`${ENVELOPE}`);
    server.said();
    server.give(`BDAT 1x LAST\r\n${HIDDEN}`);
    expect(server.said()).toMatch(/^421 4\.5\.2 /);
    expect(server.closed).toBe('lost');
    expect(senders(server)).toEqual(['a@x']);
  });
});

describe('between chunks', () => {
  const begun = (): ServerDriver => {
    const server = greeted();
    server.give(`${ENVELOPE}${bdat('one\r\n')}`);
    server.said();
    return server;
  };

  test.each([
    'DATA',
    'MAIL FROM:<c@x>',
    'RCPT TO:<c@y>',
    'AUTH PLAIN',
    'STARTTLS',
    'ETRN x',
    'ATRN x',
    'XCLIENT NAME=x',
  ])('%s is out of order', (line) => {
    const server = begun();
    server.give(`${line}\r\n`);
    expect(server.said()).toBe('503 5.5.1 Say BDAT with LAST, or RSET, first\r\n');
    server.give('NOOP\r\nBDAT 0 LAST\r\n');
    expect(server.messages).toHaveLength(1);
  });

  test.each(['RSET', 'EHLO c', 'QUIT'])('%s throws away what is there', (line) => {
    const server = begun();
    server.give(`${line}\r\n`);
    expect(server.said()).toMatch(/^2/);
    expect(server.discarded).toBe(1);
    expect(server.messages).toEqual([]);
  });

  test('a message that was begun is finished before we stop', () => {
    const server = begun();
    server.input({ type: 'stop' });
    expect(server.said()).toBe('');
    server.give(bdat('two\r\n', ' LAST'));
    expect(server.said()).toBe('250 2.0.0 Message accepted\r\n421 4.3.2 gw.example shutting down\r\n');
  });

  test('the transport ends', () => {
    const server = begun();
    server.input({ type: 'ended' });
    expect([server.discarded, server.discardedWhy]).toEqual([1, 'cutOff']);
  });
});

test('DATA is no way to send BINARYMIME', () => {
  const server = greeted();
  server.give('MAIL FROM:<a@x> BODY=BINARYMIME\r\nRCPT TO:<b@y>\r\nDATA\r\n');
  expect(server.said()).toContain('503 5.5.1 BINARYMIME goes with BDAT, not DATA\r\n');
});

test('a chunk is handed on piece by piece', () => {
  const server = greeted();
  server.holdBody = true;
  server.give(`${ENVELOPE}BDAT 100000 LAST\r\n`);
  const before = server.consumed;
  for (let i = 0; i < 4; i++) server.give('x'.repeat(25_000));
  expect(server.pieces).toEqual([25_000]);
  expect(server.consumed - before).toBe(25_000);
  for (let i = 0; i < 4; i++) server.takeBody();
  expect(server.messages[0]?.body).toHaveLength(100_002);
  expect(Math.max(...server.pieces)).toBeLessThanOrEqual(65_536);
});

describe.each(Object.entries(VARIANTS))('%s in chunks ends nothing', (_, variant) => {
  const content = `first${variant}${SMUGGLED}\r\n.\r\n`;
  const bare = /[\r\n]/.test(content.replaceAll('\r\n', ''));

  test.each(['refuse', 'crlf'] as const)('bare line ends: %s', (bareLineEnd) => {
    for (let cut = 0; cut <= content.length; cut++) {
      const server = greeted({ bareLineEnd });
      const chunks = `${bdat(content.slice(0, cut))}${bdat(content.slice(cut), ' LAST')}`;
      server.give(`${ENVELOPE}${chunks}QUIT\r\n`);
      const senders = server.asks.flatMap((ask) => (ask.type === 'sender' ? [ask.mail.address] : []));
      expect(senders).toEqual(['a@x']);
      expect(server.closed).toBe('quit');
      const refused = bare && bareLineEnd === 'refuse';
      expect(server.messages).toHaveLength(refused ? 0 : 1);
      for (const { body } of server.messages) expect(body.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    }
  });
});

test('however chunks and octets are cut, the message is the same', () => {
  const text = fc.array(fc.constantFrom('a', '.', '\r\n', '..\r\n', '\xff', 'QUIT\r\n'), { maxLength: 30 });
  const cuts = fc.array(fc.nat(60), { maxLength: 6 });
  fc.assert(
    fc.property(text, cuts, fc.integer({ min: 1, max: 20 }), (parts, sizes, piece) => {
      const content = parts.join('');
      let chunks = '';
      let at = 0;
      for (const size of sizes) {
        chunks += bdat(content.slice(at, at + size));
        at += size;
      }
      const session = `${ENVELOPE}${chunks}${bdat(content.slice(at), ' LAST')}QUIT\r\n`;
      const server = greeted();
      for (let i = 0; i < session.length; i += piece) server.give(session.slice(i, i + piece));
      const ended = content === '' || content.endsWith('\r\n');
      expect(server.messages.map(({ body }) => body)).toEqual([ended ? content : `${content}\r\n`]);
      expect(server.closed).toBe('quit');
    }),
    { numRuns: 200 },
  );
});
