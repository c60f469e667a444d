import { describe, expect, test } from 'vitest';
import { ClientDriver, queued } from '../support/smtp-drivers.js';
import { playClient, transcript } from '../support/transcript.js';

const GREETED = `
  S: 220 server.example ESMTP
  C: EHLO client.example
  S: 250-server.example greets you
  S: 250-PIPELINING
  S: 250-8BITMIME
  S: 250 SIZE 10000`;

const one = queued('one', ['b@y'], 'hello\r\n');
const two = queued('two', ['b@y', 'c@y'], 'second\r\n.dot');

describe('a message', () => {
  test('in a batch, with parameters', () => {
    const client = new ClientDriver([queued('m', ['b@y', 'c@y'], 'caf\xe9\r\n.\r\n', { body: '8BITMIME' })]);
    const script = `${GREETED}
      C: MAIL FROM:<a@from.example> SIZE=9 BODY=8BITMIME
      C: RCPT TO:<b@y>
      C: RCPT TO:<c@y>
      C: DATA
      S: 250 2.1.0 ok
      S: 250 2.1.5 ok
      S: 250 2.1.5 ok
      S: 354 go
      C: caf\xe9
      C: ..
      C: .
      S: 250 2.0.0 queued as 1
      C: QUIT
      S: 221 bye`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.outcomes('m')).toEqual([
      'b@y: delivered 250 2.0.0 queued as 1',
      'c@y: delivered 250 2.0.0 queued as 1',
    ]);
    expect(client.finished).toEqual({ how: 'close', reason: '221 bye' });
  });

  test.each([
    ['PIPELINING is not offered', 'S: 250 HELP', {}],
    ['it is switched off', 'S: 250 PIPELINING', { pipelining: false }],
  ])('one command at a time when %s', (_, line, options) => {
    const script = `
      S: 220 server.example ESMTP
      C: EHLO client.example
      S: 250-server.example
      ${line}
      C: MAIL FROM:<a@from.example>
      S: 250 ok
      C: RCPT TO:<b@y>
      S: 250 ok
      C: RCPT TO:<c@y>
      S: 251 will forward
      C: DATA
      S: 354 go
      C: second
      C: ..dot
      C: .
      S: 250 ok
      C: MAIL FROM:<a@from.example>
      S: 250 ok
      C: RCPT TO:<b@y>
      S: 250 ok
      C: DATA
      S: 354 go
      C: hello
      C: .
      S: 250 ok
      C: QUIT
      S: 221 bye`;
    const client = new ClientDriver([two, one], options);
    expect(playClient(client, script)).toEqual(transcript(script));
    expect([...client.results.keys()]).toEqual(['two', 'one']);
  });

  test('from nobody, to Postmaster', () => {
    const client = new ClientDriver([queued('m', ['Postmaster'], 'x\r\n', { sender: '' })]);
    const script = `${GREETED}
      C: MAIL FROM:<> SIZE=3
      C: RCPT TO:<Postmaster>
      C: DATA`;
    expect(playClient(client, script)).toEqual(transcript(script));
  });

  test('one batch is one sequence; data ends one only at its end', () => {
    const client = new ClientDriver([queued('m', ['b@y'], 'x'.repeat(25_000))]).start();
    client.give('220 s\r\n');
    client.give('250-s\r\n250 PIPELINING\r\n');
    expect(client.sent.map((send) => send.endOfSequence)).toEqual([true, true]);
    client.sent.length = 0;
    client.give('250 ok\r\n250 ok\r\n354 go\r\n');
    expect(client.sent.map((send) => [send.text.length, send.endOfSequence])).toEqual([
      [10_000, false],
      [10_000, false],
      [5005, true],
    ]);
    expect(client.pulls).toBe(3);
  });

  test('no action is larger than 64 KiB', () => {
    const many = Array.from({ length: 3000 }, (_, i) => `recipient-number-${i}@y.example`);
    const client = new ClientDriver([queued('m', many, '\r\n.'.repeat(30_000))], {}, 65_536).start();
    client.give('220 s\r\n');
    client.give('250-s\r\n250 PIPELINING\r\n');
    client.give('250 ok\r\n'.repeat(3001));
    client.give('354 go\r\n');
    expect(Math.max(...client.sent.map((send) => send.text.length))).toBeLessThanOrEqual(65_536);
    const sequences = client.sent.filter((send) => send.endOfSequence);
    expect(sequences).toHaveLength(3); // EHLO, the batch, the message
    client.give('250 ok\r\n');
    expect(client.results.get('m')?.every(({ outcome }) => outcome === 'delivered')).toBe(true);
  });

  test('without recipients is done at once', () => {
    const client = new ClientDriver([queued('m', [], 'x')]);
    const script = `${GREETED}
      C: QUIT`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.results.get('m')).toEqual([]);
  });
});

describe('who the server is', () => {
  test('EHLO: name and keywords, in any case', () => {
    const client = new ClientDriver([]).start();
    client.give('220-welcome\r\n220 to server.example\r\n');
    client.give(
      '250-server.example at your service\r\n250-size 20000\r\n250-8BitMime\r\n250-AUTH PLAIN LOGIN\r\n250 pipelining\r\n',
    );
    expect(client.readies[0]?.capabilities).toEqual({
      name: 'server.example',
      extended: true,
      pipelining: true,
      eightBitMime: true,
      chunking: false,
      binaryMime: false,
      smtpUtf8: false,
      dsn: false,
      checkpoint: false,
      size: 20000,
      limits: { mails: Infinity, recipients: Infinity, domains: Infinity },
      mechanisms: ['PLAIN', 'LOGIN'],
      keywords: new Map([
        ['SIZE', '20000'],
        ['8BITMIME', ''],
        ['AUTH', 'PLAIN LOGIN'],
        ['PIPELINING', ''],
      ]),
    });
  });

  test.each([
    ['250-s\r\n250 HELP\r\n', undefined],
    ['250-s\r\n250 SIZE\r\n', 0],
    ['250-s\r\n250 SIZE 0\r\n', 0],
    ['250-s\r\n250 SIZE many\r\n', 0],
    ['250-s\r\n250 SIZE 12\r\n', 12],
  ])('%j offers SIZE %s', (reply, size) => {
    const client = new ClientDriver([]).start();
    client.give('220 s\r\n');
    client.give(reply);
    expect(client.readies[0]?.capabilities.size).toBe(size);
  });

  test.each(['500 what', '502 5.5.1 not here', '554 no'])('EHLO answered %s: HELO', (reply) => {
    const client = new ClientDriver([one]);
    const script = `
      S: 220 old.example
      C: EHLO client.example
      S: ${reply}
      C: HELO client.example
      S: 250 old.example
      C: MAIL FROM:<a@from.example>`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.readies[0]?.capabilities).toMatchObject({
      name: 'old.example',
      extended: false,
      size: undefined,
    });
  });

  test('a server with LF alone, cut anywhere, and short replies', () => {
    const client = new ClientDriver([one]).start();
    for (const octet of '220\n250-s\n250 PIPELINING\n250\n250\n354\n250\n221\n') client.give(octet);
    expect(client.outcomes('one')).toEqual(['b@y: delivered 250']);
    expect(client.finished).toEqual({ how: 'close', reason: '221' });
  });
});

describe('what this server can not take is not sent', () => {
  test.each([
    [
      'too big',
      queued('m', ['b@y', 'c@y'], 'x', { size: 10_001 }),
      '552 5.3.4 message has 10001 octets, server.example takes 10000',
    ],
    [
      'a bad sender',
      queued('m', ['b@y', 'c@y'], 'x', { sender: 'a>\r\nRCPT TO:<evil@x' }),
      '553 5.1.7 sender is no address that can be given to a server',
    ],
  ])('%s', (_, message, reason) => {
    const client = new ClientDriver([message]);
    const script = `${GREETED}
      C: QUIT
      S: 221 bye`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.outcomes('m')).toEqual([`b@y: permanent ${reason}`, `c@y: permanent ${reason}`]);
  });

  test('8-bit octets, where 8BITMIME is not offered', () => {
    const client = new ClientDriver([queued('m', ['b@y'], 'x', { body: '8BITMIME' }), one]);
    const script = `
      S: 220 server.example ESMTP
      C: EHLO client.example
      S: 250 server.example
      C: MAIL FROM:<a@from.example>`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.outcomes('m')).toEqual([
      'b@y: permanent 554 5.6.3 message has 8-bit octets, server.example takes only 7-bit',
    ]);
  });

  test('an address that would be a command of its own; the others are', () => {
    const client = new ClientDriver([queued('m', ['b@y', 'x@y>\r\nQUIT', 'j\xf6@y'], 'x\r\n')]);
    const script = `${GREETED}
      C: MAIL FROM:<a@from.example> SIZE=3
      C: RCPT TO:<b@y>
      C: DATA
      S: 250 ok
      S: 250 ok
      S: 354 go
      C: x
      C: .
      S: 250 ok
      C: QUIT`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.results.get('m')?.map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'permanent',
      'permanent',
    ]);
  });
});

test('events of the dialogue, in order', () => {
  const client = new ClientDriver([one]).start();
  expect(client.events.splice(0)).toEqual(['awaiting']);
  client.holdBody = true;
  client.give('220 s\r\n');
  client.give('250-s\r\n250 PIPELINING\r\n');
  client.give('250 ok\r\n250 ok\r\n');
  expect(client.events.splice(0)).toEqual(['greetingSeen', 'settled', 'awaiting']);
  client.give('354 go\r\n');
  expect(client.events.splice(0)).toEqual(['settled']);
  client.giveBody();
  expect(client.events.splice(0)).toEqual(['awaiting']);
  client.give('250 ok\r\n');
  expect(client.events.splice(0)).toEqual(['settled', 'quitSent', 'awaiting']);
  client.give('221 bye\r\n');
  expect(client.events).toEqual(['farewellSeen', 'settled']);
  expect(client.consumed).toBe(
    '220 s\r\n250-s\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n221 bye\r\n'.length,
  );
});

test('a driver that gives what was not asked for is told so; after the end nothing matters', () => {
  const client = new ClientDriver([]);
  expect(() => client.give('220 s\r\n')).toThrow();
  client.start();
  expect(() => client.start()).toThrow();
  expect(() => client.input({ type: 'message', message: one.message })).toThrow();
  expect(() => client.input({ type: 'quit' })).toThrow();
  expect(() => client.input({ type: 'body', octets: new Uint8Array(0), last: true })).toThrow();
  client.input({ type: 'ended', reason: 'gone' });
  client.input({ type: 'body', octets: new Uint8Array(0), last: true });
  client.input({ type: 'quit' });
  expect(client.finished).toEqual({ how: 'abort', reason: 'gone' });
});
