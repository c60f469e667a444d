/** What a client may not do too much, too early or too slowly. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ServerOptions } from '../../src/smtp/index.js';
import { ALL_OFFERS, ServerDriver, TLS } from '../support/smtp-drivers.js';

const BATCH = 'MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n';

function greeted(options: Partial<ServerOptions> = {}): ServerDriver {
  const server = new ServerDriver(options).start();
  server.give('EHLO c\r\n');
  server.said();
  return server;
}

describe('a client that speaks before the greeting', () => {
  test('is counted, once', () => {
    const server = new ServerDriver();
    server.give('EHLO c\r\n');
    server.give('NOOP\r\n');
    server.start();
    expect(server.said()).toMatch(/^220 .*250 2\.0\.0 OK\r\n$/s);
    expect(server.misdeeds).toEqual(['earlyTalker']);
  });

  test('is cut off where that is wanted', () => {
    const server = new ServerDriver({ earlyTalkers: 'refuse' });
    server.give('EHLO c\r\n');
    server.start();
    expect(server.said()).toBe('554 5.5.1 You spoke before the greeting\r\n');
    expect([server.closed, server.misdeeds]).toEqual(['early', ['earlyTalker']]);
  });

  test('one that waits is served', () => {
    const server = new ServerDriver({ earlyTalkers: 'refuse' }).start();
    server.give('NOOP\r\n');
    expect(server.said()).toBe('220 gw.example ESMTP\r\n250 2.0.0 OK\r\n');
  });
});

describe('the greeting', () => {
  test('has the text that was chosen, in lines', () => {
    const server = new ServerDriver({ greeting: 'ESMTP NO UCE\nmail for site b only' }).start();
    expect(server.said()).toBe('220-gw.example ESMTP NO UCE\r\n220 mail for site b only\r\n');
  });

  test('may be a refusal, to which one can only say QUIT', () => {
    const server = new ServerDriver({ offers: ALL_OFFERS });
    server.input({ type: 'start', tls: TLS, refusal: { code: 554, status: '5.7.1', text: 'not you' } });
    server.give('EHLO c\r\nBDAT 6\r\nQUIT\r\nNOOP\r\nQUIT\r\n');
    expect(server.said()).toBe(
      `554 5.7.1 not you\r\n${'503 5.5.1 No service here; say QUIT\r\n'.repeat(3)}221 2.0.0 gw.example closing\r\n`,
    );
  });

  test('may be 421, and that is all', () => {
    const server = new ServerDriver();
    server.input({ type: 'start', refusal: { code: 421, status: '4.7.0', text: 'too many sessions' } });
    expect(server.said()).toBe('421 4.7.0 too many sessions\r\n');
    expect(server.closed).toBe('refused');
  });
});

describe('commands', () => {
  test('that bring no message forward', () => {
    const server = greeted({ maxIdleCommands: 4 });
    server.give('NOOP\r\nRSET\r\nVRFY x\r\n');
    server.give(`${BATCH}.\r\n`); // a message: the count begins anew
    server.give('NOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\n');
    expect(server.closed).toBeUndefined();
    server.said();
    server.give('NOOP\r\n');
    expect(server.said()).toBe('421 4.7.0 Too many commands without a message\r\n');
    expect(server.closed).toBe('errors');
  });

  test('that are none', () => {
    const server = greeted({ maxUnknownCommands: 3 });
    server.give('GET / HTTP/1.1\r\nHost: x\r\n');
    expect(server.said()).toBe('500 5.5.1 Unknown command\r\n500 5.5.2 Not a command\r\n');
    server.give('\r\n');
    expect(server.said()).toBe('421 4.7.0 Too many errors\r\n');
  });
});

test('after many refused recipients no other is asked about', () => {
  const server = new ServerDriver({ maxRefusedRecipients: 2 }, (ask) =>
    ask.type === 'recipient' && ask.address !== 'good@y'
      ? { accept: false, reply: { code: 550, status: '5.1.1', text: 'no' } }
      : { accept: true },
  ).start();
  server.give('EHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<good@y>\r\nRCPT TO:<n1@y>\r\nRCPT TO:<n2@y>\r\n');
  server.said();
  server.give('RCPT TO:<good@y>\r\nRSET\r\nMAIL FROM:<a@x>\r\nRCPT TO:<good@y>\r\n');
  expect(server.said()).toBe(
    '452 4.5.3 Too many recipients\r\n250 2.0.0 OK\r\n250 2.1.0 Sender OK\r\n250 2.1.5 Recipient OK\r\n',
  );
});

describe('a text line', () => {
  const send = (length: number, text: string, options: Partial<ServerOptions> = {}): string => {
    const server = greeted({ maxTextLine: length, ...options });
    server.give(BATCH);
    server.said();
    for (const octet of `${text}.\r\n`) server.give(octet);
    return server.said();
  };

  test.each<[string, string, boolean]>([
    ['as long as is allowed', `${'x'.repeat(18)}\r\n`, true],
    ['one octet longer', `${'x'.repeat(19)}\r\n`, false],
    ['with a stuffed dot that does not count', `..${'x'.repeat(17)}\r\n`, true],
    ['with a stuffed dot, one longer', `..${'x'.repeat(18)}\r\n`, false],
    ['short ones', 'x\r\n'.repeat(50), true],
    ['a long one among short ones', `x\r\n${'x'.repeat(30)}\r\nx\r\n`, false],
  ])('%s', (_, text, accepted) => {
    const reply = accepted
      ? '250 2.0.0 Message accepted\r\n'
      : '500 5.6.0 Message refused: line too long\r\n';
    expect(send(20, text)).toBe(reply);
    const whole = greeted({ maxTextLine: 20 });
    whole.give(`${BATCH}${text}.\r\n`);
    expect(whole.said()).toContain(reply);
  });

  test('lines that were made of bare line ends count one by one', () => {
    expect(send(20, `${'x'.repeat(15)}\n`.repeat(5).concat('\r\n'), { bareLineEnd: 'crlf' })).toMatch(
      /^250 /,
    );
  });
});

describe('data that comes slowly', () => {
  const slowestData = { octetsPerSecond: 10, overMs: 10_000 };

  const inData = (): ServerDriver => {
    const server = greeted({ slowestData });
    server.give(BATCH);
    server.said();
    return server;
  };

  test('is cut off', () => {
    const server = inData();
    for (let i = 1; i < 10; i++) {
      server.runUntil(i * 1000);
      server.give('x');
    }
    expect(server.closed).toBeUndefined();
    server.runUntil(10_000);
    expect(server.said()).toBe('421 4.4.2 Data comes too slowly\r\n');
    expect([server.closed, server.misdeeds, server.discardedWhy]).toEqual(['slow', ['slowSender'], 'cutOff']);
  });

  test('is measured again and again', () => {
    const server = inData();
    server.give('x'.repeat(500));
    server.runUntil(19_999);
    expect(server.closed).toBeUndefined();
    server.runUntil(20_000);
    expect(server.closed).toBe('slow');
  });

  test('while we are the ones who are slow, no time passes', () => {
    const server = inData();
    server.holdBody = true;
    server.runUntil(5000);
    server.give('x'.repeat(50));
    server.runUntil(100_000);
    server.takeBody();
    server.runUntil(104_999);
    expect(server.closed).toBeUndefined();
    server.runUntil(105_000);
    expect(server.closed).toBe('slow');
  });

  test('octet by octet in chunks it is as slow', () => {
    const server = greeted({ slowestData, offers: ALL_OFFERS });
    server.give('MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\n');
    for (let i = 0; i < 10; i++) {
      server.give('BDAT 1\r\nx');
      server.runUntil((i + 1) * 1000);
    }
    expect(server.closed).toBe('slow');
  });

  test('what should come may change on the way: it is added up', () => {
    let octetsPerSecond = 1;
    const server = greeted({ slowestData: { octetsPerSecond: () => octetsPerSecond, overMs: 10_000 } });
    server.give(`${BATCH}${'x'.repeat(13)}`);
    server.runUntil(8500);
    octetsPerSecond = 3; // 8 * 1 + 2 * 3
    server.runUntil(9999);
    expect(server.closed).toBeUndefined();
    server.runUntil(10_000);
    expect(server.closed).toBe('slow');
  });

  test('while nothing could come, no time passes', () => {
    let isUp = true;
    const rate = (): number | undefined => (isUp ? 10 : undefined);
    const server = greeted({ slowestData: { octetsPerSecond: rate, overMs: 10_000 } });
    server.give(BATCH);
    server.runUntil(5000);
    isUp = false;
    server.runUntil(100_000);
    isUp = true;
    server.runUntil(104_999);
    expect(server.closed).toBeUndefined();
    server.runUntil(105_000);
    expect(server.closed).toBe('slow');
  });

  test('what arrives counts, also where nothing can be seen of it yet', () => {
    let arrived = 5000;
    const server = greeted({ slowestData: { ...slowestData, arrived: () => arrived } });
    server.give(BATCH);
    server.runUntil(9000);
    arrived += 100;
    server.runUntil(19_999);
    expect(server.closed).toBeUndefined();
    server.runUntil(20_000);
    expect(server.closed).toBe('slow');
  });

  test('between messages it is not measured', () => {
    const server = inData();
    server.give('.\r\n');
    server.runUntil(100_000);
    expect(server.closed).toBeUndefined();
  });
});

describe('whatever comes', () => {
  const word = fc.constantFrom(
    'EHLO c',
    'MAIL FROM:<a@x>',
    'MAIL FROM:<a@x> BODY=BINARYMIME TRANSID=<1@x>',
    'MAIL FROM:<\xc3\xbc@x> SMTPUTF8',
    'RCPT TO:<b@y>',
    'DATA',
    'BDAT 3',
    'BDAT 5 LAST',
    'BDAT x',
    'AUTH PLAIN',
    'AUTH LOGIN',
    'AUTH SCRAM-SHA-256 biwsbj1hLHI9Yg==',
    '*',
    'eA==',
    'STARTTLS',
    'ETRN @x',
    'ATRN',
    'XCLIENT NAME=a',
    'XFORWARD NAME=a',
    'RSET',
    'VRFY b',
    '.',
    '',
    'QUIT',
  );
  const input = fc
    .array(
      fc.oneof(
        word.map((line) => `${line}\r\n`),
        fc.string({ unit: 'binary-ascii', maxLength: 10 }),
        fc.constantFrom('\r', '\n', '\xff', '\0'),
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join(''));

  const play = (text: string, size: number): object => {
    const server = new ServerDriver({ offers: ALL_OFFERS, maxErrors: 30 }).start();
    const given = Buffer.from(text, 'latin1');
    let fed = 0;
    // Octets behind STARTTLS in the same piece are thrown away, so the cut matters there, as it must: stop at it.
    for (; fed < given.length && !server.upgrading; fed += size) server.give(given.subarray(fed, fed + size));
    const over = server.closed !== undefined || server.turned !== undefined || server.upgrading;
    if (!over) expect(server.consumed).toBe(given.length);
    return {
      said: server.said(),
      asks: server.asks,
      clients: server.clients,
      messages: server.messages,
      discarded: server.discarded,
      closed: server.closed,
    };
  };

  test('nothing makes the session throw, and cuts make no difference', () => {
    fc.assert(
      fc.property(input, fc.integer({ min: 1, max: 50 }), (text, size) => {
        // The nonce of SCRAM is new each time; nothing else may differ.
        const plain = (outcome: object): string =>
          JSON.stringify(outcome).replace(/334 [A-Za-z0-9+/=]+/g, '334');
        expect(plain(play(text, size))).toBe(plain(play(text, 100_000)));
      }),
      { numRuns: 500 },
    );
  });
});

test('a message of any size takes no memory of its own', () => {
  const server = greeted({ maxMessageSize: 1e9 });
  server.give(BATCH);
  const piece = Buffer.from(`${'x'.repeat(70)}\r\n`.repeat(400));
  let held = 0;
  for (let i = 0; i < 1200; i++)
    for (const action of server.session.handle({ type: 'octets', octets: piece }, 0)) {
      if (action.do !== 'body') continue;
      held = Math.max(held, action.octets.length);
      server.session.handle({ type: 'bodyTaken' }, 0);
    }
  expect(held).toBeLessThanOrEqual(65_536);
});
