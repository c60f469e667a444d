export * from './bytes.js';
export * from './clock.js';
export * from './counters.js';
export * from './errors.js';
export * as modulo from './modulo.js';
export * from './result.js';
export * from './stream.js';
export * from './timer-table.js';
export * from './virtual-clock.js';
