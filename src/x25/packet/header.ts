/** Packet sequence numbering of a link: the modulus of P(S) and P(R). */
export type Modulo = 8 | 128;

/** Bits 6 and 5 of octet 1 (X.25 §5.1.1). */
const FORMAT_BITS: Readonly<Record<Modulo, number>> = { 8: 0b01 << 4, 128: 0b10 << 4 };
const FORMAT_MASK = 0b11 << 4;

export const HEADER_LENGTH = 3;

/** First bit of octet 1: Q in DATA packets, A (address format) in call set-up and clearing packets. */
export const TOP_BIT = 0x80;
/** Second bit of octet 1: D. */
export const D_BIT = 0x40;

/**
 * A new packet with its first three octets filled in (X.25 §5.1).
 *      8   7   6   5   4   3   2   1
 *  1 | general format |   group      |
 *  2 |   logical channel number      |
 *  3 |   packet type identifier      |
 */
export function startPacket(
  modulo: Modulo,
  channel: number,
  type: number,
  length = HEADER_LENGTH,
): Uint8Array {
  const out = new Uint8Array(length);
  writeHeader(out, modulo, channel, type);
  return out;
}

export function writeHeader(out: Uint8Array, modulo: Modulo, channel: number, type: number, bits = 0): void {
  out[0] = bits | FORMAT_BITS[modulo] | (channel >> 8);
  out[1] = channel & 0xff;
  out[2] = type;
}

/** Whether the general format identifier is the one of this numbering. */
export function hasFormat(firstOctet: number, modulo: Modulo): boolean {
  return (firstOctet & FORMAT_MASK) === FORMAT_BITS[modulo];
}

/** The numbering that a packet's general format identifier tells of; undefined: none that there is. */
export function moduloOf(firstOctet: number): Modulo | undefined {
  if (hasFormat(firstOctet, 8)) return 8;
  return hasFormat(firstOctet, 128) ? 128 : undefined;
}

/** The logical channel, group and number together: 0 .. 4095. */
export function channelOf(firstOctet: number, secondOctet: number): number {
  return ((firstOctet & 0x0f) << 8) | secondOctet;
}
