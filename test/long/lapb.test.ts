import { describe, expect, test } from 'vitest';
import type { Modulo } from '../../src/lapb/index.js';
import { expectInOrder, expectRecovery, fuzzLink } from '../support/faulty-lapb.js';

const SEEDS = 10_000;
const FUZZED_FRAMES = 10_000_000;
const MEBIBYTE = 2 ** 20;

describe.each<Modulo>([8, 128])('modulo %d', (modulo) => {
  test(`packets over faulty lines arrive in order, once, ${SEEDS} seeds`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) expectInOrder(seed, modulo);
  });

  test(`links come up again when the line is good, ${SEEDS} seeds`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) expectRecovery(seed, modulo);
  });

  test.each(['dte', 'dce'] as const)(
    `${FUZZED_FRAMES} frames that are nearly right do a %s no harm`,
    (role) => {
      const before = process.memoryUsage().heapUsed;
      fuzzLink(2, FUZZED_FRAMES / 2, modulo, role);
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 * MEBIBYTE);
    },
  );
});
