/** What a client is told of extensions, and what their parameters of MAIL and RCPT bring about. */
import { describe, expect, test } from 'vitest';
import { BASIC_OFFERS } from '../../src/smtp/index.js';
import { ALL_OFFERS, ServerDriver, TLS } from '../support/smtp-drivers.js';
import { playServer, transcript } from '../support/transcript.js';

/** A server that was greeted with EHLO. */
function greeted(options: ConstructorParameters<typeof ServerDriver>[0] = {}): ServerDriver {
  const server = new ServerDriver({ offers: ALL_OFFERS, ...options }).start();
  server.give('EHLO c\r\n');
  server.said();
  return server;
}

describe('EHLO', () => {
  test('tells everything that is offered', () => {
    const script = `
      S: 220 gw.example ESMTP
      C: EHLO c
      S: 250-gw.example greets c
      S: 250-PIPELINING
      S: 250-8BITMIME
      S: 250-SIZE 1000000
      S: 250-ENHANCEDSTATUSCODES
      S: 250-SMTPUTF8
      S: 250-CHUNKING
      S: 250-BINARYMIME
      S: 250-DSN
      S: 250-DELIVERBY 60
      S: 250-MT-PRIORITY MIXER
      S: 250-STARTTLS
      S: 250-AUTH SCRAM-SHA-256 PLAIN LOGIN CRAM-MD5
      S: 250-ETRN
      S: 250-ATRN
      S: 250-CHECKPOINT
      S: 250-LIMITS MAILMAX=20 RCPTMAX=100 RCPTDOMAINMAX=5
      S: 250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT
      S: 250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE
      S: 250 HELP`;
    expect(playServer(new ServerDriver({ offers: ALL_OFFERS }), script)).toEqual(transcript(script));
  });

  test('tells nothing that is not', () => {
    const script = `
      S: 220 gw.example ESMTP
      C: EHLO c
      S: 250-gw.example greets c
      S: 250 HELP
      C: MAIL FROM:<a@x> SIZE=1
      S: 555 Parameter not supported
      C: MAIL FROM:<a@x> BODY=8BITMIME
      S: 555 Parameter not supported
      C: BDAT 0
      S: 502 Not done here
      C: ETRN x
      S: 502 Not done here
      C: AUTH PLAIN
      S: 502 Not done here
      C: MAIL FROM:<a@x>
      S: 250 Sender OK`;
    expect(playServer(new ServerDriver({ offers: {} }), script)).toEqual(transcript(script));
  });

  test('within TLS there is AUTH, and no STARTTLS', () => {
    const offers = { startTls: true, auth: { mechanisms: ['PLAIN'] as const, withoutTls: false } };
    const clear = new ServerDriver({ offers }).start();
    clear.give('EHLO c\r\n');
    expect(clear.said()).toBe(
      '220 gw.example ESMTP\r\n250-gw.example greets c\r\n250-STARTTLS\r\n250 HELP\r\n',
    );
    const secured = new ServerDriver({ offers });
    secured.input({ type: 'start', tls: TLS });
    secured.give('EHLO c\r\n');
    expect(secured.said()).toBe(
      '220 gw.example ESMTP\r\n250-gw.example greets c\r\n250-AUTH PLAIN\r\n250 HELP\r\n',
    );
    secured.give('STARTTLS\r\n');
    expect(secured.said()).toBe('503 TLS is on\r\n');
  });

  test('HELP names what can be said', () => {
    const server = greeted();
    server.give('HELP\r\n');
    expect(server.said()).toContain(
      'HELO EHLO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY EXPN ETRN ATRN XCLIENT XFORWARD HELP QUIT\r\n',
    );
  });
});

test('what was said of a message and of each recipient is asked with it', () => {
  const server = greeted();
  server.give(
    'MAIL FROM:<a@x> RET=HDRS ENVID=e1 BY=3600;NT MT-PRIORITY=3 SIZE=9\r\n' +
      'RCPT TO:<b@y> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;B@y\r\nRCPT TO:<c@y>\r\n',
  );
  const mail = {
    address: 'a@x',
    body: '7BIT',
    ret: 'HDRS',
    envelopeId: 'e1',
    deliverBy: { seconds: 3600, mode: 'N', trace: true },
    priority: 3,
    size: 9,
  };
  expect(server.asks).toEqual([
    { type: 'sender', mail },
    {
      type: 'recipient',
      address: 'b@y',
      parameters: { notify: ['SUCCESS', 'DELAY'], originalRecipient: 'rfc822;B@y' },
      mail,
    },
    { type: 'recipient', address: 'c@y', parameters: {}, mail },
  ]);
});

describe('a time to deliver by', () => {
  test.each([
    ['BY=59;R', '555 5.5.4 That time to deliver by is less than the least\r\n'],
    ['BY=60;R', '250 2.1.0 Sender OK\r\n'],
    ['BY=1;N', '250 2.1.0 Sender OK\r\n'],
    ['BY=0;R', '501 5.5.4 Bad parameter, or one given twice\r\n'],
  ])('%s', (by, reply) => {
    const server = greeted();
    server.give(`MAIL FROM:<a@x> ${by}\r\n`);
    expect(server.said()).toBe(reply);
  });
});

describe('addresses in UTF-8', () => {
  test('in MAIL, RCPT and VRFY', () => {
    const server = greeted();
    const say = (line: string): string => {
      server.give(Buffer.from(`${line}\r\n`));
      return server.said();
    };
    expect(say('MAIL FROM:<jörg@x>')).toBe('553 5.6.7 Such an address needs SMTPUTF8\r\n');
    expect(say('MAIL FROM:<a@x>')).toMatch(/^250 /);
    expect(say('RCPT TO:<jörg@y>')).toBe('553 5.6.7 Such an address needs SMTPUTF8\r\n');
    say('RSET');
    expect(say('MAIL FROM:<a@x> SMTPUTF8')).toMatch(/^250 /);
    expect(say('RCPT TO:<jörg@y>')).toMatch(/^250 /);
    expect(server.asks.at(-1)).toMatchObject({ address: 'jörg@y' });
    expect(say('VRFY jörg')).toBe('553 5.6.7 Such an address needs SMTPUTF8\r\n');
    expect(say('VRFY jörg SMTPUTF8')).toBe('252 2.0.0 Not verified, but send some mail and see\r\n');
    expect(server.asks.at(-1)).toEqual({ type: 'verify', text: 'jörg' });
  });
});

describe('who submitted a message', () => {
  const submitter = (server: ServerDriver): unknown => {
    server.give('MAIL FROM:<a@x> AUTH=real@x\r\n');
    const ask = server.asks.at(-1);
    return ask?.type === 'sender' ? ask.mail.submitter : undefined;
  };

  test('is nobody, if a stranger says it', () => {
    expect(submitter(greeted())).toBe('<>');
  });

  test('is taken from a trusted client', () => {
    const server = greeted();
    server.give('XCLIENT LOGIN=joe\r\nEHLO c\r\n');
    expect(submitter(server)).toBe('real@x');
  });
});

describe('limits that were told', () => {
  test('messages in a session', () => {
    const server = greeted({ offers: { ...BASIC_OFFERS, limits: { messages: 2 } } });
    server.give('MAIL FROM:<a@x>\r\nRSET\r\nMAIL FROM:<a@x>\r\nRSET\r\n');
    expect(server.closed).toBeUndefined();
    server.said();
    server.give('MAIL FROM:<a@x>\r\n');
    expect(server.said()).toBe('421 4.5.3 Enough messages for one session; call again\r\n');
    expect(server.closed).toBe('enough');
  });

  test('domains of the recipients of a message', () => {
    const server = greeted({ offers: { ...BASIC_OFFERS, limits: { recipientDomains: 2 } } });
    server.give('MAIL FROM:<a@x>\r\nRCPT TO:<a@one>\r\nRCPT TO:<a@TWO>\r\n');
    server.said();
    server.give('RCPT TO:<b@three>\r\nRCPT TO:<b@two>\r\n');
    expect(server.said()).toBe('452 4.5.3 Too many domains of recipients\r\n250 2.1.5 Recipient OK\r\n');
  });
});
