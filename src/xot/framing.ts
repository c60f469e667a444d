import { allocate, type Decoded, decoded, fault } from '../core/index.js';

/** What is wrong with a header; either means that the connection must be closed (RFC 1613 §4.1). */
export type XotFault = 'badVersion' | 'badLength';

/**
 * XOT header, before each packet on the TCP connection (RFC 1613 §4.1).
 *  1, 2 | version: 0                  |
 *  3, 4 | length of the packet        |
 *  5 .. | packet, from its GFI on     |
 */
const HEADER_LENGTH = 4;

/** General format identifier, logical channel and packet type. */
const SHORTEST_PACKET = 3;
/** DATA of 4096 octets in extended numbering; call set-up packets don't come near it. */
const LONGEST_PACKET = 4 + 4096;

/** The octets of these packets on the connection, each behind a header of its own. */
export function encodeXot(packets: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const packet of packets) length += HEADER_LENGTH + packet.length;
  const out = allocate(length);
  let at = 0;
  for (const packet of packets) {
    out[at + 2] = packet.length >> 8;
    out[at + 3] = packet.length & 0xff;
    out.set(packet, at + HEADER_LENGTH);
    at += HEADER_LENGTH + packet.length;
  }
  return out;
}

/** @returns the length of the packet behind this header. */
function decodeHeader([v1, v2, high = 0, low = 0]: Uint8Array): Decoded<number, XotFault> {
  if (v1 !== 0 || v2 !== 0) return fault('badVersion');
  const length = (high << 8) | low;
  return length < SHORTEST_PACKET || length > LONGEST_PACKET ? fault('badLength') : decoded(length);
}

/** Finds the packets in what TCP delivers, however it is cut. Holds no more than one packet. */
export class XotReader {
  readonly #header = new Uint8Array(HEADER_LENGTH);
  /** The packet that is coming in; undefined while its header is. */
  #packet: Uint8Array | undefined;
  /** How much of header or packet is there. */
  #filled = 0;
  #isBroken = false;

  /**
   * The packets that end within these octets; each is the caller's to keep and to change. Whoever stops half-way
   * loses the rest. A fault is the last that ever comes: behind it nobody knows where packets begin.
   */
  *read(octets: Uint8Array): Generator<Decoded<Uint8Array, XotFault>, void> {
    let at = 0;
    while (at < octets.length && !this.#isBroken) {
      const target = this.#packet ?? this.#header;
      const piece = octets.subarray(at, at + target.length - this.#filled);
      target.set(piece, this.#filled);
      at += piece.length;
      this.#filled += piece.length;
      if (this.#filled < target.length) return;
      this.#filled = 0;
      if (this.#packet === undefined) {
        const length = decodeHeader(this.#header);
        if (length.ok) this.#packet = allocate(length.value);
        else {
          this.#isBroken = true;
          yield length;
        }
      } else {
        this.#packet = undefined;
        yield decoded(target);
      }
    }
  }
}
