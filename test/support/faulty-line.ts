import { expect } from 'vitest';
import type { SubscriptionOptions } from '../../src/psdn/index.js';
import { seeded } from './random.js';
import { SimulatedSites } from './simulated-sites.js';

/** A line that now and then loses, damages or repeats what is written in one go, and holds some of it up. */
function faulty(seed: number): Partial<SubscriptionOptions> {
  const random = seeded(seed);
  return {
    bitsPerSecond: 64_000,
    extraDelayMs: () => (random() < 0.02 ? random() * 2000 : 0),
    disturb: (octets) => {
      const chance = random();
      if (chance < 0.01) return [];
      if (chance < 0.02) return [octets, octets];
      if (chance < 0.03)
        return [octets.map((octet) => (random() < 0.02 ? octet ^ (1 << Math.floor(random() * 8)) : octet))];
      return [octets];
    },
  };
}

/** Sends mail over two faulty lines, in virtual time, and expects every message to arrive as it was sent. */
export async function mailOverFaultyLines(seed: number): Promise<void> {
  const sites = new SimulatedSites();
  const a = await sites.start('a', { subscription: faulty(seed) });
  const b = await sites.start('b', { subscription: faulty(seed + 1000) });
  const random = seeded(seed + 2000);
  const bodies = Array.from({ length: 8 }, (_, number) => {
    const line = Buffer.from(Array.from({ length: 40 }, () => 0x20 + Math.floor(random() * 0xdf))).toString(
      'latin1',
    );
    return `Subject: ${number}\r\n\r\n${`${line.replace(/[\r\n]/g, '_')}\r\n`.repeat(1 + Math.floor(random() * 400))}`;
  });
  for (const body of bodies) await a.enqueue({ to: 'x@site-b.example', body });
  await sites.runUntil(() => a.spool.messages.size === 0, 3 * 24 * 3_600_000);
  const arrived = b.spool.history.map(({ body }) =>
    Buffer.from(body)
      .toString('latin1')
      .replace(/^Received: .*\r\n(?:\t.*\r\n)*/, ''),
  );
  expect(new Set(arrived)).toEqual(new Set(bodies));
  // Twice only where a reply was lost with its call: never more often than calls were cut off.
  const cutOff = a.calls().filter(({ verdict }) => verdict !== 'completed').length;
  expect(arrived.length - bodies.length).toBeLessThanOrEqual(cutOff);
}
