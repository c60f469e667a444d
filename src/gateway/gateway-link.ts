import type { Circuits } from '../circuit/index.js';
import type { LinkCounters } from '../console/index.js';

/** What every kind of link says of itself; each adds its own. */
export interface LinkReport {
  readonly name: string;
  readonly state: string;
  /** Since when it is in this state, milliseconds since 1970-01-01 UTC. */
  readonly since: number;
  /** Why it went down last, in words. */
  readonly lastFailure: string | undefined;
  readonly circuits: number;
  /** By layer. */
  readonly counters: LinkCounters;
  /** Of a link over a modem. */
  readonly modem?: {
    readonly counters: LinkCounters[string];
    /** With the words of the modem's result code. */
    readonly connection?: {
      readonly direction: string;
      readonly message: string;
      readonly bitsPerSecond?: number;
    };
  };
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
  /** Who set up the connection, where it has to be set up. */
  readonly connectedBy?: 'dialled' | 'answered' | undefined;
  status(): LinkReport;
}
