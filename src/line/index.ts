export type { Line, LineHandler } from './line.js';
export { type MemoryLineOptions, memoryLine } from './memory-line.js';
