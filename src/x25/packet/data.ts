import { type Decoded, decoded, fault } from '../../core/index.js';
import { channelOf, D_BIT, HEADER_LENGTH, type Modulo, TOP_BIT, writeHeader } from './header.js';

/**
 * DATA packet, modulo 8 (X.25 §5.3.1).
 *      8   7   6   5   4   3   2   1
 *  1 | Q | D | 0   1 |  group        |
 *  2 |    logical channel number     |
 *  3 |   P(R)    | M |   P(S)    | 0 |
 *  4 | user data ...                 |
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
export const DATA_HEADER_LENGTH: Readonly<Record<Modulo, number>> = { 8: HEADER_LENGTH };
const M_BIT = 0x10;

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
  const third = (pr << 5) | (more ? M_BIT : 0) | (ps << 1);
  writeHeader(out, modulo, channel, third, (qualified ? TOP_BIT : 0) | (confirm ? D_BIT : 0));
}

/** The M bit, in the octet that holds it. */
export function isMore(third: number): boolean {
  return (third & M_BIT) !== 0;
}

/** The payload is a view of `packet`. */
export function decodeData(packet: Uint8Array, modulo: Modulo): Decoded<DataPacket, 'tooShort'> {
  const [first, second, third] = packet;
  if (first === undefined || second === undefined || third === undefined) return fault('tooShort');
  return decoded({
    type: 'data',
    channel: channelOf(first, second),
    qualified: (first & TOP_BIT) !== 0,
    confirm: (first & D_BIT) !== 0,
    ps: (third >> 1) & 7,
    pr: third >> 5,
    more: isMore(third),
    payload: packet.subarray(DATA_HEADER_LENGTH[modulo]),
  });
}
