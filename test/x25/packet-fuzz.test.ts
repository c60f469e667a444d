import { test } from 'vitest';
import { fuzzPackets } from '../support/packet-fuzz.js';

const PACKETS = 100_000;

test(`whatever comes in, ${PACKETS} packets: nothing throws, little waits, a restart mends all`, () =>
  fuzzPackets(PACKETS));
