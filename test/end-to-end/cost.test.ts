/** What calls cost: in the record of each, by the tariff of its link. */
import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/index.js';
import { Tariff } from '../../src/tariff/index.js';
import { SimulatedSites, siteToml } from '../support/simulated-sites.js';

const TARIFF = `[link.tariff]
call = 0.05
minute = 0.10
increment = "2s"
segment = 0.002
currency = "EUR"
timezone = "UTC"
`;

/** `reverse_charging`, or nothing, is asked for by a. */
async function oneCall(asks: string, ruleOfB = '') {
  const sites = new SimulatedSites();
  const toml = siteToml('a', TARIFF).replace(
    'link = "psdn0"\n[[route]]',
    `link = "psdn0"\n${asks}\n[[route]]`,
  );
  const a = await sites.start('a', { toml, subscription: { bitsPerSecond: 2400, delayMs: 400 } });
  const b = await sites.start('b', { toml: siteToml('b', `${ruleOfB}${TARIFF}`) });
  await sites.runFor(20_000); // the links come up
  await a.enqueue({ to: 'you@site-b.example' });
  await sites.runUntil(() => a.calls().length > 0 && b.calls().length > 0);
  const [[ours], [theirs]] = [a.calls(), b.calls()];
  if (ours === undefined || theirs === undefined) throw new Error('no call');
  return { a, sites, ours, theirs };
}

const REVERSE = 'facilities = [{ reverse_charging = true }]';

describe('a call', () => {
  test('costs who has placed it its price, each increment and each segment; who is called nothing', async () => {
    const { ours, theirs } = await oneCall('');
    const segments = ours.sent.segments + ours.received.segments;
    const increments = Math.ceil(ours.connectedMs / 2_000);
    expect(increments).toBeGreaterThan(1);
    expect(ours.cost).toBeCloseTo(0.05 + (increments * 0.1) / 30 + segments * 0.002, 5);
    expect(ours.currency).toBe('EUR');
    expect(theirs).toMatchObject({ messagesReceived: 1, cost: 0, currency: 'EUR' });
  });

  test('with a reversed charge costs who is called', async () => {
    const { ours, theirs } = await oneCall(
      REVERSE,
      '[[incoming]]\naction = "engine"\nreverse_charging = true\n',
    );
    expect(ours).toMatchObject({ messagesSent: 1, cost: 0 });
    expect(theirs.cost).toBeGreaterThan(0.05);
  });

  test('that is refused costs nobody anything', async () => {
    const { ours, theirs } = await oneCall(REVERSE);
    expect([ours.verdict, ours.cost, theirs.verdict, theirs.cost]).toEqual(['failed', 0, 'refused', 0]);
  });

  test('has its cost so far among the circuits, and new prices count for the next one without a restart', async () => {
    const { a, sites } = await oneCall('');
    const dearer = parseConfiguration(siteToml('a', TARIFF.replace('0.05', '7')), '/simulated/a.toml');
    if (!dearer.ok) throw new Error('no configuration');
    expect(a.gateway.reload(dearer.configuration)).toEqual([]);
    await a.enqueue({ to: 'you@site-b.example' });
    await sites.runUntil(() => a.gateway.status().circuits[0]?.state === 'connected');
    expect(a.gateway.status().circuits[0]).toMatchObject({ currency: 'EUR' });
    expect(a.gateway.status().circuits[0]?.cost).toBeGreaterThan(7);
    await sites.runUntil(() => a.calls().length === 2);
    const [, call] = a.calls();
    const tariff = dearer.configuration.links[0]?.tariff;
    if (call?.connected === undefined || tariff === undefined) throw new Error('not connected');
    const { connected, connectedMs, sent, received } = call;
    const usage = {
      connectedAt: Date.parse(connected),
      connectedMs,
      segments: sent.segments + received.segments,
    };
    expect(call.cost).toBe(new Tariff(tariff).costOf(usage));
  });
});
