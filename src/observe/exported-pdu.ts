/**
 * LINKTYPE_WIRESHARK_UPPER_PDU: octets with a note before them of which dissector to give them to. Wireshark has no
 * link type for bare X.25 packets, and reads none of the LAPB ones from pcapng (LINKTYPE_LAPB_WITH_DIR, 207, is
 * "unknown encapsulation" to 4.0.17), so frames and packets both go this way.
 *
 *     +-------------+--------+-------------------+
 *     | tag         | length | value             |  big-endian; a value fills 32 bits, as all of ours do
 *     +-------------+--------+-------------------+
 *     | ... | tag 0, length 0 | the frame or packet
 */
import { concat, fromAscii } from '../core/index.js';

export const LINKTYPE_WIRESHARK_UPPER_PDU = 252;

const TAG_END = 0;
const TAG_DISSECTOR_NAME = 12;
/** Overrides, for the dissectors above, the direction that the packet's flags give. */
const TAG_P2P_DIRECTION = 35;
/** To Wireshark's LAPB, what is sent goes from the DTE to the DCE, wherever the capture was made. */
const P2P_DIRECTION = { dte: 0, dce: 1 } as const;

/**
 * Wireshark's names. `data`: it knows none for these octets. That are numbered frames of modulo 128, which its
 * LAPB reads as if the control field were one octet.
 */
export type Dissector = 'lapb' | 'x.25' | 'data';

export interface ExportedPdu {
  readonly dissector: Dissector;
  /** Absent where there are no roles. */
  readonly sender?: 'dte' | 'dce';
  readonly octets: Uint8Array;
}

export function exportedPdu(pdu: ExportedPdu): Uint8Array {
  const tags = [tag(TAG_DISSECTOR_NAME, fromAscii(pdu.dissector))];
  if (pdu.sender !== undefined) tags.push(tag(TAG_P2P_DIRECTION, uint32(P2P_DIRECTION[pdu.sender])));
  return concat([...tags, tag(TAG_END, new Uint8Array(0)), pdu.octets]);
}

function tag(code: number, value: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + value.length);
  const view = new DataView(out.buffer);
  view.setUint16(0, code);
  view.setUint16(2, value.length);
  out.set(value, 4);
  return out;
}

function uint32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

/** A PDU as somebody exported it; `dissector` may be any. */
export interface ReadPdu {
  readonly dissector: string;
  readonly sender: 'dte' | 'dce' | undefined;
  readonly octets: Uint8Array;
}

/** @returns undefined when the tags have no end, or name no dissector. */
export function readExportedPdu(octets: Uint8Array): ReadPdu | undefined {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  let dissector: string | undefined;
  let sender: ReadPdu['sender'];
  for (let at = 0; at + 4 <= octets.length; ) {
    const code = view.getUint16(at);
    const length = view.getUint16(at + 2);
    const value = octets.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    if (code === TAG_END)
      return dissector === undefined ? undefined : { dissector, sender, octets: octets.subarray(at) };
    // Names are filled with zeros to 32 bits.
    if (code === TAG_DISSECTOR_NAME) dissector = new TextDecoder().decode(value).replace(/\0+$/, '');
    if (code === TAG_P2P_DIRECTION && value.length === 4)
      sender = value[3] === P2P_DIRECTION.dce ? 'dce' : 'dte';
  }
  return undefined;
}
