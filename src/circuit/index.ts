export { CLEAR_CAUSE, type Facilities, isDteCause } from '../x25/index.js';
export type * from './circuit.js';
export { CLOSE_DIAGNOSTIC, OUR_DIAGNOSTIC } from './diagnostics.js';
export { describeEnding, describeReset, isOrderly } from './ending.js';
export { JoinedStream, type JoinedStreamCount } from './joined-stream.js';
export { Joiner, type JoinerCount, LONGEST_PAUSE_MS, LONGEST_SEQUENCE } from './joiner.js';
export { LinkStack, type LinkStackOptions, type LinkState, type LinkStatus } from './link-stack.js';
export { type MemoryCircuitsOptions, memoryCircuits } from './memory-circuits.js';
export type { TraceEvent } from './trace-event.js';
