export * from './admission.js';
export * from './network.js';
export * from './number.js';
export * from './pattern.js';
export * from './recipients.js';
export * from './retry.js';
export * from './router.js';
export * from './template.js';
