export type * from './reply.js';
export type * from './session.js';
