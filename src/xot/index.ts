export type { XotParameters } from './parameters.js';
export {
  type CallerVerdict,
  type RefusedCaller,
  XotCircuits,
  type XotCircuitsOptions,
} from './xot-circuits.js';
export type { XotConnection, XotConnectionHandler } from './xot-connection.js';
