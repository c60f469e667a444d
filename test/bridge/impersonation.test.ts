/**
 * The server trusts the bridge to say for whom it speaks. So no caller may bring it to read XCLIENT or the like as a
 * command, by whatever means.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SmtpFollower } from '../../src/bridge/follower.js';
import { octets, text } from '../support/smtp-drivers.js';
import { transcript } from '../support/transcript.js';
import { type Cut, FollowerPlayer, octetByOctet, ROOM, uncut } from './follower-player.js';
import { ModelMta, type ModelOptions } from './model-mta.js';

const MANNERS = ['strict', 'careless'] as const;
const OFFERS: Record<string, readonly string[]> = {
  'offers all': ['PIPELINING', 'XCLIENT NAME ADDR', 'CHUNKING', 'STARTTLS', 'AUTH LOGIN', 'XFORWARD NAME'],
  'offers nothing of its own': [],
};

/** A caller that says this, to a server that answers as it goes. */
function call(pieces: readonly string[], options: ModelOptions, cut: Cut = uncut): ModelMta {
  const mta = new ModelMta(options);
  const follower = new SmtpFollower({
    client: 'circuit',
    bareLineEnd: { tcp: 'refuse', circuit: 'crlf' },
    startTls: 'pass',
  });
  let isCut = false;
  const run = (): void => {
    for (;;) {
      const replies = isCut ? new Uint8Array() : mta.take();
      if (replies.length > 0) follower.receive('tcp', replies);
      const action = follower.next(ROOM);
      if (action === undefined) return;
      if (action.do === 'cut') isCut = true;
      if (action.do === 'pass' && action.to === 'tcp' && !isCut) mta.give(action.octets);
    }
  };
  run();
  for (const piece of pieces.flatMap((whole) => cut(whole))) {
    follower.receive('circuit', octets(piece));
    run();
  }
  return mta;
}

const SPEAKS_FOR_OTHERS = /^[\0-\x20]*(?:XCLIENT|XFORWARD|XPROXY|PROXY)/i;

const ATTEMPTS: Record<string, string> = {
  plain: 'XCLIENT ADDR=127.0.0.1\r\n',
  'small letters': 'xclient addr=127.0.0.1\r\n',
  mixed: 'xCliEnT ADDR=127.0.0.1\r\n',
  'a tab': 'XCLIENT\tADDR=127.0.0.1\r\n',
  'nothing behind it': 'XCLIENT\r\n',
  'spaces before it': '  \tXCLIENT ADDR=127.0.0.1\r\n',
  'spaces behind it': 'XCLIENT   ADDR=127.0.0.1  \r\n',
  'a NUL before it': '\0XCLIENT ADDR=127.0.0.1\r\n',
  'a NUL within it': 'XCL\0IENT ADDR=127.0.0.1\r\n',
  'a vertical tab behind it': 'XCLIENT\x0bADDR=127.0.0.1\r\n',
  'a no-break space before it': '\xa0XCLIENT ADDR=127.0.0.1\r\n',
  'after RSET': 'RSET\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'in a batch': 'MAIL FROM:<a@x>\r\nXCLIENT ADDR=127.0.0.1\r\nRCPT TO:<b@y>\r\n',
  'behind a bare LF': 'NOOP\nXCLIENT ADDR=127.0.0.1\r\nNOOP\r\n',
  'behind a bare CR': 'NOOP\rXCLIENT ADDR=127.0.0.1\r\n',
  'behind a line too long': `NOOP ${'x'.repeat(13_000)}\nXCLIENT ADDR=127.0.0.1\r\nNOOP\r\n`,
  'behind EHLO': 'EHLO again\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'behind the end of data': 'DATA\r\nx\r\n.\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'behind what some take for the end of data': 'DATA\r\nx\n.\nXCLIENT ADDR=127.0.0.1\r\n.\r\n',
  'as data that nobody has asked for': 'MAIL FROM:<>\r\nx\r\n.\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'in a chunk': 'BDAT 24 LAST\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'in a chunk that was not asked for by EHLO': 'HELO again\r\nBDAT 24 LAST\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'behind a chunk': 'BDAT 2 LAST\r\nx\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'behind a chunk of nothing': 'BDAT 0\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'in a chunk larger than 32 bits': 'BDAT 4294967296 LAST\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'in a chunk with an octal number': 'BDAT 030 LAST\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'in a chunk with a negative number': 'BDAT -1 LAST\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'in a chunk with a hexadecimal number': 'BDAT 0x18 LAST\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'in a chunk with a sign': 'BDAT +24 LAST\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'in a chunk with a word too many': 'BDAT 24 LAST x\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'behind AUTH': 'AUTH LOGIN\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'behind credentials': 'AUTH LOGIN\r\nYQ==\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'behind a verb that changes everything': 'X-ANONYMOUSTLS\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'behind STARTTLS': 'STARTTLS\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'behind QUIT': 'QUIT\r\nXCLIENT ADDR=127.0.0.1\r\n',
  'another verb for it': 'XFORWARD ADDR=127.0.0.1\r\nPROXY TCP4 127.0.0.1 127.0.0.1 1 25\r\nXPROXYFROM x\r\n',
};

describe.each(Object.entries(OFFERS))('a server that %s', (_, offers) => {
  describe.each(MANNERS)('and reads in a %s way', (manner) => {
    test.each(Object.entries(ATTEMPTS))('never reads it: %s', (_name, attempt) => {
      for (const cut of [uncut, octetByOctet]) {
        const mta = call(['EHLO caller\r\n', attempt, 'NOOP\r\n'], { manner, offers }, cut);
        expect(mta.commands.filter((line) => SPEAKS_FOR_OTHERS.test(line))).toEqual([]);
        expect(mta.commands[0]).toBe('EHLO caller');
      }
    });
  });
});

const fragment = fc.oneof(
  fc.constantFrom(...Object.values(ATTEMPTS).filter((attempt) => attempt.length < 200)),
  fc.constantFrom(
    'EHLO a\r\n',
    'HELO a\r\n',
    'DATA\r\n',
    '.\r\n',
    '.\n',
    '\r\n.\r\n',
    '\n.\n',
    '\r.\r',
    'AUTH LOGIN\r\n',
  ),
  fc.constantFrom(
    'BDAT 5\r\n',
    'BDAT 30 LAST\r\n',
    'BDAT 4294967301\r\n',
    'RSET\r\n',
    '\r',
    '\n',
    '\0',
    ' ',
    '*\r\n',
  ),
  fc.constantFrom('STARTTLS\r\n', 'ETRN x\r\n', 'XCLIENT ', 'ADDR=1.2.3.4\r\n'),
);

test('whatever a caller says, careless servers read what strict ones do, and nobody else is spoken for', () => {
  const offers = fc.subarray(['XCLIENT ADDR', 'CHUNKING', 'STARTTLS', 'PIPELINING']);
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 12 }), offers, fc.boolean(), (pieces, offered, joined) => {
      const said = joined ? [pieces.join('')] : pieces;
      const [strict, careless] = MANNERS.map((manner) => call(said, { manner, offers: offered }));
      expect(careless?.commands).toEqual(strict?.commands);
      expect(careless?.messages).toEqual(strict?.messages);
      expect(strict?.commands.filter((line) => SPEAKS_FOR_OTHERS.test(line))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

describe('what a client sees of the offer', () => {
  const offer = (lines: string[], startTls: 'pass' | 'refuse' = 'pass'): string[] =>
    new FollowerPlayer({ startTls })
      .play('S: 220 mta')
      .play(`C: EHLO a\n${lines.map((line) => `S: ${line}`).join('\n')}`)
      .log.filter((line) => line.startsWith('< 250'));

  test('nothing of what speaks for others, nor of what can not be followed; the last line is marked', () => {
    expect(
      offer(['250-mta', '250-xclient NAME', '250-PRDR', '250-SIZE', '250-XEXCH50', '250 XFORWARD NAME']),
    ).toEqual(['< 250-mta', '< 250 SIZE']);
    expect(offer(['250-mta', '250 XCLIENT NAME'])).toEqual(['< 250 mta']);
    expect(offer(['250 mta'])).toEqual(['< 250 mta']);
  });

  test('STARTTLS only where it hides nothing from us', () => {
    expect(offer(['250-mta', '250-STARTTLS', '250 SIZE'])).toContain('< 250-STARTTLS');
    expect(offer(['250-mta', '250-STARTTLS', '250 XCLIENT ADDR'])).toEqual(['< 250 mta']);
    expect(offer(['250-mta', '250-STARTTLS', '250 SIZE'], 'refuse')).toEqual(['< 250-mta', '< 250 SIZE']);
  });
});

describe('STARTTLS', () => {
  const OFFERED = `
    S: 220 mta
    C: EHLO a
    S: 250-mta
    S: 250 STARTTLS`;

  function offered(): FollowerPlayer {
    const player = new FollowerPlayer().play(OFFERED);
    player.log.length = 0;
    return player;
  }

  test('from its 220 on octets pass as they are, both ways', () => {
    const player = offered().play(`
      C: STARTTLS
      S: 220 go`);
    player.client('\x16\x03\x01\0\r\0\n.\n').server('\x16\x03\x03not a reply\n');
    expect(player.log.slice(0, 5)).toEqual(
      transcript(`
        C: STARTTLS
        > STARTTLS
        * settled
        S: 220 go
        < 220 go`),
    );
    expect(player.passed.server.endsWith('STARTTLS\r\n\x16\x03\x01\0\r\0\n.\n')).toBe(true);
    expect(player.passed.client.endsWith('220 go\r\n\x16\x03\x03not a reply\n')).toBe(true);
    expect(player.follower.isOpaque).toBe(true);
    expect(player.follower.awaited(ROOM)).toBe('either');
  });

  test.each([
    ['uncut', uncut],
    ['octet by octet', octetByOctet],
  ])('what was put behind it in clear is dropped, %s', (_, cut) => {
    const player = new FollowerPlayer({}, cut).play(OFFERED);
    player.client('STARTTLS\r\nRSET\r\nMAIL FROM:<evil@x>\r\n');
    player.server('220 go\r\n');
    player.client('\x16\x03\x01');
    expect(player.passed.server).toBe('EHLO a\r\nSTARTTLS\r\n\x16\x03\x01');
    expect(player.follower.counters.get('octetsDroppedBeforeTls')).toBe(
      'RSET\r\nMAIL FROM:<evil@x>\r\n'.length,
    );
    expect(player.consumed.circuit).toBe(
      'EHLO a\r\nSTARTTLS\r\nRSET\r\nMAIL FROM:<evil@x>\r\n\x16\x03\x01'.length,
    );
  });

  test('refused by the server: what was behind it are commands', () => {
    expect(
      offered().play(`
        C: STARTTLS
        C: NOOP
        S: 454 not now`).log,
    ).toEqual(
      transcript(`
        C: STARTTLS
        C: NOOP
        > STARTTLS
        * settled
        S: 454 not now
        < 454 not now
        * awaiting
        > NOOP
        * settled`),
    );
  });

  test('not offered, or not any longer: refused by us', () => {
    const player = offered().play(`
      C: HELO a
      S: 250 mta
      C: STARTTLS`);
    expect(player.log.at(-1)).toBe('< 502 5.5.1 Not done here');
  });
});

test('credentials are told to nobody but the server', () => {
  const secret = 'c2VjcmV0LXdvcmQ=';
  const player = new FollowerPlayer().play(`
    S: 220 mta
    C: AUTH PLAIN ${secret}
    S: 334
    C: ${secret}
    S: 535 5.7.8 no
    C: QUIT
    S: 421 too much`);
  expect(player.passed.client).not.toContain(secret);
  expect(JSON.stringify(player.follower.counters.snapshot())).not.toContain(secret);
  expect(player.log.filter((line) => line.startsWith('!')).join()).not.toContain(secret);
  expect(text(octets(player.passed.server)).split(secret)).toHaveLength(3);
});
