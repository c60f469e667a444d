import { describe, expect, test } from 'vitest';
import { type CircuitToRate, slowestRate } from '../../src/gateway/circuit-rate.js';

const both = (value: number) => ({ fromCalling: value, fromCalled: value });
const WIDE = { packetSize: both(1024), windowSize: both(7) };

const rate = (
  bitsPerSecond: number | undefined,
  circuits: number,
  agreed: CircuitToRate['agreed'] = WIDE,
  direction: CircuitToRate['direction'] = 'incoming',
): number | undefined => slowestRate({ direction, agreed }, { bitsPerSecond, circuits, isUp: true }, 0.01);

describe('the least that has to come over a circuit, octets per second', () => {
  test.each([
    ['nobody knows the speed: as by TCP', undefined, 8, 10],
    ['a fast line: a hundredth of what its window lets through', 256_000, 1, 71.68],
    ['a quick line: a hundredth of it', 64_000, 1, 64],
    ['a line as it was usual: as by TCP', 9_600, 1, 10],
    ['a slow line: no more than a tenth of it', 300, 1, 3],
    ['shared by eight', 2_400, 8, 3],
    ['shared by very many', 9_600, 1_000, 0.096],
  ])('%s', (_, bitsPerSecond, circuits, least) => {
    expect(rate(bitsPerSecond, circuits)).toBeCloseTo(least, 5);
  });

  test('the window bounds what can come', () => {
    expect(rate(64_000, 1, { packetSize: both(128), windowSize: both(2) })).toBe(10);
    expect(rate(64_000, 1, { packetSize: both(16), windowSize: both(1) })).toBeCloseTo(1.6);
  });

  test('the throughput class of the direction in which we are sent mail', () => {
    const throughput = { fromCalling: 75, fromCalled: 300 };
    expect(rate(64_000, 1, { ...WIDE, throughput })).toBeCloseTo(0.9375);
    expect(rate(64_000, 1, { ...WIDE, throughput }, 'outgoing')).toBeCloseTo(3.75);
    expect(rate(undefined, 1, { ...WIDE, throughput })).toBeCloseTo(0.9375);
    expect(rate(undefined, 1, { ...WIDE, throughput: both(48_000) })).toBe(60);
  });

  test('before anything is agreed, the line counts', () => {
    expect(rate(1_200, 1, undefined)).toBe(10);
  });

  test('nothing while the link is down', () => {
    const link = { bitsPerSecond: 9_600, circuits: 1, isUp: false };
    expect(slowestRate({ direction: 'incoming', agreed: WIDE }, link, 0.01)).toBeUndefined();
  });
});
