export { Bridge, type BridgeEnd, type BridgeOptions } from './bridge.js';
export { CallerNetwork } from './caller-address.js';
export type { BareLineEnd, Side } from './follower.js';
export {
  type Identify,
  type Introduced,
  type IntroductionFailure,
  type IntroductionOptions,
  introduce,
} from './introduction.js';
