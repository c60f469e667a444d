/** STARTTLS (RFC 3207) and AUTH (RFC 4954) in the dialogue. */
import { describe, expect, test } from 'vitest';
import { type Ask, BASIC_OFFERS, type ServerOptions, type Verdict } from '../../src/smtp/index.js';
import { ALL_OFFERS, ServerDriver, TLS } from '../support/smtp-drivers.js';
import { SMUGGLED, VARIANTS } from '../support/smuggling.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const decide = (ask: Ask): Verdict => {
  if (ask.type === 'credentials' && ask.user === 'ann')
    return { accept: true, credentials: { password: 'secret' } };
  if (ask.type === 'credentials' && ask.user === 'later')
    return { accept: false, reply: { code: 454, status: '4.7.0', text: 'users can not be read now' } };
  if (ask.type === 'login' && ask.identity === 'root')
    return { accept: false, reply: { code: 535, status: '5.7.8', text: 'not for root' } };
  return { accept: true };
};

function greeted(options: Partial<ServerOptions> = {}): ServerDriver {
  const server = new ServerDriver({ offers: ALL_OFFERS, ...options }, decide).start();
  server.give('EHLO c\r\n');
  server.said();
  return server;
}

function say(server: ServerDriver, line: string): string {
  server.give(`${line}\r\n`);
  return server.said();
}

describe('STARTTLS', () => {
  test('begins anew within TLS: what was known is forgotten', () => {
    const server = greeted();
    say(server, `AUTH PLAIN ${base64('\0ann\0secret')}`);
    expect(server.session.client.identity).toBe('ann');
    expect(say(server, 'STARTTLS')).toBe('220 2.0.0 Begin with TLS\r\n');
    expect(server.upgrading).toBe(true);
    server.input({ type: 'secured', tls: TLS });
    expect(server.session.client).toEqual({ tls: TLS });
    expect(say(server, 'MAIL FROM:<a@x>')).toBe('503 5.5.1 Say EHLO or HELO first\r\n');
    expect(say(server, 'EHLO c')).not.toContain('STARTTLS');
    say(server, 'MAIL FROM:<a@x>');
    expect(server.clients.at(-1)).toEqual({ hello: { name: 'c', extended: true }, tls: TLS });
  });

  test('what comes behind it in the clear is not heard, and counted', () => {
    const server = greeted();
    const before = server.consumed;
    const line = 'STARTTLS\r\nMAIL FROM:<evil@x>\r\nNO';
    server.give(line);
    expect(server.said()).toBe('220 2.0.0 Begin with TLS\r\n');
    expect(server.misdeeds).toEqual(['clearTextBehindStartTls']);
    expect(server.consumed - before).toBe(line.length);
    server.input({ type: 'secured', tls: TLS });
    expect(say(server, 'OP')).toBe('500 5.5.1 Unknown command\r\n');
    expect(server.asks).toEqual([]);
  });

  test.each([
    ['\n', '\r\n'],
    ['\r\n', '\n'],
  ])('line ends are learnt again: %j, then %j', (before, after) => {
    const server = new ServerDriver({ offers: ALL_OFFERS, lineEnds: 'learn' }).start();
    server.give(`EHLO c${before}STARTTLS${before}`);
    server.said();
    server.input({ type: 'secured', tls: TLS });
    server.give(`EHLO c${after}NOOP${after}`);
    expect(server.said()).toMatch(/250 2\.0\.0 OK\r\n$/);
    // The other kind is no end of a line any more.
    server.give(`NOOP${after === '\n' ? '\rx\n' : '\n\r\n'}`);
    expect(server.said()).toMatch(/^500 5\.5\.2 /);
  });

  test('octets before TLS is on are a mistake of the driver', () => {
    const server = greeted();
    say(server, 'STARTTLS');
    expect(() => server.give('x')).toThrow();
    server.input({ type: 'secured', tls: TLS });
    expect(() => server.input({ type: 'secured', tls: TLS })).toThrow();
  });

  test('TLS that does not come about in time ends the session without a word', () => {
    const server = greeted();
    say(server, 'STARTTLS');
    server.runUntil(300_000);
    expect(server.said()).toBe('');
    expect(server.closed).toBe('timeout');
  });

  test('not in a transaction, and not without EHLO', () => {
    const server = greeted();
    say(server, 'MAIL FROM:<a@x>');
    expect(say(server, 'STARTTLS')).toMatch(/^503 /);
    const silent = new ServerDriver({ offers: ALL_OFFERS }).start();
    silent.said();
    expect(say(silent, 'STARTTLS')).toMatch(/^503 /);
  });

  test('where it is needed', () => {
    const server = greeted({ tlsRequired: true });
    for (const line of ['MAIL FROM:<a@x>', 'AUTH PLAIN', 'VRFY x', 'ETRN x', 'ATRN'])
      expect(say(server, line)).toBe('530 5.7.0 Must issue a STARTTLS command first\r\n');
    expect(say(server, 'NOOP')).toMatch(/^250 /);
  });

  test.each(Object.entries(VARIANTS))('behind it %s ends no data', (_, variant) => {
    const server = greeted();
    say(server, 'STARTTLS');
    server.input({ type: 'secured', tls: TLS });
    const data = `first${variant}${SMUGGLED}\r\n.\r\n`;
    for (const octet of `EHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n${data}QUIT\r\n`)
      server.give(octet);
    const senders = server.asks.flatMap((ask) => (ask.type === 'sender' ? [ask.mail.address] : []));
    expect([senders, server.closed]).toEqual([['a@x'], 'quit']);
  });
});

describe('AUTH', () => {
  test('with an initial response', () => {
    const server = greeted();
    expect(say(server, `auth plain ${base64('\0ann\0secret')}`)).toBe('235 2.7.0 Logged in\r\n');
    expect(server.asks).toEqual([
      { type: 'credentials', user: 'ann', mechanism: 'PLAIN' },
      { type: 'login', user: 'ann', identity: 'ann', mechanism: 'PLAIN' },
    ]);
    say(server, 'MAIL FROM:<a@x>');
    expect(server.clients.at(-1)?.identity).toBe('ann');
  });

  test('with questions and answers', () => {
    const server = greeted();
    expect(say(server, 'AUTH LOGIN')).toBe(`334 ${base64('Username:')}\r\n`);
    expect(say(server, base64('ann'))).toBe(`334 ${base64('Password:')}\r\n`);
    expect(say(server, base64('secret'))).toBe('235 2.7.0 Logged in\r\n');
    const plain = greeted();
    expect(say(plain, 'AUTH PLAIN')).toBe('334 \r\n');
    expect(say(plain, base64('\0ann\0secret'))).toBe('235 2.7.0 Logged in\r\n');
  });

  test('once only, and not in a transaction', () => {
    const server = greeted();
    say(server, 'MAIL FROM:<a@x>');
    expect(say(server, 'AUTH PLAIN')).toMatch(/^503 /);
    say(server, 'RSET');
    say(server, `AUTH PLAIN ${base64('\0ann\0secret')}`);
    expect(say(server, `AUTH PLAIN ${base64('\0ann\0secret')}`)).toBe('503 5.5.1 Logged in already\r\n');
    say(server, 'EHLO again');
    expect(server.session.client.identity).toBe('ann');
  });

  test.each([
    ['AUTH', '501 5.5.4 Syntax: AUTH mechanism [initial-response]'],
    ['AUTH PLAIN a b', '501 5.5.4 Syntax: AUTH mechanism [initial-response]'],
    ['AUTH KERBEROS_V4', '504 5.5.4 No such mechanism here'],
    ['AUTH constructor', '504 5.5.4 No such mechanism here'],
    ['AUTH PLAIN ====', '501 5.5.2 That is not base64'],
    ['AUTH PLAIN a', '501 5.5.2 That is not base64'],
    ['AUTH PLAIN =', '501 5.5.2 That is no message of this mechanism'],
    [`AUTH CRAM-MD5 ${base64('x')}`, '501 5.5.2 This mechanism has no initial response'],
    [
      `AUTH SCRAM-SHA-256 ${base64('p=tls-exporter,,n=ann,r=x')}`,
      '501 5.5.2 That is no message of this mechanism',
    ],
    [`AUTH PLAIN ${base64('\0ann\0wrong')}`, '535 5.7.8 User or password is wrong'],
    [`AUTH PLAIN ${base64('\0bob\0secret')}`, '535 5.7.8 User or password is wrong'],
    [`AUTH PLAIN ${base64('root\0ann\0secret')}`, '535 5.7.8 not for root'],
    [`AUTH PLAIN ${base64('\0later\0secret')}`, '454 4.7.0 users can not be read now'],
  ])('%s: %s', (line, reply) => {
    const server = greeted();
    expect(say(server, line)).toBe(`${reply}\r\n`);
    expect(server.session.client.identity).toBeUndefined();
    expect(say(server, 'NOOP')).toBe('250 2.0.0 OK\r\n');
  });

  test('given up, not base64, and a line too long, in the midst of it', () => {
    const server = greeted({ maxErrors: 20 });
    const ends: [string, string][] = [
      ['*', '501 5.7.0 Login given up\r\n'],
      ['NOOP!', '501 5.5.2 That is not base64\r\n'],
      ['x'.repeat(13_000), '500 5.5.6 Line too long\r\n'],
    ];
    for (const [line, reply] of ends) {
      expect(say(server, 'AUTH LOGIN')).toMatch(/^334 /);
      expect(say(server, line)).toBe(reply);
      expect(say(server, 'NOOP')).toBe('250 2.0.0 OK\r\n');
    }
    // As long as RFC 4954 §4 allows it, and no password.
    say(server, 'AUTH PLAIN');
    expect(say(server, 'A'.repeat(12_288))).toBe('501 5.5.2 That is no message of this mechanism\r\n');
    // Other commands are as long as ever.
    expect(say(server, `NOOP ${'x'.repeat(3000)}`)).toBe('500 5.5.2 Line too long\r\n');
  });

  test('failed logins are counted, and the third is the last', () => {
    const server = greeted();
    const wrong = `AUTH PLAIN ${base64('\0ann\0wrong')}`;
    say(server, wrong);
    say(server, wrong);
    expect(say(server, wrong)).toBe('421 4.7.0 Too many failed logins\r\n');
    expect(server.closed).toBe('errors');
    expect(server.misdeeds).toEqual(['failedLogin', 'failedLogin', 'failedLogin']);
  });

  test('not in the clear, unless the line is private', () => {
    const offers = { ...BASIC_OFFERS, auth: { mechanisms: ['PLAIN'] as const, withoutTls: false } };
    const server = greeted({ offers });
    expect(say(server, `AUTH PLAIN ${base64('\0ann\0secret')}`)).toBe(
      '538 5.7.11 A password needs TLS; say STARTTLS first\r\n',
    );
    const secured = new ServerDriver({ offers }, decide);
    secured.input({ type: 'start', tls: TLS });
    secured.give('EHLO c\r\n');
    secured.said();
    expect(say(secured, `AUTH PLAIN ${base64('\0ann\0secret')}`)).toMatch(/^235 /);
  });

  test('where it is needed', () => {
    const server = greeted({ authRequired: true });
    for (const line of ['MAIL FROM:<a@x>', 'VRFY x', 'EXPN x', 'ETRN x', 'ATRN'])
      expect(say(server, line)).toBe('530 5.7.0 Say AUTH first\r\n');
    say(server, `AUTH PLAIN ${base64('\0ann\0secret')}`);
    expect(say(server, 'MAIL FROM:<a@x>')).toMatch(/^250 /);
  });

  test('no password is in any action', () => {
    const server = new ServerDriver({ offers: ALL_OFFERS }, decide).start();
    const log: string[] = [];
    const watched = (input: Parameters<typeof server.input>[0]): void => {
      for (const action of server.input(input)) log.push(JSON.stringify(action));
    };
    const lines = [
      'EHLO c',
      `AUTH PLAIN ${base64('\0ann\0secretx')}`,
      'AUTH LOGIN',
      base64('ann'),
      base64('secret'),
    ];
    for (const line of lines) watched({ type: 'octets', octets: Buffer.from(`${line}\r\n`) });
    log.push(JSON.stringify(server.asks), server.said());
    expect(server.session.client.identity).toBe('ann');
    for (const entry of log) {
      expect(entry).not.toContain('secret');
      expect(entry).not.toContain(base64('secret').slice(0, 6));
    }
  });
});
