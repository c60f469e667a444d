export type { FileSystem } from './bodies.js';
export type { SpoolEvent } from './durable-spool.js';
export { isMessageId } from './message-id.js';
export { openSpool, type SpoolOptions } from './open-spool.js';
export { Pattern } from './pattern.js';
export type * from './spool.js';
export type { CheckpointLimits } from './transactions.js';
