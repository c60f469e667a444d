/** LMTP (RFC 2033): LHLO, and a reply for each recipient after the message. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClientDriver, type QueuedMessage, queued } from '../support/smtp-drivers.js';
import { playClient, transcript } from '../support/transcript.js';

const GREETED = `
  S: 220 store.example LMTP
  C: LHLO client.example
  S: 250-store.example
  S: 250-PIPELINING
  S: 250 CHUNKING`;

const DATA = `
  C: hello
  C: .`;

function expectPlayed(queue: QueuedMessage[], script: string): ClientDriver {
  const client = new ClientDriver(queue, { lmtp: true });
  expect(playClient(client, script)).toEqual(transcript(script));
  return client;
}

const message = queued('m', ['a@y', 'b@y', 'c@y', 'd@y'], 'hello\r\n');

describe('LMTP', () => {
  test('each recipient that was accepted has a reply of its own, in their order', () => {
    const client = expectPlayed(
      [message, queued('next', ['e@y'], 'next\r\n')],
      `${GREETED}
        C: MAIL FROM:<a@from.example>
        C: RCPT TO:<a@y>
        C: RCPT TO:<b@y>
        C: RCPT TO:<c@y>
        C: RCPT TO:<d@y>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 550 5.1.1 no b
        S: 250 ok
        S: 250 ok
        S: 354 go
        ${DATA}
        S: 250 2.0.0 <a@y> saved
        S: 452 4.2.2 <c@y> over quota
        S: 552 5.2.2 <d@y> too big
        C: MAIL FROM:<a@from.example>
        C: RCPT TO:<e@y>
        C: DATA`,
    );
    expect(client.results.get('m')).toEqual([
      { address: 'a@y', outcome: 'delivered', reason: '250 2.0.0 <a@y> saved', final: true },
      { address: 'b@y', outcome: 'permanent', reason: '550 5.1.1 no b' },
      { address: 'c@y', outcome: 'temporary', reason: '452 4.2.2 <c@y> over quota' },
      { address: 'd@y', outcome: 'permanent', reason: '552 5.2.2 <d@y> too big' },
    ]);
  });

  test('a server that makes reports has taken them over', () => {
    const client = new ClientDriver([queued('m', ['a@y'], 'hello\r\n')], { lmtp: true }).start();
    for (const reply of ['220 s', '250-s\r\n250 DSN', '250 ok', '250 ok', '354 go', '250 saved'])
      client.give(`${reply}\r\n`);
    expect(client.results.get('m')).toEqual([{ address: 'a@y', outcome: 'delivered', reason: '250 saved' }]);
  });

  test('the session breaks off between the replies: what was told counts, the others wait', () => {
    const client = new ClientDriver([queued('m', ['a@y', 'b@y'], 'hello\r\n')], { lmtp: true }).start();
    for (const reply of ['220 s', '250 s', '250 ok', '250 ok', '250 ok', '354 go', '250 saved'])
      client.give(`${reply}\r\n`);
    client.input({ type: 'ended', reason: 'connection reset' });
    expect(client.outcomes('m')).toEqual(['a@y: delivered 250 saved', 'b@y: temporary connection reset']);
  });

  test('nobody was accepted, and DATA was not refused: one reply to a message that is empty', () => {
    const client = expectPlayed(
      [queued('m', ['a@y'], 'hello\r\n')],
      `${GREETED}
        C: MAIL FROM:<a@from.example>
        C: RCPT TO:<a@y>
        C: DATA
        S: 250 ok
        S: 550 5.1.1 no a
        S: 354 go
        C: .
        S: 503 no recipients
        C: QUIT
        S: 221 bye`,
    );
    expect(client.outcomes('m')).toEqual(['a@y: permanent 550 5.1.1 no a']);
  });

  test('a server that does not know LHLO speaks another protocol: no mail goes there', () => {
    const client = expectPlayed(
      [message],
      `S: 220 server.example ESMTP
       C: LHLO client.example
       S: 500 5.5.1 what
       C: QUIT
       S: 221 bye`,
    );
    expect(client.finished).toEqual({ how: 'close', reason: 'refused after LHLO: 500 5.5.1 what' });
  });

  test('whatever is said of each recipient, it is that one who is told', () => {
    const replies = fc.array(fc.constantFrom('250 ok', '450 4.2.0 later', '550 5.2.0 never'), {
      minLength: 1,
      maxLength: 8,
    });
    const KINDS = { '2': 'delivered', '4': 'temporary', '5': 'permanent' } as const;
    fc.assert(
      fc.property(replies, replies, (ofRcpt, ofData) => {
        const addresses = ofRcpt.map((_, i) => `u${i}@y`);
        const client = new ClientDriver([queued('m', addresses, 'hello\r\n')], { lmtp: true }).start();
        const say = (text: string): void => client.give(`${text}\r\n`);
        for (const reply of ['220 s', '250 s', '250 ok', ...ofRcpt]) say(reply);
        const accepted = ofRcpt.flatMap((reply, i) => (reply.startsWith('2') ? [i] : []));
        const last = accepted.map((_, i) => ofData[i % ofData.length] ?? '');
        for (const reply of accepted.length === 0 ? [] : ['354 go', ...last]) say(reply);
        const expected = ofRcpt.map((reply, i) => last[accepted.indexOf(i)] ?? reply);
        expect(client.results.get('m')?.map(({ outcome, reason }) => `${outcome} ${reason}`)).toEqual(
          expected.map((reply) => `${KINDS[reply[0] as keyof typeof KINDS]} ${reply}`),
        );
      }),
    );
  });
});
