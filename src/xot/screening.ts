import {
  decodePacket,
  encodePacket,
  type Facilities,
  type Modulo,
  moduloOf,
  type PacketKind,
} from '../x25/index.js';

/** Packets between a DTE and its own network only: never sent, and dropped when they come (RFC 1613 §6.4). */
export const LOCAL_KINDS: ReadonlySet<PacketKind> = new Set([
  'restartRequest',
  'restartConfirmation',
  'rej',
  'diagnostic',
  'registration',
]);

/** These look the same in either numbering but for their first octet. */
const WITHOUT_NUMBERS: ReadonlySet<PacketKind> = new Set([
  'clearRequest',
  'clearConfirmation',
  'resetRequest',
  'resetConfirmation',
  'interrupt',
  'interruptConfirmation',
]);

/**
 * Puts a packet into the call's numbering where that changes nothing but its first octet: a router between links of
 * different numbering may leave the identifier as it was (RFC 1613 §6 leaves it to the receiver).
 */
export function adoptModulo(packet: Uint8Array, kind: PacketKind, modulo: Modulo): void {
  const [first = 0] = packet;
  const theirs = moduloOf(first);
  if (theirs !== undefined && theirs !== modulo && WITHOUT_NUMBERS.has(kind)) packet[0] = first ^ 0x30;
}

/** A CALL CONFIRM that states packet and window size also where the CALL did not (RFC 1613 §6.1). */
export function withSizes(callConfirm: Uint8Array, sizes: Facilities, modulo: Modulo): Uint8Array {
  const packet = decodePacket(callConfirm, modulo);
  if (!packet.ok || packet.value.type !== 'callAccepted') return callConfirm;
  return encodePacket({ ...packet.value, facilities: { ...sizes, ...packet.value.facilities } }, modulo);
}
