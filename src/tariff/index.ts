export * from './budget-period.js';
export * from './tariff.js';
export * from './windows.js';
export * from './zone.js';
