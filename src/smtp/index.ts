export * from './client.js';
export type * from './reply.js';
export * from './server.js';
export type * from './session.js';
