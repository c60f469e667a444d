/** What the server half does with time, order and amounts: batches, bodies piece by piece, limits, timers, events. */
import { describe, expect, test } from 'vitest';
import type { Ask } from '../../src/smtp/index.js';
import { ServerDriver } from '../support/smtp-drivers.js';

const BATCH = 'MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n';

/** A server that was greeted and asks everything; nothing is answered by itself. */
function slowServer(): ServerDriver {
  const server = new ServerDriver({}, () => undefined).start();
  server.give('EHLO c\r\n');
  server.said();
  server.events.length = 0;
  return server;
}

function inData(server: ServerDriver): ServerDriver {
  server.start();
  server.give(`EHLO c\r\n${BATCH}`);
  server.said();
  server.events.length = 0;
  return server;
}

const lastAsk = (server: ServerDriver): Ask['type'] | undefined => server.asks.at(-1)?.type;

describe('a pipelined batch', () => {
  test('is answered in order, one ask at a time, in one piece', () => {
    const server = slowServer();
    server.give(BATCH);
    for (const asked of ['sender', 'recipient', 'recipient', 'begin'] as const) {
      expect(lastAsk(server)).toBe(asked);
      expect(server.sent).toEqual([]);
      server.answer({ accept: true });
    }
    expect(server.sent).toEqual([
      '250 2.1.0 Sender OK\r\n250 2.1.5 Recipient OK\r\n250 2.1.5 Recipient OK\r\n354 Send the message, end with a dot alone on a line\r\n',
    ]);
  });

  test('whose decisions take long is answered as far as it is decided', () => {
    const server = slowServer();
    server.give(BATCH);
    server.answer({ accept: true });
    server.runUntil(99);
    expect(server.sent).toEqual([]);
    server.runUntil(100);
    expect(server.said()).toBe('250 2.1.0 Sender OK\r\n');
    server.answer({ accept: false, reply: { code: 550, text: 'no' } });
    server.runUntil(5000);
    expect(server.said()).toBe('550 no\r\n');
  });

  test('a reply waits for no command that has not come', () => {
    const server = slowServer();
    server.give('MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r');
    server.answer({ accept: true });
    expect(server.said()).toBe('250 2.1.0 Sender OK\r\n');
  });

  test('that a message is safe is said at once, whatever is asked behind it', () => {
    const server = slowServer();
    server.give(BATCH);
    for (let i = 0; i < 4; i++) server.answer({ accept: true });
    server.said();
    server.give('.\r\nRSET\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\n');
    expect(lastAsk(server)).toBe('commit');
    server.answer({ accept: true });
    expect(lastAsk(server)).toBe('sender');
    expect(server.said()).toBe('250 2.0.0 Message accepted\r\n250 2.0.0 OK\r\n');
  });

  test('with DATA and a message behind it, though 354 was not waited for', () => {
    const server = new ServerDriver().start();
    server.give(`EHLO c\r\n${BATCH}one\r\n.\r\nQUIT\r\n`);
    expect(server.messages).toHaveLength(1);
    expect(server.closed).toBe('quit');
  });

  test('waits unused while a decision is open', () => {
    const server = slowServer();
    const before = server.consumed;
    server.give(BATCH);
    expect(server.consumed - before).toBe('MAIL FROM:<a@x>\r\n'.length);
    server.answer({ accept: true });
    expect(server.consumed - before).toBe('MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\n'.length);
  });

  test('DATA that the driver refuses leaves the transaction open', () => {
    const server = new ServerDriver({}, (ask) =>
      ask.type === 'begin'
        ? { accept: false, reply: { code: 452, status: '4.3.1', text: 'disk full' } }
        : { accept: true },
    ).start();
    server.give(`EHLO c\r\n${BATCH}`);
    expect(server.said()).toContain('452 4.3.1 disk full\r\n');
    expect(server.discarded).toBe(0);
    server.give('RCPT TO:<d@y>\r\n');
    expect(server.said()).toBe('250 2.1.5 Recipient OK\r\n');
  });
});

describe('the body', () => {
  test('comes piece by piece, each when the one before was taken', () => {
    const server = inData(new ServerDriver());
    server.holdBody = true;
    const before = server.consumed;
    server.give('one\r\n');
    server.give('two\r\n');
    server.give('three\r\n.\r\nNOOP\r\n');
    expect(server.pieces).toEqual([5]);
    expect(server.consumed - before).toBe(5);
    server.takeBody();
    // What came meanwhile is one piece.
    expect(server.pieces).toEqual([5, 12]);
    expect(lastAsk(server)).toBe('begin');
    server.takeBody();
    expect(lastAsk(server)).toBe('commit');
    expect(server.messages[0]?.body).toBe('one\r\ntwo\r\nthree\r\n');
    expect(server.said()).toBe('250 2.0.0 Message accepted\r\n250 2.0.0 OK\r\n');
  });

  test('pieces have at most 64 KiB, whatever arrives', () => {
    const server = inData(new ServerDriver({ bareLineEnd: 'crlf' }));
    server.give(`${'\n'.repeat(200_000)}\r\n.\r\n`);
    expect(Math.max(...server.pieces)).toBeLessThanOrEqual(65_536);
    expect(server.messages[0]?.body).toHaveLength(400_002);
  });

  test('is refused when it grows too big, read to its end, and the session goes on', () => {
    const server = inData(new ServerDriver({ maxMessageSize: 100 }));
    server.give('x'.repeat(90));
    expect(server.discarded).toBe(0);
    server.give('x'.repeat(90));
    expect(server.discarded).toBe(1);
    server.give('x'.repeat(200_000));
    expect(server.said()).toBe('');
    server.give('\r\n.\r\nNOOP\r\n');
    expect(server.said()).toBe('552 5.3.4 Message too big\r\n250 2.0.0 OK\r\n');
    expect(server.messages).toEqual([]);
    expect(server.discarded).toBe(1);
    server.give(`${BATCH}small\r\n.\r\n`);
    expect(server.messages).toHaveLength(1);
  });

  test('is refused for a bare line end, after its true end', () => {
    const server = inData(new ServerDriver());
    server.give('one\n.\nMAIL FROM:<evil@x>\r\n');
    expect(server.said()).toBe('');
    expect(server.discarded).toBe(1);
    server.give('.\r\nNOOP\r\n');
    expect(server.said()).toBe('554 5.6.0 Message refused: CR or LF alone in it\r\n250 2.0.0 OK\r\n');
  });

  test('a message that can not be stored is refused at its end', () => {
    const server = inData(
      new ServerDriver({}, (ask) =>
        ask.type === 'commit'
          ? { accept: false, reply: { code: 451, status: '4.3.0', text: 'not stored' } }
          : { accept: true },
      ),
    );
    server.give('one\r\n.\r\nMAIL FROM:<a@x>\r\n');
    expect(server.said()).toBe('451 4.3.0 not stored\r\n250 2.1.0 Sender OK\r\n');
    expect(server.discarded).toBe(0);
  });
});

describe('the message is thrown away', () => {
  test('when the transport ends in it', () => {
    const server = inData(new ServerDriver());
    server.give('one\r\n');
    server.input({ type: 'ended' });
    expect([server.discarded, server.closed]).toEqual([1, 'gone']);
  });

  test('when the transport ends while the driver makes ready for it', () => {
    const server = slowServer();
    server.give(BATCH);
    for (let i = 0; i < 3; i++) server.answer({ accept: true });
    expect(lastAsk(server)).toBe('begin');
    server.input({ type: 'ended' });
    expect(server.discarded).toBe(1);
    server.answer({ accept: true });
    expect(server.sent).toEqual([]);
  });

  test('but not once it is being committed', () => {
    const server = inData(
      new ServerDriver({}, (ask) => (ask.type === 'commit' ? undefined : { accept: true })),
    );
    server.give('one\r\n.\r\n');
    server.input({ type: 'ended' });
    expect([server.discarded, server.closed]).toEqual([0, 'gone']);
    server.answer({ accept: true });
    expect(server.sent).toEqual([]);
  });
});

describe('idle time', () => {
  const TIMED_OUT = '421 4.4.2 gw.example timed out, closing\r\n';

  test('without a command ends the session; half a command is none', () => {
    const server = new ServerDriver({ idleTimeoutMs: 1000 }).start();
    server.said();
    server.runUntil(600);
    server.give('NOOP\r\n');
    server.runUntil(1200);
    server.give('NOO');
    server.runUntil(1599);
    expect(server.said()).toBe('250 2.0.0 OK\r\n');
    server.runUntil(1600);
    expect(server.said()).toBe(TIMED_OUT);
    expect(server.closed).toBe('timeout');
    expect(server.events).toEqual(['awaiting', 'settled', 'farewellSent']);
    expect(server.session.nextDeadline()).toBeUndefined();
  });

  test('in data begins anew with every piece, and ends with the message thrown away', () => {
    const server = inData(new ServerDriver({ idleTimeoutMs: 1000 }));
    for (let i = 1; i <= 5; i++) {
      server.give('x');
      server.runUntil(900 * i);
    }
    expect(server.closed).toBeUndefined();
    server.runUntil(4600);
    expect(server.said()).toBe(TIMED_OUT);
    expect([server.discarded, server.closed]).toEqual([1, 'timeout']);
  });

  test('is not counted while we are the ones who work', () => {
    const server = slowServer();
    server.give('MAIL FROM:<a@x>\r\n');
    expect(server.session.nextDeadline()).toBeUndefined();
    server.runUntil(1_000_000);
    server.answer({ accept: true });
    expect(server.session.nextDeadline()).toBe(1_300_000);
    const receiving = inData(new ServerDriver());
    receiving.holdBody = true;
    receiving.give('one\r\n');
    expect(receiving.session.nextDeadline()).toBeUndefined();
    receiving.takeBody();
    expect(receiving.session.nextDeadline()).toBe(300_000);
  });
});

test('events tell who is waited for', () => {
  const server = slowServer();
  server.give('NOOP\r\n');
  expect(server.events.splice(0)).toEqual([]);
  server.give(BATCH);
  expect(server.events.splice(0)).toEqual(['settled']);
  for (let i = 0; i < 4; i++) server.answer({ accept: true });
  expect(server.events.splice(0)).toEqual(['awaiting']);
  server.holdBody = true;
  server.give('one\r\n.\r\n');
  expect(server.events.splice(0)).toEqual(['settled']);
  server.takeBody();
  expect(server.events.splice(0)).toEqual([]);
  server.answer({ accept: true });
  expect(server.events.splice(0)).toEqual(['awaiting']);
  server.give('QUIT\r\n');
  expect(server.events).toEqual(['settled', 'farewellSent']);
});

test('what the driver answers stands last in its list', () => {
  const server = new ServerDriver({}, () => undefined).start();
  const actions = server.input({
    type: 'octets',
    octets: Buffer.from('EHLO c\r\nNOOP\r\nMAIL FROM:<a@x>\r\n'),
  });
  expect(actions.map((action) => action.do)).toEqual(['consumed', 'dialogue', 'ask']);
});

test('a driver that heeds nothing is cut off before memory is gone', () => {
  const server = slowServer();
  server.give('MAIL FROM:<a@x>\r\n');
  for (let i = 0; i < 8; i++) server.give('x'.repeat(32 * 1024));
  expect(server.closed).toBeUndefined();
  server.give('x');
  expect(server.said()).toBe('421 4.3.0 Too much input at once\r\n');
  expect(server.closed).toBe('errors');
  server.answer({ accept: true });
  expect(server.sent).toEqual([]);
});

test('a command line without an end takes no memory', () => {
  const server = new ServerDriver().start();
  for (let i = 0; i < 100; i++) server.give('x'.repeat(32 * 1024));
  expect(server.closed).toBeUndefined();
  expect(server.consumed).toBe(100 * 32 * 1024);
});
