import { type Decoded, decoded } from '../../core/index.js';
import { type CallFields, decodeCallFields, encodeCallFields, NO_CALL_FIELDS } from './call-fields.js';
import type { FieldFault } from './fault.js';
import { channelOf, D_BIT, HEADER_LENGTH, type Modulo, writeHeader } from './header.js';
import { PACKET_TYPE } from './type.js';

/**
 * CALL REQUEST (DTE) and INCOMING CALL (DCE), the same octets (X.25 §5.2.2).
 *      8   7   6   5   4   3   2   1
 *  1 | A | D | 0   1 |  group        |
 *  2 |    logical channel number     |
 *  3 | 0   0   0   0   1   0   1   1 |
 *  4 | calling length| called length |
 *    | addresses                     |
 *    | facility length               |
 *    | facilities, call user data    |
 */
export interface CallRequestPacket extends CallFields {
  readonly type: 'callRequest';
  readonly channel: number;
  /** D bit of the general format identifier: the caller wants to use the D bit procedure. */
  readonly confirmDelivery: boolean;
}

/** The same packet, read from the called side. */
export type IncomingCallPacket = CallRequestPacket;

/** CALL ACCEPTED (DTE) and CALL CONNECTED (DCE): all after octet 3 may be absent (X.25 §5.2.3). */
export interface CallAcceptedPacket extends CallFields {
  readonly type: 'callAccepted';
  readonly channel: number;
  readonly confirmDelivery: boolean;
}

export function encodeCallRequest(packet: CallRequestPacket, modulo: Modulo): Uint8Array {
  return encode(packet, encodeCallFields(packet, modulo), modulo);
}

/** Always with address and facility lengths: some peers do not take the short form. */
export function encodeCallAccepted(packet: CallAcceptedPacket, modulo: Modulo): Uint8Array {
  return encode(packet, encodeCallFields(packet, modulo), modulo);
}

function encode(
  packet: CallRequestPacket | CallAcceptedPacket,
  fields: Uint8Array,
  modulo: Modulo,
): Uint8Array {
  const out = new Uint8Array(HEADER_LENGTH + fields.length);
  writeHeader(out, modulo, packet.channel, PACKET_TYPE[packet.type], packet.confirmDelivery ? D_BIT : 0);
  out.set(fields, HEADER_LENGTH);
  return out;
}

export function decodeCallRequest(
  packet: Uint8Array,
  modulo: Modulo,
): Decoded<CallRequestPacket, FieldFault> {
  const fields = decodeCallFields(packet, HEADER_LENGTH, modulo);
  return fields.ok ? decoded({ type: 'callRequest', ...common(packet), ...fields.value }) : fields;
}

export function decodeCallAccepted(
  packet: Uint8Array,
  modulo: Modulo,
): Decoded<CallAcceptedPacket, FieldFault> {
  const fields =
    packet.length > HEADER_LENGTH ? decodeCallFields(packet, HEADER_LENGTH, modulo) : decoded(NO_CALL_FIELDS);
  return fields.ok ? decoded({ type: 'callAccepted', ...common(packet), ...fields.value }) : fields;
}

function common([first = 0, second = 0]: Uint8Array): { channel: number; confirmDelivery: boolean } {
  return { channel: channelOf(first, second), confirmDelivery: (first & D_BIT) !== 0 };
}
