export * from './call-log.js';
export * from './call-record.js';
export * from './capture.js';
export * from './capture-file.js';
export * from './file-sink.js';
export * from './log.js';
export * from './pcapng.js';
export type * from './trace-event.js';
