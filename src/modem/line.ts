/** What a modem's circuits need of the line to it; octets come in by `received`. */
export interface ModemLine {
  /** Sends octets; all are taken. False: the line has enough to do, `writable` is called when it has not. */
  write(octets: Uint8Array): boolean;
  /** Where the wires are there and can be reached. A raw TCP serial server or a pseudo-terminal has none. */
  readonly control?: ModemControl;
}

export interface ModemControl {
  /** V.24 circuit 108/2, DTR: off makes a modem that is set so hang up. */
  setDtr(on: boolean): void;
  /** V.24 circuit 109, DCD: told whenever it changes. Exactly one handler. */
  onCarrier(handler: (on: boolean) => void): void;
}
