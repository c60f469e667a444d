import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type Configuration,
  formatProblem,
  type ListenerConfiguration,
  parseConfiguration,
} from '../../src/config/index.js';
import { SystemClock, VirtualClock } from '../../src/core/index.js';
import type { GatewayEvent } from '../../src/gateway/events.js';
import { SmtpService } from '../../src/gateway/smtp-service.js';
import { changeUser, formatUser } from '../../src/gateway/users-file.js';
import { proxyHeaderV2 } from '../../src/proxy/index.js';
import { Network } from '../../src/routing/index.js';
import { makeVerifier } from '../../src/smtp/index.js';
import { tomlOf } from '../config/parts.js';
import { MemorySpool } from '../support/memory-spool.js';
import { NO_FETCHING } from '../support/no-fetching.js';
import { policyOfTests } from '../support/policies.js';

const FILES = join(import.meta.dirname, '../fixtures/tls');
const HERE = Network.parse('127.0.0.0/8') as Network;
const LISTENER: ListenerConfiguration = {
  host: '127.0.0.1',
  port: 0,
  service: 'smtp',
  tls: 'none',
  proxy: [],
  xclient: [],
};

const services: SmtpService[] = [];

/** Who comes from this machine may send to anywhere, nobody else anywhere. */
async function start(
  listener: Partial<ListenerConfiguration>,
  {
    cert = 'cert.pem',
    more = '',
    ...changes
  }: Partial<Configuration> & { cert?: string; more?: string } = {},
) {
  const clock = new SystemClock();
  const spool = new MemorySpool(new VirtualClock());
  const events: GatewayEvent[] = [];
  const parsed = parseConfiguration(
    tomlOf({}, `[relay]\nnetworks = ["127.0.0.0/8"]\n${more}`),
    '/etc/gw.toml',
  );
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  const { configuration } = parsed;
  const used = {
    ...configuration,
    listen: {
      smtp: [{ ...LISTENER, ...listener }],
      submission: [],
      tls: { cert: join(FILES, cert), key: join(FILES, 'key.pem') },
    },
    ...changes,
  };
  const service = new SmtpService({
    configuration: used,
    policy: policyOfTests(),
    spool,
    clock,
    fetchDesk: NO_FETCHING,
    onReceived: () => {},
    observe: (event) => events.push(event),
  });
  services.push(service);
  await service.listen();
  return { service, events, port: service.ports[0] ?? 0, configuration: used };
}

afterEach(() => {
  for (const service of services.splice(0)) service.close();
});

/** Says each line after a whole reply to the one before; what was said when the connection is over, or all is said. */
async function dialogue(socket: Socket, lines: readonly string[], end = 'destroy'): Promise<string> {
  let said = '';
  let next = 0;
  socket.setEncoding('latin1');
  for await (const text of socket.iterator({ destroyOnReturn: end === 'destroy' })) {
    said += text;
    if (!/(?:^|\n)\d\d\d .*\r\n$/.test(said)) continue;
    const line = lines[next++];
    if (line === undefined) break;
    socket.write(`${line}\r\n`);
  }
  if (end === 'destroy') socket.destroy();
  return said;
}

const RELAYING = ['EHLO me', 'MAIL FROM:<a@b.example>', 'RCPT TO:<x@elsewhere.example>'];

describe('SMTP over TCP', () => {
  test('with TLS first of all', async () => {
    const { port } = await start({ tls: 'implicit' });
    const ca = readFileSync(join(FILES, 'ca.pem'));
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'gw.example', ca });
    await once(socket, 'secureConnect');
    expect(await dialogue(socket, ['EHLO me'])).toMatch(/^220 gw-a\.example ESMTP\r\n250-/);
  });

  test('who speaks no TLS there is told to nobody but the log', async () => {
    const { port, events } = await start({ tls: 'implicit' });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('EHLO me\r\n');
    await once(socket, 'close');
    expect(events.at(-1)).toMatchObject({ type: 'problem', problem: expect.stringMatching(/TLS: /) });
  });

  test('a proxy says who connects: a stranger may not relay, this machine may', async () => {
    const { port } = await start({ proxy: [HERE] });
    const via = (source: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      socket.write(proxyHeaderV2({ source, destination: '::1', nua: '' }));
      return dialogue(socket, RELAYING);
    };
    expect(await via('2001:db8::1')).toMatch(/550 5\.7\.1 [^\n]*relaying denied\r\n$/);
    expect(await via('::ffff:127.0.0.1')).not.toMatch(/relaying denied/);
  });

  test('XCLIENT says for whom a trusted client speaks: that one may not relay', async () => {
    const { port } = await start({ xclient: [HERE] });
    const lines = ['EHLO me', 'XCLIENT ADDR=192.0.2.9', ...RELAYING];
    const said = await dialogue(connect(port, '127.0.0.1'), lines);
    expect(said).toMatch(/250-XCLIENT [^\n]*\n(?:250[^\n]*\n)*220 /);
    expect(said).toMatch(/550 5\.7\.1 [^\n]*relaying denied\r\n$/);
    const untrusted = await start({});
    expect(await dialogue(connect(untrusted.port, '127.0.0.1'), lines.slice(0, 2))).toMatch(
      /\n50\d [^\n]*\n$/,
    );
  });

  test('nobody else is believed', async () => {
    const { port } = await start({ proxy: [Network.parse('192.0.2.1') as Network] });
    const socket = connect(port, '127.0.0.1');
    const said = await dialogue(socket, ['PROXY TCP4 192.0.2.7 192.0.2.1 1 25']);
    expect(said).toMatch(/^220 [^\n]*\n5\d\d /);
  });

  test('a proxy without its header is cut off, with the reason in the log', async () => {
    const { port, events } = await start({ proxy: [HERE] });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('EHLO me\r\n');
    await once(socket, 'close');
    expect(events.at(-1)).toMatchObject({ type: 'problem', problem: 'smtp 127.0.0.1: no PROXY header' });
  });

  test('STARTTLS, and logging in behind it: then one may send anywhere', async () => {
    const usersFile = join(mkdtempSync(join(tmpdir(), 'x25mail-users-')), 'users');
    const verifier = makeVerifier('secret', Buffer.alloc(16), 4096);
    if (verifier === undefined) throw new Error('no verifier');
    changeUser(usersFile, 'anna', formatUser('anna', verifier));
    const { port } = await start({ tls: 'starttls' }, { usersFile });
    const plain = connect(port, '127.0.0.1');
    const before = await dialogue(plain, ['EHLO me', 'AUTH PLAIN AGFubmEAc2VjcmV0'], 'keep');
    expect(before).toMatch(/250-STARTTLS\r\n/);
    expect(before).not.toMatch(/250-AUTH/);
    expect(before).toMatch(/\n538 5\.7\.11 [^\n]*\n$/);
    plain.write('STARTTLS\r\n');
    await once(plain, 'data');
    plain.removeAllListeners();
    const ca = readFileSync(join(FILES, 'ca.pem'));
    const secure = connectTls({ socket: plain, servername: 'gw.example', ca });
    await once(secure, 'secureConnect');
    secure.write('EHLO me\r\n');
    const said = await dialogue(secure, [
      'AUTH PLAIN AGFubmEAd3Jvbmc=',
      'AUTH PLAIN AGFubmEAc2VjcmV0',
      'NOOP',
    ]);
    expect(said).toMatch(/250-AUTH SCRAM-SHA-256 PLAIN LOGIN\r\n/);
    expect(said).toMatch(/535 5\.7\.8 [^\n]*\n235 2\.7\.0 [^\n]*\n250 2\.0\.0 OK\r\n$/);
    expect(said).not.toMatch(/STARTTLS/);
  });

  test('a submission port takes mail only of who has logged in', async () => {
    const usersFile = join(mkdtempSync(join(tmpdir(), 'x25mail-users-')), 'users');
    changeUser(usersFile, 'anna', 'anna:{PLAIN}secret');
    const { port } = await start({ service: 'submission', tls: 'implicit' }, { usersFile });
    const ca = readFileSync(join(FILES, 'ca.pem'));
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'gw.example', ca });
    await once(socket, 'secureConnect');
    const said = await dialogue(socket, ['EHLO me', 'MAIL FROM:<a@b.example>']);
    expect(said).toMatch(/250-AUTH SCRAM-SHA-256 PLAIN LOGIN CRAM-MD5\r\n/);
    expect(said).toMatch(/530 5\.7\.0 /);
  });

  test('a user whose connection was lost goes on where it was cut off (RFC 1845)', async () => {
    const usersFile = join(mkdtempSync(join(tmpdir(), 'x25mail-users-')), 'users');
    changeUser(usersFile, 'anna', 'anna:{PLAIN}secret');
    const { service, port } = await start({ service: 'submission', tls: 'implicit' }, { usersFile });
    const ca = readFileSync(join(FILES, 'ca.pem'));
    const connected = async (): Promise<Socket> => {
      const socket = connectTls({ port, host: '127.0.0.1', servername: 'gw.example', ca });
      await once(socket, 'secureConnect');
      return socket;
    };
    const begin = ['EHLO me', 'AUTH PLAIN AGFubmEAc2VjcmV0', 'MAIL FROM:<a@b.example> TRANSID=<1@me>'];
    const first = await connected();
    await dialogue(first, [...begin, 'RCPT TO:<x@b.example>', 'DATA'], 'keep');
    first.end('Subject: long\r\n\r\nfirst line\r\nsecond l');
    await vi.waitFor(() => expect(service.size).toBe(0));
    const second = await connected();
    const said = await dialogue(second, [...begin, 'DATA'], 'keep');
    expect(said).toMatch(/250-CHECKPOINT\r\n/);
    expect(said).toMatch(/355 37 is the transaction offset\r\n354 [^\n]*\n$/);
    second.write('ine\r\n.\r\n');
    expect(await dialogue(second, [])).toMatch(/^250 2\.0\.0 ok, 42 octets queued/);
  });

  test('a stranger has only so many sessions at once', async () => {
    const { port } = await start(
      { proxy: [HERE] },
      { more: '[limits]\nsessions = 10\nsessions_per_client = 1' },
    );
    const open = (source: string): Socket => {
      const socket = connect(port, '127.0.0.1');
      socket.write(proxyHeaderV2({ source, destination: '::1', nua: '' }));
      return socket;
    };
    const first = open('2001:db8::1');
    await once(first, 'data');
    expect(await dialogue(open('2001:db8::1'), [])).toMatch(/^421 4\.7\.0 .*too many sessions from you/);
    expect(await dialogue(open('2001:db8::2'), [])).toMatch(/^220 /);
    expect(await dialogue(open('::ffff:127.0.0.1'), [])).toMatch(/^220 /);
    first.destroy();
  });

  test('a stranger connects only so often, from however many addresses of its network', async () => {
    const { port, service, configuration } = await start(
      { proxy: [HERE] },
      { more: '[limits]\nconnections = "2/1h"' },
    );
    const greetingOf = async (source: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      socket.write(proxyHeaderV2({ source, destination: '::1', nua: '' }));
      return dialogue(socket, []);
    };
    expect(await greetingOf('2001:db8::1')).toMatch(/^220 /);
    expect(await greetingOf('2001:db8::2')).toMatch(/^220 /);
    expect(await greetingOf('2001:db8::3')).toMatch(/^421 4\.7\.0 .*you connect too often/);
    expect(await greetingOf('2001:db8:0:1::3')).toMatch(/^220 /);
    for (let i = 0; i < 4; i++) expect(await greetingOf('::ffff:127.0.0.1')).toMatch(/^220 /);
    service.configure({ configuration, policy: policyOfTests() }, service.security.prepare(configuration));
    expect(await greetingOf('2001:db8::3')).toMatch(/^220 /);
  });

  test('a certificate that is not there keeps it from starting, and the file is named', async () => {
    await expect(start({}, { cert: 'missing.pem' })).rejects.toThrow(
      /^listen\.tls: .*missing\.pem can't be used: /,
    );
    await expect(start({}, { cert: 'README.md' })).rejects.toThrow(
      /^listen\.tls: .*README\.md with .*key\.pem can't be used: /,
    );
  });
});

describe('a new configuration', () => {
  test('counts for the next session; the one that is open goes on as it began', async () => {
    const { service, port, configuration } = await start({ tls: 'starttls' });
    const open = connect(port, '127.0.0.1');
    await once(open, 'data');
    const wanted = {
      ...configuration,
      listen: { ...configuration.listen, smtp: [{ ...LISTENER, xclient: [HERE] }] },
      limits: { ...configuration.limits, sessions: 2 },
    };
    service.configure({ configuration: wanted, policy: policyOfTests() }, service.security.prepare(wanted));
    const said = await dialogue(connect(port, '127.0.0.1'), ['EHLO me'], 'keep');
    expect(said).toContain('XCLIENT');
    expect(said).not.toContain('STARTTLS');
    open.write('EHLO me\r\n');
    const [answer] = (await once(open, 'data')) as [Buffer];
    expect(answer.toString()).toContain('STARTTLS');
    expect(answer.toString()).not.toContain('XCLIENT');
    // Two are open now, and that is all that may be.
    expect(await dialogue(connect(port, '127.0.0.1'), [])).toMatch(/^421 4\.3\.2 /);
    open.destroy();
  });

  test('counts also where a listener stays as it was and has had clients', async () => {
    const { service, port, configuration } = await start({});
    const before = await dialogue(connect(port, '127.0.0.1'), ['EHLO me']);
    const wanted = {
      ...configuration,
      gateway: { ...configuration.gateway, greeting: 'ESMTP another' },
      queue: { ...configuration.queue, maxMessageOctets: 70_000 },
    };
    service.configure({ configuration: wanted, policy: policyOfTests() }, service.security.prepare(wanted));
    const after = await dialogue(connect(port, '127.0.0.1'), ['EHLO me']);
    expect(before).not.toMatch(/ESMTP another|SIZE 70000/);
    expect(after).toMatch(/ESMTP another\r\n[\s\S]*SIZE 70000\r\n/);
  });

  test('whose certificate can not be used is told before anything has changed', async () => {
    const { service, configuration } = await start({ tls: 'starttls' });
    const tls = { cert: '/nope.pem', key: '/nope.pem' };
    const wanted = { ...configuration, listen: { ...configuration.listen, tls } };
    expect(() => service.security.prepare(wanted)).toThrow(/listen\.tls: \/nope\.pem can't be used/);
  });
});
