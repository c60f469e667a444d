import { decodePacket, encodePacket, type Facilities, type PacketKind } from '../x25/index.js';

/** Packets between a DTE and its own network only: never sent, and dropped when they come (RFC 1613 §6.4). */
export const LOCAL_KINDS: ReadonlySet<PacketKind> = new Set([
  'restartRequest',
  'restartConfirmation',
  'rej',
  'diagnostic',
  'registration',
]);

/** A CALL CONFIRM that states packet and window size also where the CALL did not (RFC 1613 §6.1). */
export function withSizes(callConfirm: Uint8Array, sizes: Facilities): Uint8Array {
  const packet = decodePacket(callConfirm, 8);
  if (!packet.ok || packet.value.type !== 'callAccepted') return callConfirm;
  return encodePacket({ ...packet.value, facilities: { ...sizes, ...packet.value.facilities } }, 8);
}
