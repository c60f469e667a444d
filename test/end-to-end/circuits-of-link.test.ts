/** A link that may have one circuit: mail waits its turn for it, and calls to us beyond it are cleared. */
import { expect, test } from 'vitest';
import { SimulatedSites, siteToml } from '../support/simulated-sites.js';

const LONG = `Subject: long\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(1500)}`;

const SLOW = { bitsPerSecond: 64_000 };

const withOneCircuit = (name: 'a' | 'b'): string =>
  siteToml(name).replace('baud = 64000', 'baud = 64000\nmax_circuits = 1');

/** A long message of b's is on its way to a, whose link has no other circuit. */
async function whileCalled() {
  const sites = new SimulatedSites();
  const a = await sites.start('a', { toml: withOneCircuit('a'), subscription: SLOW });
  const b = await sites.start('b');
  await b.enqueue({ to: 'you@site-a.example', body: LONG });
  await sites.runUntil(() => (a.gateway.status().circuits[0]?.received.octets ?? 0) > 5_000);
  return { sites, a, b };
}

test('our mail waits while a call to us holds it, which is no failed attempt, and goes as soon as that is over', async () => {
  const { sites, a, b } = await whileCalled();
  await a.enqueue({ to: 'you@site-b.example' });
  await sites.runFor(2000);
  expect(a.gateway.status().waiting).toMatchObject([
    { destination: 'peer:other', reason: 'all circuits of psdn0 (1) are in use' },
  ]);
  expect(a.calls()).toEqual([]);
  await sites.runUntil(() => a.calls().length === 1);
  const over = sites.clock.now();
  await sites.runUntil(() => b.spool.history.length === 2);
  expect(sites.clock.now() - over).toBeLessThan(5000);
  await sites.runUntil(() => a.calls().length === 2);
  expect(a.calls()).toMatchObject([
    { verdict: 'completed', messagesReceived: 1 },
    { verdict: 'completed', messagesSent: 1 },
  ]);
  const settled = a.spool.settlements.filter(({ destination }) => destination === 'peer:other');
  expect(settled.map(({ outcome }) => outcome.type)).toEqual(['delivered']);
});

test('a call to us beyond it is cleared, and its mail comes later', async () => {
  const sites = new SimulatedSites();
  const a = await sites.start('a', { toml: withOneCircuit('a'), subscription: SLOW });
  const b = await sites.start('b');
  await a.enqueue({ to: 'you@site-b.example', body: LONG });
  await sites.runUntil(() => (a.gateway.status().circuits[0]?.sent.octets ?? 0) > 5_000);
  await b.enqueue({ to: 'you@site-a.example' });
  await sites.runUntil(() => b.calls().length === 1);
  expect(b.calls()).toMatchObject([
    { verdict: 'failed', ending: { by: 'peer', cause: 0, diagnostic: 0xa3 } },
  ]);
  expect(a.events.filter(({ type }) => type === 'call')).toMatchObject([
    { refusedBecause: 'too many circuits on psdn0' },
  ]);
  await sites.runUntil(() => a.spool.history.length === 2);
  await sites.runUntil(() => b.calls().at(-1)?.verdict === 'completed');
});
