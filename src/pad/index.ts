export { causeOfLetters, lettersOfCause } from './cause-letters.js';
export { PadCircuits } from './pad-circuits.js';
export type { PadCircuitsOptions, PadCount, PadStatus } from './pad-options.js';
export type { PadLineControl } from './pad-output.js';
export { haveLetters } from './selection.js';
export { DEFAULT_PAD_TIMERS, PAD_TIMERS, type PadTimers } from './timers.js';
export type { Clearing, Parameters } from './x3.js';
