import { type Decoded, decoded, fault } from '../../core/index.js';
import { channelOf, HEADER_LENGTH, type Modulo, startPacket } from './header.js';
import { PACKET_TYPE } from './type.js';

/**
 * RESET REQUEST (DTE) and RESET INDICATION (DCE) (X.25 §5.4.3).
 *  3 | 0   0   0   1   1   0   1   1 |
 *  4 | resetting cause               |
 *  5 | diagnostic                    |   may be absent; we always send it
 */
export interface ResetRequestPacket {
  readonly type: 'resetRequest';
  readonly channel: number;
  readonly cause: number;
  readonly diagnostic: number;
}

export interface ResetConfirmationPacket {
  readonly type: 'resetConfirmation';
  readonly channel: number;
}

export function encodeResetRequest(packet: ResetRequestPacket, modulo: Modulo): Uint8Array {
  const out = startPacket(modulo, packet.channel, PACKET_TYPE.resetRequest, HEADER_LENGTH + 2);
  out[HEADER_LENGTH] = packet.cause;
  out[HEADER_LENGTH + 1] = packet.diagnostic;
  return out;
}

export function encodeResetConfirmation(packet: ResetConfirmationPacket, modulo: Modulo): Uint8Array {
  return startPacket(modulo, packet.channel, PACKET_TYPE.resetConfirmation);
}

/** Further octets are ignored: real peers send them, and the reset is meant all the same. */
export function decodeResetRequest(packet: Uint8Array): Decoded<ResetRequestPacket, 'tooShort'> {
  const [first = 0, second = 0, , cause, diagnostic = 0] = packet;
  if (cause === undefined) return fault('tooShort');
  return decoded({ type: 'resetRequest', channel: channelOf(first, second), cause, diagnostic });
}

export function decodeResetConfirmation([first = 0, second = 0]: Uint8Array): ResetConfirmationPacket {
  return { type: 'resetConfirmation', channel: channelOf(first, second) };
}
