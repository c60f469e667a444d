/** The logical channel of a packet of at least two octets: 0 .. 4095. On XOT it means nothing (RFC 1613 §5). */
export function channelNumber([first = 0, second = 0]: Uint8Array): number {
  return ((first & 0x0f) << 8) | second;
}

/** Puts the packet on another channel, in place. */
export function renumber(packet: Uint8Array, channel: number): void {
  packet[0] = ((packet[0] ?? 0) & 0xf0) | (channel >> 8);
  packet[1] = channel & 0xff;
}

export const MOST_CHANNELS = 4095;
