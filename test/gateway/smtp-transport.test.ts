import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { type OctetStream, SystemClock, VirtualClock } from '../../src/core/index.js';
import type { MailSource } from '../../src/gateway/mail-source.js';
import { ServerRunner } from '../../src/gateway/server-runner.js';
import { SmtpTransport } from '../../src/gateway/smtp-transport.js';
import { secure } from '../../src/line/index.js';
import type { ServerTerms } from '../../src/routing/index.js';
import { type ClientOptions, makeVerifier, type Offers, type OutgoingMessage } from '../../src/smtp/index.js';
import { type MemoryStream, streamPair } from '../bridge/stream-pair.js';
import { MemorySpool } from '../support/memory-spool.js';
import { policyOfTests } from '../support/policies.js';

const TLS = join(import.meta.dirname, '../fixtures/tls');
const pem = (name: string): string => readFileSync(join(TLS, name), 'utf8');
const CERTIFICATE = createSecureContext({ cert: pem('cert.pem'), key: pem('key.pem') });
const CA = join(TLS, 'ca.pem');

const folder = mkdtempSync(join(tmpdir(), 'x25mail-terms-'));
const passwordFile = (text: string): string => {
  const file = join(folder, `password-${text.length}`);
  writeFileSync(file, text);
  return file;
};

const MESSAGE: OutgoingMessage = {
  id: 'm1',
  sender: 'a@a.example',
  recipients: [{ address: 'b@b.example', parameters: {} }],
  size: 4,
  parameters: {},
};

const SESSION: ClientOptions = {
  hostname: 'gw.example',
  pipelining: true,
  timeouts: { greetingMs: 5000, commandMs: 5000, dataMs: 5000, endOfDataMs: 5000 },
};

interface Server {
  readonly offers?: Offers;
  /** TLS comes first of all. */
  readonly implicit?: boolean;
  /** What it does when TLS is to begin. */
  readonly handshake?: 'right' | 'nonsense';
}

/** One message to a server that takes it. @returns what came of it, and what the server read on each connection. */
async function send(terms: ServerTerms, host: string, server: Server = {}, address?: string) {
  const clock = new SystemClock();
  const spool = new MemorySpool(new VirtualClock());
  const verifier = makeVerifier('secret', Buffer.alloc(16), 4096);
  const connections: MemoryStream[] = [];
  const connectedTo: string[] = [];
  const encrypt = async (below: OctetStream) => {
    if (server.handshake === 'nonsense') {
      below.write(Buffer.from('this is no TLS\r\n'), true);
      return 'no TLS here';
    }
    const secured = await secure(below, { role: 'server', context: CERTIFICATE }, 2000);
    return secured.ok ? { stream: secured.stream, tls: secured.facts } : secured.reason;
  };
  const serve = async (connection: MemoryStream): Promise<void> => {
    connections.push(connection);
    const encrypted = server.implicit === true ? await encrypt(connection) : undefined;
    if (typeof encrypted === 'string') return;
    new ServerRunner({
      stream: encrypted?.stream ?? connection,
      ...(encrypted !== undefined && { tls: encrypted.tls }),
      caller: { source: 'smtp 127.0.0.1', origin: '127.0.0.1', protocol: 'TCP', address: '127.0.0.1' },
      session: {
        hostname: 'b.example',
        greeting: 'ESMTP',
        maxMessageSize: 100_000,
        maxRecipients: 10,
        lineEnds: 'crlf',
        bareLineEnd: 'refuse',
        idleTimeoutMs: 300_000,
        maxErrors: 5,
        offers: { pipelining: true, startTls: true, ...server.offers },
      },
      policy: policyOfTests(),
      spool,
      clock,
      upgrade: encrypt,
      credentials: () => (verifier === undefined ? undefined : { scramSha256: verifier }),
    }).start();
  };
  const outcomes: string[] = [];
  const waiting = [MESSAGE];
  const mail = {
    delivered: 0,
    next: async () => waiting.shift(),
    readBody: async function* () {
      yield Buffer.from('hi\r\n');
    },
    settle: async (_: OutgoingMessage, results: readonly { outcome: string }[]) => {
      outcomes.push(...results.map(({ outcome }) => outcome));
    },
  } as unknown as MailSource;
  const transport = new SmtpTransport({
    place: { host, port: 25, ...(address !== undefined && { address }) },
    terms,
    session: SESSION,
    clock,
    connect: async (where) => {
      connectedTo.push(where);
      const { a, b } = streamPair(clock);
      void serve(b);
      return a;
    },
  });
  const { inOrder, reason } = await transport.run(mail);
  const heard = connections.map(({ received }) => received);
  return { inOrder, reason, outcomes, heard, spool, connectedTo };
}

describe('TLS to an SMTP host', () => {
  test('where it is offered: mail passes unreadable, whoever answers', async () => {
    const { outcomes, heard, spool } = await send({ tls: 'may' }, 'other.example');
    expect(outcomes).toEqual(['delivered']);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatch(/^EHLO gw\.example\r\nSTARTTLS\r\n/);
    expect(heard[0]).not.toContain('MAIL FROM');
    expect(Buffer.from(spool.history[0]?.body ?? []).toString()).toMatch(/with ESMTPS id/);
  });

  test('never, where that is asked for', async () => {
    const { heard, outcomes } = await send({ tls: 'none' }, 'gw.example');
    expect([outcomes, heard[0]]).toEqual([['delivered'], expect.not.stringContaining('STARTTLS')]);
  });

  test('where it fails and is only wished for, mail goes in the clear at once', async () => {
    const { outcomes, heard } = await send({ tls: 'may' }, 'gw.example', { handshake: 'nonsense' });
    expect([outcomes, heard.length]).toEqual([['delivered'], 2]);
    expect(heard[1]).toContain('MAIL FROM');
  });

  test.each([
    ['must', { offers: { startTls: false } }, /4\.7\.4 TLS is required, and b\.example does not offer it/],
    ['must', { handshake: 'nonsense' }, /4\.7\.5 TLS could not be begun: TLS: /],
    ['verify', {}, /4\.7\.5 TLS could not be begun: other\.example is not proved: .*another name/],
    ['implicit', { implicit: true }, /4\.7\.5 other\.example is not proved: .*another name/],
    ['implicit', { implicit: true, handshake: 'nonsense' }, /4\.7\.5 TLS: /],
  ] as const)('%s, and the server is not like that: mail waits', async (tls, server, reason) => {
    const end = await send({ tls, trusted: CA }, 'other.example', server);
    expect(end).toMatchObject({ inOrder: false, reason: expect.stringMatching(reason), outcomes: [] });
    expect(end.heard.join()).not.toContain('MAIL');
    expect(end.heard).toHaveLength(1);
  });

  test.each([
    ['verify', {}],
    ['implicit', { implicit: true }],
  ] as const)('%s: a certificate of a signer that is trusted', async (tls, server) => {
    expect((await send({ tls, trusted: CA }, 'gw.example', server)).outcomes).toEqual(['delivered']);
  });

  test('the name proves itself, wherever it was found', async () => {
    const found = await send({ tls: 'verify', trusted: CA }, 'gw.example', {}, '192.0.2.1');
    expect(found).toMatchObject({ outcomes: ['delivered'], connectedTo: ['192.0.2.1'] });
    const other = await send({ tls: 'verify', trusted: CA }, 'mx.example', {}, '192.0.2.1');
    expect(other.reason).toMatch(/^mx\.example\[192\.0\.2\.1\]:25: .*mx\.example is not proved/);
  });

  test('a signer that nobody knows proves nothing', async () => {
    const { reason } = await send({ tls: 'verify' }, 'gw.example');
    expect(reason).toMatch(/gw\.example is not proved: the certificate is not trusted/);
  });

  test('signers that can not be read: mail waits, and the file is named', async () => {
    const { reason, outcomes } = await send(
      { tls: 'verify', trusted: join(folder, 'none.pem') },
      'gw.example',
    );
    expect([reason, outcomes]).toEqual([expect.stringMatching(/none\.pem/), []]);
  });
});

describe('a login at an SMTP host', () => {
  const auth = { mechanisms: ['SCRAM-SHA-256', 'PLAIN'], withoutTls: true } as const;
  const login = { user: 'anna', passwordFile: passwordFile('secret\nmore\n') };

  test('is made before any mail, and only within TLS', async () => {
    const { outcomes, heard, spool } = await send({ tls: 'must', login }, 'gw.example', { offers: { auth } });
    expect(outcomes).toEqual(['delivered']);
    expect(heard[0]).not.toContain('AUTH');
    expect(Buffer.from(spool.history[0]?.body ?? []).toString()).toMatch(/with ESMTPSA id/);
  });

  test('is not made where there is no TLS: mail waits', async () => {
    const offers = { auth, startTls: false };
    const { reason, outcomes, heard } = await send({ tls: 'may', login }, 'gw.example', { offers });
    expect([reason, outcomes]).toEqual([expect.stringContaining('4.7.11 login as anna needs TLS'), []]);
    expect(heard[0]).not.toContain('AUTH');
  });

  test('that is refused keeps the mail, and the password out of the reason', async () => {
    const wrong = { user: 'anna', passwordFile: passwordFile('geheim') };
    const { reason, outcomes } = await send({ tls: 'must', login: wrong }, 'gw.example', {
      offers: { auth },
    });
    expect([reason, outcomes]).toEqual([expect.stringContaining('4.7.8 login as anna failed: 535'), []]);
    expect(reason).not.toContain('geheim');
  });

  test.each([
    ['none', /4\.7\.0 no password for the login as anna: .*none/],
    ['empty', /4\.7\.0 .*is empty/],
  ])('a password file that is %s: nothing is even connected to', async (which, why) => {
    const file = which === 'none' ? join(folder, 'none') : passwordFile('');
    const end = await send({ tls: 'must', login: { user: 'anna', passwordFile: file } }, 'gw.example');
    expect([end.reason, end.heard]).toEqual([expect.stringMatching(why), []]);
  });
});
