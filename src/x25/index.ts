export * from './channel.js';
export * from './layer.js';
export * from './packet/call.js';
export * from './packet/cause.js';
export * from './packet/diagnostic.js';
export * from './packet/diagnostic-code.js';
export type { Facilities, PerDirection } from './packet/facilities.js';
export * from './parameters.js';
export type * from './user.js';
