import { memoryCircuits } from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { mailCircuitSuite } from './mail-circuit-suite.js';

mailCircuitSuite('circuits in memory', () => {
  const clock = new VirtualClock();
  return { clock, ...memoryCircuits({ clock, delayMs: 40 }) };
});
