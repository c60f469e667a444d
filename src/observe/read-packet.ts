import type { Decoded } from '../core/index.js';
import { decodePacket, moduloOf, type Packet, type PacketFault } from '../x25/index.js';

/** A packet in whichever numbering it says that it is in. */
export function readPacket(octets: Uint8Array): Decoded<Packet, PacketFault> {
  return decodePacket(octets, moduloOf(octets[0] ?? 0) ?? 8);
}
