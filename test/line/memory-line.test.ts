import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { type LineHandler, type MemoryLineOptions, memoryLine } from '../../src/line/index.js';

function traced(options: Omit<MemoryLineOptions, 'clock'>) {
  const clock = new VirtualClock();
  const line = memoryLine({ clock, ...options });
  const trace: string[] = [];
  const handler = (end: string): LineHandler => ({
    received: (octets) => trace.push(`${clock.now()} ${end} received ${octets.length}`),
    writable: () => trace.push(`${clock.now()} ${end} writable`),
    lost: (why) => trace.push(`${clock.now()} ${end} lost ${why}`),
  });
  return { clock, ...line, trace, handler };
}

describe('a line in memory', () => {
  test('paces octets at ten bits each and adds its delay', async () => {
    const { clock, a, b, trace, handler } = traced({ bitsPerSecond: 10_000, delayMs: 5 });
    await a.open(handler('a'));
    await b.open(handler('b'));
    expect(a.write(new Uint8Array(100))).toBe(false);
    clock.runToRest();
    expect(trace).toEqual(['100 a writable', '105 b received 100']);
  });

  test('sends in both directions at once', async () => {
    const { clock, a, b, trace, handler } = traced({ bitsPerSecond: 10_000 });
    await a.open(handler('a'));
    await b.open(handler('b'));
    a.write(new Uint8Array(10));
    b.write(new Uint8Array(20));
    clock.runToRest();
    expect(trace).toContain('10 b received 10');
    expect(trace).toContain('20 a received 20');
  });

  test('leaves no gap between frames that are written when it becomes writable', async () => {
    const clock = new VirtualClock();
    const { a, b } = memoryLine({ clock, bitsPerSecond: 10_000 });
    let left = 10;
    const arrivals: number[] = [];
    await a.open({
      received: () => {},
      lost: () => {},
      writable: () => {
        if (--left > 0) a.write(new Uint8Array(10));
      },
    });
    await b.open({ received: () => arrivals.push(clock.now()), writable: () => {}, lost: () => {} });
    a.write(new Uint8Array(10));
    clock.runToRest();
    expect(arrivals).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  });

  test('unpaced, asks its writer to wait when too much is on its way', async () => {
    const { clock, a, b, trace, handler } = traced({});
    await a.open(handler('a'));
    await b.open(handler('b'));
    expect(a.write(new Uint8Array(1000))).toBe(true);
    expect(a.write(new Uint8Array(20_000))).toBe(false);
    clock.runToRest();
    expect(trace).toEqual(['0 b received 1000', '0 b received 20000', '0 a writable']);
  });

  test('loses, changes and repeats what its disturbance says', async () => {
    let nth = 0;
    const { clock, a, b, trace, handler } = traced({
      disturb: (octets) => [[], [octets.subarray(0, 1)], [octets, octets]][nth++ % 3] ?? [],
    });
    await a.open(handler('a'));
    await b.open(handler('b'));
    for (let i = 0; i < 3; i++) a.write(new Uint8Array(3));
    clock.runToRest();
    expect(trace).toEqual(['0 b received 1', '0 b received 3', '0 b received 3']);
  });
});
