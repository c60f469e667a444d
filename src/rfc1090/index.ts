export type { CallRole, How, Verdict } from './machine.js';
export {
  type CallOutcome,
  type CallTimes,
  MailCircuit,
  type MailCircuitOptions,
} from './mail-circuit.js';
export { PACES, type Pace, type Retry, retryAfter } from './retry.js';
export {
  CALL_TIMERS,
  type CallTimerEntry,
  type CallTimerName,
  type CallTimers,
  DEFAULT_CALL_TIMERS,
} from './timers.js';
