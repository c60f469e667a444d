import type { Facilities } from '../x25/index.js';

/**
 * A circuit is a virtual call as the rest of the program sees it, whatever link carries it.
 * No method calls a listener before it returns; events come later, in order.
 */
export interface Circuit {
  /** Identifies the circuit in logs, records and commands; unique within the process. */
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly called: string;
  /** Empty when the network gave none. */
  readonly calling: string;
  /** The logical channel it is on now; none while it waits for one, and none where the kind of link has none. */
  readonly channel?: number | undefined;
  /** Exactly one listener, set by the owner before anything else happens. */
  setListener(listener: (event: CircuitEvent) => void): void;
  /**
   * Hands over octets of a complete packet sequence; they may not be changed afterwards. With `more` the next
   * piece continues the sequence (and may share a packet with this one). All octets are taken, and nothing is kept
   * once the circuit is being cleared.
   * @returns false when the sender should wait for `ready` before it sends more.
   * @throws Error before `connected`: nobody could say what becomes of the octets.
   */
  send(piece: Piece): boolean;
  /** The receiver has used up this many octets; only this moves P(R). */
  consumed(octets: number): void;
  /** One interrupt at a time: @returns false while the last one is not confirmed (X.25 §4.3.5). */
  interrupt(octets: Uint8Array): boolean;
  reset(cause: number, diagnostic: number): void;
  /** Ends the circuit; `cleared` follows when the channel is free again. Again or too late: no effect. */
  clear(why: ClearReason): void;
  /** What passed so far, for the call record. */
  readonly traffic: CircuitTraffic;
}

export interface Piece {
  readonly octets: Uint8Array;
  readonly more: boolean;
  /** Q bit. Default false. */
  readonly qualified?: boolean;
  /** D bit. Default false. */
  readonly confirm?: boolean;
}

export interface ClearReason {
  readonly cause: number;
  readonly diagnostic: number;
  readonly facilities?: Facilities;
  readonly userData?: Uint8Array;
}

export type CircuitEvent =
  /**
   * Our call request goes to the network only now that the link is up, dialled, and has a channel for it: the wait
   * for the called side begins (RFC 1090 §10.1). Once, before anything else; never for an incoming call.
   */
  | { readonly type: 'requested' }
  /** Our call was accepted, or the call that we accepted is open. */
  | {
      readonly type: 'connected';
      /** What was agreed; packet and window size always stand here. */
      readonly facilities: Facilities;
      /** The called address when the answer carried one. */
      readonly called?: string;
      readonly userData: Uint8Array;
    }
  | { readonly type: 'piece'; readonly piece: Piece }
  /** More may be sent. */
  | { readonly type: 'ready' }
  /** The other end acknowledged this many more octets of ours (its P(R) moved). */
  | { readonly type: 'delivered'; readonly octets: number }
  /** Confirmed already. */
  | { readonly type: 'interrupt'; readonly octets: Uint8Array }
  | { readonly type: 'interruptConfirmed' }
  /**
   * Octets in flight either way may be lost; those received before no longer wait to be consumed. Confirmed
   * already; with `us`, a reset of ours was confirmed.
   */
  | { readonly type: 'reset'; readonly by: Originator; readonly cause: number; readonly diagnostic: number }
  /** The last event. */
  | { readonly type: 'cleared'; readonly ending: Ending };

/** peer: what came from the line, network or remote DTE (the cause tells); us: our own clear; link: the link went down. */
export type Originator = 'peer' | 'us' | 'link';

export interface Ending {
  readonly by: Originator;
  readonly cause: number;
  readonly diagnostic: number;
  readonly facilities: Facilities;
  readonly userData: Uint8Array;
}

export interface CircuitTraffic {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly octetsSent: number;
  readonly octetsReceived: number;
  /** Segments of 64 octets, each DATA packet rounded up, as networks charge. */
  readonly segmentsSent: number;
  readonly segmentsReceived: number;
}

export interface CallRequest {
  readonly called: string;
  /** Absent: what the link is configured to give. */
  readonly calling?: string;
  readonly facilities?: Facilities;
  /** CUD; its first octets are the protocol identifier. */
  readonly userData: Uint8Array;
}

/** What a called side may say in its answer. */
export interface CallAnswer {
  /** Packet and window size may only move towards 128 and 2 (X.25 §6.12); absent: as the link grants. */
  readonly facilities?: Facilities;
  /** Called user data: with fast select only. */
  readonly userData?: Uint8Array;
}

export interface IncomingCall {
  readonly called: string;
  readonly calling: string;
  readonly facilities: Facilities;
  readonly userData: Uint8Array;
  /** @returns undefined when the caller has gone meanwhile, or the call was answered already. */
  accept(answer?: CallAnswer): Circuit | undefined;
  /** Too late: no effect. */
  refuse(why: ClearReason): void;
  /** Told once if the caller clears, or the network's T11 runs out, before we answered. */
  onWithdrawn(handler: (ending: Ending) => void): void;
}

/** What a kind of link can carry. A PAD has no sequences, XOT no limit on circuits, ... */
export interface Capabilities {
  /** Complete packet sequences: M bits reach the other end. */
  readonly sequences: boolean;
  readonly qualified: boolean;
  readonly confirm: boolean;
  readonly interrupt: boolean;
  readonly reset: boolean;
  readonly facilities: boolean;
  readonly userData: 'any' | 'x29' | 'none';
  /** How many circuits at once. */
  readonly circuits: number;
}

/** What one link offers. */
export interface Circuits {
  readonly can: Capabilities;
  /**
   * Places a call; may first dial or bring the line up. Never fails at once: a call that can't be made ends in
   * `cleared` (no channel: A3; link down: cause 09).
   * @throws RangeError when the call can't be written at all: wrong digits, too much user data.
   */
  place(call: CallRequest): Circuit;
  /** Exactly one handler; calls that come before it is set are refused (A3). */
  onIncoming(handler: (call: IncomingCall) => void): void;
}
