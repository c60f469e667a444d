export type { CallRequest, Circuit, CircuitEvent, Circuits, IncomingCall } from '../circuit/index.js';
export { VirtualClock } from '../core/index.js';
export {
  type NetworkOptions,
  SimulatedNetwork,
  type SubscriptionOptions,
  simulatedNetwork,
} from './network.js';
export { Switch, type SwitchCount, type SwitchPort } from './switch.js';
