/** A message that goes on where an earlier session was cut off (RFC 1845). */
import { describe, expect, test } from 'vitest';
import { type Ask, BASIC_OFFERS, type ServerOptions, type Verdict } from '../../src/smtp/index.js';
import { ServerDriver } from '../support/smtp-drivers.js';
import { playServer, transcript } from '../support/transcript.js';

const OPTIONS: Partial<ServerOptions> = { offers: { ...BASIC_OFFERS, checkpoint: true, chunking: true } };
const MAIL = 'MAIL FROM:<a@x> TRANSID=<1@x>\r\n';

const stored =
  (verdict: Verdict) =>
  (ask: Ask): Verdict =>
    ask.type === 'sender' ? verdict : { accept: true };

function greeted(decide: (ask: Ask) => Verdict, options: Partial<ServerOptions> = {}): ServerDriver {
  const server = new ServerDriver({ ...OPTIONS, ...options }, decide).start();
  server.give('EHLO c\r\n');
  server.said();
  return server;
}

test('a transaction that is not known is one like any other', () => {
  const server = greeted(stored({ accept: true }));
  server.give(`${MAIL}RCPT TO:<b@y>\r\nDATA\r\none\r\n.\r\n`);
  expect(server.messages).toEqual([
    { mail: { address: 'a@x', body: '7BIT', transactionId: '<1@x>' }, recipients: ['b@y'], body: 'one\r\n' },
  ]);
});

test('one that was cut off goes on from its offset', () => {
  const server = new ServerDriver(OPTIONS, stored({ accept: true, checkpoint: { offset: 6135 } }));
  const script = `
    S: 220 gw.example ESMTP
    C: EHLO c
    S: 250-gw.example greets c
    S: 250-PIPELINING
    S: 250-8BITMIME
    S: 250-SIZE 1000000
    S: 250-ENHANCEDSTATUSCODES
    S: 250-CHUNKING
    S: 250-CHECKPOINT
    S: 250 HELP
    C: MAIL FROM:<ned@x> TRANSID=<12345@claremont.edu>
    S: 355 6135 is the transaction offset
    C: RCPT TO:<b@y>
    S: 503 5.5.1 Go on with DATA, or say RSET
    C: DATA
    S: 354 Send the message from octet 6135 on, end with a dot alone on a line
    C: ..the rest
    C: .
    S: 250 2.0.0 Message accepted`;
  expect(playServer(server, script)).toEqual(transcript(script));
  const mail = { address: 'ned@x', body: '7BIT', transactionId: '<12345@claremont.edu>' };
  expect(server.asks).toEqual([
    { type: 'sender', mail },
    { type: 'begin', mail, offset: 6135 },
    { type: 'commit', mail, size: 6135 + 11 },
  ]);
  expect(server.messages[0]?.body).toBe('.the rest\r\n');
});

test('its size counts from its start', () => {
  const server = greeted(stored({ accept: true, checkpoint: { offset: 90 } }), { maxMessageSize: 100 });
  server.give(`${MAIL}DATA\r\n`);
  server.said();
  server.give('0123456789\r\n.\r\n');
  expect(server.said()).toBe('552 5.3.4 Message too big\r\n');
  expect([server.discarded, server.discardedWhy]).toEqual([1, 'refused']);
});

test('one that another session holds is put off', () => {
  const server = greeted(
    stored({
      accept: false,
      reply: { code: 451, status: '4.3.0', text: 'another session has this TRANSID' },
    }),
  );
  server.give(MAIL);
  expect(server.said()).toBe('451 4.3.0 another session has this TRANSID\r\n');
});

describe('one that was finished, and whose reply was lost', () => {
  const finished = { code: 250, status: '2.0.0', text: 'ok, queued as m1' };
  const decide = stored({ accept: true, checkpoint: { offset: 100, finished } });

  test('gets its reply, and is not delivered again', () => {
    const server = greeted(decide);
    server.give(`${MAIL}DATA\r\n`);
    expect(server.said()).toBe(
      '355 100 is the transaction offset\r\n354 All of the message is here, end with a dot alone on a line\r\n',
    );
    server.give('.\r\nMAIL FROM:<b@x>\r\n');
    expect(server.said()).toBe('250 2.0.0 ok, queued as m1\r\n250 2.1.0 Sender OK\r\n');
    expect(server.asks.map(({ type }) => type)).toEqual(['sender', 'sender']);
    expect([server.discarded, server.pieces]).toEqual([0, []]);
  });

  test('is not lengthened', () => {
    const server = greeted(decide);
    server.give(`${MAIL}DATA\r\nmore\r\n.\r\nNOOP\r\n`);
    expect(server.said()).toContain(
      '554 5.5.0 The message of this TRANSID was complete before\r\n250 2.0.0 OK\r\n',
    );
    expect(server.messages).toEqual([]);
  });
});

test('RSET gives the transaction up, and a driver does not go on unasked', () => {
  const server = greeted(stored({ accept: true, checkpoint: { offset: 7 } }));
  server.give(`${MAIL}RSET\r\nRCPT TO:<b@y>\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\n`);
  expect(server.said()).toBe(
    '355 7 is the transaction offset\r\n250 2.0.0 OK\r\n503 5.5.1 Say MAIL first\r\n' +
      '250 2.1.0 Sender OK\r\n250 2.1.5 Recipient OK\r\n',
  );
});

describe('what is stored may be kept', () => {
  const begun = (): ServerDriver => {
    const server = greeted(stored({ accept: true }));
    server.give(`${MAIL}RCPT TO:<b@y>\r\nDATA\r\none\r\n`);
    return server;
  };

  test('when the transport ends', () => {
    const server = begun();
    server.input({ type: 'ended' });
    expect(server.discardedWhy).toBe('cutOff');
  });

  test('when the client falls silent', () => {
    const server = begun();
    server.runUntil(300_000);
    expect([server.closed, server.discardedWhy]).toEqual(['timeout', 'cutOff']);
  });

  test('but not when the message is refused', () => {
    const server = begun();
    server.give('a\nb\r\n');
    expect(server.discardedWhy).toBe('refused');
  });
});
