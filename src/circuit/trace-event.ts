/** What a link tells whoever watches it: one frame or packet that passed, as octets. */
export interface TraceEvent {
  /** Milliseconds of the link's clock; only differences mean anything. */
  readonly at: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly wallTime: number;
  /** A frame is address to information field, without flags, escapes and FCS; a packet begins with its GFI. */
  readonly layer: 'frame' | 'packet';
  /** As seen from our end of the link. */
  readonly direction: 'sent' | 'received';
  readonly octets: Uint8Array;
}
