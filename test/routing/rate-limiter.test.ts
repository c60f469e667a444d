import { describe, expect, test } from 'vitest';
import { RateLimiter } from '../../src/routing/index.js';

const MINUTE = 60_000;

describe('a rate limit', () => {
  test('lets so many pass at once, then as many as time gives back', () => {
    const limiter = new RateLimiter({ count: 3, perMs: 3 * MINUTE });
    const takes = (now: number): boolean => limiter.take('a', now);
    expect([takes(0), takes(0), takes(0), takes(0)]).toEqual([true, true, true, false]);
    expect([takes(MINUTE - 1), takes(MINUTE), takes(MINUTE)]).toEqual([false, true, false]);
  });

  test('what is not used adds up to one lot, no more', () => {
    const limiter = new RateLimiter({ count: 2, perMs: MINUTE });
    limiter.take('a', 0);
    const takes = Array.from({ length: 3 }, () => limiter.take('a', 1000 * MINUTE));
    expect(takes).toEqual([true, true, false]);
  });

  test('each caller has his own, and a refusal costs nothing', () => {
    const limiter = new RateLimiter({ count: 10, perMs: MINUTE });
    expect(limiter.take('a', 0, 8)).toBe(true);
    expect(limiter.take('a', 0, 3)).toBe(false);
    expect(limiter.take('a', 0, 2)).toBe(true);
    expect(limiter.take('b', 0, 10)).toBe(true);
  });

  test('so many callers are remembered, those who were quiet longest are not', () => {
    const limiter = new RateLimiter({ count: 1, perMs: MINUTE });
    for (let i = 0; i <= 10_000; i++) limiter.take(`${i}`, 0);
    expect([limiter.take('0', 0), limiter.take('10000', 0)]).toEqual([true, false]);
  });
});
