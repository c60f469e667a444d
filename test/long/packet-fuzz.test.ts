import { expect, test } from 'vitest';
import { fuzzPackets } from '../support/packet-fuzz.js';

const PACKETS = 10_000_000;
/** Far more than the layers of one seed need, far less than all of them together would keep if any of it stayed. */
const MOST_HEAP_OCTETS = 400 * 1024 * 1024;

test(`whatever comes in, ${PACKETS} packets: nothing throws, memory stays`, () => {
  fuzzPackets(PACKETS);
  expect(process.memoryUsage().heapUsed).toBeLessThan(MOST_HEAP_OCTETS);
});
