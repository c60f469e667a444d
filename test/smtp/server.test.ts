import { describe, expect, test } from 'vitest';
import type { Ask, Verdict } from '../../src/smtp/index.js';
import { ServerDriver } from '../support/smtp-drivers.js';
import { playServer, transcript } from '../support/transcript.js';

const refuse = (code: number, status: string, text: string): Verdict => ({
  accept: false,
  reply: { code, status, text },
});

/** A world in which some things are not wanted. */
function decide(ask: Ask): Verdict {
  if (ask.type === 'sender' && ask.mail.address === 'bad@x') return refuse(550, '5.7.1', 'not from you');
  if (ask.type === 'recipient' && ask.address.startsWith('no')) return refuse(550, '5.1.1', 'no such user');
  if (ask.type === 'recipient' && ask.address === 'later@x') return refuse(450, '4.2.1', 'later');
  if (ask.type === 'verify' && ask.text === 'known')
    return { accept: true, reply: { code: 250, status: '2.1.5', text: '<known@x>' } };
  if (ask.type === 'verify' && ask.text === 'no') return refuse(550, '5.1.1', 'no such user');
  return { accept: true };
}

const GREETED = `
  S: 220 gw.example ESMTP
  C: EHLO c.example
  S: 250-gw.example greets c.example
  S: 250-PIPELINING
  S: 250-8BITMIME
  S: 250-SIZE 1000000
  S: 250-ENHANCEDSTATUSCODES
  S: 250 HELP`;

const IN_TRANSACTION = `${GREETED}
  C: MAIL FROM:<a@x>
  S: 250 2.1.0 Sender OK
  C: RCPT TO:<b@y>
  S: 250 2.1.5 Recipient OK`;

test('a message, and another one', () => {
  const server = new ServerDriver({}, decide);
  const script = `${IN_TRANSACTION}
    C: RCPT TO:<"c d"@y>
    S: 250 2.1.5 Recipient OK
    C: DATA
    S: 354 Send the message, end with a dot alone on a line
    C: Subject: one
    C:
    C: ..stuffed
    C: .
    S: 250 2.0.0 Message accepted
    C: MAIL FROM:<> SIZE=100 BODY=8BITMIME
    S: 250 2.1.0 Sender OK
    C: RCPT TO:<Postmaster>
    S: 250 2.1.5 Recipient OK
    C: DATA
    S: 354 Send the message, end with a dot alone on a line
    C: .
    S: 250 2.0.0 Message accepted
    C: QUIT
    S: 221 2.0.0 gw.example closing`;
  expect(playServer(server, script)).toEqual(transcript(script));
  expect(server.messages).toEqual([
    {
      mail: { address: 'a@x', body: '7BIT' },
      recipients: ['b@y', '"c d"@y'],
      body: 'Subject: one\r\n\r\n.stuffed\r\n',
    },
    { mail: { address: '', size: 100, body: '8BITMIME' }, recipients: ['Postmaster'], body: '' },
  ]);
  expect(server.asks.filter((ask) => ask.type === 'commit')).toMatchObject([{ size: 26 }, { size: 0 }]);
  expect(server.closed).toBe('quit');
  expect(server.discarded).toBe(0);
});

describe('each verb', () => {
  test.each([
    [
      'HELO',
      `
      S: 220 gw.example ESMTP
      C: HELO old.example
      S: 250 gw.example greets old.example
      C: MAIL FROM:<a@x>
      S: 250 2.1.0 Sender OK`,
    ],
    [
      'HELO and EHLO without a name, or with none that is one',
      `
      S: 220 gw.example ESMTP
      C: HELO
      S: 501 5.5.4 Syntax: HELO hostname
      C: EHLO
      S: 501 5.5.4 Syntax: EHLO hostname
      C: EHLO a (comment)
      S: 501 5.5.4 Syntax: EHLO hostname
      C: MAIL FROM:<a@x>
      S: 503 5.5.1 Say EHLO or HELO first`,
    ],
    [
      'EHLO in a transaction ends it',
      `${IN_TRANSACTION}
      C: HELO again
      S: 250 gw.example greets again
      C: DATA
      S: 503 5.5.1 Say MAIL first`,
    ],
    [
      'MAIL',
      `${GREETED}
      C: MAIL TO:<a@x>
      S: 501 5.5.4 Syntax: MAIL FROM:<address> [parameters]
      C: MAIL
      S: 501 5.5.4 Syntax: MAIL FROM:<address> [parameters]
      C: MAIL FROM:<a x>
      S: 501 5.1.7 Bad sender address syntax
      C: MAIL FROM:<\xe4@x>
      S: 553 5.6.7 Addresses are ASCII here
      C: MAIL FROM:<a@x> SIZE=1000001
      S: 552 5.3.4 Message too big
      C: MAIL FROM:<a@x> SIZE=many
      S: 501 5.5.4 Bad parameter, or one given twice
      C: MAIL FROM:<a@x> SMTPUTF8
      S: 555 5.5.4 Parameter not supported
      C: MAIL FROM:<bad@x>
      S: 550 5.7.1 not from you
      C: MAIL FROM:<a@x> SIZE=1000000
      S: 250 2.1.0 Sender OK
      C: MAIL FROM:<b@x>
      S: 503 5.5.1 Say RCPT or RSET first`,
    ],
    [
      'RCPT',
      `${GREETED}
      C: RCPT TO:<b@y>
      S: 503 5.5.1 Say MAIL first
      C: MAIL FROM:<a@x>
      S: 250 2.1.0 Sender OK
      C: RCPT FROM:<b@y>
      S: 501 5.5.4 Syntax: RCPT TO:<address> [parameters]
      C: RCPT TO:<>
      S: 501 5.1.3 Bad recipient address syntax
      C: RCPT TO:<b@y> NOTIFY=NEVER
      S: 555 5.5.4 Parameter not supported
      C: RCPT TO:<no@y>
      S: 550 5.1.1 no such user
      C: RCPT TO:<later@x>
      S: 450 4.2.1 later
      C: DATA
      S: 503 5.5.1 Say RCPT or RSET first
      C: RCPT TO:<@relay.example:b@y>
      S: 250 2.1.5 Recipient OK
      C: MAIL FROM:<a@x>
      S: 503 5.5.1 Say DATA or RSET first`,
    ],
    [
      'DATA',
      `${GREETED}
      C: DATA
      S: 503 5.5.1 Say MAIL first
      C: MAIL FROM:<a@x>
      S: 250 2.1.0 Sender OK
      C: RCPT TO:<b@y>
      S: 250 2.1.5 Recipient OK
      C: DATA now
      S: 501 5.5.4 Syntax: DATA
      C: DATA
      S: 354 Send the message, end with a dot alone on a line`,
    ],
    [
      'RSET',
      `${IN_TRANSACTION}
      C: RSET
      S: 250 2.0.0 OK
      C: RCPT TO:<b@y>
      S: 503 5.5.1 Say MAIL first
      C: RSET now
      S: 501 5.5.4 Syntax: RSET`,
    ],
    [
      'NOOP',
      `
      S: 220 gw.example ESMTP
      C: NOOP
      S: 250 2.0.0 OK
      C: noop with words
      S: 250 2.0.0 OK`,
    ],
    [
      'NOOP in a transaction',
      `${IN_TRANSACTION}
      C: NOOP
      S: 250 2.0.0 OK
      C: DATA
      S: 354 Send the message, end with a dot alone on a line`,
    ],
    [
      'VRFY and EXPN',
      `
      S: 220 gw.example ESMTP
      C: VRFY
      S: 501 5.5.4 Syntax: VRFY address
      C: VRFY someone
      S: 252 2.0.0 Not verified, but send some mail and see
      C: VRFY known
      S: 250 2.1.5 <known@x>
      C: VRFY no
      S: 550 5.1.1 no such user
      C: EXPN list
      S: 252 2.0.0 Not expanded, but send some mail and see`,
    ],
    [
      'HELP',
      `
      S: 220 gw.example ESMTP
      C: HELP
      S: 214-2.0.0 Commands: HELO EHLO MAIL RCPT DATA RSET NOOP VRFY EXPN HELP QUIT
      S: 214 2.0.0 See RFC 5321`,
    ],
    [
      'QUIT',
      `
      S: 220 gw.example ESMTP
      C: QUIT now
      S: 501 5.5.4 Syntax: QUIT
      C: QUIT
      S: 221 2.0.0 gw.example closing`,
    ],
    [
      'others',
      `${GREETED}
      C: TURN
      S: 502 5.5.1 Not done here
      C: STARTTLS
      S: 502 5.5.1 Not done here
      C: CONSTRUCTOR
      S: 500 5.5.1 Unknown command
      C:
      S: 500 5.5.2 Not a command
      C: NOOP\x07
      S: 500 5.5.2 Not a command
      C: ${'x'.repeat(3000)}
      S: 500 5.5.2 Line too long
      C: NOOP ${'x'.repeat(2043)}
      S: 250 2.0.0 OK`,
    ],
  ])('%s', (_, script) => {
    expect(playServer(new ServerDriver({}, decide), script)).toEqual(transcript(script));
  });
});

describe('line ends of commands', () => {
  test('a bare LF hides no command in a CRLF session', () => {
    const server = new ServerDriver().start();
    server.said();
    server.give('NOOP\nEHLO x\r\nNOOP\r\n');
    expect(server.said()).toBe(
      '500 5.5.2 Lines end with CR LF, and contain neither alone\r\n250 2.0.0 OK\r\n',
    );
    expect(server.session.hello).toBeUndefined();
  });

  test('an LF session is learnt from the first line, data included', () => {
    const server = new ServerDriver({ lineEnds: 'learn' });
    const script = `${IN_TRANSACTION}
      C: DATA
      S: 354 Send the message, end with a dot alone on a line
      C: one
      C: .
      C: QUIT
      S: 250 2.0.0 Message accepted
      S: 221 2.0.0 gw.example closing`;
    expect(playServer(server, script, '\n')).toEqual(transcript(script));
    expect(server.messages[0]?.body).toBe('one\r\n');
  });

  test('a CRLF session is learnt from the first line: LF alone then ends nothing', () => {
    const server = new ServerDriver({ lineEnds: 'learn', bareLineEnd: 'crlf' });
    playServer(
      server,
      `${IN_TRANSACTION}
      C: DATA`,
    );
    server.give('one\n.\nQUIT\n.\r\n\r\n.\r\n');
    expect(server.messages[0]?.body).toBe('one\r\n.\r\nQUIT\r\n.\r\n\r\n');
    expect(server.closed).toBeUndefined();
  });
});

test('hello tells what the client called itself', () => {
  const server = new ServerDriver().start();
  expect(server.session.hello).toBeUndefined();
  server.give('HELO one\r\n');
  expect(server.session.hello).toEqual({ name: 'one', extended: false });
  server.give('EHLO two\r\nEHLO <bad>\r\n');
  expect(server.session.hello).toEqual({ name: 'two', extended: true });
});

test('what is asked', () => {
  const server = new ServerDriver();
  playServer(
    server,
    `${IN_TRANSACTION}
    C: DATA`,
  );
  server.give('x\r\n.\r\nVRFY me\r\n');
  const mail = { address: 'a@x', body: '7BIT' };
  expect(server.asks).toEqual([
    { type: 'sender', mail },
    { type: 'recipient', address: 'b@y', parameters: {}, mail },
    { type: 'begin', mail, offset: 0 },
    { type: 'commit', size: 3, mail },
    { type: 'verify', text: 'me' },
  ]);
  expect(server.clients[0]).toEqual({ hello: { name: 'c.example', extended: true } });
});

test('a reply of the driver takes the place of ours, but not that of 354', () => {
  const server = new ServerDriver({}, (ask) => ({
    accept: true,
    reply: { code: 250, status: '2.1.1', text: ask.type },
  }));
  const script = `
    S: 220 gw.example ESMTP
    C: HELO c
    S: 250 gw.example greets c
    C: MAIL FROM:<a@x>
    S: 250 2.1.1 sender
    C: RCPT TO:<b@y>
    S: 250 2.1.1 recipient
    C: DATA
    S: 354 Send the message, end with a dot alone on a line
    C: .
    S: 250 2.1.1 commit`;
  expect(playServer(server, script)).toEqual(transcript(script));
});

test('too many recipients are not asked about', () => {
  const server = new ServerDriver({ maxRecipients: 2 }, decide);
  const script = `${IN_TRANSACTION}
    C: RCPT TO:<no@y>
    S: 550 5.1.1 no such user
    C: RCPT TO:<c@y>
    S: 250 2.1.5 Recipient OK
    C: RCPT TO:<d@y>
    S: 452 4.5.3 Too many recipients`;
  expect(playServer(server, script)).toEqual(transcript(script));
  expect(server.asks.filter((ask) => ask.type === 'recipient')).toHaveLength(3);
});

describe('the end of a session', () => {
  test('too many errors of protocol end it; refused mail is none', () => {
    const server = new ServerDriver({ maxErrors: 3 }, decide);
    const script = `${GREETED}
      C: FOO
      S: 500 5.5.1 Unknown command
      C: MAIL FROM:<a@x>
      S: 250 2.1.0 Sender OK
      C: RCPT TO:<no1@y>
      C: RCPT TO:<no2@y>
      C: RCPT TO:<no3@y>
      S: 550 5.1.1 no such user
      S: 550 5.1.1 no such user
      S: 550 5.1.1 no such user
      C: DATA
      S: 503 5.5.1 Say RCPT or RSET first
      C: BAR
      C: NOOP
      S: 421 4.7.0 Too many errors`;
    expect(playServer(server, script)).toEqual(transcript(script));
    expect(server.closed).toBe('errors');
  });

  test('behind QUIT nothing is read', () => {
    const server = new ServerDriver().start();
    server.give('QUIT\r\nNOOP\r\n');
    server.give('NOOP\r\n');
    expect(server.said()).toBe('220 gw.example ESMTP\r\n221 2.0.0 gw.example closing\r\n');
    expect(server.session.nextDeadline()).toBeUndefined();
    expect(server.input({ type: 'stop' })).toEqual([]);
  });

  test('stop: at once between messages', () => {
    const server = new ServerDriver();
    playServer(server, IN_TRANSACTION);
    server.input({ type: 'stop' });
    expect(server.said()).toBe('421 4.3.2 gw.example shutting down\r\n');
    expect(server.closed).toBe('stop');
  });

  test('stop: a message being received and committed is finished first', () => {
    const server = new ServerDriver({}, (ask) => (ask.type === 'commit' ? undefined : { accept: true }));
    playServer(
      server,
      `${IN_TRANSACTION}
      C: DATA`,
    );
    server.give('one\r\n');
    server.input({ type: 'stop' });
    server.give('two\r\n.\r\nMAIL FROM:<c@x>\r\n');
    expect(server.said()).toBe('');
    server.answer({ accept: true });
    expect(server.said()).toBe('250 2.0.0 Message accepted\r\n421 4.3.2 gw.example shutting down\r\n');
    expect(server.closed).toBe('stop');
    expect(server.discarded).toBe(0);
  });

  test('stop before the start: no greeting', () => {
    const server = new ServerDriver();
    server.input({ type: 'stop' });
    server.start();
    expect(server.said()).toBe('421 4.3.2 gw.example shutting down\r\n');
  });

  test('the transport is gone', () => {
    const server = new ServerDriver().start();
    server.said();
    server.input({ type: 'ended' });
    expect(server.said()).toBe('');
    expect(server.closed).toBe('gone');
    expect(server.events).toEqual(['awaiting', 'settled']);
  });
});

test('octets that come before the start wait for the greeting', () => {
  const server = new ServerDriver();
  server.give('NOOP\r\n');
  expect(server.said()).toBe('');
  server.start();
  expect(server.said()).toBe('220 gw.example ESMTP\r\n250 2.0.0 OK\r\n');
});

test('a driver that answers what was not asked is told so', () => {
  const server = new ServerDriver().start();
  expect(() => server.input({ type: 'start' })).toThrow();
  expect(() => server.takeBody()).toThrow();
  expect(() => server.input({ type: 'answer', id: 1, verdict: { accept: true } })).toThrow();
});
