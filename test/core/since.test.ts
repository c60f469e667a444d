import { expect, test } from 'vitest';
import { Since, VirtualClock } from '../../src/core/index.js';

test('tells when the state became what it is, however often it is noted', () => {
  const clock = new VirtualClock(1_000);
  const since = new Since<string>(clock, 'down');
  expect(since.wallTime).toBe(1_000);
  clock.runUntil(clock.now() + 500);
  since.note('down');
  expect(since.wallTime).toBe(1_000);
  since.note('up');
  clock.runUntil(clock.now() + 500);
  since.note('up');
  expect(since.wallTime).toBe(1_500);
});
