/** Both halves back to back where something is agreed beside plain messages: what one says, the other understands. */
import { describe, expect, test } from 'vitest';
import { makeVerifier } from '../../src/smtp/sasl/index.js';
import {
  ALL_OFFERS,
  ClientDriver,
  converse,
  type Decide,
  type QueuedMessage,
  queued,
  ServerDriver,
} from '../support/smtp-drivers.js';

const whole = (text: string): string[] => (text === '' ? [] : [text]);

test('what is known of a message and of a recipient arrives as it was given', () => {
  const parameters = {
    body: '8BITMIME',
    smtpUtf8: true,
    ret: 'HDRS',
    envelopeId: 'id +1=2 x',
    deliverBy: { seconds: 86_400, mode: 'N', trace: true },
    priority: -4,
  } as const;
  const recipients = [
    {
      address: 'b@y',
      parameters: { notify: ['SUCCESS', 'FAILURE', 'DELAY'], originalRecipient: 'rfc822;b+1=x@y' },
    },
    { address: '\u03b4@\u03c7.example', parameters: { notify: [], originalRecipient: 'utf-8;\u03b4 \\@y' } },
    { address: 'd@y', parameters: {} },
  ] as const;
  const client = new ClientDriver([queued('m', recipients, 'x\r\n', { parameters })]);
  const server = new ServerDriver({ offers: ALL_OFFERS });
  converse(client, server, whole);
  expect(client.results.get('m')?.map(({ outcome, relayed }) => [outcome, relayed])).toEqual(
    Array(3).fill(['delivered', undefined]),
  );
  expect(server.messages[0]?.mail).toEqual({ address: 'a@from.example', size: 3, ...parameters });
  const asked = server.asks.flatMap((ask) => (ask.type === 'recipient' ? [ask] : []));
  expect(asked.map(({ address, parameters: told }) => ({ address, parameters: told }))).toEqual(recipients);
});

describe('login', () => {
  const verifier = makeVerifier('p\u00e4ss word', Buffer.from('salty salt'), 4096);

  test.each([
    ['PLAIN', 'p\u00e4ss word', true],
    ['LOGIN', 'p\u00e4ss word', true],
    ['SCRAM-SHA-256', 'p\u00e4ss word', true],
    ['PLAIN', 'wrong', false],
    ['LOGIN', 'wrong', false],
    ['SCRAM-SHA-256', 'wrong', false],
  ] as const)('%s as user, %j: %s', (mechanism, password, isRight) => {
    const decide: Decide = (ask) =>
      ask.type === 'credentials'
        ? { accept: true, credentials: verifier === undefined ? {} : { scramSha256: verifier } }
        : { accept: true };
    const offers = { ...ALL_OFFERS, auth: { mechanisms: [mechanism], withoutTls: true } };
    const client = new ClientDriver(
      [queued('m', ['b@y'], 'x\r\n', { parameters: { submitter: 'a@from.example' } })],
      {
        login: { user: 'us,er=', password, privateLine: true },
      },
    );
    const server = new ServerDriver({ offers }, decide);
    converse(client, server, whole);
    expect(server.messages.map(({ mail }) => mail.submitter)).toEqual(isRight ? ['a@from.example'] : []);
    if (!isRight) expect(client.finished?.reason).toMatch(/^4\.7\.8 login as us,er= failed: 535 /);
  });
});

test('TLS: nothing of before counts after it', () => {
  const client = new ClientDriver([queued('m', ['b@y'], 'x\r\n')], { tls: 'must' });
  const server = new ServerDriver({ offers: ALL_OFFERS });
  converse(client, server, whole);
  expect([client.upgrades, server.upgrading, server.messages]).toEqual([1, true, []]);
  server.input({ type: 'secured', tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' } });
  client.input({ type: 'secured' });
  exchange(client, server);
  expect(client.outcomes('m')).toEqual(['b@y: delivered 250 2.0.0 Message accepted']);
  expect(client.readies[0]?.capabilities.keywords.has('STARTTLS')).toBe(false);
});

/** As `converse`, in a conversation that has begun. */
function exchange(client: ClientDriver, server: ServerDriver): void {
  for (;;) {
    const fromServer = server.said();
    const fromClient = client.said();
    if (fromServer === '' && fromClient === '') return;
    for (const piece of whole(fromServer)) client.give(piece);
    for (const piece of whole(fromClient)) server.give(piece);
  }
}

describe('a message cut off goes on (RFC 1845)', () => {
  const BODY = Array.from({ length: 200 }, (_, i) => `.line ${i}\r\n`).join('');
  const ID = '<k@client.example>';
  const fresh = queued('m', ['b@y', 'c@y'], BODY, { checkpoint: { transactionId: ID } });
  const later = queued('m', ['b@y', 'c@y'], BODY, {
    checkpoint: { transactionId: ID, accepted: ['b@y', 'c@y'] },
  });

  /** A session in which so much of the message arrives; what the server took of it. */
  function cutOff(client: ClientDriver, taken: number): void {
    const server = new ServerDriver({ offers: ALL_OFFERS });
    client.start();
    server.start();
    let left = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 20; i++) {
      client.give(server.said());
      const said = client.said();
      if (said.includes('.line')) left = taken;
      server.give(said.slice(0, left));
    }
    client.input({ type: 'ended', reason: 'circuit reset' });
  }

  test.each([0, 100, 1000, BODY.length])('with %i octets there', (there) => {
    const first = new ClientDriver([fresh], {}, 400);
    cutOff(first, there);
    expect(first.interrupted).toEqual([{ transactionId: ID, accepted: ['b@y', 'c@y'] }]);
    // As much as a driver has on stable storage: whole lines.
    const offset = BODY.lastIndexOf('\r\n', there - 1) + (there === 0 ? 1 : 2);
    const server = new ServerDriver({ offers: ALL_OFFERS }, (ask) =>
      ask.type === 'sender' && ask.mail.transactionId === ID
        ? { accept: true, checkpoint: { offset } }
        : { accept: true },
    );
    const second = new ClientDriver([later], {}, 300);
    converse(second, server, whole);
    expect(server.asks.some(({ type }) => type === 'recipient')).toBe(false);
    expect(server.messages.map(({ body }) => body)).toEqual([BODY.slice(offset)]);
    expect(second.results.get('m')?.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered']);
  });

  test('the reply alone was lost: it is said again, and nothing is delivered twice', () => {
    const server = new ServerDriver({ offers: ALL_OFFERS }, () => ({
      accept: true,
      checkpoint: { offset: BODY.length, finished: { code: 250, status: '2.0.0', text: 'taken before' } },
    }));
    const client = new ClientDriver([later]);
    converse(client, server, whole);
    expect(client.outcomes('m')[0]).toBe('b@y: delivered 250 2.0.0 taken before');
    expect(server.messages).toEqual([]);
  });
});

describe('limits that the server tells are kept to', () => {
  const queue: QueuedMessage[] = [
    queued('m', ['a@x', 'b@y', 'c@x', 'd@z', 'e@x'], 'x\r\n'),
    queued('n', ['a@x'], 'y\r\n'),
    queued('o', ['a@x'], 'z\r\n'),
  ];

  test('recipients, domains, messages', () => {
    const offers = { ...ALL_OFFERS, limits: { messages: 5, recipientDomains: 1 } };
    const client = new ClientDriver(queue);
    const server = new ServerDriver({ offers, maxRecipients: 2 });
    converse(client, server, whole);
    expect(server.messages.map(({ recipients }) => recipients)).toEqual([
      ['a@x', 'c@x'],
      ['b@y'],
      ['d@z'],
      ['e@x'],
      ['a@x'],
    ]);
    expect([client.again, client.results.has('o')]).toEqual(['more', false]);
    expect(server.misdeeds).toEqual([]);
  });
});
