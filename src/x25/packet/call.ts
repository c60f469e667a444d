import type { Facilities } from './facilities.js';

export interface CallRequestPacket {
  readonly type: 'callRequest';
  readonly channel: number;
  /** D bit of the general format identifier: the caller wants to use the D bit procedure. */
  readonly confirmDelivery: boolean;
  readonly called: string;
  readonly calling: string;
  readonly facilities: Facilities;
  readonly userData: Uint8Array;
}

/** The same octets, read from the called side. */
export type IncomingCallPacket = CallRequestPacket;
