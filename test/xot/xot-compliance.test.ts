import { circuitsCompliance } from '../circuit/compliance.js';
import { circuitsPair } from './circuits-pair.js';

circuitsCompliance('XOT', () => circuitsPair());

circuitsCompliance('XOT, far away, in small pieces', () =>
  circuitsPair({ delayMs: 150, capacity: 100, pieceOctets: 7 }),
);

circuitsCompliance('XOT, modulo 128', () => circuitsPair({ parameters: { modulo: 128 } }));
