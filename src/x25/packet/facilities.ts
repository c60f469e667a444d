/** A value per direction, named as X.25 §6.12 does: who sends the DATA packets it is about. */
export interface PerDirection {
  readonly fromCalled: number;
  readonly fromCalling: number;
}

/** Facilities of call set-up and clearing packets (X.25 §7), decoded as far as we know them. */
export interface Facilities {
  /** Code 42: octets of user data in a DATA packet, 16 .. 4096, a power of two. */
  readonly packetSize?: PerDirection;
  /** Code 43: window, 1 .. 7 (1 .. 127 in modulo 128). */
  readonly windowSize?: PerDirection;
  /** All other facilities, octet for octet in the order they came. */
  readonly other?: Uint8Array;
}
