import { HEADER_LENGTH, type Modulo, startPacket } from './header.js';
import { PACKET_TYPE } from './type.js';

/**
 * RESTART REQUEST (DTE) and RESTART INDICATION (DCE), on channel 0 (X.25 §5.5.1).
 *  3 | 1   1   1   1   1   0   1   1 |
 *  4 | restarting cause              |
 *  5 | diagnostic                    |   may be absent; we always send it
 */
export interface RestartRequestPacket {
  readonly type: 'restartRequest';
  readonly channel: 0;
  readonly cause: number;
  readonly diagnostic: number;
}

export interface RestartConfirmationPacket {
  readonly type: 'restartConfirmation';
  readonly channel: 0;
}

export function encodeRestartRequest(packet: RestartRequestPacket, modulo: Modulo): Uint8Array {
  const out = startPacket(modulo, 0, PACKET_TYPE.restartRequest, HEADER_LENGTH + 2);
  out[HEADER_LENGTH] = packet.cause;
  out[HEADER_LENGTH + 1] = packet.diagnostic;
  return out;
}

export function encodeRestartConfirmation(modulo: Modulo): Uint8Array {
  return startPacket(modulo, 0, PACKET_TYPE.restartConfirmation);
}

/**
 * DEVIATION X.25 §5.5.1: any length is taken, a missing cause as 00, further octets are ignored. To refuse a
 * restart would leave a link with two opinions of which calls exist.
 */
export function decodeRestartRequest([, , , cause = 0, diagnostic = 0]: Uint8Array): RestartRequestPacket {
  return { type: 'restartRequest', channel: 0, cause, diagnostic };
}
