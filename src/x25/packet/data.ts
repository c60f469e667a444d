import { type Decoded, decoded, fault } from '../../core/index.js';
import { channelOf, D_BIT, HEADER_LENGTH, type Modulo, TOP_BIT, writeHeader } from './header.js';

/**
 * DATA packet (X.25 §5.3.1).
 *        modulo 8                            modulo 128
 *      8   7   6   5   4   3   2   1       8   7   6   5   4   3   2   1
 *  1 | Q | D | 0   1 |  group        |   | Q | D | 1   0 |  group        |
 *  2 |    logical channel number     |   |    logical channel number     |
 *  3 |   P(R)    | M |   P(S)    | 0 |   |           P(S)            | 0 |
 *  4 | user data ...                 |   |           P(R)            | M |
 *  5 |                               |   | user data ...                 |
 */
export interface DataPacket extends DataBits {
  readonly type: 'data';
  readonly channel: number;
  readonly ps: number;
  readonly pr: number;
  readonly payload: Uint8Array;
}

export interface DataBits {
  /** M bit. */
  readonly more: boolean;
  /** Q bit. */
  readonly qualified: boolean;
  /** D bit. */
  readonly confirm: boolean;
}

/** Octets before the user data. */
export const DATA_HEADER_LENGTH: Readonly<Record<Modulo, number>> = {
  8: HEADER_LENGTH,
  128: HEADER_LENGTH + 1,
};
/** Of octet 3 in modulo 8, of octet 4 in modulo 128. */
const M_BIT: Readonly<Record<Modulo, number>> = { 8: 0x10, 128: 0x01 };

export function encodeData(packet: DataPacket, modulo: Modulo): Uint8Array {
  const out = new Uint8Array(DATA_HEADER_LENGTH[modulo] + packet.payload.length);
  writeDataHeader(out, modulo, packet.channel, packet, packet.ps, packet.pr);
  out.set(packet.payload, DATA_HEADER_LENGTH[modulo]);
  return out;
}

/** Fills in the octets before the user data. */
export function writeDataHeader(
  out: Uint8Array,
  modulo: Modulo,
  channel: number,
  { more, qualified, confirm }: DataBits,
  ps: number,
  pr: number,
): void {
  const bits = (qualified ? TOP_BIT : 0) | (confirm ? D_BIT : 0);
  const m = more ? M_BIT[modulo] : 0;
  if (modulo === 8) writeHeader(out, modulo, channel, (pr << 5) | m | (ps << 1), bits);
  else {
    writeHeader(out, modulo, channel, ps << 1, bits);
    out[HEADER_LENGTH] = (pr << 1) | m;
  }
}

// Read one by one, so that the path of every packet makes no object of them. All take a whole header.

export function dataPs(packet: Uint8Array, modulo: Modulo): number {
  const third = packet[2] ?? 0;
  return modulo === 8 ? (third >> 1) & 7 : third >> 1;
}

export function dataPr(packet: Uint8Array, modulo: Modulo): number {
  return modulo === 8 ? (packet[2] ?? 0) >> 5 : (packet[3] ?? 0) >> 1;
}

export function dataMore(packet: Uint8Array, modulo: Modulo): boolean {
  return ((packet[modulo === 8 ? 2 : 3] ?? 0) & M_BIT[modulo]) !== 0;
}

/** The payload is a view of `packet`. */
export function decodeData(packet: Uint8Array, modulo: Modulo): Decoded<DataPacket, 'tooShort'> {
  const [first, second] = packet;
  const headerLength = DATA_HEADER_LENGTH[modulo];
  if (first === undefined || second === undefined || packet.length < headerLength) return fault('tooShort');
  return decoded({
    type: 'data',
    channel: channelOf(first, second),
    qualified: (first & TOP_BIT) !== 0,
    confirm: (first & D_BIT) !== 0,
    ps: dataPs(packet, modulo),
    pr: dataPr(packet, modulo),
    more: dataMore(packet, modulo),
    payload: packet.subarray(headerLength),
  });
}
