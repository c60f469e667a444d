/** Where octets really move: a serial port, a pseudo-terminal, TCP, or memory. One owner at a time. */
export interface Line {
  /** What it is called in logs: a path, an address. */
  readonly name: string;
  /** Opens it; `handler` is told everything from then on. Rejects with a GatewayError that says what to do. */
  open(handler: LineHandler): Promise<void>;
  /**
   * Sends octets; all are taken, and must not be changed any more.
   * @returns false when the line has enough to do: wait for `writable`, so that what is sent next is decided
   * as late as possible.
   */
  write(octets: Uint8Array): boolean;
  /** Stops taking what comes, so that flow control holds the other end back; and goes on. Where the line can. */
  pause?(paused: boolean): void;
  /** Wires beside the data, where the line has them; each does nothing where they can't be reached after all. */
  readonly control?: LineControl;
  /** Resolves when nothing moves any longer. */
  close(): Promise<void>;
}

/** V.24 circuits beside data. What fails there (a pseudo-terminal, a port that is gone) has no effect. */
export interface LineControl {
  /** Circuit 108/2, DTR. */
  setDtr(on: boolean): void;
  /**
   * Circuit 109, DCD: told when the line is open how it is, and then whenever it changes. Exactly one handler.
   * @param onUnknown told instead, once after each opening, where the port can't tell (a pseudo-terminal).
   */
  onCarrier(handler: (on: boolean) => void, onUnknown?: () => void): void;
  /** Start polarity for so long, when all octets are out. */
  sendBreak(durationMs: number): void;
}

export interface LineHandler {
  /** The octets are the handler's to keep. */
  received(octets: Uint8Array): void;
  writable(): void;
  /** The line is gone without our doing; it may be opened again. */
  lost(why: string): void;
}
