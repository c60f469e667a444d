/** Messages that are too long for a peer's usual hours. Site a begins on a Monday, 00:00 UTC. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { queueRequests } from '../../src/console/index.js';
import { ED25519 } from '../support/dkim-mail.js';
import { type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

const HOUR = 3_600_000;

function withLarge(rules: string, name: 'a' | 'b' = 'a', more = ''): string {
  return siteToml(name, '[queue]\ndelay_warning = "0s"\n').replace(
    'link = "psdn0"\n[[route]]',
    `link = "psdn0"\n${more}calls = { timezone = "UTC", large = ${rules} }\n[[route]]`,
  );
}

async function start(rules: string) {
  const sites = new SimulatedSites();
  const a = await sites.start('a', { toml: withLarge(rules) });
  const b = await sites.start('b');
  await sites.runFor(HOUR);
  return { sites, a, b };
}

/** Hands a message in at a site. */
async function handIn(
  { gateway }: SimulatedSite,
  size: number,
  to = 'you@site-b.example',
  sender = 'me@site-a.example',
): Promise<void> {
  const message = await gateway.submissions.begin({
    sender,
    recipients: [to],
    size,
    user: 'me',
    smtpUtf8: false,
  });
  await message.write(Buffer.from(`Subject: x\r\n\r\n${'x'.repeat(size)}\r\n`));
  await message.commit();
}

/** What has come to a site in calls: who from, and when. */
const come = ({ spool }: SimulatedSite) =>
  spool.history.flatMap(({ envelope: { origin, sender, received } }) =>
    origin === 'x25' ? [[sender, new Date(received).toISOString().slice(11, 16)]] : [],
  );

describe('large mail with hours of its own', () => {
  const RULES = '{ size = "10KiB", windows = ["22:00-06:00"] }';

  test('waits for them, and its recipient is told; other mail does not wait', async () => {
    const { sites, a, b } = await start(RULES);
    await sites.runFor(8 * HOUR);
    await handIn(a, 20_000);
    await handIn(a, 1_000);
    await sites.runFor(HOUR);
    expect(come(b)).toEqual([
      ['', '09:00'],
      ['me@site-a.example', '09:00'],
    ]);
    const notice = Buffer.from(b.spool.history[0]?.body ?? []).toString();
    expect(notice).toContain('Subject: A message of 200');
    expect(notice).toMatch(/from {2}me@site-a\.example\r\n/);
    expect(notice).toContain('It is too large to be sent at once. It goes to you at 22:00-06:00 (UTC)');
    expect(a.gateway.status().waiting).toEqual([
      {
        destination: 'large:other',
        reason: 'too large for now: outside its call windows, 22:00-06:00 (UTC)',
        until: '1990-01-01T22:00:00.000Z',
      },
    ]);
    await sites.runFor(14 * HOUR);
    expect(come(b).slice(2)).toEqual([['me@site-a.example', '22:00']]);
  });

  test('the notice is signed where the host name has a key', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'x25mail-notice-'));
    writeFileSync(join(folder, 'dkim.pem'), ED25519.privateKey);
    const dkim = `[[dkim]]\ndomain = "gw-a.example"\nselector = "x25"\nkey = "${join(folder, 'dkim.pem')}"\n`;
    const sites = new SimulatedSites();
    const a = await sites.start('a', { toml: withLarge(RULES) + dkim });
    await sites.runFor(8 * HOUR);
    await handIn(a, 20_000);
    const notice = a.spool.history.find(({ envelope }) => envelope.origin === 'notice');
    expect(notice?.envelope.top).toMatch(/^DKIM-Signature: [^\n]+\n\td=gw-a\.example; s=x25;/);
    rmSync(folder, { recursive: true });
  });

  test('goes at once within them, and when somebody wants it tried', async () => {
    const { sites, a, b } = await start(RULES);
    await handIn(a, 20_000);
    await sites.runFor(60_000);
    expect(come(b).map(([sender]) => sender)).toContain('me@site-a.example');
    await sites.runFor(9 * HOUR);
    await handIn(a, 20_000, 'you@site-b.example', 'late@site-a.example');
    await sites.runFor(60_000);
    expect(come(b).map(([sender]) => sender)).not.toContain('late@site-a.example');
    a.gateway.queue.tryNow(['large:other']);
    await sites.runFor(60_000);
    expect(come(b).map(([sender]) => sender)).toContain('late@site-a.example');
  });

  test('is large also when it is routed anew', async () => {
    const { sites, a } = await start(RULES);
    await sites.runFor(8 * HOUR);
    await handIn(a, 20_000);
    const rerouted = await queueRequests(a.gateway.queue)['queue.reroute']?.(
      { filter: { destinations: ['large:*'] } },
      { event: () => true, cancelled: new AbortController().signal },
    );
    expect(rerouted).toMatchObject({ changed: 0 });
    await sites.runFor(60_000);
    expect((await a.spool.list(10)).map(({ destination }) => destination)).toContain('large:other');
  });

  test('is not begun any more when they are over, but finished', async () => {
    const sites = new SimulatedSites();
    const slow = { bitsPerSecond: 9600 };
    const a = await sites.start('a', { toml: withLarge(RULES), subscription: slow });
    const b = await sites.start('b', { subscription: slow });
    await sites.runFor(6 * HOUR - 60_000);
    // Two and a half minutes each.
    await handIn(a, 150_000, 'one@site-b.example');
    await handIn(a, 150_000, 'two@site-b.example');
    await sites.runFor(10 * HOUR);
    const large = () => come(b).filter(([sender]) => sender !== '');
    expect(large()).toHaveLength(1);
    await sites.runFor(10 * HOUR);
    expect(large()).toHaveLength(2);
  });
});

test('a call for large mail is one of those that there may be at a time', async () => {
  const sites = new SimulatedSites();
  const slow = { bitsPerSecond: 9600 };
  const toml = withLarge('{ size = "10KiB", windows = ["22:00-06:00"], notice = false }')
    .replace('calls = {', 'calls = { max_circuits = 2,')
    .concat('[limits]\ncalls = 1\n');
  const a = await sites.start('a', { toml, subscription: slow });
  await sites.start('b', { subscription: slow });
  await sites.runFor(60_000);
  await handIn(a, 8_000);
  await handIn(a, 20_000);
  await sites.runUntil(() => a.calls().length === 2);
  const [first, second] = a.calls();
  expect(Date.parse(second?.begun ?? '')).toBeGreaterThanOrEqual(Date.parse(first?.ended ?? ''));
});

describe('large mail without hours', () => {
  const RULES = '{ size = "10KiB", notice = false }';

  test('waits until the peer asks for it', async () => {
    const sites = new SimulatedSites();
    const b = await sites.start('b', { toml: withLarge(RULES, 'b') });
    const fetching = siteToml('a').replace('link = "psdn0"', 'link = "psdn0"\nfetch = "atrn"');
    const a = await sites.start('a', { toml: fetching });
    await sites.runFor(HOUR);
    await handIn(b, 20_000, 'x@site-a.example', 'you@site-b.example');
    await sites.runFor(24 * HOUR);
    expect(come(a)).toEqual([]);
    expect(b.calls()).toEqual([]);
    await a.enqueue({ to: 'x@site-b.example', sender: 'a1@site-a.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(come(a).map(([sender]) => sender)).toEqual(['you@site-b.example']);
  });

  test('a report is not told of', async () => {
    const { sites, a, b } = await start('{ size = "10KiB" }');
    await handIn(a, 20_000, 'you@site-b.example', '');
    await sites.runFor(HOUR);
    expect(come(b)).toEqual([]);
    expect((await a.spool.list(10)).map(({ destination }) => destination)).toEqual(['large:other']);
  });
});
