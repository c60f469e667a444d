import { Counters } from '../core/index.js';
import type { LapbParameters } from './parameters.js';

/** Whoever sends and receives packets over the link. Called from within the link's methods. */
export interface LapbUser {
  /** The next packet to send; asked only when an I frame may go out at once. Not changed by the caller afterwards. */
  nextPacket(now: number): Uint8Array | undefined;
  packet(information: Uint8Array, now: number): void;
  /** Packets may flow. */
  linkUp(now: number): void;
  /** The link begins anew: packets may be lost, those of before no longer arrive. */
  linkReset(now: number): void;
  /** No packets flow until `linkUp`. @param why in words, for a log line. */
  linkDown(now: number, why: string): void;
}

export type LapbCounter = 'framesSent' | 'framesReceived';

export class LapbLink {
  readonly counters = new Counters<LapbCounter>();

  constructor(parameters: LapbParameters, user: LapbUser) {
    void parameters;
    void user;
  }

  get isUp(): boolean {
    return false;
  }

  start(_now: number): void {}
  stop(_now: number): void {}
  physicalDown(_now: number): void {}
  receive(_frame: Uint8Array, _now: number): void {}
  transmit(_now: number): Uint8Array | undefined {
    return undefined;
  }
  nextDeadline(): number | undefined {
    return undefined;
  }
  handleTimeout(_now: number): void {}
}
