import { describe, expect, test } from 'vitest';
import { isMessageId, MessageIds } from '../../src/spool/message-id.js';

describe('message ids', () => {
  test('are short, and safe as a file name in any case', () => {
    const id = new MessageIds(() => Date.UTC(2031, 5, 1)).next();
    expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{15}$/);
    expect(isMessageId(id)).toBe(true);
  });

  test.each([
    '',
    '.',
    '1m85zcgfy00gtv',
    '1m85zcgfy00gtvvv',
    '1M85ZCGFY00GTVV',
    '1m85zcgfy00gtvu',
    '../85zcgfy00gtvv',
  ])('%j is not one', (text) => {
    expect(isMessageId(text)).toBe(false);
  });

  test('sort as they were made, within a millisecond and when the clock is set back', () => {
    let time = Date.UTC(2031, 5, 1);
    const ids = new MessageIds(() => time);
    const made = Array.from({ length: 3000 }, (_, i) => {
      if (i === 2500) time -= 3_600_000;
      if (i === 2800) time += 7_200_000;
      return ids.next();
    });
    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(3000);
  });

  test('sort across two runs', () => {
    const earlier = new MessageIds(() => 1_999_999_999_999.5).next();
    expect(earlier < new MessageIds(() => 2_000_000_000_000).next()).toBe(true);
  });

  test('of two runs in the same millisecond differ', () => {
    const first = Array.from({ length: 20 }, () => new MessageIds(() => 5).next());
    expect(new Set(first).size).toBeGreaterThan(1);
  });
});
