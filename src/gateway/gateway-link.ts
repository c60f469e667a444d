import type { Circuits, LinkStatus } from '../circuit/index.js';

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
  status(): Omit<LinkStatus, 'state' | 'counters'> & { readonly state: string };
}
