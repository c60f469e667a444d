export type { CallRequest, Circuit, CircuitEvent, Circuits, IncomingCall } from '../circuit/index.js';
export { VirtualClock } from '../core/index.js';
export { EmulatedPad, type EmulatedPadOptions } from './emulated-pad.js';
export {
  type NetworkOptions,
  type PadSubscriptionOptions,
  SimulatedNetwork,
  type SubscriptionOptions,
  simulatedNetwork,
} from './network.js';
export type { PadProfile } from './pad-parameters.js';
export { PadTerminal } from './pad-terminal.js';
export { Switch, type SwitchCount, type SwitchPort } from './switch.js';
