import { test } from 'vitest';
import { mailOverFaultyLines } from '../support/faulty-line.js';

const SEEDS = 500;

test(`mail over faulty lines arrives as it was sent, ${SEEDS} seeds`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++)
    await mailOverFaultyLines(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
});
