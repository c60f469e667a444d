export type * from './circuit.js';
export { describeEnding, isFromDte, isOrderly } from './ending.js';
export { CLOSE_DIAGNOSTICS, JoinedStream, type JoinedStreamCount } from './joined-stream.js';
export { Joiner, type JoinerCount, LONGEST_PAUSE_MS, LONGEST_SEQUENCE } from './joiner.js';
export { LinkStack, type LinkStackOptions, type LinkState, type LinkStatus } from './link-stack.js';
export { type MemoryCircuitsOptions, memoryCircuits } from './memory-circuits.js';
export type { TraceEvent } from './trace-event.js';
