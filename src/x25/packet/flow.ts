import { type Decoded, decoded, fault } from '../../core/index.js';
import { channelOf, HEADER_LENGTH, type Modulo, startPacket } from './header.js';
import { FLOW_TYPE, FLOW_TYPE_MASK } from './type.js';

/**
 * RECEIVE READY, RECEIVE NOT READY and REJECT, modulo 8 (X.25 §5.4.1, §5.4.2; REJECT only where subscribed to).
 *  3 |   P(R)    | 0   0   0   0   1 |   RR; RNR 00101, REJ 01001
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

/** Which flow control packet this type octet stands for, if any. */
export function flowTypeOf(type: number): FlowPacket['type'] | undefined {
  return NAMES[type & FLOW_TYPE_MASK];
}

export function encodeFlow(packet: FlowPacket, modulo: Modulo): Uint8Array {
  return startPacket(modulo, packet.channel, (packet.pr << 5) | FLOW_TYPE[packet.type]);
}

export function decodeFlow(packet: Uint8Array): Decoded<FlowPacket, 'tooShort' | 'tooLong' | 'unknownType'> {
  const [first, second, third] = packet;
  if (first === undefined || second === undefined || third === undefined) return fault('tooShort');
  const type = flowTypeOf(third);
  if (type === undefined) return fault('unknownType');
  if (packet.length > HEADER_LENGTH) return fault('tooLong');
  return decoded({ type, channel: channelOf(first, second), pr: third >> 5 });
}
