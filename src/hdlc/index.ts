export { FrameDecoder, type FrameDecoderCounter } from './decoder.js';
export { encodeFrame } from './encoder.js';
export { fcs16 } from './fcs.js';
export type { Fcs, FramingOptions } from './framing.js';
