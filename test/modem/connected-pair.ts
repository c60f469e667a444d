import type { CircuitsPair } from '../circuit/compliance.js';
import { type ModemEndOptions, modemPair } from './modem-pair.js';

const HOUR = 3_600_000;

/** Connected before the first test begins: else calls from both ends at once would find both lines busy. */
export function connectedPair(ends: ModemEndOptions = {}): CircuitsPair {
  const options: ModemEndOptions = {
    ...ends,
    circuits: { callsOnAnswered: true, idleHangUpMs: HOUR, answeredIdleHangUpMs: HOUR },
  };
  const { clock, a, b } = modemPair({ a: options, b: options });
  a.circuits.place({ called: '1', userData: new Uint8Array() });
  clock.runFor(60_000);
  return { clock, a: a.circuits, b: b.circuits };
}
