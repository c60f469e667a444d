/** A TCP connection as XOT needs it; each carries one circuit (RFC 1613 §5). */
export interface XotConnection {
  /** Address of the other end, for people: `10.1.1.1`, or the name that it is reached by. */
  readonly remoteAddress: string;
  /** Exactly one handler, set at once. It is never called from within this method. */
  setHandler(handler: XotConnectionHandler): void;
  /**
   * Sends octets; all are taken.
   * @returns false when the connection has enough to do: `writable` is called when it has not.
   */
  write(octets: Uint8Array): boolean;
  /** Takes no octets from TCP until `resume`, so that TCP holds the other end back. */
  pause(): void;
  resume(): void;
  /** Ends it in good order, after what was written; the handler hears nothing more. */
  close(): void;
}

export interface XotConnectionHandler {
  /** A connection that we asked for is there. */
  opened(): void;
  /** The octets may be changed by nobody from here on. */
  received(octets: Uint8Array): void;
  writable(): void;
  /** Gone without our doing, or it could not be opened; why, in words. The last call. */
  closed(why: string): void;
}
