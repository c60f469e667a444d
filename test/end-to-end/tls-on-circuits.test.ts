/** STARTTLS and AUTH on circuits: who asks for it has it, on both sides and both ways. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type SimulatedSite, SimulatedSites, type SiteName, siteToml } from '../support/simulated-sites.js';

const FILES = join(import.meta.dirname, '../fixtures/tls');
const LISTEN = `[listen.tls]\ncert = "${join(FILES, 'cert.pem')}"\nkey = "${join(FILES, 'key.pem')}"\n`;
const folder = mkdtempSync(join(tmpdir(), 'x25mail-circuit-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const USERS = join(folder, 'users');
writeFileSync(USERS, 'gw-a:{PLAIN}sesame\n');
const PASSWORD = join(folder, 'password');
writeFileSync(PASSWORD, 'sesame\n');
const WRONG = join(folder, 'wrong');
writeFileSync(WRONG, 'abracadabra\n');

function toml(name: SiteName, { peer = '', link = '', more = '' }): string {
  return siteToml(name, more)
    .replace('path = "simulated"', `path = "simulated"\n${link}`)
    .replace('link = "psdn0"', `link = "psdn0"\n${peer}`);
}

const received = ({ spool }: SimulatedSite): string =>
  Buffer.from(spool.history[0]?.body ?? [])
    .toString('latin1')
    .split('\r\nSubject:')[0] ?? '';

const outcomes = ({ spool }: SimulatedSite): string[] =>
  spool.settlements.map(({ outcome }) => ('reason' in outcome ? outcome.reason : outcome.type));

async function sites(a: Parameters<typeof toml>[1], b: Parameters<typeof toml>[1]) {
  const network = new SimulatedSites();
  const siteB = await network.start('b', { toml: toml('b', b) });
  const siteA = await network.start('a', { toml: toml('a', a) });
  await siteA.enqueue({ to: 'x@site-b.example' });
  await network.runUntil(() => siteA.calls().length === 1, 3_600_000);
  return { network, a: siteA, b: siteB };
}

const CA = `tls_ca = "${join(FILES, 'ca.pem')}"`;

describe('STARTTLS', () => {
  test('where both sides say so, with a certificate that proves the name', async () => {
    const { a, b } = await sites(
      { peer: `tls = "verify"\ntls_name = "gw.example"\n${CA}` },
      { peer: 'tls = "must"', more: LISTEN },
    );
    expect(outcomes(a)).toEqual(['delivered']);
    expect(received(b)).toMatch(/\(TLSv1\.3, .*\r\n\tby gw-b\.example via X25 with ESMTPS /);
  });

  test.each([
    [
      'a wrong name',
      `tls = "verify"\ntls_name = "other.example"\n${CA}`,
      { peer: 'tls = "may"', more: LISTEN },
    ],
    [
      'nobody who signed it',
      'tls = "verify"\ntls_name = "gw.example"',
      { peer: 'tls = "may"', more: LISTEN },
    ],
    ['none at all', 'tls = "must"', {}],
  ])('with %s: nothing is sent', async (_, peer, b) => {
    const site = await sites({ peer }, b);
    expect(site.b.spool.history).toEqual([]);
    expect(outcomes(site.a)[0]).toMatch(
      /: 4\.7\.[45] .*(?:TLS is required, and gw-b\.example does not offer it|is not proved)/,
    );
  });

  test('required by the called side: a caller that has none leaves nothing', async () => {
    const { a, b } = await sites({}, { peer: 'tls = "must"', more: LISTEN });
    expect(b.spool.history).toEqual([]);
    expect(outcomes(a)[0]).toBe('530 5.7.0 Must issue a STARTTLS command first');
  });

  test('only wished for, and not there: in the clear', async () => {
    const { b } = await sites({ peer: 'tls = "may"' }, {});
    expect(received(b)).toContain('with ESMTP id');
  });

  test('mail is fetched within it', async () => {
    const network = new SimulatedSites();
    const tls = 'tls = "must"';
    const b = await network.start('b', { toml: toml('b', { peer: tls, more: LISTEN }) });
    await b.enqueue({ to: 'x@site-a.example' });
    await network.runUntil(() => b.calls().length === 1);
    const a = await network.start('a', { toml: toml('a', { peer: `${tls}\nfetch = "atrn"`, more: LISTEN }) });
    await a.enqueue({ to: 'x@site-b.example' });
    await network.runUntil(() => a.spool.history.length === 2);
    expect(Buffer.from(a.spool.history[1]?.body ?? []).toString()).toMatch(
      /^Received: from gw-b\.example .*\r\n\t\(TLSv1\.3, .*\r\n\tby gw-a\.example via X25 with ESMTPS /,
    );
  });
});

describe('AUTH', () => {
  const AUTH = `[auth]\nusers = "${USERS}"\n`;
  const login = (file: string): string => `auth = { user = "gw-a", password_file = "${file}" }`;

  test('within TLS', async () => {
    const { b } = await sites(
      { peer: `tls = "must"\n${login(PASSWORD)}` },
      { peer: 'tls = "may"', more: LISTEN + AUTH },
    );
    expect(received(b)).toContain('with ESMTPSA id');
  });

  test('in the clear on lines that are private', async () => {
    const link = 'private = true';
    const { b } = await sites({ peer: login(PASSWORD), link }, { link, more: AUTH });
    expect(received(b)).toContain('with ESMTPA id');
  });

  test('a wrong password leaves mail waiting, and says so', async () => {
    const link = 'private = true';
    const { a, b } = await sites({ peer: login(WRONG), link }, { link, more: AUTH });
    expect(b.spool.history).toEqual([]);
    expect(outcomes(a)[0]).toMatch(/: 4\.7\.8 login as gw-a failed: 535 5\.7\.8 /);
  });

  test('not offered where others may listen', async () => {
    const link = 'private = true';
    const { a } = await sites({ peer: login(PASSWORD), link }, { more: AUTH });
    expect(a.calls()).toMatchObject([{ messagesSent: 0 }]);
  });

  test('who logs in fetches as the peer of that name, whatever its number is worth', async () => {
    const network = new SimulatedSites();
    const link = 'private = true';
    const other = siteToml('b', AUTH)
      .replace('path = "simulated"', `path = "simulated"\n${link}`)
      .replace('link = "psdn0"', 'link = "psdn0"\nusers = "gw-a"\ncalling = "999"')
      .concat('[[incoming]]\ncalling = "*"\naction = "engine"\n');
    const b = await network.start('b', { toml: other });
    await b.enqueue({ to: 'x@site-a.example' });
    await network.runUntil(() => b.calls().length === 1);
    const a = await network.start('a', {
      toml: toml('a', { peer: `${login(PASSWORD)}\nfetch = "atrn"`, link }),
    });
    await a.enqueue({ to: 'x@site-b.example' });
    await network.runUntil(() => a.calls().length === 1);
    expect(a.calls()).toMatchObject([{ messagesSent: 1, messagesReceived: 1 }]);
  });
});
