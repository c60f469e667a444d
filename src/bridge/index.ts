export { Bridge, type BridgeEnd, type BridgeOptions } from './bridge.js';
export { CallerNetwork } from './caller-address.js';
export type { BareLineEnd, FollowerCount, Side } from './dialogue.js';
export { type Introduced, type IntroductionOptions, introduce } from './introduction.js';
export type { Identify, IntroductionFailure } from './introduction-dialogue.js';
