/** What becomes of each recipient when something goes wrong, at every step of a session. */
import { describe, expect, test } from 'vitest';
import { ClientDriver, queued } from '../support/smtp-drivers.js';
import { playClient, transcript } from '../support/transcript.js';

const GREETED = `
  S: 220 server.example ESMTP
  C: EHLO client.example
  S: 250-server.example
  S: 250 PIPELINING`;

const PLAIN = `
  S: 220 server.example ESMTP
  C: EHLO client.example
  S: 250 server.example`;

const BATCH = `
  C: MAIL FROM:<a@from.example>
  C: RCPT TO:<b@y>
  C: RCPT TO:<c@y>
  C: DATA`;

const message = queued('m', ['b@y', 'c@y'], 'hello\r\n');
const next = queued('next', ['d@y'], 'next\r\n');

describe('a session that does not begin', () => {
  test.each([
    ['554 no service', 'refused by the greeting: 554 no service'],
    ['450 4.3.2 later', 'refused by the greeting: 450 4.3.2 later'],
  ])('greeting %s: QUIT', (greeting, reason) => {
    const client = new ClientDriver([message]);
    const script = `
      S: ${greeting}
      C: QUIT
      S: 221 bye`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.finished).toEqual({ how: 'close', reason });
    expect(client.events).not.toContain('greetingSeen');
    expect(client.readies).toEqual([]);
  });

  test('greeting 421: nothing more is said', () => {
    const client = new ClientDriver([message]).start();
    client.give('421 4.3.2 too busy\r\n');
    expect(client.said()).toBe('');
    expect(client.finished).toEqual({ how: 'close', reason: '421 4.3.2 too busy' });
    expect(client.events).toEqual(['awaiting', 'farewellSeen', 'settled']);
  });

  test.each([
    ['EHLO', 'S: 450 not now', 'refused after EHLO: 450 not now'],
    ['HELO', 'S: 500 what\nC: HELO client.example\nS: 550 no', 'refused after HELO: 550 no'],
  ])('%s refused: QUIT', (_, dialogue, reason) => {
    const client = new ClientDriver([message]);
    const script = `
      S: 220 server.example
      C: EHLO client.example
      ${dialogue}
      C: QUIT
      S: 221 bye`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.finished).toEqual({ how: 'close', reason });
  });
});

describe('replies in a batch', () => {
  test.each([
    [
      'MAIL refused for good',
      ['550 5.7.1 no', '503 mail first', '503 mail first', '503 no'],
      ['permanent 550 5.7.1 no', 'permanent 550 5.7.1 no'],
    ],
    [
      'MAIL refused for now',
      ['451 later', '503 x', '503 x', '503 x'],
      ['temporary 451 later', 'temporary 451 later'],
    ],
    [
      'all recipients refused',
      ['250 ok', '550 5.1.1 no b', '450 later', '554 no valid'],
      ['permanent 550 5.1.1 no b', 'temporary 450 later'],
    ],
    [
      'DATA refused for good',
      ['250 ok', '250 ok', '550 5.1.1 no c', '554 no'],
      ['permanent 554 no', 'permanent 550 5.1.1 no c'],
    ],
    [
      'DATA refused for now',
      ['250 ok', '250 ok', '250 ok', '451 disk'],
      ['temporary 451 disk', 'temporary 451 disk'],
    ],
    // RFC 5321 §4.3.2: codes that nobody listed are read by their first digit.
    [
      'codes never heard of',
      ['299 ok', '599 no', '499 later', '554 no'],
      ['permanent 599 no', 'temporary 499 later'],
    ],
    // RFC 5321 §4.5.3.1.10
    [
      '552 for too many recipients',
      ['250 ok', '552 too many', '552 5.5.3 too many', '554 no'],
      ['temporary 552 too many', 'temporary 552 5.5.3 too many'],
    ],
    [
      '552 for a full mailbox',
      ['250 ok', '552 5.2.2 full', '250 ok', '554 no'],
      ['permanent 552 5.2.2 full', 'permanent 554 no'],
    ],
  ])('%s', (_, replies, expected) => {
    const client = new ClientDriver([message]);
    const script = `${GREETED}${BATCH}
      ${replies.map((reply) => `S: ${reply}`).join('\n')}
      C: QUIT`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.outcomes('m')).toEqual([`b@y: ${expected[0]}`, `c@y: ${expected[1]}`]);
  });

  test.each([
    ['250 2.6.0 stored', 'delivered'],
    ['299 fine', 'delivered'],
    ['452 4.3.1 disk full', 'temporary'],
    ['554 5.7.1 spam', 'permanent'],
  ])('the final reply %s: %s, for who was accepted', (reply, outcome) => {
    const client = new ClientDriver([message]);
    const script = `${GREETED}${BATCH}
      S: 250 ok
      S: 550 5.1.1 no
      S: 250 ok
      S: 354 go
      C: hello
      C: .
      S: ${reply}
      C: QUIT`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.outcomes('m')).toEqual(['b@y: permanent 550 5.1.1 no', `c@y: ${outcome} ${reply}`]);
  });

  test.each([
    ['no recipient', ['250 ok', '550 no', '550 no', '354 go']],
    ['no sender', ['550 no', '550 no', '550 no', '354 go']],
    ['no sender, yet recipients', ['550 no', '250 ok', '250 ok', '354 go']],
  ])('DATA accepted with %s: the message is a dot (RFC 2920 §3.1)', (_, replies) => {
    const client = new ClientDriver([message, next]);
    const script = `${GREETED}${BATCH}
      ${replies.map((reply) => `S: ${reply}`).join('\n')}
      C: .
      S: 250 took an empty message
      C: MAIL FROM:<a@from.example>
      C: RCPT TO:<d@y>
      C: DATA`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.pulls).toBe(0);
    expect(client.outcomes('m')).toEqual(['b@y: permanent 550 no', 'c@y: permanent 550 no']);
  });
});

describe('RSET goes before the next message only where a transaction is left open', () => {
  test.each([
    ['all recipients refused', ['250 ok', '550 no', '550 no', '554 no'], true],
    ['DATA refused', ['250 ok', '250 ok', '250 ok', '451 no'], true],
    ['MAIL refused', ['550 no', '503 no', '503 no', '503 no'], false],
  ])('%s: %s', (_, replies, needed) => {
    const client = new ClientDriver([message, next]);
    const script = `${GREETED}${BATCH}
      ${replies.map((reply) => `S: ${reply}`).join('\n')}
      ${needed ? 'C: RSET' : ''}
      C: MAIL FROM:<a@from.example>
      C: RCPT TO:<d@y>
      C: DATA
      ${needed ? 'S: 250 reset' : ''}
      S: 250 ok
      S: 250 ok
      S: 354 go
      C: next
      C: .
      S: 250 ok
      C: QUIT`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.outcomes('next')).toEqual(['d@y: delivered 250 ok']);
  });

  test('one command at a time: what is in vain is not sent', () => {
    const client = new ClientDriver([message, next]);
    const script = `${PLAIN}
      C: MAIL FROM:<a@from.example>
      S: 250 ok
      C: RCPT TO:<b@y>
      S: 550 no
      C: RCPT TO:<c@y>
      S: 450 later
      C: RSET
      S: 250 ok
      C: MAIL FROM:<a@from.example>
      S: 550 not from you
      C: QUIT
      S: 221 bye`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.outcomes('m')).toEqual(['b@y: permanent 550 no', 'c@y: temporary 450 later']);
    expect(client.outcomes('next')).toEqual(['d@y: permanent 550 not from you']);
  });
});

describe('421 to a further message', () => {
  const afterFirst = (): ClientDriver => {
    const client = new ClientDriver([message, next]).start();
    for (const reply of STEPS.slice(0, DONE)) client.give(reply);
    return client;
  };
  const CLOSING = '421 4.7.0 too many messages';

  test('before anything of it was begun: the next session takes it', () => {
    const client = afterFirst();
    expect(client.said()).toContain('MAIL');
    client.give(`${CLOSING}\r\n`);
    expect(client.outcomes('m')).toHaveLength(2);
    expect(client.outcomes('next')).toEqual([]);
    expect([client.finished?.reason, client.again]).toEqual([CLOSING, 'more']);
  });

  test('after its MAIL was answered: it is put off', () => {
    const client = afterFirst();
    client.give('250 ok\r\n');
    client.give(`${CLOSING}\r\n`);
    expect(client.outcomes('next')).toEqual([`d@y: temporary ${CLOSING}`]);
    expect([client.finished?.reason, client.again]).toEqual([CLOSING, undefined]);
  });
});

/** What the server says, step by step, in a session that goes well; one message of two recipients, one refused. */
const STEPS = [
  '220 s\r\n',
  '250 s\r\n',
  '250 ok\r\n',
  '550 no\r\n',
  '250 ok\r\n',
  '354 go\r\n',
  '250 done\r\n',
  '221 bye\r\n',
];
const NAMES = ['greeting', 'EHLO', 'MAIL', 'RCPT', 'RCPT', 'DATA', 'message', 'QUIT'];
const WAITS = [120, 300, 300, 300, 300, 180, 600, 300];
const RCPT_ANSWERED = 4;
const DATA = 5;
const DONE = 7;

/** A session in which so many of the server's replies have come. */
function replied(steps: number): ClientDriver {
  const client = new ClientDriver([message]).start();
  for (const reply of STEPS.slice(0, steps)) client.give(reply);
  return client;
}

describe.each(STEPS.map((_, steps) => steps))('after %i replies', (steps) => {
  const begun = steps >= 2;
  const expected = (reason: string): string[] => {
    if (!begun) return [];
    if (steps >= DONE) return ['b@y: permanent 550 no', 'c@y: delivered 250 done'];
    return [
      steps >= RCPT_ANSWERED ? 'b@y: permanent 550 no' : `b@y: temporary ${reason}`,
      `c@y: temporary ${reason}`,
    ];
  };

  test('the transport is lost', () => {
    const client = replied(steps);
    client.input({ type: 'ended', reason: 'circuit reset' });
    expect(client.outcomes('m')).toEqual(expected('circuit reset'));
    expect(client.finished).toEqual({ how: 'abort', reason: 'circuit reset' });
    expect(client.session.nextDeadline()).toBeUndefined();
  });

  test('421 comes', () => {
    const client = replied(steps);
    client.said();
    client.give('421 4.3.2 closing\r\n');
    expect(client.outcomes('m')).toEqual(expected('421 4.3.2 closing'));
    expect(client.finished).toEqual({ how: 'close', reason: '421 4.3.2 closing' });
    expect(client.events).toContain('farewellSeen');
    expect(client.said()).toBe('');
  });

  test('no reply comes', () => {
    const client = replied(steps);
    const reason = `${steps === 0 ? 'no greeting' : `no reply to ${NAMES[steps]}`} within ${WAITS[steps]} s`;
    const deadline = client.session.nextDeadline() ?? 0;
    client.runUntil(deadline - 1);
    expect(client.finished).toBeUndefined();
    client.runUntil(deadline);
    expect(client.finished).toEqual({ how: 'abort', reason });
    expect(client.outcomes('m')).toEqual(expected(reason));
  });

  test('what comes is no SMTP reply', () => {
    const client = replied(steps);
    client.give('HTTP/1.1 400 Bad Request\r\n');
    expect(client.outcomes('m')).toEqual(expected('not an SMTP reply'));
    expect(client.finished).toEqual({ how: 'abort', reason: 'not an SMTP reply' });
  });

  test('a reply of the wrong kind comes', () => {
    const client = replied(steps);
    const wrong = steps === DATA ? '250 ok' : '354 go';
    client.give(`${wrong}\r\n`);
    const reason = `unexpected reply to ${NAMES[steps]}: ${wrong}`;
    // Whatever is said to QUIT is a farewell.
    expect(client.finished).toEqual(
      steps === DONE ? { how: 'close', reason: wrong } : { how: 'abort', reason },
    );
    expect(client.outcomes('m')).toEqual(expected(reason));
  });
});

describe('a reply to nothing ends the session, for who knows to what the next one belongs', () => {
  test('before a message', () => {
    const client = replied(1);
    client.give('250 s\r\n250 what for\r\n');
    expect(client.readies).toEqual([]);
    expect(client.finished).toEqual({ how: 'abort', reason: 'reply to nothing: 250 what for' });
  });

  test('behind a message, which stays delivered', () => {
    const client = replied(DONE - 1);
    client.give('250 done\r\n250 what for\r\n');
    expect(client.outcomes('m')).toEqual(['b@y: permanent 550 no', 'c@y: delivered 250 done']);
    expect(client.finished).toEqual({ how: 'abort', reason: 'reply to nothing: 250 what for' });
  });
});

describe('in the middle of the body', () => {
  const inBody = (): ClientDriver => {
    const client = new ClientDriver([queued('m', ['b@y', 'c@y'], 'x'.repeat(30_000))]);
    client.holdBody = true;
    client.start();
    for (const reply of STEPS.slice(0, 6)) client.give(reply);
    client.giveBody();
    client.said();
    return client;
  };

  test('a refusal is final, and the rest is not sent', () => {
    for (const [reply, outcome] of [
      ['552 5.3.4 too big', 'permanent'],
      ['451 disk', 'temporary'],
    ] as const) {
      const client = inBody();
      client.give(`${reply}\r\n`);
      expect(client.outcomes('m')).toEqual(['b@y: permanent 550 no', `c@y: ${outcome} ${reply}`]);
      expect(client.finished?.how).toBe('abort');
      client.giveBody();
      expect(client.said()).toBe('');
    }
  });

  test('a success before the end is none', () => {
    const client = inBody();
    client.give('250 ok\r\n');
    expect(client.outcomes('m')[1]).toBe('c@y: temporary reply to nothing: 250 ok');
    expect(client.finished?.how).toBe('abort');
  });

  test('a body that can not be read never looks complete', () => {
    const client = inBody();
    client.input({ type: 'bodyFailed', reason: 'disk error' });
    expect(client.said()).toBe('');
    expect(client.outcomes('m')[1]).toBe("c@y: temporary message can't be read: disk error");
    expect(client.finished?.how).toBe('abort');
  });

  test('a transport that takes nothing more ends it', () => {
    const client = inBody();
    client.runUntil(100_000);
    client.giveBody();
    expect(client.session.nextDeadline()).toBe(280_000);
    client.runUntil(280_000);
    expect(client.finished).toEqual({ how: 'abort', reason: 'message not taken within 180 s' });
    expect(client.said()).not.toContain('.\r\n');
  });
});

test('waits of unlimited length are left to others', () => {
  const forever = { greetingMs: Infinity, commandMs: Infinity, dataMs: Infinity, endOfDataMs: Infinity };
  const client = new ClientDriver([message], { timeouts: forever }).start();
  for (const reply of STEPS) {
    expect(client.session.nextDeadline()).toBeUndefined();
    client.give(reply);
  }
  expect(client.finished?.how).toBe('close');
});

test('each reply of a batch starts the wait for the next one', () => {
  const client = new ClientDriver([message]).start();
  client.give('220 s\r\n');
  client.give('250-s\r\n250 PIPELINING\r\n');
  client.runUntil(200_000);
  client.give('250 ok\r\n');
  expect(client.session.nextDeadline()).toBe(500_000);
  client.runUntil(300_000);
  client.give('250-not');
  expect(client.session.nextDeadline()).toBe(500_000);
  client.give(' complete\r\n250 ok\r\n250 ok\r\n');
  expect(client.session.nextDeadline()).toBe(480_000); // DATA: 180 s
});
