import { circuitsCompliance } from './compliance.js';
import { directPair, stackPair } from './stack-pair.js';

circuitsCompliance('X.25 at 64 000 bit/s', () => stackPair());

circuitsCompliance('X.25 at 2400 bit/s, XON and XOFF in the line', () => ({
  ...stackPair({ bitsPerSecond: 2400, delayMs: 300, escapeXonXoff: true }),
  settleMs: 60_000,
}));

/** What one end writes is read by the other within the write: the hardest case of a line that calls back. */
circuitsCompliance('X.25 joined without a line', () => directPair());

circuitsCompliance('X.25, modulo 128 in both layers, frames without FCS', () =>
  stackPair({ modulo: 128, fcs: 'none' }),
);
