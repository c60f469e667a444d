import type { CallState } from './call.js';
import type { IncomingCallPacket } from './packet/call.js';
import type { DiagnosticPacket } from './packet/diagnostic.js';
import type { Facilities } from './packet/facilities.js';

/** peer: what came from the line, network or remote DTE (the cause tells); us: this end; link: the link went down. */
export type Originator = 'peer' | 'us' | 'link';

/**
 * Octets of a complete packet sequence (X.25 §4.3.5). With `more` the next piece continues the sequence.
 * Of any length when sent, one DATA packet's worth when received.
 */
export interface DataPiece {
  readonly octets: Uint8Array;
  readonly more: boolean;
  /** Q bit, the same within one sequence. Default false. */
  readonly qualified?: boolean;
  /** D bit, set in the packet that holds the last octet of this piece. Default false. */
  readonly confirm?: boolean;
}

/** Why and with what a call is cleared (X.25 §5.2.4). */
export interface ClearRequest {
  /** A DTE may say 00 and 80-FF only; anything else it asks for goes out as 00. */
  readonly cause: number;
  readonly diagnostic: number;
  readonly facilities?: Facilities;
  /** Left out unless the call asked for fast select; at most 128 octets. */
  readonly userData?: Uint8Array;
}

/** How a call ended. `cause` is a clearing cause, whatever ended it. */
export interface ChannelEnding {
  readonly by: Originator;
  readonly cause: number;
  readonly diagnostic: number;
  readonly facilities: Facilities;
  readonly userData: Uint8Array;
}

export interface ResetInfo {
  readonly by: Originator;
  readonly cause: number;
  readonly diagnostic: number;
}

export interface RestartInfo {
  readonly by: Originator;
  /** As it stood in the RESTART packet; 00 when the link went down. */
  readonly cause: number;
  readonly diagnostic: number;
}

/** What a call to a remote DTE asks for. */
export interface ChannelCall {
  /** 0 to 15 digits. */
  readonly called: string;
  readonly calling?: string;
  /** Packet and window size go out only when given here and negotiation is on. */
  readonly facilities?: Facilities;
  /** At most 16 octets, with fast select 128. */
  readonly userData: Uint8Array;
}

export interface ChannelAnswer {
  /** Packet and window size are wishes: each is moved no further than between what was asked and the standard. */
  readonly facilities?: Facilities;
  /** Left out unless the call asked for fast select; at most 128 octets. */
  readonly userData?: Uint8Array;
}

/** What was agreed when a call was set up. */
export interface Connection {
  /** Packet and window size always stand here. */
  readonly facilities: Facilities;
  /** The called address when the answer carried one. */
  readonly called?: string;
  readonly userData: Uint8Array;
}

/**
 * Whoever uses one call. Called from within `PacketLayer.receive`, `nextPacket`, `handleTimeout`, `link...` and
 * `restart`, never from within a method of Channel. Every method of Channel may be called from here.
 */
export interface ChannelUser {
  /** Our call was accepted, or our acceptance went out. */
  connected(connection: Connection, now: number): void;
  /** One DATA packet. Report its octets as `consumed` when they are used up: only that moves P(R). */
  data(piece: Required<DataPiece>, now: number): void;
  /** The send queue has room again, after `send` returned false. */
  ready(now: number): void;
  /** The other end acknowledged this many more octets. */
  delivered(octets: number, now: number): void;
  interrupt(octets: Uint8Array, now: number): void;
  interruptConfirmed(now: number): void;
  /**
   * Octets not yet delivered, either way, are lost; those received before do not count as `consumed` any more.
   * Told at once, but after `Channel.reset` when the other end confirmed it. Once per reset.
   */
  reset(info: ResetInfo, now: number): void;
  /** The last call. The channel is free again, or put aside because the other end did not answer CLEAR. */
  cleared(ending: ChannelEnding, now: number): void;
}

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

/**
 * One call on a logical channel. Another call on the same channel is another object: when the call is over (state
 * p1), or not open for what is asked, a method has no effect.
 */
export interface Channel {
  /** 1 .. 4095. A DCE may move its own call to another channel while it is not answered (call collision). */
  readonly number: number;
  readonly state: CallState;
  readonly traffic: ChannelTraffic;
  /** For an incoming call before `accept`, to hear when the caller clears. */
  setUser(user: ChannelUser): void;
  /**
   * Answers an incoming call. `connected` follows when the answer goes out; pieces may be sent at once.
   * A call with restricted fast select can't be accepted: it is cleared instead.
   */
  accept(answer: ChannelAnswer, user: ChannelUser, now: number): void;
  /** Ends or refuses the call; `cleared` follows when the other end confirms. */
  clear(why: ClearRequest, now: number): void;
  /**
   * All octets are taken, and must not be changed any more. A piece with `more` goes out as full packets only; the
   * rest waits for the piece that continues the sequence. An empty piece may end a sequence.
   * @returns false when the user should wait for `ready` before it sends more.
   * @throws RangeError when Q changes within a sequence.
   */
  send(piece: DataPiece, now: number): boolean;
  /** So many octets that came as `data` are used up. */
  consumed(octets: number, now: number): void;
  /**
   * @param octets 1 to 32, else a RangeError is thrown.
   * @returns false while the last interrupt is not confirmed, and during a reset.
   */
  interrupt(octets: Uint8Array, now: number): boolean;
  /** Drops what is on the way and waits to be sent. What is sent from now on follows the reset. */
  reset(cause: number, diagnostic: number, now: number): void;
}

/** Whoever uses the packet layer of a link. */
export interface PacketLayerUser {
  /** Answer by `channel.accept` or `channel.clear`, now or later; `channel.setUser` to hear if the caller clears. */
  incomingCall(channel: Channel, call: IncomingCallPacket, now: number): void;
  /** All calls were cleared; each call's user was told before. */
  restarted(now: number, info: RestartInfo): void;
  /** State r1 reached: calls may be placed. */
  ready(now: number): void;
  /** A DIAGNOSTIC packet came: for the log, nothing else follows from it. */
  diagnostic?(packet: DiagnosticPacket, now: number): void;
}
