/** Who is at the other end of a session, as policy and Received need to know it. */
export interface Caller {
  /** In words, for people and the spool: `smtp 127.0.0.1` or `x25 26245300040 on psdn0`. */
  readonly source: string;
  /** For Received, between brackets: `127.0.0.1` or `X.25 26245300040 on psdn0`. */
  readonly origin: string;
  readonly protocol: 'TCP' | 'X25';
  /** IP address; only by TCP. */
  readonly address?: string;
  /** X.25 number, empty when it gave none; only by X.25. */
  readonly calling?: string;
  /** The peer that is known under that number, whoever it is really. */
  readonly peer?: string;
  /** The rule says so, and the network vouches for the number. */
  readonly mayRelay?: boolean;
  /** The network vouches for the number: what hangs on it (CHECKPOINT, ETRN, ATRN) is this caller's. */
  readonly isVouched?: boolean;
}
