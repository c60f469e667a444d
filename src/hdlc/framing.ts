/** What both directions of a start/stop line agree on (ISO 3309, RFC 1662 §4). */
export interface FramingOptions {
  /**
   * The line takes octets 11 and 13 as XON and XOFF: they are escaped when sent, and dropped when received bare,
   * since then some modem put them in (RFC 1662 §4.2).
   */
  readonly escapeXonXoff: boolean;
  /** The longest frame, counted from its address to its last information octet, without FCS. */
  readonly maxFrameOctets: number;
}

export const FLAG = 0x7e;
export const ESCAPE = 0x7d;
/** What an escaped octet is combined with by exclusive or. */
export const ESCAPE_BIT = 0x20;
export const XON = 0x11;
export const XOFF = 0x13;
export const FCS_OCTETS = 2;
