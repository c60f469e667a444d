import { type Decoded, decoded, fault } from '../../core/index.js';
import {
  type CallFields,
  decodeCallFields,
  encodeCallFields,
  hasCallFields,
  NO_CALL_FIELDS,
} from './call-fields.js';
import type { FieldFault } from './fault.js';
import { channelOf, HEADER_LENGTH, type Modulo, writeHeader } from './header.js';
import { PACKET_TYPE } from './type.js';

/**
 * CLEAR REQUEST (DTE) and CLEAR INDICATION (DCE) (X.25 §5.2.4).
 *  3 | 0   0   0   1   0   0   1   1 |
 *  4 | clearing cause                |
 *  5 | diagnostic                    |   may be absent; we always send it
 *    | addresses, facilities, clear user data: the extended format |
 */
export interface ClearRequestPacket extends CallFields {
  readonly type: 'clearRequest';
  readonly channel: number;
  readonly cause: number;
  readonly diagnostic: number;
}

/** CLEAR CONFIRMATION: the network may add addresses and charging facilities (X.25 §5.2.5). */
export interface ClearConfirmationPacket extends CallFields {
  readonly type: 'clearConfirmation';
  readonly channel: number;
}

const BASIC_LENGTH = HEADER_LENGTH + 2;

export function encodeClearRequest(packet: ClearRequestPacket, modulo: Modulo): Uint8Array {
  const out = withFields(packet, BASIC_LENGTH, modulo);
  out[HEADER_LENGTH] = packet.cause;
  out[HEADER_LENGTH + 1] = packet.diagnostic;
  return out;
}

export function encodeClearConfirmation(packet: ClearConfirmationPacket, modulo: Modulo): Uint8Array {
  return withFields(packet, HEADER_LENGTH, modulo);
}

function withFields(
  packet: ClearRequestPacket | ClearConfirmationPacket,
  at: number,
  modulo: Modulo,
): Uint8Array {
  const fields = hasCallFields(packet) ? encodeCallFields(packet, modulo) : new Uint8Array(0);
  const out = new Uint8Array(at + fields.length);
  writeHeader(out, modulo, packet.channel, PACKET_TYPE[packet.type]);
  out.set(fields, at);
  return out;
}

export function decodeClearRequest(
  packet: Uint8Array,
  modulo: Modulo,
): Decoded<ClearRequestPacket, FieldFault> {
  const [first = 0, second = 0, , cause, diagnostic = 0] = packet;
  if (cause === undefined) return fault('tooShort');
  const channel = channelOf(first, second);
  return decoded({
    type: 'clearRequest',
    channel,
    cause,
    diagnostic,
    ...fieldsIfReadable(packet, BASIC_LENGTH, modulo),
  });
}

export function decodeClearConfirmation(packet: Uint8Array, modulo: Modulo): ClearConfirmationPacket {
  const [first = 0, second = 0] = packet;
  return {
    type: 'clearConfirmation',
    channel: channelOf(first, second),
    ...fieldsIfReadable(packet, HEADER_LENGTH, modulo),
  };
}

/**
 * DEVIATION X.25 §5.2.4: whatever follows that does not read as an extended format is ignored. The call is over
 * either way, and peers that pad their clear packets would otherwise never get a channel free.
 */
function fieldsIfReadable(packet: Uint8Array, at: number, modulo: Modulo): CallFields {
  const fields = packet.length > at ? decodeCallFields(packet, at, modulo) : undefined;
  return fields?.ok ? fields.value : NO_CALL_FIELDS;
}
