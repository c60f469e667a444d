import { row, stackPair, transfer } from './support.js';

const PACKET_SIZE = 128;
const OCTETS = 32 * 1024 * 1024;
const ROUNDS = 3;

/** Both complete stacks in one process: packet layer, LAPB and framing of a DTE and a DCE, 128-octet packets. */
export async function benchStacks(): Promise<void> {
  row('both stacks in memory, framing included', 'packets/s', 'octets/s');
  for (let round = 1; round <= ROUNDS; round++) {
    const pair = stackPair({ packetSize: PACKET_SIZE, packetWindow: 7, frameWindow: 7 });
    const began = process.hrtime.bigint();
    const { packets } = transfer(pair, OCTETS);
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    row(
      `  ${PACKET_SIZE}-octet packets, windows 7/7, round ${round}`,
      ...perSecond(packets, OCTETS, seconds),
    );
  }
}

function perSecond(packets: number, octets: number, seconds: number): string[] {
  return [
    Math.round(packets / seconds).toLocaleString('en'),
    Math.round(octets / seconds).toLocaleString('en'),
  ];
}
