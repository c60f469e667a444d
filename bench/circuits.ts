import { manyCircuits } from '../test/support/many-circuits.js';
import { row, stackPair } from './support.js';

/** Octets that every circuit carries each way. */
const OCTETS = 1024;
const ROUNDS = 3;

/** Circuits at once on one link, up to all that an X.25 link can have. */
export async function benchCircuits(): Promise<void> {
  row('circuits at once on one link, 1024 octets each way', 'seconds', 'circuits/s');
  for (const circuits of [1, 100, 1_000, 4_095])
    for (let round = 1; round <= ROUNDS; round++) {
      const pair = stackPair({
        packetSize: 128,
        packetWindow: 7,
        frameWindow: 7,
        channels: { twoWay: [1, circuits] },
      });
      const began = process.hrtime.bigint();
      const { clock, dte: a, dce: b } = pair;
      const { whole, cleared } = manyCircuits({ clock, a, b, circuits, octets: OCTETS });
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      if (whole !== 2 * circuits || cleared !== 2 * circuits) throw new Error('a circuit was cut');
      row(
        `  ${circuits}, round ${round}`,
        seconds.toFixed(2),
        Math.round(circuits / seconds).toLocaleString('en'),
      );
    }
}
