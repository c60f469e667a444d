import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Mailbox } from '../support/mailbox.js';
import { parseReport } from '../support/report-parts.js';
import { type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

const HOUR = 3_600_000;
const SECOND = 1000;

/** What was reported at a site, in short: `to: action recipient status`. */
function reports({ spool }: SimulatedSite): string[] {
  return spool.history
    .filter(({ envelope }) => envelope.origin === 'report')
    .map(({ envelope, body }) => {
      const [, about] = parseReport(body).status;
      const what = `${about?.get('action')} ${about?.get('final-recipient')} ${about?.get('status')}`;
      return `${envelope.recipients[0]?.address}: ${what}`;
    });
}

/** Of the first report. */
function statusOf({ spool }: SimulatedSite): ReadonlyMap<string, string>[] {
  const found = spool.history.find(({ envelope }) => envelope.origin === 'report');
  return [...parseReport(found?.body ?? new Uint8Array(0)).status];
}

const FROM = 'from@site-a.example';
const TO = { to: 'x@site-b.example' };

describe('a report of success', () => {
  const asked = { notify: ['SUCCESS' as const], originalRecipient: 'rfc822;X@site-b.example' };

  test('comes from the last server that makes reports, over the circuit, when the next one makes none', async () => {
    const sites = new SimulatedSites();
    const [home, far] = [new Mailbox(), new Mailbox()];
    const a = await sites.start('a', { connect: home.connect });
    const b = await sites.start('b', { connect: far.connect });
    await a.enqueue({ ...TO, asked, envelope: { envelopeId: 'E 1', ret: 'HDRS' } });
    await sites.runUntil(() => home.said.includes('QUIT'));
    // a leaves it to b, which has taken it over with all that was asked for.
    expect(b.spool.history[0]?.envelope).toMatchObject({
      envelopeId: 'E 1',
      ret: 'HDRS',
      recipients: [asked],
    });
    expect([reports(a), reports(b)]).toEqual([[], [`${FROM}: relayed rfc822; x@site-b.example 2.0.0`]]);
    const [ofMessage, ofRecipient] = statusOf(b);
    expect(ofMessage?.get('original-envelope-id')).toBe('E 1');
    expect(ofMessage?.get('reporting-mta')).toBe('dns; gw-b.example');
    expect(ofRecipient?.get('original-recipient')).toBe('rfc822; X@site-b.example');
    expect(ofRecipient?.get('remote-mta')).toBe('dns; mailbox.example');
    expect(home.said).toContain(`MAIL FROM:<>`);
    expect(home.said).toContain('Action: relayed');
    await sites.runUntil(() => a.spool.messages.size + b.spool.messages.size === 0);
  });

  test('is left to a next server that makes them', async () => {
    const sites = new SimulatedSites();
    const [a, far] = [await sites.start('a'), new Mailbox(['DSN', 'PIPELINING'])];
    const b = await sites.start('b', { connect: far.connect });
    await a.enqueue({ ...TO, asked });
    await sites.runUntil(() => far.said.includes('QUIT'));
    expect(far.said).toContain('NOTIFY=SUCCESS ORCPT=rfc822;X@site-b.example');
    expect([reports(a), reports(b)]).toEqual([[], []]);
  });
});

test('of an address that stands for several is told that it was sent on, over the circuit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'x25mail-aliases-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'aliases');
  writeFileSync(file, 'staff: ann, bob\n');
  const sites = new SimulatedSites();
  const [home, far] = [new Mailbox(), new Mailbox()];
  const a = await sites.start('a', { connect: home.connect });
  const toml = siteToml('b', `[aliases]\nfile = ${JSON.stringify(file)}\n`);
  const b = await sites.start('b', { connect: far.connect, toml });
  await a.enqueue({ to: 'staff@site-b.example', asked: { notify: ['SUCCESS'] } });
  await sites.runUntil(() => home.said.includes('QUIT') && far.said.includes('QUIT'));
  expect(far.said).toContain('RCPT TO:<ann@site-b.example>');
  expect(reports(b)).toEqual([`${FROM}: expanded rfc822; staff@site-b.example 2.0.0`]);
});

describe('a failure', () => {
  const refuse = () => new Mailbox([], (step) => (step === 'RCPT' ? '550 5.1.1 nobody here\r\n' : undefined));

  test('beyond the circuit comes back over it', async () => {
    const sites = new SimulatedSites();
    const [home, far] = [new Mailbox(), refuse()];
    await sites.start('a', { connect: home.connect }).then((a) => a.enqueue(TO));
    const b = await sites.start('b', { connect: far.connect });
    await sites.runUntil(() => home.said.includes('QUIT'));
    expect(reports(b)).toEqual([`${FROM}: failed rfc822; x@site-b.example 5.1.1`]);
    expect(home.said).toContain('Diagnostic-Code: smtp; 550 5.1.1 nobody here');
  });

  test('with NOTIFY=NEVER is a matter of the queue alone', async () => {
    const sites = new SimulatedSites();
    const [a, far] = [await sites.start('a'), refuse()];
    const b = await sites.start('b', { connect: far.connect });
    await a.enqueue({ ...TO, asked: { notify: [] } });
    await sites.runUntil(() => far.said.includes('QUIT'));
    expect([reports(a), reports(b)]).toEqual([[], []]);
    await sites.runUntil(() => a.spool.messages.size + b.spool.messages.size === 0);
  });

  test('of its report goes to the postmaster there, and ends there', async () => {
    const sites = new SimulatedSites();
    const far = refuse();
    const b = await sites.start('b', { connect: far.connect });
    await b.enqueue({ ...TO, sender: 'y@site-b.example', destination: 'smtp:mailbox.example:25' });
    await sites.runFor(HOUR);
    expect(reports(b)).toEqual([
      'y@site-b.example: failed rfc822; x@site-b.example 5.1.1',
      'root@site-b.example: failed rfc822; y@site-b.example 5.1.1',
    ]);
    expect(b.spool.messages.size).toBe(0);
    expect(b.events.filter(({ type }) => type === 'problem')).toEqual([
      { type: 'problem', problem: 'm3 failed, and nobody can be told: sender <>' },
    ]);
  });
});

describe('a delay', () => {
  test('is told once, with what stood in the way, and then how it ended', async () => {
    const sites = new SimulatedSites();
    const a = await sites.start('a', {
      toml: siteToml('a', '[queue]\ndelay_warning = "3h"\nmax_age = "2d"\n'),
    });
    await a.enqueue(TO);
    await a.enqueue({ ...TO, asked: { notify: ['FAILURE'] } });
    await sites.runFor(2.9 * HOUR);
    expect(reports(a)).toEqual([]);
    await sites.runFor(0.2 * HOUR);
    expect(reports(a)).toEqual([`${FROM}: delayed rfc822; x@site-b.example 4.4.1`]);
    const [, about] = statusOf(a);
    expect(about?.get('diagnostic-code')).toMatch(/^x-x25mail; call to other .*not obtainable/);
    expect(about?.get('remote-mta')).toBe('x-x25; 26245300040');
    expect(about?.get('will-retry-until')).toBe('Wed, 03 Jan 1990 00:00:00 +0000');
    await sites.runFor(46 * HOUR);
    expect(reports(a).slice(1)).toEqual(Array(2).fill(`${FROM}: failed rfc822; x@site-b.example 5.4.7`));
  });
});

describe('DELIVERBY', () => {
  const by = (sites: SimulatedSites, seconds: number, mode: 'R' | 'N', trace = false) => ({
    deliverBy: { at: sites.clock.wallTime() + seconds * SECOND, mode, trace },
  });

  test('R: what has not arrived by then is returned at that moment, and not called for again', async () => {
    const sites = new SimulatedSites();
    const a = await sites.start('a');
    await a.enqueue({ ...TO, envelope: by(sites, 1000, 'R') });
    await sites.runFor(999 * SECOND);
    expect(reports(a)).toEqual([]);
    await sites.runFor(1 * SECOND);
    expect(reports(a)).toEqual([`${FROM}: failed rfc822; x@site-b.example 5.4.7`]);
    const calls = a.calls().length;
    await sites.start('b');
    await sites.runFor(24 * HOUR);
    expect(a.calls()).toHaveLength(calls);
  });

  test('N: its sender is told at that moment, and it arrives all the same', async () => {
    const sites = new SimulatedSites();
    const a = await sites.start('a');
    await a.enqueue({ ...TO, envelope: by(sites, 1000, 'N') });
    await sites.runFor(999 * SECOND);
    expect(reports(a)).toEqual([]);
    await sites.runFor(1 * SECOND);
    expect(reports(a)).toEqual([`${FROM}: delayed rfc822; x@site-b.example 4.4.7`]);
    const b = await sites.start('b');
    await sites.runUntil(() => b.spool.history.length > 0);
    // The time that is over goes along: nobody is told of it twice.
    expect(b.spool.history[0]?.envelope.deliverBy?.at).toBeLessThanOrEqual(sites.clock.wallTime());
  });

  test('what is left of the time is handed on, and a trace tells of each hop', async () => {
    const sites = new SimulatedSites();
    const far = new Mailbox(['DSN', 'DELIVERBY']);
    const a = await sites.start('a', { subscription: { bitsPerSecond: 1200 } });
    const b = await sites.start('b', { connect: far.connect });
    await a.enqueue({ ...TO, envelope: by(sites, 600, 'R', true) });
    await sites.runUntil(() => far.said.includes('QUIT'));
    const [, seconds] = /MAIL FROM:<from@site-a\.example>.* BY=(\d+);RT/.exec(far.said) ?? [];
    expect(Number(seconds)).toBeGreaterThan(560);
    expect(Number(seconds)).toBeLessThan(600);
    await sites.runUntil(() => reports(a).length > 0 && reports(b).length > 0);
    const relayed = `${FROM}: relayed rfc822; x@site-b.example 2.0.0`;
    expect([reports(a), reports(b)]).toEqual([[relayed], [relayed]]);
  });
});
