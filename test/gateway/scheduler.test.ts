import { expect, test } from 'vitest';
import { simulateMail } from '../support/scheduler/run.js';

test.each([1, 2])(
  'five days of mail are scheduled as the model allows, seed %i',
  async (seed) => {
    const run = await simulateMail(seed, 5);
    expect(run.delivered + run.failed).toBe(run.accepted);
    // They were no quiet days.
    const { kills, stops, ...mail } = run;
    expect(kills + stops).toBeGreaterThan(2);
    for (const [what, count] of Object.entries(mail)) expect(count, what).toBeGreaterThan(0);
  },
  60_000,
);
