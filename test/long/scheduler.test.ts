import { expect, test } from 'vitest';
import { simulateMail } from '../support/scheduler/run.js';

const SEEDS = 40;
const DAYS = 28;
/** Far more than one run needs, far less than all of them would keep if any of it stayed. */
const MOST_HEAP_OCTETS = 400 * 1024 * 1024;

test(`four weeks of mail are scheduled as the model allows, ${SEEDS} seeds`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = await simulateMail(seed, DAYS);
    expect(run.delivered + run.failed, `seed ${seed}`).toBe(run.accepted);
    expect(process.memoryUsage().heapUsed, `seed ${seed}`).toBeLessThan(MOST_HEAP_OCTETS);
  }
});
