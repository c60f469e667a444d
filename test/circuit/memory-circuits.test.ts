import { memoryCircuits } from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { circuitsCompliance } from './compliance.js';

for (const delayMs of [0, 40])
  circuitsCompliance(`in memory, ${delayMs} ms apart`, () => {
    const clock = new VirtualClock();
    return { clock, ...memoryCircuits({ clock, delayMs }) };
  });
