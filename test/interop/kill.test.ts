import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { explainDuplicates, type Kill } from './support/duplicates.js';
import { killAgainAndAgain } from './support/kill-run.js';
import { missing, titleWith } from './support/programs.js';

const absent = missing('socat');
/** A part of what the long run does; `X25MAIL_SEED` repeats one. */
const SEED = Number(process.env.X25MAIL_SEED ?? 1090);
const KILLS = 20;

describe.skipIf(absent.length > 0)(titleWith('gateways that are killed', absent), () => {
  test(`lose nothing that got its 250, seed ${SEED}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'x25mail-kill-'));
    try {
      const run = await killAgainAndAgain(folder, SEED, KILLS);
      console.log(
        `killed ${run.kills.length} times, ${run.accepted} messages accepted, ${run.arrived} arrived, ` +
          `${run.duplicates.explained.length} arrived again\n  ` +
          [...run.kills, ...run.duplicates.explained].join('\n  '),
      );
      expect([run.lost, run.damaged, run.duplicates.unexplained]).toEqual([[], [], []]);
      expect(run.accepted).toBeGreaterThan(KILLS);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 180_000);
});

describe('a message that arrives again', () => {
  /** Of a time in milliseconds. */
  const id = (time: number): string => `${time.toString().padStart(9, '0')}00aaaa`;
  const kill = (site: 'a' | 'b', hadSettled = false): Kill => ({
    site,
    from: 0x5_0000,
    until: 0x5_0010,
    hadSettled: () => hadSettled,
  });
  // Digits of an id stand for 32 each: 10 is 32 ms, 20 is 64 ms.
  const [early, late] = [id(10), id(90_000)];
  const again = (b: readonly [string, string], at: readonly [number, number], a = ['A', 'A']) =>
    at.map((time, i) => ({ message: '7', at: time, ids: { a: a[i] ?? '', b: b[i] ?? '' } }));

  test.each([
    ['b died with it in flight', again([early, early], [1, 0x6_0000]), [kill('b')], 1],
    ['b had it written down', again([early, early], [1, 0x6_0000]), [kill('b', true)], 0],
    ['a died, and b was with it', again([early, early], [1, 0x6_0000]), [kill('a')], 0],
    ['b lived all the time', again([early, early], [1, 2]), [kill('b')], 0],
    ['a died between two copies for b', again([early, late], [1, 2]), [kill('a')], 1],
    ['b died between two copies for it', again([early, late], [1, 2]), [kill('b')], 1],
    ['a had it written down', again([early, late], [1, 2]), [kill('a', true)], 0],
    ['both copies came after the kill', again([late, late.replace('aaaa', 'bbbb')], [1, 2]), [kill('a')], 0],
    ['it was taken in twice', again([early, late], [1, 2], ['A', 'B']), [kill('a')], 0],
  ])('where %s', (_, arrivals, kills, explained) => {
    const found = explainDuplicates(arrivals, kills);
    expect([found.explained.length, found.unexplained.length]).toEqual([explained, 1 - explained]);
  });
});
