import { circuitsCompliance } from '../circuit/compliance.js';
import { connectedPair } from './connected-pair.js';

circuitsCompliance('modems at 2400 bit/s without DTR and DCD', () => ({
  ...connectedPair({ modem: { bitsPerSecond: 2400, hasControl: false } }),
  settleMs: 60_000,
}));
