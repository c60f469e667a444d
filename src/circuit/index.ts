export type * from './circuit.js';
