/** What an operator decides is carried on with by a running gateway. */
import { expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/index.js';
import { queueRequests } from '../../src/console/index.js';
import { Mailbox } from '../support/mailbox.js';
import { type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

const HOUR = 3_600_000;

async function change(site: SimulatedSite, parameters: Record<string, unknown>): Promise<unknown> {
  const asked = { event: () => true, cancelled: new AbortController().signal };
  return queueRequests(site.gateway.queue)['queue.change']?.(parameters, asked);
}

/** Site a alone: nobody answers its calls. */
async function alone(): Promise<{ sites: SimulatedSites; a: SimulatedSite }> {
  const sites = new SimulatedSites();
  const a = await sites.start('a', { toml: siteToml('a') });
  return { sites, a };
}

test('a retry calls at once, though the destination is down; what is not meant is not called for', async () => {
  const { sites, a } = await alone();
  const id = await a.enqueue({ to: 'you@site-b.example' });
  await sites.runUntil(() => a.calls().length === 4);
  const [delivery] = await a.spool.find(id);
  expect((delivery?.due ?? 0) - sites.clock.wallTime()).toBeGreaterThan(5 * 60_000);
  expect(await change(a, { filter: { peers: ['nobody'] }, change: 'retry' })).toEqual({
    changed: 0,
    busy: 0,
  });
  await sites.runFor(60_000);
  expect(a.calls()).toHaveLength(4);
  expect(await change(a, { filter: { messages: [id] }, change: 'retry' })).toEqual({ changed: 1, busy: 0 });
  await sites.runFor(60_000);
  expect(a.calls()).toHaveLength(5);
});

test('after a reload what waits goes the new way when it is told to', async () => {
  const sites = new SimulatedSites();
  const home = new Mailbox();
  const a = await sites.start('a', { connect: home.connect });
  const id = await a.enqueue({ to: 'you@site-b.example' });
  await sites.runUntil(() => a.calls().length === 1);
  const toml = siteToml('a').replace('peer = "other"', 'smtp = "mailbox.example:25"');
  const result = parseConfiguration(toml, '/simulated/a.toml');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  a.gateway.reload(result.configuration);
  const asked = { event: () => true, cancelled: new AbortController().signal };
  const reroute = (to?: string) =>
    queueRequests(a.gateway.queue)['queue.reroute']?.({ filter: {}, ...(to !== undefined && { to }) }, asked);
  await expect(reroute('peer:nobody')).rejects.toThrow('no destination peer:nobody');
  await expect(reroute('smtp:Mailbox.example:25')).rejects.toThrow('no destination');
  expect(await reroute()).toEqual({ changed: 1, busy: 0, unroutable: 0 });
  await sites.runUntil(() => home.said.includes('RCPT TO:<you@site-b.example>'), 60_000);
  await sites.runUntil(() => a.spool.messages.size === 0);
  expect(await a.spool.find(id)).toEqual([]);
});

test('what is on hold is neither called for nor returned when its time is over; released, it is tried', async () => {
  const { sites, a } = await alone();
  const id = await a.enqueue({ to: 'you@site-b.example' });
  await change(a, { filter: { messages: [id] }, change: 'hold', reason: 'later' });
  await sites.runFor(HOUR);
  const before = a.calls().length;
  await sites.runFor(200 * HOUR);
  expect(a.calls()).toHaveLength(before);
  expect(await a.spool.find(id)).toMatchObject([{ hold: 'later' }]);
  expect(a.spool.settlements.filter(({ outcome }) => outcome.type === 'failed')).toEqual([]);
  await change(a, { filter: {}, change: 'release' });
  await sites.runUntil(() => a.calls().length > before, HOUR);
});

test('a bounce tells the sender why', async () => {
  const { sites, a } = await alone();
  const id = await a.enqueue({ to: 'you@site-b.example' });
  await change(a, { filter: { messages: [id] }, change: 'hold' });
  await sites.runFor(1000);
  expect(
    await change(a, { filter: { messages: [id] }, change: 'bounce', reason: 'site b is closed' }),
  ).toEqual({
    changed: 1,
    busy: 0,
  });
  const report = a.spool.history.at(-1);
  expect(report?.envelope).toMatchObject({ sender: '', recipients: [{ address: 'from@site-a.example' }] });
  expect(Buffer.from(report?.body ?? []).toString()).toContain('site b is closed');
  expect(a.events.filter(({ type }) => type === 'settled').at(-1)).toMatchObject({
    recipient: { message: id, outcome: 'failed', reason: 'site b is closed' },
  });
  expect(await a.spool.find(id)).toEqual([]);
});

test('a circuit that is cleared: the message on its way is sent again, and arrives once', async () => {
  const sites = new SimulatedSites();
  const a = await sites.start('a');
  const b = await sites.start('b');
  await a.enqueue({
    to: 'you@site-b.example',
    body: `Subject: x\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(2000)}`,
  });
  await sites.runUntil(() => (a.gateway.status().circuits[0]?.sent.octets ?? 0) > 50_000);
  const [circuit] = a.gateway.status().circuits;
  expect(a.gateway.clearCircuit('nope')).toBe(false);
  expect(a.gateway.clearCircuit(circuit?.id ?? '')).toBe(true);
  await sites.runUntil(() => a.calls().length === 1, 60_000);
  expect(a.calls()[0]).toMatchObject({
    verdict: 'interrupted',
    ending: { by: 'us', cause: 0, diagnostic: 0xa2 },
  });
  await sites.runUntil(() => b.spool.history.length === 1);
  expect(a.calls().length).toBeLessThan(4);
});
