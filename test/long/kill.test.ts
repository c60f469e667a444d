import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { killAgainAndAgain } from '../interop/support/kill-run.js';
import { missing, titleWith } from '../interop/support/programs.js';

const absent = missing('socat');
const RUNS = 20;
const KILLS_EACH = 10;

describe.skipIf(absent.length > 0)(titleWith('gateways that are killed', absent), () => {
  test.each(Array.from({ length: RUNS }, (_, seed) => seed))('lose nothing, seed %i', async (seed) => {
    const folder = await mkdtemp(join(tmpdir(), 'x25mail-kill-'));
    try {
      const run = await killAgainAndAgain(folder, seed, KILLS_EACH);
      const { explained, unexplained } = run.duplicates;
      if (explained.length > 0) console.log(explained.join('\n'));
      expect([run.lost, run.damaged, unexplained]).toEqual([[], [], []]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
