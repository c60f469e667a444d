import { test } from 'vitest';
import { manyFaultyLines } from '../support/circuits-over-faulty-line.js';
import { mailOverFaultyLines } from '../support/faulty-line.js';

const SEEDS = 500;

test(`mail over faulty lines arrives as it was sent, ${SEEDS} seeds`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++)
    await mailOverFaultyLines(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
});

const CIRCUIT_SEEDS = 10_000;

test(`circuits over faulty lines: what arrives is what was sent, ${CIRCUIT_SEEDS} seeds`, () =>
  manyFaultyLines(CIRCUIT_SEEDS));
