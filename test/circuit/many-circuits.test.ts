import { expect, test } from 'vitest';
import { manyCircuits } from '../support/many-circuits.js';
import { stackPair } from './stack-pair.js';

const CIRCUITS = 1_000;

test(`${CIRCUITS} circuits at once on one link`, () => {
  const { clock, a, b } = stackPair({ bitsPerSecond: 64_000, channels: { twoWay: [1, CIRCUITS] } });
  clock.runFor(5_000);
  const result = manyCircuits({ clock, a, b, circuits: CIRCUITS, octets: 500 });
  expect(result).toEqual({ whole: 2 * CIRCUITS, openAtOnce: CIRCUITS, cleared: 2 * CIRCUITS });
  expect(a.status()).toMatchObject({ circuits: 0, freeChannels: CIRCUITS });
  expect(a.status().counters.packet).not.toHaveProperty('timeouts');
});
