/** Where octets really move: a serial port, a pseudo-terminal, TCP, or memory. One owner at a time. */
export interface Line {
  /** What it is called in logs: a path, an address. */
  readonly name: string;
  /** Opens it; `handler` is told everything from then on. Rejects with a GatewayError that says what to do. */
  open(handler: LineHandler): Promise<void>;
  /**
   * Sends octets; all are taken.
   * @returns false when the line has enough to do: wait for `writable`, so that what is sent next is decided
   * as late as possible.
   */
  write(octets: Uint8Array): boolean;
  /** Resolves when nothing moves any longer. */
  close(): Promise<void>;
}

export interface LineHandler {
  /** The octets are the handler's to keep. */
  received(octets: Uint8Array): void;
  writable(): void;
  /** The line is gone without our doing; it may be opened again. */
  lost(why: string): void;
}
