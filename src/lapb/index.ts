export {
  decodeLapbFrame,
  describeLapbFrame,
  type LapbFrame,
  type LapbFrameFault,
} from './frame.js';
export { LapbLink } from './link.js';
export type { LinkState } from './machine.js';
export {
  checkLapbParameters,
  deriveParameters,
  LAPB_PARAMETERS,
  type LapbParameterRow,
  type LapbParameters,
  type LineDescription,
  type Modulo,
  type Role,
} from './parameters.js';
export type { LapbCounter, LapbUser } from './user.js';
