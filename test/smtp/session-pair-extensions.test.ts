/** Both halves back to back where the session changes on the way: TLS, logins, restarts, and roles that turn. */
import { describe, expect, test } from 'vitest';
import {
  type Ask,
  BASIC_OFFERS,
  type ClientOptions,
  type Credentials,
  type MechanismName,
  makeVerifier,
  type Offers,
  type ServerOptions,
  type Verdict,
} from '../../src/smtp/index.js';
import { ClientDriver, type QueuedMessage, queued, ServerDriver, TLS } from '../support/smtp-drivers.js';

/** Lets what one says go to the other, TLS come about on both sides, until both are silent. */
function converse(client: ClientDriver, server: ServerDriver): void {
  client.start();
  server.start();
  let upgrades = 0;
  for (;;) {
    const fromServer = server.said();
    const fromClient = client.said();
    if (fromServer !== '') client.give(fromServer);
    if (fromClient !== '') server.give(fromClient);
    if (server.upgrading && client.upgrades > upgrades) {
      upgrades = client.upgrades;
      server.upgrading = false;
      server.input({ type: 'secured', tls: TLS });
      client.input({ type: 'secured' });
    } else if (fromServer === '' && fromClient === '') return;
  }
}

const mechanisms: readonly MechanismName[] = ['SCRAM-SHA-256', 'CRAM-MD5', 'PLAIN', 'LOGIN'];
const verifier = makeVerifier('s\u00e9cret', Buffer.from('salt'), 4096);
const CREDENTIALS: Credentials = {
  password: 's\u00e9cret',
  ...(verifier !== undefined && { scramSha256: verifier }),
};

describe.each(mechanisms)('%s', (mechanism) => {
  const offers: Offers = {
    ...BASIC_OFFERS,
    startTls: true,
    auth: { mechanisms: [mechanism], withoutTls: false },
  };
  const options: Partial<ServerOptions> = { offers, tlsRequired: true, authRequired: true };
  const decide = (ask: Ask): Verdict =>
    ask.type === 'credentials' && ask.user === 'ann'
      ? { accept: true, credentials: CREDENTIALS }
      : { accept: true };
  const send = (password: string): [ClientDriver, ServerDriver] => {
    const login: Partial<ClientOptions> = { tls: 'must', login: { user: 'ann', password } };
    const client = new ClientDriver([queued('m', ['b@y'], 'x\r\n')], login);
    const server = new ServerDriver(options, decide);
    converse(client, server);
    return [client, server];
  };

  test('within TLS lets a message through', () => {
    const [client, server] = send('s\u00e9cret');
    expect(client.outcomes('m')).toEqual(['b@y: delivered 250 2.0.0 Message accepted']);
    expect(server.clients.at(-1)).toMatchObject({ tls: TLS, identity: 'ann' });
    expect(server.closed).toBe('quit');
  });

  test('with another password does not', () => {
    const [, server] = send('other');
    expect(server.messages).toEqual([]);
    expect(server.misdeeds).toEqual(['failedLogin']);
  });
});

describe('a message that was cut off (RFC 1845)', () => {
  const body = `Subject: long\r\n\r\n${'x'.repeat(70).concat('\r\n').repeat(200)}`;
  const id = '<1@from.example>';
  const message = (accepted?: readonly string[]): QueuedMessage =>
    queued('m', ['b@y', 'c@y'], body, {
      checkpoint: { transactionId: id, ...(accepted !== undefined && { accepted }) },
    });
  const offers: Offers = { ...BASIC_OFFERS, checkpoint: true, chunking: true };

  test('goes on where it stopped, and comes out whole', () => {
    const first = new ServerDriver({ offers });
    const begun = new ClientDriver([message()], {}, 1000);
    first.start();
    begun.start();
    // The line is lost in the middle of the data.
    let taken = '';
    for (let said = begun.said(), heard = first.said(); said !== '' || heard !== ''; ) {
      if (heard !== '') begun.give(heard);
      if (said.length > 5000) {
        first.give(said.slice(0, 5000));
        break;
      }
      if (said !== '') first.give(said);
      said = begun.said();
      heard = first.said();
    }
    first.input({ type: 'ended' });
    begun.input({ type: 'ended', reason: 'lost' });
    expect(first.discardedWhy).toBe('cutOff');
    taken = body.slice(0, body.lastIndexOf('\r\n', 4000) + 2);
    expect(begun.interrupted).toEqual([{ transactionId: id, accepted: ['b@y', 'c@y'] }]);

    const checkpoint = { offset: taken.length };
    const second = new ServerDriver({ offers }, (ask) =>
      ask.type === 'sender' && ask.mail.transactionId === id
        ? { accept: true, checkpoint }
        : { accept: true },
    );
    const resumed = new ClientDriver([message(['b@y', 'c@y'])], {}, 1000);
    converse(resumed, second);
    expect(resumed.begun).toEqual([taken.length]);
    expect(taken + second.messages[0]?.body).toBe(body);
    expect(second.asks.at(-1)).toMatchObject({ type: 'commit', size: body.length });
    expect(resumed.outcomes('m').every((outcome) => outcome.includes('delivered'))).toBe(true);
  });

  test('and one whose reply alone was lost is told it again', () => {
    const finished = { code: 250, status: '2.0.0', text: 'ok, queued as m7' };
    const server = new ServerDriver({ offers }, (ask) =>
      ask.type === 'sender'
        ? { accept: true, checkpoint: { offset: body.length, finished } }
        : { accept: true },
    );
    const client = new ClientDriver([message(['b@y', 'c@y'])]);
    converse(client, server);
    expect(client.outcomes('m')).toEqual([
      'b@y: delivered 250 2.0.0 ok, queued as m7',
      'c@y: delivered 250 2.0.0 ok, queued as m7',
    ]);
    expect(server.asks.map(({ type }) => type)).toEqual(['sender']);
  });
});

test('roles turn: mail goes both ways in one session (RFC 2645)', () => {
  const offers: Offers = { ...BASIC_OFFERS, atrn: true };
  const provider = new ServerDriver({ offers });
  const customer = new ClientDriver([queued('out', ['b@y'], 'to the provider\r\n')]);
  customer.turn = ['from.example'];
  converse(customer, provider);
  expect(customer.outcomes('out')).toEqual(['b@y: delivered 250 2.0.0 Message accepted']);
  expect(provider.turned).toEqual({ domains: ['from.example'], octets: '' });
  expect(customer.turned).toEqual(new Uint8Array(0));

  const sending = new ClientDriver([queued('in', ['a@from.example'], 'to the customer\r\n')]);
  const receiving = new ServerDriver();
  converse(sending, receiving);
  expect(receiving.messages.map(({ body }) => body)).toEqual(['to the customer\r\n']);
  expect(receiving.closed).toBe('quit');
});
