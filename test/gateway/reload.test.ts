/** A running gateway takes a new configuration: what began goes on as it began, what begins follows it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Configuration, formatProblem, parseConfiguration } from '../../src/config/index.js';
import { planReload } from '../../src/gateway/reload-plan.js';
import { ED25519, RSA } from '../support/dkim-mail.js';
import { NUMBERS, type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

const HOUR = 3_600_000;

function configuration(toml: string): Configuration {
  const result = parseConfiguration(toml, '/simulated/a.toml');
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.configuration;
}

async function twoSites(
  toml: { a?: string; b?: string } = {},
): Promise<{ sites: SimulatedSites; a: SimulatedSite; b: SimulatedSite }> {
  const sites = new SimulatedSites();
  const a = await sites.start('a', { toml: toml.a ?? siteToml('a') });
  const b = await sites.start('b', { toml: toml.b ?? siteToml('b') });
  return { sites, a, b };
}

const LONG = `Subject: long\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(3000)}`;

test('a message on its way, and its circuit, go on; the next call follows the new configuration', async () => {
  const { sites, a, b } = await twoSites();
  await a.enqueue({ to: 'you@site-b.example', body: LONG });
  await sites.runUntil(() => (a.gateway.status().circuits[0]?.sent.octets ?? 0) > 50_000);
  const facilities = siteToml('a').replace(
    'link = "psdn0"\n[[route]]',
    'link = "psdn0"\nfacilities = [{ packet_size = 256 }]\n[[route]]',
  );
  expect(a.gateway.reload(configuration(facilities))).toEqual([]);
  expect(
    b.gateway.reload(configuration(siteToml('b', '[[incoming]]\ncalling = "*"\naction = "reject"\n'))),
  ).toEqual([]);
  await sites.runUntil(() => b.spool.history.length === 1);
  await sites.runUntil(() => a.calls().length === 1);
  expect(a.calls()[0]).toMatchObject({ verdict: 'completed', messagesSent: 1, resets: 0 });
  expect(a.calls()[0]?.facilities).not.toMatchObject({ packetSize: { fromCalling: 256 } });

  // The rule of b counts for the next call.
  await a.enqueue({ to: 'you@site-b.example' });
  await sites.runUntil(() => a.calls().length === 2);
  expect(a.calls()[1]).toMatchObject({ verdict: 'failed', ending: { by: 'peer' } });
  b.gateway.reload(configuration(siteToml('b')));
  await sites.runUntil(() => b.spool.history.length === 2);
  await sites.runUntil(() => a.calls().at(-1)?.verdict === 'completed');
  expect(a.calls().at(-1)?.facilities).toMatchObject({ packetSize: { fromCalling: 256 } });
});

test('a peer that gets another number is called there, with what waits for it', async () => {
  const wrong = siteToml('a').replace(`nua = "${NUMBERS.b}"`, 'nua = "99999999999"');
  const { sites, a, b } = await twoSites({ a: wrong });
  await a.enqueue({ to: 'you@site-b.example' });
  await sites.runUntil(() => a.calls().length === 1);
  expect(a.calls()[0]).toMatchObject({ called: '99999999999', verdict: 'failed' });
  expect(a.gateway.reload(configuration(siteToml('a')))).toEqual([]);
  await sites.runUntil(() => b.spool.history.length === 1);
  expect(a.calls().every(({ called }) => called === '99999999999' || called === NUMBERS.b)).toBe(true);
});

test('mail for a peer that is gone waits, and goes when the peer is back', async () => {
  const { sites, a, b } = await twoSites();
  const without = siteToml('a')
    .replace('name = "other"', 'name = "renamed"')
    .replace('peer = "other"', 'peer = "renamed"');
  a.gateway.reload(configuration(without));
  const id = await a.enqueue({ to: 'you@site-b.example' });
  await sites.runFor(HOUR);
  expect([a.calls().length, (await a.spool.find(id)).length]).toEqual([0, 1]);
  a.gateway.reload(configuration(siteToml('a')));
  await sites.runUntil(() => b.spool.history.length === 1, HOUR);
});

test('queue times count from the next failure on; a message is returned after the new time', async () => {
  const sites = new SimulatedSites();
  const tried: number[] = [];
  const a = await sites.start('a', {
    connect: async () => {
      tried.push(sites.clock.now());
      return 'no mailbox';
    },
  });
  await a.enqueue({ to: 'me@site-a.example', destination: 'smtp:mailbox.example:25' });
  await sites.runUntil(() => tried.length === 1);
  await sites.runFor(1000);
  a.gateway.reload(configuration(siteToml('a', '[queue]\nretry = ["2h"]\nmax_age = "5h"\n')));
  await sites.runFor(24 * HOUR);
  const waits = tried.slice(1).map((at, i) => Math.round((at - (tried[i] ?? 0)) / 60_000));
  expect(waits.slice(0, 3)).toEqual([1, 120, 120]);
  expect(a.spool.settlements.map(({ outcome }) => outcome.type)).toContain('failed');
  expect(a.spool.messages.size).toBe(0);
});

test('keys count from now on, and are rotated: the next report is signed by those that stand there', async () => {
  const { sites, a } = await twoSites();
  const keyFile = join(mkdtempSync(join(tmpdir(), 'x25mail-key-')), 'dkim.pem');
  const dkim = `[[dkim]]\ndomain = "gw-a.example"\nselector = "x25"\nkey = "${keyFile}"\n`;
  expect(() => a.gateway.reload(configuration(siteToml('a', dkim)))).toThrow(
    /dkim\.pem can't be used as a key of DKIM: ENOENT/,
  );
  writeFileSync(keyFile, RSA.privateKey);
  const rotated = dkim.replace('x25', 'next').replace('dkim.pem', 'next.pem');
  writeFileSync(keyFile.replace('dkim.pem', 'next.pem'), ED25519.privateKey);
  for (const toml of [
    siteToml('a'),
    siteToml('a', dkim),
    siteToml('a', dkim + rotated),
    siteToml('a', rotated),
  ]) {
    expect(a.gateway.reload(configuration(toml))).toEqual([]);
    const id = await a.enqueue({
      to: 'x@elsewhere.example',
      sender: 'me@site-b.example',
      destination: 'none',
    });
    const [delivery] = await a.spool.find(id);
    if (delivery !== undefined) await a.gateway.queue.bounce?.(delivery, 'not wanted');
  }
  await sites.runUntil(() => a.spool.history.length === 8);
  const reports = a.spool.history.filter(({ envelope }) => envelope.origin === 'report');
  const keys = reports.map(({ envelope }) => envelope.top?.match(/a=[\w-]+|s=\w+/g)?.join(' '));
  const [rsa, ed25519] = ['a=rsa-sha256 s=x25', 'a=ed25519-sha256 s=next'];
  expect(keys).toEqual([undefined, rsa, `${rsa} ${ed25519}`, ed25519]);
});

test('a file that can not be used: nothing has changed', async () => {
  const { sites, a, b } = await twoSites();
  const gone = siteToml('a', '[auth]\nusers = "not-there"\n').replace(NUMBERS.b, '99999999999');
  expect(() => a.gateway.reload(configuration(gone))).toThrow(/auth\.users.*not-there/);
  await a.enqueue({ to: 'you@site-b.example' });
  await sites.runUntil(() => b.spool.history.length === 1, HOUR);
});

test('circuits of a rule count, though it was read anew meanwhile', async () => {
  const rule = '[[incoming]]\nname = "all"\ncalling = "*"\naction = "engine"\nmax_circuits = 1\n';
  const many = siteToml('a').replace(
    'link = "psdn0"\n[[route]]',
    'link = "psdn0"\ncalls = { max_circuits = 2 }\n[[route]]',
  );
  const { sites, a, b } = await twoSites({ a: many, b: siteToml('b', rule) });
  await a.enqueue({ to: 'you@site-b.example', body: LONG });
  await sites.runUntil(() => b.gateway.status().circuits.length === 1);
  b.gateway.reload(configuration(siteToml('b', rule)));
  for (let n = 0; n < 80; n++) await a.enqueue({ to: 'you@site-b.example' });
  await sites.runUntil(() => a.calls().length === 1);
  expect(a.calls()[0]).toMatchObject({ verdict: 'failed', ending: { by: 'peer' } });
  expect(b.gateway.status().circuits).toHaveLength(1);
});

describe('what needs a restart', () => {
  const more = '[listen]\nsmtp = ["127.0.0.1:2525"]\n[[bridge]]\nlisten = "127.0.0.1:2601"\npeer = "other"\n';
  const running = configuration(siteToml('a', more));
  const changed = (from: string, to: string): string => siteToml('a', more).replace(from, to);

  test.each<[string, string, string[]]>([
    ['nothing', siteToml('a', more), []],
    ['the host name', changed('gw-a.example', 'other.example'), ['gateway.hostname']],
    [
      'the spool, and with it the socket',
      changed('spool = "spool"', 'spool = "queue"'),
      ['gateway.spool', 'console.socket'],
    ],
    ['the socket', siteToml('a', `${more}[console]\nsocket = "here"\n`), ['console.socket']],
    ['metrics', siteToml('a', `${more}[console]\nhttp = "127.0.0.1:8025"\n`), ['console.http']],
    ['call records', siteToml('a', `${more}[log]\ncalls = "calls.jsonl"\n`), ['log.calls']],
    ['the log level', siteToml('a', `${more}[log]\nlevel = "warn"\n`), []],
    [
      'an address',
      changed('127.0.0.1:2525', '127.0.0.1:2526'),
      ['listen.smtp: 127.0.0.1:2525 is no longer wanted', 'listen.smtp: 127.0.0.1:2526 is new'],
    ],
    [
      'a bridge',
      changed('127.0.0.1:2601', '127.0.0.1:2602'),
      ['bridge: 127.0.0.1:2601 is no longer wanted', 'bridge: 127.0.0.1:2602 is new'],
    ],
    [
      'who may use a bridge',
      changed('listen = "127.0.0.1:2601"', 'listen = "127.0.0.1:2601"\nallow = ["10.0.0.0/8"]'),
      [],
    ],
    ['a link', changed('baud = 64000', 'baud = 9600'), ['link psdn0 is to be different']],
    [
      'the number of all links',
      changed(`nua = "${NUMBERS.a}"`, 'nua = "23421000002"'),
      ['link psdn0 is to be different'],
    ],
    [
      'another link',
      siteToml('a', `${more}[[link]]\nname = "b"\ntype = "serial"\npath = "x"\nbaud = 9600\n`),
      ['link b is new'],
    ],
    [
      'its name',
      siteToml('a', more).replaceAll('psdn0', 'line'),
      ['link psdn0 is no longer wanted', 'link line is new'],
    ],
  ])('%s', (_what, toml, expected) => {
    const plan = planReload(running, configuration(toml));
    expect(plan.needsRestart).toEqual(expected);
    expect(plan.configuration.links).toEqual(running.links);
    expect(plan.configuration.gateway.hostname).toBe('gw-a.example');
    expect(plan.configuration.listen.smtp).toHaveLength(1);
    expect(plan.configuration.console).toEqual(running.console);
  });

  test('what is said of an address or a bridge that stays is taken over', () => {
    const toml = siteToml('a', more)
      .replace('"127.0.0.1:2525"', '{ address = "127.0.0.1:2525", xclient = ["10.1.0.0/16"] }')
      .replace('listen = "127.0.0.1:2601"', 'listen = "127.0.0.1:2601"\nallow = ["10.0.0.0/8"]');
    const { configuration: next } = planReload(running, configuration(toml));
    expect(JSON.stringify(next.listen.smtp[0]?.xclient)).toContain('10.1.0.0/16');
    expect(JSON.stringify(next.bridges[0]?.allow)).toContain('10.0.0.0/8');
  });
});
