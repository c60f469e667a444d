import { allocate } from '../core/index.js';
import { fcs16 } from './fcs.js';
import {
  ESCAPE,
  ESCAPE_BIT,
  FCS_OCTETS,
  FLAG,
  type FramingOptions,
  SPECIAL,
  SPECIAL_WITH_XON_XOFF,
} from './framing.js';

/**
 * A frame as it goes over a start/stop line: FCS added, transparent, a flag behind it.
 *
 * @param frame address, control and information.
 * @param openingFlag whether a flag goes first; not needed where the closing flag of the frame before is the
 *   last thing the line has seen, for one flag may serve both.
 * @throws RangeError when the frame has no control field or is longer than the options allow.
 */
export function encodeFrame(frame: Uint8Array, options: FramingOptions, openingFlag: boolean): Uint8Array {
  if (frame.length < 2 || frame.length > options.maxFrameOctets)
    throw new RangeError(`a frame has 2 to ${options.maxFrameOctets} octets, not ${frame.length}`);
  const escaped = options.escapeXonXoff ? SPECIAL_WITH_XON_XOFF : SPECIAL;
  const hasFcs = options.fcs === '16';
  const fcs = hasFcs ? fcs16(frame) : 0;
  const fcsLow = fcs & 0xff;
  const fcsHigh = fcs >> 8;

  let escapes = hasFcs ? (escaped[fcsLow] ?? 0) + (escaped[fcsHigh] ?? 0) : 0;
  for (let i = 0; i < frame.length; i++) escapes += escaped[frame[i] ?? 0] ?? 0;
  const line = allocate(+openingFlag + frame.length + FCS_OCTETS[options.fcs] + escapes + 1);

  let at = 0;
  if (openingFlag) line[at++] = FLAG;
  if (escapes === 0) {
    line.set(frame, at);
    at += frame.length;
  } else {
    for (let i = 0; i < frame.length; i++) at = put(line, at, frame[i] ?? 0, escaped);
  }
  if (hasFcs) {
    at = put(line, at, fcsLow, escaped);
    at = put(line, at, fcsHigh, escaped);
  }
  line[at] = FLAG;
  return line;
}

function put(line: Uint8Array, at: number, octet: number, escaped: Uint8Array): number {
  if (escaped[octet] === 0) {
    line[at] = octet;
    return at + 1;
  }
  line[at] = ESCAPE;
  line[at + 1] = octet ^ ESCAPE_BIT;
  return at + 2;
}
