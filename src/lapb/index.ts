export { type LapbCounter, LapbLink, type LapbUser } from './link.js';
export type { LapbParameters } from './parameters.js';
