import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TraceWatcher } from '../../src/console/index.js';
import { GatewayError } from '../../src/core/index.js';
import { NUMBERS, type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

let sites: SimulatedSites;
let a: SimulatedSite;

beforeEach(async () => {
  sites = new SimulatedSites();
  a = await sites.start('a', { subscription: { bitsPerSecond: 9600 } });
});
afterEach(async () => {
  let stopped = false;
  void a.gateway.stop().then(() => {
    stopped = true;
  });
  await sites.runUntil(() => stopped);
});

test('a link tells its state, since when, and what was counted by layer', async () => {
  await sites.runFor(60_000);
  const { hostname, since, links, circuits } = a.gateway.status();
  expect({ hostname, since, circuits }).toEqual({
    hostname: 'gw-a.example',
    since: '1990-01-01T00:00:00.000Z',
    circuits: [],
  });
  expect(links).toMatchObject([
    {
      name: 'psdn0',
      type: 'serial',
      state: 'ready',
      circuits: 0,
      counters: { framing: {}, link: { linkUps: 1, sabmSent: 1 }, packet: { restartsSent: 1 } },
    },
  ]);
  const up = Date.parse(links[0]?.since ?? '') - Date.UTC(1990, 0, 1);
  expect(up).toBeGreaterThan(0);
  expect(up).toBeLessThan(1000);
});

describe('a circuit', () => {
  test('is listed from the call until the clear, with its channel and what passed', async () => {
    await sites.start('b', { toml: siteToml('b') });
    await sites.runFor(5_000);
    await a.enqueue({ to: 'x@site-b.example', body: `${'x'.repeat(70)}\r\n`.repeat(500) });
    const now = () => a.gateway.status().circuits;
    await sites.runUntil(() => now()[0]?.state === 'calling');
    expect(now()).toMatchObject([
      {
        link: 'psdn0',
        channel: 16,
        direction: 'outgoing',
        called: NUMBERS.b,
        calling: NUMBERS.a,
        peer: 'other',
      },
    ]);
    expect(now()[0]).not.toHaveProperty('connectedMs');
    await sites.runUntil(() => (now()[0]?.sent.octets ?? 0) > 10_000);
    const [circuit] = now();
    expect(circuit).toMatchObject({
      state: 'connected',
      agreed: ['packet size 128/128', 'window 2/2'],
      resets: 0,
      interrupts: 0,
      received: { packets: expect.any(Number) as number },
    });
    expect(circuit?.connectedMs).toBeGreaterThan(1000);
    expect(circuit?.ageMs).toBeGreaterThanOrEqual(circuit?.connectedMs ?? 0);
    expect(circuit?.sent.segments).toBeGreaterThanOrEqual((circuit?.sent.octets ?? 0) / 64);
    await sites.runUntil(() => a.calls().length === 1);
    expect(now()).toEqual([]);
  });

  test('is named with each of its frames and packets', async () => {
    await sites.start('b', { toml: siteToml('b') });
    const seen: Parameters<TraceWatcher>[] = [];
    const stop = a.gateway.watch((...what) => seen.push(what));
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    const id = a.calls()[0]?.circuit;
    const ofCircuit = seen.filter(([, , circuit]) => circuit !== undefined);
    expect(new Set(ofCircuit.map(([, , circuit]) => circuit))).toEqual(new Set([id]));
    expect(new Set(ofCircuit.map(([, { layer }]) => layer))).toEqual(new Set(['frame', 'packet']));
    expect(seen[0]).toMatchObject([{ name: 'psdn0', role: 'dte' }, { layer: 'frame' }, undefined]);
    const before = seen.length;
    stop();
    await sites.runFor(120_000);
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 2);
    expect(seen.length).toBe(before);
  });
});

test('a line that can not be opened: down, since when, and why; when it is there the link tells of itself', async () => {
  let isThere = false;
  const line = sites.network.attach({ nua: NUMBERS.b });
  const b = await sites.start('b', {
    openLine: () => ({
      ...line,
      write: (octets) => line.write(octets),
      close: () => line.close(),
      open: async (handler) => {
        if (!isThere) throw new GatewayError('lineOpen', 'no such device', { temporary: true });
        await line.open(handler);
      },
    }),
  });
  const link = () => b.gateway.status().links[0];
  await sites.runFor(10_000);
  expect(link()).toMatchObject({
    state: 'lineDown',
    since: '1990-01-01T00:00:00.000Z',
    lastFailure: 'no such device',
  });
  isThere = true;
  await sites.runUntil(() => link()?.state === 'ready');
  expect(link()).not.toHaveProperty('lastFailure');
  let stopped = false;
  void b.gateway.stop().then(() => {
    stopped = true;
  });
  await sites.runUntil(() => stopped);
});
