import { type Decoded, decoded, fault } from '../../core/index.js';
import { channelOf, HEADER_LENGTH, type Modulo, startPacket } from './header.js';
import { FLOW_TYPE, FLOW_TYPE_MASK } from './type.js';

/**
 * RECEIVE READY, RECEIVE NOT READY and REJECT (X.25 §5.4.1, §5.4.2; REJECT only where subscribed to).
 *        modulo 8                            modulo 128
 *  3 |   P(R)    | 0   0   0   0   1 |   | 0   0   0   0   0   0   0   1 |   RR; RNR ..00101, REJ ..01001
 *  4 |                               |   |           P(R)            | 0 |
 */
export interface FlowPacket {
  readonly type: 'rr' | 'rnr' | 'rej';
  readonly channel: number;
  readonly pr: number;
}

const NAMES: Readonly<Record<number, FlowPacket['type']>> = {
  [FLOW_TYPE.rr]: 'rr',
  [FLOW_TYPE.rnr]: 'rnr',
  [FLOW_TYPE.rej]: 'rej',
};

const LENGTH: Readonly<Record<Modulo, number>> = { 8: HEADER_LENGTH, 128: HEADER_LENGTH + 1 };

/** Which flow control packet this type octet stands for, if any. */
export function flowTypeOf(type: number, modulo: Modulo): FlowPacket['type'] | undefined {
  return NAMES[modulo === 8 ? type & FLOW_TYPE_MASK : type];
}

export function encodeFlow({ type, channel, pr }: FlowPacket, modulo: Modulo): Uint8Array {
  if (modulo === 8) return startPacket(modulo, channel, (pr << 5) | FLOW_TYPE[type]);
  const out = startPacket(modulo, channel, FLOW_TYPE[type], LENGTH[modulo]);
  out[HEADER_LENGTH] = pr << 1;
  return out;
}

export function decodeFlow(
  packet: Uint8Array,
  modulo: Modulo,
): Decoded<FlowPacket, 'tooShort' | 'tooLong' | 'unknownType'> {
  const [first, second, third, fourth = 0] = packet;
  if (first === undefined || second === undefined || third === undefined) return fault('tooShort');
  const type = flowTypeOf(third, modulo);
  if (type === undefined) return fault('unknownType');
  if (packet.length !== LENGTH[modulo]) return fault(packet.length < LENGTH[modulo] ? 'tooShort' : 'tooLong');
  return decoded({ type, channel: channelOf(first, second), pr: modulo === 8 ? third >> 5 : fourth >> 1 });
}
