import { test } from 'vitest';
import { manyFaultyLines } from '../support/circuits-over-faulty-line.js';

const SEEDS = 500;

test(`circuits over faulty lines: what arrives is what was sent, ${SEEDS} seeds`, () =>
  manyFaultyLines(SEEDS));
