/** What both directions of a start/stop line agree on (ISO 3309, RFC 1662 §4). */
export interface FramingOptions {
  /** What lets a damaged frame be known; with `none` there is nothing, which is for lines that damage no octet. */
  readonly fcs: Fcs;
  /**
   * The line takes octets 11 and 13 as XON and XOFF: they are escaped when sent, and dropped when received bare,
   * since then some modem put them in (RFC 1662 §4.2).
   */
  readonly escapeXonXoff: boolean;
  /** The longest frame, counted from its address to its last information octet, without FCS. */
  readonly maxFrameOctets: number;
}

/** The frame check sequence of 16 bits, or none. */
export type Fcs = '16' | 'none';

export const FLAG = 0x7e;
export const ESCAPE = 0x7d;
/** What an escaped octet is combined with by exclusive or. */
export const ESCAPE_BIT = 0x20;
const XON = 0x11;
const XOFF = 0x13;
export const FCS_OCTETS = { 16: 2, none: 0 } as const satisfies Record<Fcs, number>;

/** For each octet, 1 when it is more than data, and so must be escaped in a frame. */
export const SPECIAL = octetsAmong(FLAG, ESCAPE);
export const SPECIAL_WITH_XON_XOFF = octetsAmong(FLAG, ESCAPE, XON, XOFF);

function octetsAmong(...octets: number[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) => (octets.includes(octet) ? 1 : 0));
}
