/** A message that goes on where it was cut off (RFC 1845). */
import { describe, expect, test } from 'vitest';
import { ClientDriver, queued } from '../support/smtp-drivers.js';
import { playClient, transcript } from '../support/transcript.js';

const ID = '<k1@client.example>';
const BODY = 'one\r\n.two\r\nthree\r\n';

const GREETED = `
  S: 220 server.example ESMTP
  C: EHLO client.example
  S: 250-server.example
  S: 250-PIPELINING
  S: 250-CHUNKING
  S: 250 CHECKPOINT`;

const first = queued('m', ['b@y', 'c@y', 'd@y'], BODY, { checkpoint: { transactionId: ID } });
const later = queued('m', ['b@y', 'd@y'], BODY, {
  checkpoint: { transactionId: ID, accepted: ['b@y', 'd@y'] },
});

test('cut off in the data: whom the server had accepted is told, with the transaction', () => {
  const client = new ClientDriver([first], {}, 8);
  client.holdBody = true;
  const script = `${GREETED}
    C: MAIL FROM:<a@from.example> TRANSID=${ID}
    C: RCPT TO:<b@y>
    C: RCPT TO:<c@y>
    C: RCPT TO:<d@y>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 550 no
    S: 250 ok
    S: 354 go`;
  expect(playClient(client, script)).toEqual(transcript(script));
  client.giveBody();
  client.input({ type: 'ended', reason: 'circuit reset' });
  expect(client.outcomes('m')).toEqual([
    'b@y: temporary circuit reset',
    'c@y: permanent 550 no',
    'd@y: temporary circuit reset',
  ]);
  expect(client.interrupted).toEqual([{ transactionId: ID, accepted: ['b@y', 'd@y'] }]);
});

test.each([
  ['in the envelope', 0],
  ['when it is delivered', 1],
])('%s nothing is left that could go on', (_, delivered) => {
  const client = new ClientDriver([first]).start();
  client.give('220 s\r\n');
  client.give('250-s\r\n250-PIPELINING\r\n250 CHECKPOINT\r\n');
  client.give('250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n');
  if (delivered === 1) {
    client.give('354 go\r\n');
    client.give('250 ok\r\n');
  }
  client.input({ type: 'ended', reason: 'gone' });
  expect(client.interrupted).toEqual([]);
});

describe('the next session', () => {
  test.each([
    [0, 'one\r\nC: ..two\r\nC: three'],
    [5, '..two\r\nC: three'],
    [11, 'three'],
  ])('goes on at octet %i', (offset, rest) => {
    const client = new ClientDriver([later]);
    const script = `${GREETED}
      C: MAIL FROM:<a@from.example> TRANSID=${ID}
      S: 355 ${offset} is the transaction offset
      C: DATA
      S: 354 from there
      C: ${rest.replaceAll('\r\n', '\n')}
      C: .
      S: 250 taken
      C: QUIT`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.begun).toEqual([offset]);
    expect(client.outcomes('m')).toEqual(['b@y: delivered 250 taken', 'd@y: delivered 250 taken']);
  });

  test('all was there but the reply: the end of data is enough', () => {
    const client = new ClientDriver([later]);
    const script = `${GREETED}
      C: MAIL FROM:<a@from.example> TRANSID=${ID}
      S: 355 ${BODY.length} is the transaction offset
      C: DATA
      S: 354 from there
      C: .
      S: 250 was taken
      C: QUIT`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.results.get('m')?.every(({ outcome }) => outcome === 'delivered')).toBe(true);
  });

  test('a server that has forgotten it gets all of it', () => {
    const client = new ClientDriver([later]);
    const script = `${GREETED}
      C: MAIL FROM:<a@from.example> TRANSID=${ID}
      S: 250 ok
      C: RCPT TO:<b@y>
      C: RCPT TO:<d@y>
      C: DATA
      S: 250 ok
      S: 550 not any more
      S: 354 go`;
    client.holdBody = true;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.begun).toEqual([0]);
    client.input({ type: 'ended', reason: 'gone' });
    expect(client.interrupted).toEqual([{ transactionId: ID, accepted: ['b@y'] }]);
  });

  test.each(['355 19 is beyond the end', '355 here', '355'])(
    '%j: again from the start, under no name',
    (reply) => {
      const client = new ClientDriver([later]);
      const script = `${GREETED}
      C: MAIL FROM:<a@from.example> TRANSID=${ID}
      S: ${reply}
      C: RSET
      C: MAIL FROM:<a@from.example>
      C: RCPT TO:<b@y>
      C: RCPT TO:<d@y>
      C: BDAT 18 LAST
      C: one
      C: .two
      C: three
      S: 250 ok
      S: 250 ok
      S: 250 ok
      S: 250 ok
      S: 250 taken
      C: QUIT`;
      expect(playClient(client, script)).toEqual(transcript(script));
      expect(client.results.get('m')?.every(({ outcome }) => outcome === 'delivered')).toBe(true);
    },
  );

  test('another session has it: later', () => {
    const client = new ClientDriver([later]);
    const script = `${GREETED}
      C: MAIL FROM:<a@from.example> TRANSID=${ID}
      S: 451 4.5.0 in use
      C: QUIT`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.outcomes('m')[0]).toBe('b@y: temporary 451 4.5.0 in use');
  });

  test.each([0, 1, 2])('cut off again, after %i replies: it can still go on', (replies) => {
    const client = new ClientDriver([later]).start();
    client.holdBody = true;
    client.give('220 s\r\n');
    client.give('250-s\r\n250-PIPELINING\r\n250 CHECKPOINT\r\n');
    for (const reply of ['355 5\r\n', '354 go\r\n'].slice(0, replies)) client.give(reply);
    client.input({ type: 'ended', reason: 'circuit reset' });
    expect(client.interrupted).toEqual([{ transactionId: ID, accepted: ['b@y', 'd@y'] }]);
  });

  test('a recipient who was not in it gets a transaction of his own', () => {
    const more = queued('m', ['b@y', 'new@y'], BODY, {
      checkpoint: { transactionId: ID, accepted: ['b@y'] },
    });
    const client = new ClientDriver([more]);
    const script = `${GREETED}
      C: MAIL FROM:<a@from.example> TRANSID=${ID}
      S: 355 11
      C: DATA
      S: 354 go
      C: three
      C: .
      S: 250 taken
      C: MAIL FROM:<a@from.example>
      C: RCPT TO:<new@y>
      C: BDAT 18 LAST
      C: one
      C: .two
      C: three
      S: 250 ok
      S: 250 ok
      S: 250 also taken
      C: QUIT`;
    expect(playClient(client, script)).toEqual(transcript(script));
    expect(client.outcomes('m')).toEqual(['b@y: delivered 250 taken', 'new@y: delivered 250 also taken']);
  });

  test('one of them is delivered already: a new transaction, else he would get it twice', () => {
    const less = queued('m', ['b@y'], BODY, { checkpoint: { transactionId: ID, accepted: ['b@y', 'd@y'] } });
    const client = new ClientDriver([less]).start();
    client.give('220 s\r\n');
    client.give('250-s\r\n250-PIPELINING\r\n250 CHECKPOINT\r\n');
    expect(client.said()).toContain('MAIL FROM:<a@from.example>\r\nRCPT TO:<b@y>\r\nDATA\r\n');
  });
});

test('355 where nothing was to go on is believed by nobody', () => {
  const client = new ClientDriver([first]).start();
  client.give('220 s\r\n');
  client.give('250-s\r\n250-PIPELINING\r\n250 CHECKPOINT\r\n');
  client.said();
  client.give('355 5\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n');
  expect([client.said(), client.finished?.how]).toEqual(['', 'abort']);
});

test('without CHECKPOINT, and for binary messages, no transaction has a name', () => {
  const binary = queued('m', ['b@y'], BODY, { body: 'BINARYMIME', checkpoint: { transactionId: ID } });
  for (const [message, keywords] of [
    [first, '250 PIPELINING'],
    [binary, '250-CHUNKING\r\n250-BINARYMIME\r\n250 CHECKPOINT'],
  ] as const) {
    const client = new ClientDriver([message]).start();
    client.give('220 s\r\n');
    client.give(`250-s\r\n${keywords}\r\n`);
    expect(client.said()).not.toContain('TRANSID');
  }
});
