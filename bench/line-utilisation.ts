import { row, stackPair, transfer } from './support.js';

const BITS_PER_SECOND = 9600;
const BITS_PER_OCTET = 10;
const OCTETS = 1024 * 1024;

/** Flag, address, control and FCS around a packet with its header of three octets. */
const OVERHEAD_OCTETS = 1 + 2 + 2 + 3;

/**
 * How much of a line carries DATA payload, in virtual time: measured from the first packet's arrival to the last's.
 * The ceiling is what start and stop bits, one flag a frame, LAPB and packet header leave; letters need no escapes.
 */
export async function benchLine(): Promise<void> {
  row(`payload's share of ${BITS_PER_SECOND} bit/s, no delay`, 'measured', 'ceiling', 'of ceiling');
  for (const packetSize of [128, 512])
    for (const packetWindow of [2, 7]) {
      const { firstAt, lastAt, packets } = transfer(
        stackPair({ packetSize, packetWindow, frameWindow: 7, bitsPerSecond: BITS_PER_SECOND }),
        OCTETS,
      );
      // The first packet's own time on the line lies before its arrival.
      const payloadBits = ((OCTETS * (packets - 1)) / packets) * 8;
      const measured = payloadBits / ((lastAt - firstAt) / 1000) / BITS_PER_SECOND;
      const ceiling = ((8 / BITS_PER_OCTET) * packetSize) / (packetSize + OVERHEAD_OCTETS);
      row(
        `  packet size ${packetSize}, packet window ${packetWindow}, frame window 7`,
        percent(measured),
        percent(ceiling),
        percent(measured / ceiling),
      );
    }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
