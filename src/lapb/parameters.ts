/** System parameters of one end of a link (X.25 §2.4.8, ISO 7776 §5.7). Durations in milliseconds. */
export interface LapbParameters {
  readonly role: 'dte' | 'dce';
  readonly modulo: 8;
  /** k: I frames that may be under way unacknowledged. */
  readonly window: number;
  /** How long an answer may take. */
  readonly t1Ms: number;
  /** The longest an acknowledgement is held back, 0: not at all. */
  readonly t2Ms: number;
  /** Nothing heard for so long: ask whether the peer is there. 0: never. */
  readonly t3Ms: number;
  /** How often something is sent before the link counts as broken. */
  readonly n2: number;
  /** The longest information field taken or sent (N1 without address, control and FCS), octets. */
  readonly maxInformationOctets: number;
  /** Sends SABM as soon as it is started; else it first waits for the peer's. */
  readonly active: boolean;
}
