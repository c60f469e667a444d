/** Whole dialogues, as they look from the middle. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FollowerOptions } from '../../src/bridge/dialogue.js';
import { transcript } from '../support/transcript.js';
import { type Cut, FollowerPlayer, octetByOctet, outcomeOf } from './follower-player.js';

interface Dialogue {
  readonly options?: Partial<FollowerOptions>;
  readonly script: string;
}

const DIALOGUES: Record<string, Dialogue> = {
  'a call that came in: a message, and the farewell': {
    script: `
      S: 220 mta.example ESMTP
      < 220 mta.example ESMTP
      * awaiting
      C: EHLO caller.example
      > EHLO caller.example
      * settled
      S: 250-mta.example
      S: 250-PIPELINING
      S: 250 SIZE 1000
      < 250-mta.example
      < 250-PIPELINING
      < 250 SIZE 1000
      * awaiting
      C: MAIL FROM:<a@x> SIZE=10
      C: RCPT TO:<b@y>
      C: DATA
      > MAIL FROM:<a@x> SIZE=10
      > RCPT TO:<b@y>
      > DATA
      * settled
      S: 250 2.1.0 Ok
      S: 250 2.1.5 Ok
      S: 354 go on
      < 250 2.1.0 Ok
      < 250 2.1.5 Ok
      < 354 go on
      * awaiting
      C: Subject: x
      C:
      C: ..a dot
      C: .
      > Subject: x
      >
      > ..a dot
      > .
      * settled
      S: 250 2.0.0 queued
      < 250 2.0.0 queued
      * accepted
      * awaiting
      C: QUIT
      > QUIT
      * settled
      S: 221 2.0.0 Bye
      < 221 2.0.0 Bye
      * farewellSent
      ! finish in order: 221 2.0.0 Bye`,
  },
  'a call of ours: a message, and the farewell': {
    options: { client: 'tcp' },
    script: `
      S: 220 far.example
      * awaiting
      < 220 far.example
      * greetingSeen
      * settled
      C: HELO mta.example
      > HELO mta.example
      * awaiting
      S: 250 far.example
      < 250 far.example
      * settled
      C: MAIL FROM:<a@x>
      > MAIL FROM:<a@x>
      * awaiting
      S: 550 5.7.1 no
      < 550 5.7.1 no
      * settled
      C: QUIT
      > QUIT
      * quitSent
      * awaiting
      S: 221 bye
      < 221 bye
      * farewellSeen
      ! finish in order: 221 bye`,
  },
  'a server that has enough': {
    script: `
      S: 220 mta.example
      < 220 mta.example
      * awaiting
      C: NOOP
      > NOOP
      * settled
      S: 421 4.3.2 going down
      < 421 4.3.2 going down
      * farewellSent
      ! finish: 421 4.3.2 going down
      C: NOOP`,
  },
  'a 421 that nobody asked for, to a call of ours': {
    options: { client: 'tcp' },
    script: `
      S: 220 far.example
      * awaiting
      < 220 far.example
      * greetingSeen
      * settled
      S: 421 4.4.2 idle for too long
      < 421 4.4.2 idle for too long
      * farewellSeen
      ! finish: 421 4.4.2 idle for too long`,
  },
  'no welcome, and no greeting seen': {
    options: { client: 'tcp' },
    script: `
      S: 554 5.3.2 no mail here
      * awaiting
      < 554 5.3.2 no mail here
      * settled
      C: QUIT
      > QUIT
      * quitSent
      * awaiting
      S: 221 bye
      < 221 bye
      * farewellSeen
      ! finish in order: 221 bye`,
  },
  'our own refusals at their place among the replies to a batch': {
    script: `
      S: 220 mta.example
      < 220 mta.example
      * awaiting
      C: MAIL FROM:<a@x>
      C: XCLIENT ADDR=127.0.0.1
      C: RCPT TO:<b@y>
      C: <not a command>
      C: RCPT TO:<c@y>
      > MAIL FROM:<a@x>
      > RCPT TO:<b@y>
      > RCPT TO:<c@y>
      * settled
      S: 250 sender
      < 250 sender
      < 502 5.5.1 Not done here
      S: 250 b
      S: 250 c
      < 250 b
      < 500 5.5.2 Not a command
      < 250 c
      * awaiting`,
  },
  'QUIT behind the end of data waits for the reply to the message': {
    options: { client: 'tcp' },
    script: `
      S: 220 far.example
      * awaiting
      < 220 far.example
      * greetingSeen
      * settled
      C: DATA
      > DATA
      * awaiting
      S: 354 go
      < 354 go
      * settled
      C: text
      C: .
      C: QUIT
      > text
      > .
      * awaiting
      S: 250 taken
      < 250 taken
      * accepted
      * settled
      > QUIT
      * quitSent
      * awaiting
      S: 221 bye
      < 221 bye
      * farewellSeen
      ! finish in order: 221 bye`,
  },
  'AUTH: a challenge, credentials, a line that is none': {
    script: `
      S: 220 mta.example
      < 220 mta.example
      * awaiting
      C: AUTH LOGIN
      C: XCLIENT ADDR=127.0.0.1
      > AUTH LOGIN
      * settled
      S: 334 VXNlcm5hbWU6
      < 334 VXNlcm5hbWU6
      * awaiting
      > *
      * settled
      S: 501 5.7.0 cancelled
      < 501 5.7.0 cancelled
      * awaiting
      C: AUTH PLAIN
      > AUTH PLAIN
      * settled
      S: 334
      < 334
      * awaiting
      C: AGEAYg==
      > AGEAYg==
      * settled
      S: 235 2.7.0 welcome
      < 235 2.7.0 welcome
      * awaiting`,
  },
  'a message in chunks, octets as they are': {
    script: `
      S: 220 mta.example
      < 220 mta.example
      * awaiting
      C: EHLO a
      > EHLO a
      * settled
      S: 250-mta.example
      S: 250 CHUNKING
      < 250-mta.example
      < 250 CHUNKING
      * awaiting
      C: MAIL FROM:<a@x>
      > MAIL FROM:<a@x>
      * settled
      S: 250 a
      < 250 a
      * awaiting
      C: BDAT 6
      C: .
      C: x
      C: bdat 9 last
      C: QUIT
      C: .
      C: RSET
      > BDAT 6
      > .
      > x
      * settled
      > BDAT 9 LAST
      * awaiting
      > QUIT
      > .
      * settled
      > RSET
      S: 250 6 octets
      < 250 6 octets
      S: 250 message
      < 250 message
      * accepted
      S: 250 reset
      < 250 reset
      * awaiting`,
  },
  'VRFY and what is not known wait for their reply': {
    script: `
      S: 220 mta.example
      < 220 mta.example
      * awaiting
      C: VRFY b
      C: NOOP
      > VRFY b
      * settled
      S: 252 try
      < 252 try
      * awaiting
      > NOOP
      * settled
      S: 250 ok
      < 250 ok
      * awaiting`,
  },
  'a client that does not wait for the 354': {
    script: `
      S: 220 mta.example
      < 220 mta.example
      * awaiting
      C: MAIL FROM:<a@x>
      C: DATA
      C: NOOP is no command here
      C: .
      > MAIL FROM:<a@x>
      > DATA
      * settled
      S: 250 ok
      < 250 ok
      S: 354 go
      < 354 go
      * awaiting
      > NOOP is no command here
      > .
      * settled`,
  },
  'a message refused before its end': {
    script: `
      S: 220 mta.example
      < 220 mta.example
      * awaiting
      C: DATA
      > DATA
      * settled
      S: 354 go
      < 354 go
      * awaiting
      C: much
      > much
      S: 552 5.3.4 too much
      ! cut protocolError
      < 552 5.3.4 too much
      C: more
      C: .
      < 421 4.3.0 Connection to the mail server broken off
      * farewellSent
      ! finish: message refused before its end: 552 5.3.4 too much`,
  },
  'a reply to nothing': {
    options: { client: 'tcp' },
    script: `
      S: 220 far.example
      * awaiting
      < 220 far.example
      * greetingSeen
      * settled
      S: 250 what else
      < 421 4.3.0 The mail server was not understood
      ! cut protocolError
      ! finish: reply to nothing: 250 what else`,
  },
  'what is no SMTP at all': {
    options: { client: 'tcp' },
    script: `
      S: SSH-2.0-OpenSSH_9.2
      * awaiting
      < 421 4.3.0 The mail server was not understood
      ! cut protocolError
      ! finish: not an SMTP reply`,
  },
  '354 to something else than DATA': {
    script: `
      S: 220 mta.example
      < 220 mta.example
      * awaiting
      C: MAIL FROM:<a@x>
      > MAIL FROM:<a@x>
      * settled
      S: 354 go
      < 421 4.3.0 The mail server was not understood
      ! cut protocolError
      * farewellSent
      ! finish: unexpected reply: 354 go`,
  },
  'a client that is refused twenty times': {
    script: `
      S: 220 mta.example
      < 220 mta.example
      * awaiting
      C: NOOP
      > NOOP
      * settled
      S: 250 ok
      < 250 ok
      * awaiting
      ${'C: PROXY TCP4 127.0.0.1 127.0.0.1 1 25\n'.repeat(21)}
      ${'< 502 5.5.1 Not done here\n'.repeat(20)}
      < 421 4.7.0 Too many errors
      ! cut protocolError
      * farewellSent
      ! finish: too many errors`,
  },
  'ATRN: client and server change places': {
    script: `
      S: 220 provider.example
      < 220 provider.example
      * awaiting
      C: ATRN site.example
      > ATRN site.example
      * settled
      S: 250 now the other way round
      < 250 now the other way round
      * awaiting
      C: 220 site.example
      > 220 site.example
      * greetingSeen
      * settled
      S: EHLO provider.example
      < EHLO provider.example
      * awaiting
      C: 250-site.example
      C: 250-XCLIENT ADDR
      C: 250 8BITMIME
      > 250-site.example
      > 250 8BITMIME
      * settled
      S: QUIT
      < QUIT
      * quitSent
      * awaiting
      C: 221 bye
      > 221 bye
      * farewellSeen
      ! finish in order: 221 bye`,
  },
};

const dialogues = Object.entries(DIALOGUES);

test.each(dialogues)('%s', (_, { options, script }) => {
  expect(new FollowerPlayer(options).play(script).log).toEqual(transcript(script));
});

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

function cutBy(lengths: readonly number[]): Cut {
  let next = 0;
  return (piece) => {
    const parts: string[] = [];
    for (let at = 0; at < piece.length; ) {
      const length = lengths[next++ % lengths.length] ?? 1;
      parts.push(piece.slice(at, at + length));
      at += length;
    }
    return parts;
  };
}

describe('however the octets are cut', () => {
  test.each(dialogues)('%s', (_, { options, script }) => {
    const whole = outcomeOf(new FollowerPlayer(options).play(script));
    expect(outcomeOf(new FollowerPlayer(options, octetByOctet).play(script))).toEqual(whole);
    fc.assert(
      fc.property(sizes, (lengths) => {
        expect(outcomeOf(new FollowerPlayer(options, cutBy(lengths)).play(script))).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });
});

describe('lines that pass to nobody', () => {
  const greeted = (): FollowerPlayer => new FollowerPlayer().play('S: 220 mta');

  test.each([
    ['too long', `NOOP ${'x'.repeat(2044)}`, '500 5.5.2 Line too long'],
    ['far too long', `AUTH PLAIN ${'x'.repeat(13_000)}`, '500 5.5.2 Line too long'],
    ['empty', '', '500 5.5.2 Not a command'],
    ['with a NUL in it', 'NOOP a\0b', '500 5.5.2 Not a command'],
    ['with a DEL in it', 'NOOP a\x7f', '500 5.5.2 Not a command'],
    ['with a CR in it', 'NOOP\rNOOP', '500 5.5.2 Lines end with CR LF, and contain neither alone'],
    ['QUIT and more', 'QUIT now', '501 5.5.4 Syntax: QUIT'],
  ])('%s', (_, line, reply) => {
    const player = greeted().client(`${line}\r\n`);
    expect(player.passed).toEqual({ server: '', client: `220 mta\r\n${reply}\r\n` });
    expect(player.follower.counters.get('linesRefused')).toBe(1);
  });

  test.each([
    ['just long enough', `NOOP ${'x'.repeat(2043)}`],
    ['credentials in the command', `AUTH PLAIN ${'x'.repeat(12_000)}`],
    ['octets above 127', 'VRFY J\xfcrgen'],
    ['spaces behind it', 'NOOP  '],
    ['small letters', 'noop'],
  ])('but: %s', (_, line) => {
    expect(greeted().client(`${line}\r\n`).passed.server).toBe(`${line}\r\n`);
  });
});

test('a reply without an end is not waited for', () => {
  const player = new FollowerPlayer({ client: 'tcp' }).play(`
    S: 220 far
    C: HELP`);
  for (let i = 0; i < 500 && !player.follower.isOver; i++) player.server(`214-${'x'.repeat(70)}\r\n`);
  expect(player.passed.client).toBe('220 far\r\n421 4.3.0 The mail server was not understood\r\n');
  expect(player.consumed.circuit).toBeLessThan(40_000);
  expect(player.log.at(-1)).toBe('! finish: reply without an end');
});

test('after ATRN the line ends of the new client are learnt', () => {
  const player = new FollowerPlayer({ client: 'tcp' }, octetByOctet).play(`
    S: 220 far
    C: ATRN
    S: 250 turned
    C: 220 site`);
  expect(player.follower.client).toBe('circuit');
  player.server('HELO far\nDATA\n').client('250 site\r\n354 go\r\n').server('x\n.\n');
  expect(player.passed.client).toBe('220 far\r\n250 turned\r\nHELO far\r\nDATA\r\nx\r\n.\r\n');
});
