import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { killAgainAndAgain } from './support/kill-run.js';
import { missing, titleWith } from './support/programs.js';

const absent = missing('socat');
/** A part of what the long run does; `X25MAIL_SEED` repeats one. */
const SEED = Number(process.env.X25MAIL_SEED ?? 1090);
const KILLS = 10;

describe.skipIf(absent.length > 0)(titleWith('gateways that are killed', absent), () => {
  test(`lose nothing that got its 250, seed ${SEED}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'x25mail-kill-'));
    try {
      const run = await killAgainAndAgain(folder, SEED, KILLS);
      console.log(
        `killed ${run.kills.length} times, ${run.accepted} messages accepted, ${run.arrived} arrived, ` +
          `${run.duplicates} arrived twice\n  ${run.kills.join('\n  ')}`,
      );
      expect([run.lost, run.damaged]).toEqual([[], []]);
      expect(run.accepted).toBeGreaterThan(KILLS);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
