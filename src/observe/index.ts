export * from './capture.js';
export * from './capture-file.js';
export * from './file-sink.js';
export * from './pcapng.js';
export type * from './trace-event.js';
