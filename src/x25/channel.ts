import type { ChannelAnswer, ChannelUser, ClearRequest, DataPiece } from './user.js';

/** What passed on DATA packets, each counted when first sent or received. */
export interface ChannelTraffic {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly octetsSent: number;
  readonly octetsReceived: number;
  /** Segments of 64 octets, each DATA packet rounded up, as networks charge. */
  readonly segmentsSent: number;
  readonly segmentsReceived: number;
}

export type CallState = 'p1' | 'p2' | 'p3' | 'p4' | 'p5' | 'p6' | 'p7';

/**
 * One call on a logical channel. A new object stands for every call: when the call is over (state p1) it stays
 * dead, and its methods have no effect.
 */
export class Channel {
  get number(): number {
    throw new Error('to come');
  }
  get state(): CallState {
    throw new Error('to come');
  }
  get traffic(): ChannelTraffic {
    throw new Error('to come');
  }
  /** For an incoming call that is not answered yet, to hear when the caller clears. */
  setUser(_user: ChannelUser): void {
    throw new Error('to come');
  }
  accept(_answer: ChannelAnswer, _user: ChannelUser, _now: number): void {
    throw new Error('to come');
  }
  clear(_why: ClearRequest, _now: number): void {
    throw new Error('to come');
  }
  send(_piece: DataPiece, _now: number): boolean {
    throw new Error('to come');
  }
  consumed(_octets: number, _now: number): void {
    throw new Error('to come');
  }
  interrupt(_octets: Uint8Array, _now: number): boolean {
    throw new Error('to come');
  }
  reset(_cause: number, _diagnostic: number, _now: number): void {
    throw new Error('to come');
  }
}
