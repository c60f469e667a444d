export type * from './spool.js';
