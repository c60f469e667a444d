/** What became of connections, and of packets that no circuit hears of. */
export type ConnectionCount =
  | 'connectionsAsked'
  | 'connectionsAccepted'
  /** Closed at once: we are full, or stopping. */
  | 'connectionsTurnedAway'
  /** Could not be opened. */
  | 'connectionsFailed'
  /** Went away during a call. */
  | 'connectionsLost'
  /** Closed by us: nobody called. */
  | 'connectionsIdle'
  /** Calls that were cleared because nothing had passed for long. */
  | 'callsIdle'
  /** Calls that could not even be read. */
  | 'unreadableCalls'
  /** Calls whose number does not lead to where they came from. */
  | 'callersRefused'
  /** Calls refused because nobody could tell where their number leads. */
  | 'callersUnverified'
  /** Permanent circuits that somebody wanted. */
  | 'pvcsRefused'
  /** Packets that XOT has no use for, and what came before a call. */
  | 'packetsDropped';
