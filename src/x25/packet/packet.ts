import { type Decoded, decoded, fault } from '../../core/index.js';
import {
  type CallAcceptedPacket,
  type CallRequestPacket,
  decodeCallAccepted,
  decodeCallRequest,
  encodeCallAccepted,
  encodeCallRequest,
} from './call.js';
import {
  type ClearConfirmationPacket,
  type ClearRequestPacket,
  decodeClearConfirmation,
  decodeClearRequest,
  encodeClearConfirmation,
  encodeClearRequest,
} from './clear.js';
import { type DataPacket, decodeData, encodeData } from './data.js';
import { type DiagnosticPacket, decodeDiagnostic, encodeDiagnostic } from './diagnostic.js';
import type { PacketFault } from './fault.js';
import { decodeFlow, encodeFlow, type FlowPacket } from './flow.js';
import { channelOf, hasFormat, type Modulo } from './header.js';
import {
  decodeInterrupt,
  decodeInterruptConfirmation,
  encodeInterrupt,
  encodeInterruptConfirmation,
  type InterruptConfirmationPacket,
  type InterruptPacket,
} from './interrupt.js';
import {
  decodeResetConfirmation,
  decodeResetRequest,
  encodeResetConfirmation,
  encodeResetRequest,
  type ResetConfirmationPacket,
  type ResetRequestPacket,
} from './reset.js';
import {
  decodeRestartRequest,
  encodeRestartConfirmation,
  encodeRestartRequest,
  type RestartConfirmationPacket,
  type RestartRequestPacket,
} from './restart.js';
import { isDataType, PACKET_TYPE } from './type.js';

export type Packet =
  | CallRequestPacket
  | CallAcceptedPacket
  | ClearRequestPacket
  | ClearConfirmationPacket
  | DataPacket
  | FlowPacket
  | InterruptPacket
  | InterruptConfirmationPacket
  | ResetRequestPacket
  | ResetConfirmationPacket
  | RestartRequestPacket
  | RestartConfirmationPacket
  | DiagnosticPacket;

/** @throws RangeError when the packet holds what can't be written, such as an address that is not digits. */
export function encodePacket(packet: Packet, modulo: Modulo): Uint8Array {
  switch (packet.type) {
    case 'callRequest':
      return encodeCallRequest(packet, modulo);
    case 'callAccepted':
      return encodeCallAccepted(packet, modulo);
    case 'clearRequest':
      return encodeClearRequest(packet, modulo);
    case 'clearConfirmation':
      return encodeClearConfirmation(packet, modulo);
    case 'data':
      return encodeData(packet, modulo);
    case 'rr':
    case 'rnr':
    case 'rej':
      return encodeFlow(packet, modulo);
    case 'interrupt':
      return encodeInterrupt(packet, modulo);
    case 'interruptConfirmation':
      return encodeInterruptConfirmation(packet, modulo);
    case 'resetRequest':
      return encodeResetRequest(packet, modulo);
    case 'resetConfirmation':
      return encodeResetConfirmation(packet, modulo);
    case 'restartRequest':
      return encodeRestartRequest(packet, modulo);
    case 'restartConfirmation':
      return encodeRestartConfirmation(modulo);
    case 'diagnostic':
      return encodeDiagnostic(packet, modulo);
  }
}

/** Reads any packet without knowing the state of its channel. */
export function decodePacket(octets: Uint8Array, modulo: Modulo): Decoded<Packet, PacketFault> {
  const [first, second, type] = octets;
  if (first === undefined || second === undefined) return fault('tooShort');
  if (!hasFormat(first, modulo)) return fault('badFormat');
  if (type === undefined) return fault('tooShort');
  const isLinkPacket = LINK_TYPES.has(type);
  if (isLinkPacket !== (channelOf(first, second) === 0))
    return fault(isLinkPacket ? 'nonZeroChannel' : 'zeroChannel');
  return decodeBody(octets, type, modulo);
}

/** Packets about the whole link, on channel 0. */
const LINK_TYPES: ReadonlySet<number> = new Set([
  PACKET_TYPE.restartRequest,
  PACKET_TYPE.restartConfirmation,
  PACKET_TYPE.diagnostic,
  PACKET_TYPE.registrationRequest,
  PACKET_TYPE.registrationConfirmation,
]);

function decodeBody(octets: Uint8Array, type: number, modulo: Modulo): Decoded<Packet, PacketFault> {
  if (isDataType(type)) return decodeData(octets, modulo);
  switch (type) {
    case PACKET_TYPE.callRequest:
      return decodeCallRequest(octets, modulo);
    case PACKET_TYPE.callAccepted:
      return decodeCallAccepted(octets, modulo);
    case PACKET_TYPE.clearRequest:
      return decodeClearRequest(octets, modulo);
    case PACKET_TYPE.clearConfirmation:
      return decoded(decodeClearConfirmation(octets, modulo));
    case PACKET_TYPE.interrupt:
      return decodeInterrupt(octets);
    case PACKET_TYPE.interruptConfirmation:
      return decodeInterruptConfirmation(octets);
    case PACKET_TYPE.resetRequest:
      return decodeResetRequest(octets);
    case PACKET_TYPE.resetConfirmation:
      return decoded(decodeResetConfirmation(octets));
    case PACKET_TYPE.restartRequest:
      return decoded(decodeRestartRequest(octets));
    case PACKET_TYPE.restartConfirmation:
      return decoded({ type: 'restartConfirmation', channel: 0 });
    case PACKET_TYPE.diagnostic:
      return decodeDiagnostic(octets);
    default:
      return decodeFlow(octets, modulo);
  }
}
