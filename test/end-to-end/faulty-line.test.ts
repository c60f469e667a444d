import { describe, expect, test } from 'vitest';
import { mailOverFaultyLines } from '../support/faulty-line.js';
import { seeded } from '../support/random.js';
import { SimulatedSites } from '../support/simulated-sites.js';

describe('a line that loses, damages, repeats and delays', () => {
  test.each([1, 2, 3, 4, 5])('mail arrives as it was sent, seed %i', mailOverFaultyLines);
});

describe('a line with garbage on it', () => {
  test('between and within frames is counted, and mail arrives as it was sent', async () => {
    const random = seeded(7);
    const garbage = () =>
      Uint8Array.from({ length: Math.floor(random() * 300) }, () => Math.floor(random() * 256));
    const sites = new SimulatedSites();
    const a = await sites.start('a', {
      subscription: {
        bitsPerSecond: 64_000,
        disturb: (octets) => (random() < 0.1 ? [garbage(), octets, garbage()] : [octets]),
      },
    });
    const b = await sites.start('b');
    const body = `Subject: clean\r\n\r\n${'all of it\r\n'.repeat(1000)}`;
    await a.enqueue({ to: 'x@site-b.example', body });
    await sites.runUntil(() => a.spool.messages.size === 0, 24 * 3_600_000);
    expect(b.spool.history.map((message) => Buffer.from(message.body).toString().endsWith(body))).toEqual([
      true,
    ]);
    const counted = a.gateway.links[0];
    expect(JSON.stringify(counted)).toMatch(/"badFcs":[1-9]/);
  });
});
