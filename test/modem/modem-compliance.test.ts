import { circuitsCompliance } from '../circuit/compliance.js';
import { connectedPair } from './connected-pair.js';

circuitsCompliance('modems at 9600 bit/s', () => ({ ...connectedPair(), settleMs: 30_000 }));
