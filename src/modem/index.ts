export type { DialogueState, Direction } from './at-dialogue.js';
export type { StackOptions } from './connection-stack.js';
export { type CallFailure, describeCallFailure } from './failure.js';
export type { ModemControl, ModemLine } from './line.js';
export type { ModemCounter } from './modem.js';
export { ModemCircuits, type ModemCircuitsOptions } from './modem-circuits.js';
export type { ModemEvent } from './modem-event.js';
export type { ModemStatus } from './modem-status.js';
export {
  decodeProfile,
  isModemCommand,
  type ModemChoice,
  type ModemProfile,
  modemSettings,
} from './profile.js';
export {
  DEFAULT_MODEM_TIMES,
  isDialString,
  MODEM_TIMES,
  type ModemSettings,
  type ModemTimes,
} from './settings.js';
