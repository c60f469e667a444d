/** Messages handed in on this machine: who may send what, and what is told of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatProblem, parseConfiguration } from '../../src/config/index.js';
import { ControlSession, gatewayRequests, type Submission } from '../../src/console/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { submissionsAtRest } from '../../src/gateway/index.js';
import { RSA } from '../support/dkim-mail.js';
import { MemorySpool } from '../support/memory-spool.js';
import { type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

const SUBMISSION: Submission = {
  sender: 'me@site-a.example',
  recipients: ['you@site-b.example'],
  size: 0,
  smtpUtf8: false,
  user: 'anna',
};

async function submit(
  site: SimulatedSite,
  changes: Partial<Submission> = {},
  text = 'Subject: x\r\n\r\nhello\r\n',
): Promise<string> {
  const message = await site.gateway.submissions.begin({ ...SUBMISSION, ...changes });
  await message.write(Buffer.from(text));
  await message.commit();
  return message.id;
}

test('crosses to the other site, and every step is told', async () => {
  const sites = new SimulatedSites();
  const a = await sites.start('a');
  const b = await sites.start('b');
  const steps: string[] = [];
  const stop = a.gateway.submissions.watchSettled?.(({ message, recipient, outcome }) =>
    steps.push(`${message} ${recipient} ${outcome}`),
  );
  const id = await submit(a, { notify: ['DELAY'], ret: 'HDRS', envelopeId: 'e7' });
  expect(await a.gateway.submissions.isWaiting(id)).toBe(true);
  await sites.runUntil(() => b.spool.history.length === 1);
  await sites.runUntil(() => steps.length === 1);
  expect(steps).toEqual([`${id} you@site-b.example delivered`]);
  expect(await a.gateway.submissions.isWaiting(id)).toBe(false);
  expect(a.spool.history[0]?.envelope).toMatchObject({
    origin: 'local',
    source: 'local anna',
    ret: 'HDRS',
    envelopeId: 'e7',
    recipients: [{ address: 'you@site-b.example', destination: 'peer:other', notify: ['DELAY'] }],
  });
  expect(Buffer.from(b.spool.history[0]?.body ?? []).toString()).toMatch(
    /Received: by gw-a\.example \(from user anna\) id m1;\r\n\tMon, 01 Jan 1990 00:00:00 \+0000\r\nSubject: x\r\n\r\nhello\r\n$/,
  );
  stop?.();
});

test.each<[string, Partial<Submission>, string]>([
  ['no route', { recipients: ['x@nowhere.example'] }, '550 5.1.2 <x@nowhere.example> no such place'],
  ['no domain and no alias', { recipients: ['root'] }, '550 5.1.2 <root> no route to gw-a.example'],
  ['too long by its own word', { size: 1e12 }, '552 5.3.4 the message is too long'],
])('refused: %s', async (_what, changes, why) => {
  const a = await new SimulatedSites().start('a');
  await expect(a.gateway.submissions.begin({ ...SUBMISSION, ...changes })).rejects.toThrow(why);
});

test('too long after all, no room, and round in circles: nothing is left', async () => {
  const a = await new SimulatedSites().start('a', {
    toml: siteToml('a', '[queue]\nmax_message_size = "64KiB"\n'),
  });
  await expect(submit(a, {}, 'x'.repeat(65_537))).rejects.toThrow('552 5.3.4');
  a.spool.room = 10;
  await expect(submit(a, { size: 11 })).rejects.toThrow('452 4.3.1');
  const b = await new SimulatedSites().start('b');
  await expect(
    submit(b, { recipients: ['x@site-a.example'] }, 'Received: x\r\n'.repeat(101)),
  ).rejects.toThrow('554 5.4.6');
  expect([a.spool.messages.size, b.spool.messages.size]).toEqual([0, 0]);
});

test('rules hold for it as for a client on this machine; postmaster is known without a domain', async () => {
  const rule =
    '[[access]]\nclient = ["127.0.0.1"]\nsender = "*@spam.example"\naction = "hold"\ntext = "look at it"\n';
  const a = await new SimulatedSites().start('a', { toml: siteToml('a', rule) });
  await submit(a, { sender: 'x@spam.example' });
  await submit(a, { sender: '', recipients: ['postmaster'] });
  expect(a.spool.history.map(({ envelope }) => envelope)).toMatchObject([
    { hold: 'look at it' },
    { sender: '', recipients: [{ address: 'root@site-a.example' }] },
  ]);
});

test('an alias for several: the sender is told once that it was sent on, and nothing of each of them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'x25mail-'));
  const aliases = join(folder, 'aliases');
  writeFileSync(aliases, 'team: anna@site-a.example, ben@site-b.example\n');
  const sites = new SimulatedSites();
  const a = await sites.start('a', { toml: siteToml('a', `[aliases]\nfile = "${aliases}"\n`) });
  rmSync(folder, { recursive: true });
  await submit(a, { recipients: ['team@site-a.example'], notify: ['SUCCESS', 'FAILURE'] });
  const [message, report] = a.spool.history;
  expect(message?.envelope.recipients).toMatchObject([
    { address: 'anna@site-a.example', notify: ['FAILURE'] },
    { address: 'ben@site-b.example', notify: ['FAILURE'] },
  ]);
  expect(report?.envelope.recipients).toMatchObject([{ address: 'me@site-a.example' }]);
  expect(Buffer.from(report?.body ?? []).toString()).toMatch(/^Action: expanded\r$/m);
});

test('over the socket: who goes before the end leaves nothing', async () => {
  const a = await new SimulatedSites().start('a');
  const said: string[] = [];
  const session = new ControlSession(gatewayRequests(a.gateway), {
    write: (octets) => void said.push(new TextDecoder().decode(octets).trim()),
    waitingOctets: 0,
    close: () => {},
  });
  const ask = async (id: number, request: string, parameters: object): Promise<void> => {
    session.received(Buffer.from(`${JSON.stringify({ id, request, parameters })}\n`));
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
  };
  await ask(1, 'submit', SUBMISSION);
  expect(said).toEqual(['{"id":1,"event":{"message":"m1"}}']);
  await ask(2, 'submit.data', { message: 'm1', octets: Buffer.from('hello\r\n').toString('base64') });
  await ask(3, 'submit.data', { message: 'm2', octets: '' });
  expect(said.at(-1)).toContain('no message m2 is being handed in');
  session.closed();
  await new Promise((resolve) => setImmediate(resolve));
  await expect(a.spool.readBody('m1')[Symbol.asyncIterator]().next()).rejects.toThrow('no message m1');

  const other = new ControlSession(gatewayRequests(a.gateway), {
    write: () => {},
    waitingOctets: 0,
    close: () => {},
  });
  other.received(Buffer.from('{"id":1,"request":"submit.end","parameters":{"message":"m1"}}\n'));
  expect(a.spool.messages.size).toBe(0);
});

test('is signed where its domain has a key, in a running gateway and at rest; a key that is not there is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'x25mail-local-'));
  const keyFile = join(folder, 'dkim.pem');
  const toml = siteToml('a', `[[dkim]]\ndomain = "site-a.example"\nselector = "x25"\nkey = "${keyFile}"\n`);
  const problems: string[] = [];
  const atRest = async (spool: MemorySpool) => {
    const parsed = parseConfiguration(toml, '/gw.toml');
    if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
    const desk = submissionsAtRest(parsed.configuration, spool, (problem) => problems.push(problem));
    const message = await desk.begin(SUBMISSION);
    await message.write(Buffer.from(MESSAGE));
    await message.commit();
  };
  const MESSAGE = 'From: me@site-a.example\r\n\r\nhello\r\n';
  const unsigned = new MemorySpool(new VirtualClock());
  await atRest(unsigned);
  expect(unsigned.history[0]?.envelope.top).toBeUndefined();
  expect(problems[0]).toMatch(/dkim\.pem can't be used as a key of DKIM: ENOENT/);

  writeFileSync(keyFile, RSA.privateKey);
  const a = await new SimulatedSites().start('a', { toml });
  await submit(a, {}, MESSAGE);
  const resting = new MemorySpool(new VirtualClock());
  await atRest(resting);
  for (const { history } of [a.spool, resting])
    expect(history[0]?.envelope.top).toMatch(/^DKIM-Signature: [^\n]+\n\td=site-a\.example; s=x25;/);
  rmSync(folder, { recursive: true });
});
