export { isAddress, isDomain, splitAddress } from './address.js';
export * from './client.js';
export { describeReply, type EnhancedReply, formatReply } from './reply.js';
export * from './server.js';
export type * from './session.js';
