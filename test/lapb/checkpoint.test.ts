import { describe, expect, test } from 'vitest';
import { Checkpoint } from '../../src/lapb/checkpoint.js';

/** A checkpoint after V(S) was moved back and two frames went out again, the second of which polls. */
function polling(checkpoint = new Checkpoint()): Checkpoint {
  checkpoint.wentBack();
  expect([checkpoint.sending(1, false), checkpoint.sending(2, false)]).toEqual([false, true]);
  return checkpoint;
}

test('a frame polls when the window has no room behind it, and no second one before the answer', () => {
  const checkpoint = new Checkpoint();
  expect([0, 1, 2].map((ns) => checkpoint.sending(ns, ns > 0))).toEqual([false, true, false]);
  checkpoint.acknowledged(() => false);
  checkpoint.answered();
  expect(checkpoint.sending(3, true)).toBe(true);
});

describe('F=1', () => {
  test('shows a loss when it leaves the frame with P=1 unacknowledged', () => {
    expect(polling().answered()).toBe(true);
  });

  test('shows none when it acknowledges that frame', () => {
    const checkpoint = polling();
    checkpoint.acknowledged((ns) => ns !== 2);
    expect(checkpoint.awaitsFinal).toBe(true);
    expect(checkpoint.answered()).toBe(false);
  });

  test('shows none when V(S) was moved back meanwhile', () => {
    const checkpoint = polling();
    checkpoint.wentBack();
    expect(checkpoint.answered()).toBe(false);
  });

  test('that answers an earlier poll of a recovery shows none', () => {
    const checkpoint = new Checkpoint();
    for (let n = 0; n < 3; n++) checkpoint.recovering(); // T1 is too short: three polls before the first answer
    checkpoint.answered();
    polling(checkpoint);
    expect([checkpoint.answered(), checkpoint.answered(), checkpoint.answered()]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('is not waited for from polls whose answers came when nobody asked, or before a reset', () => {
    for (const forget of [
      (c: Checkpoint) => [c.strayed(), c.strayed(), c.strayed()],
      (c: Checkpoint) => c.reset(),
    ]) {
      const checkpoint = new Checkpoint();
      for (let n = 0; n < 3; n++) checkpoint.recovering();
      checkpoint.answered();
      forget(checkpoint);
      expect(polling(checkpoint).answered()).toBe(true);
    }
  });
});
