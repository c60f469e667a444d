/** Clients that fetch (ETRN, ATRN), and clients that speak for others (XCLIENT, XFORWARD). */
import { describe, expect, test } from 'vitest';
import type { Ask, Verdict } from '../../src/smtp/index.js';
import { ALL_OFFERS, ServerDriver } from '../support/smtp-drivers.js';

const accept = (): Verdict => ({ accept: true });

function greeted(decide: (ask: Ask) => Verdict = accept): ServerDriver {
  const server = new ServerDriver({ offers: ALL_OFFERS }, decide).start();
  server.give('EHLO c\r\n');
  server.said();
  return server;
}

function say(server: ServerDriver, line: string): string {
  server.give(`${line}\r\n`);
  return server.said();
}

describe('ETRN', () => {
  test.each<[string, object]>([
    ['b.example', { kind: 'domain', name: 'b.example' }],
    ['@b.example', { kind: 'subdomains', name: 'b.example' }],
    ['#slow', { kind: 'queue', name: 'slow' }],
  ])('%s', (argument, asked) => {
    const server = greeted();
    expect(say(server, `ETRN ${argument}`)).toMatch(/^250 2\.0\.0 OK, queuing for node \S+ started\r\n$/);
    expect(server.asks).toEqual([{ type: 'etrn', ...asked }]);
  });

  test.each(['@', '#', 'a b', '..', '@#x', '<b>'])('%s is no name', (argument) => {
    expect(say(greeted(), `ETRN ${argument}`)).toBe('501 5.5.4 Syntax: ETRN [@|#]name\r\n');
  });

  test.each([251, 252, 253, 458, 459])('the driver may say %d', (code) => {
    const reply = { code, text: 'node b' };
    const verdict: Verdict = code < 400 ? { accept: true, reply } : { accept: false, reply };
    expect(
      say(
        greeted(() => verdict),
        'ETRN b',
      ),
    ).toBe(`${code} node b\r\n`);
  });

  test('not in a transaction', () => {
    const server = greeted();
    say(server, 'MAIL FROM:<a@x>');
    expect(say(server, 'ETRN b')).toBe('503 5.5.1 Say RCPT or RSET first\r\n');
  });
});

describe('ATRN', () => {
  test('turns the session when its reply went out', () => {
    const server = greeted();
    const consumed = server.consumed;
    server.give('ATRN a.example,b.example\r\n220 peer ready\r\n');
    expect(server.said()).toBe('250 2.0.0 OK, now reversing the connection\r\n');
    expect(server.turned).toEqual({ domains: ['a.example', 'b.example'], octets: '220 peer ready\r\n' });
    expect(server.consumed - consumed).toBe('ATRN a.example,b.example\r\n'.length);
    expect(server.closed).toBeUndefined();
    expect(server.events).toEqual(['awaiting', 'settled']);
    expect(server.session.nextDeadline()).toBeUndefined();
    expect(server.input({ type: 'octets', octets: Buffer.from('NOOP\r\n') })).toEqual([]);
  });

  test('the turn stands last, behind the reply', () => {
    const server = new ServerDriver({ offers: ALL_OFFERS }, () => undefined).start();
    server.give('EHLO c\r\nATRN\r\n');
    const actions = server.input({ type: 'answer', id: 1, verdict: { accept: true } });
    expect(actions.map((action) => action.do)).toEqual(['send', 'turn']);
    expect(server.turned).toEqual({ domains: [], octets: '' });
  });

  test.each([450, 451, 453, 530])('%d leaves all as it was', (code) => {
    const server = greeted(() => ({ accept: false, reply: { code, text: 'no' } }));
    expect(say(server, 'ATRN')).toBe(`${code} no\r\n`);
    expect(say(server, 'NOOP')).toBe('250 2.0.0 OK\r\n');
    expect(server.turned).toBeUndefined();
  });

  test.each(['a b', 'a,,b', 'a,', '<a>'])('%j is no list of domains', (argument) => {
    expect(say(greeted(), `ATRN ${argument}`)).toBe('501 5.5.4 Syntax: ATRN [domain,...]\r\n');
  });
});

describe('XCLIENT', () => {
  test('brings the session back to its greeting, for the client that is told of', () => {
    const server = greeted();
    expect(
      say(server, 'XCLIENT NAME=spike.example ADDR=192.0.2.1 PORT=[UNAVAILABLE] HELO=sp+2Bike LOGIN=joe'),
    ).toBe('220 gw.example ESMTP\r\n');
    const xclient = { name: 'spike.example', addr: '192.0.2.1', helo: 'sp+ike', login: 'joe' };
    expect(server.asks).toEqual([{ type: 'proxied' }]);
    expect(server.clients[0]).toEqual({ xclient, identity: 'joe' });
    expect(say(server, 'MAIL FROM:<a@x>')).toBe('503 5.5.1 Say EHLO or HELO first\r\n');
    say(server, 'EHLO other');
    say(server, 'MAIL FROM:<a@x>');
    expect(server.clients.at(-1)).toEqual({
      hello: { name: 'other', extended: true },
      xclient,
      identity: 'joe',
    });
  });

  test('adds to what was said before, and takes away', () => {
    const server = greeted();
    say(server, 'XCLIENT NAME=a ADDR=IPV6:2001:db8::1');
    say(server, 'XCLIENT NAME=[TEMPUNAVAIL] PROTO=SMTP');
    expect(server.session.client.xclient).toEqual({ addr: 'IPV6:2001:db8::1', proto: 'SMTP' });
  });

  test('a client that is not wanted hears so, and may only leave', () => {
    const server = greeted(() => ({ accept: false, reply: { code: 550, status: '5.7.1', text: 'not you' } }));
    expect(say(server, 'XCLIENT ADDR=192.0.2.1')).toBe('550 5.7.1 not you\r\n');
    expect(say(server, 'EHLO c')).toBe('503 5.5.1 No service here; say QUIT\r\n');
    expect(say(server, 'QUIT')).toMatch(/^221 /);
    const gone = greeted(() => ({ accept: false, reply: { code: 421, text: 'not now' } }));
    expect(say(gone, 'XCLIENT ADDR=192.0.2.1')).toBe('421 not now\r\n');
    expect(gone.closed).toBe('refused');
  });

  test.each([
    'NAME',
    'NAME=',
    'SOURCE=LOCAL',
    'NAME=a+0Ab',
    'NAME=a+FF',
    `NAME=${'x'.repeat(256)}`,
    'NAME=a x',
  ])('%s is refused', (argument) => {
    const server = greeted();
    expect(say(server, `XCLIENT ${argument}`)).toBe('501 5.5.4 Syntax: XCLIENT name=value ...\r\n');
    expect(server.session.client.xclient).toBeUndefined();
  });

  test('not in a transaction, and not from a stranger', () => {
    const server = greeted();
    say(server, 'MAIL FROM:<a@x>');
    expect(say(server, 'XCLIENT NAME=a')).toMatch(/^503 /);
    const stranger = new ServerDriver().start();
    stranger.said();
    expect(say(stranger, 'XCLIENT NAME=a')).toBe('502 5.5.1 Not done here\r\n');
    expect(say(stranger, 'XFORWARD NAME=a')).toBe('502 5.5.1 Not done here\r\n');
  });
});

describe('XFORWARD', () => {
  test('tells of one message', () => {
    const server = greeted();
    expect(say(server, 'XFORWARD NAME=spike ADDR=192.0.2.1')).toBe('250 2.0.0 OK\r\n');
    say(server, 'XFORWARD IDENT=4711 SOURCE=REMOTE');
    server.give('MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nx\r\n.\r\nMAIL FROM:<c@x>\r\n');
    const told = { name: 'spike', addr: '192.0.2.1', ident: '4711', source: 'REMOTE' };
    expect(server.clients.map(({ xforward }) => xforward)).toEqual([told, told, told, told, undefined]);
  });

  test.each(['LOGIN=joe', 'x', 'NAME=a\tB'])('%j is refused', (argument) => {
    expect(say(greeted(), `XFORWARD ${argument}`)).toBe('501 5.5.4 Syntax: XFORWARD name=value ...\r\n');
  });
});
