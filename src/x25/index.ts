export type { Facilities, PerDirection } from './packet/facilities.js';
