import type { Circuits } from '../circuit/index.js';

/** What every kind of link says of itself; each adds its own. */
export interface LinkReport {
  readonly name: string;
  readonly state: string;
  /** Why it went down last, in words. */
  readonly lastFailure: string | undefined;
  readonly circuits: number;
}

/** A link of the gateway, of whatever kind. */
export interface GatewayLink {
  readonly name: string;
  readonly circuits: Circuits;
  /** Opens what there is to open; what can't be opened now is tried again, and said so. */
  start(): Promise<void>;
  /** Clears what is open and closes. */
  stop(): Promise<void>;
  /** Whether a call placed now has a chance: up, or dialled when wanted. */
  isAvailable(): boolean;
  /** False while whoever calls may give any number, whatever the kind of link promises. Absent: true. */
  isVouchedNow?(): boolean;
  status(): LinkReport;
}
