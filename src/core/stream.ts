/**
 * Two-way octets with back-pressure, whatever carries them: a TCP connection or a joined circuit.
 * The session engine is driven through this and knows no transport.
 */
export interface OctetStream {
  /**
   * Sends octets; all are taken. `endOfSequence` marks the end of what belongs together (one reply, one
   * pipelined batch): a circuit sends it on at once, TCP makes one write of it.
   * @returns false when the sender should wait for `ready` before it writes more.
   */
  write(octets: Uint8Array, endOfSequence: boolean): boolean;
  /** The receiver has used up this many octets; only then may as many more come. */
  consumed(octets: number): void;
  /** Ends in good order: what was written goes out first where the transport can (TCP), then the end. */
  close(): void;
  /** Ends at once, telling the other end why where the transport can. */
  abort(why: CloseReason): void;
  /** Exactly one receiver, set before anything can arrive. */
  setReceiver(receiver: StreamReceiver): void;
}

export interface StreamReceiver {
  octets(octets: Uint8Array): void;
  ready(): void;
  /** The last call: nothing arrives and nothing can be sent after it. */
  ended(end: StreamEnd): void;
}

/** Why we end a stream; a circuit turns it into a diagnostic (see the causes we send). */
export type CloseReason = 'sessionOver' | 'shuttingDown' | 'noResources' | 'protocolError' | 'timeout';

export interface StreamEnd {
  /** True when the end came in order after all octets had been delivered. */
  readonly inOrder: boolean;
  /** In words, for a log line or a delivery report: `cleared by the network: number busy (01/00)`. */
  readonly reason: string;
}
