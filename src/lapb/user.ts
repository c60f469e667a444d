/** Whoever sends and receives packets over the link. Called from within the link's methods, as their last act. */
export interface LapbUser {
  /**
   * The next packet to send, at most `maxInformationOctets`; asked only when it goes out at once. The link keeps
   * the array until it is acknowledged: it must not be changed any more.
   */
  nextPacket(now: number): Uint8Array | undefined;
  packet(information: Uint8Array, now: number): void;
  /** Packets flow from now on. */
  linkUp(now: number): void;
  /**
   * The link begins anew: packets under way are lost, in both directions, and none of before arrives any more. Packets
   * flow again as soon as the peer agrees; where it does not, `linkDown` follows.
   */
  linkReset(now: number): void;
  /** No packet flows before the next `linkUp`. @param why in words, for people. */
  linkDown(now: number, why: string): void;
}

/** What is counted at one end of a link, since it was made. */
export type LapbCounter =
  | 'framesSent'
  | 'framesReceived'
  /** Address to information, without FCS. */
  | 'octetsSent'
  | 'octetsReceived'
  /** I frames sent for the first time. */
  | 'packetsSent'
  /** I frames received in sequence. */
  | 'packetsReceived'
  | 'retransmitted'
  | 'outOfSequence'
  /** I frames that came while we had no room. */
  | 'droppedBusy'
  | 'rrSent'
  | 'rrReceived'
  | 'rnrSent'
  | 'rnrReceived'
  | 'rejSent'
  | 'rejReceived'
  | 'frmrSent'
  | 'frmrReceived'
  /** SABM or SABME, whichever belongs to our modulus. */
  | 'sabmSent'
  | 'sabmReceived'
  /** SABM or SABME of the other modulus: the two ends are configured differently. */
  | 'otherModuloReceived'
  | 'discSent'
  | 'discReceived'
  | 'uaSent'
  | 'uaReceived'
  | 'dmSent'
  | 'dmReceived'
  /** I and S frames with P=1. */
  | 'pollsSent'
  | 't1Expiries'
  | 't3Expiries'
  /** N2 tries without an answer. */
  | 'n2Expiries'
  | 'linkUps'
  | 'linkResets'
  | 'linkDowns'
  /** UA that nobody waited for, or F=1 without a poll. */
  | 'unsolicited'
  /** Address neither A nor B, or the wrong one of them; or no control field. */
  | 'notForUs';
