import type { TimerTable } from '../core/index.js';
import type { Modulo } from './packet/header.js';
import type { Packet } from './packet/packet.js';
import type { PacketTimers } from './parameters.js';
import type { RoleTraits } from './role.js';
import type { ChannelUser } from './user.js';

/** Timers of data transfer: `reset` is T22 or T12; acknowledge and shut are our own. */
export type TransferTimer = 'reset' | 'T24' | 'T25' | 'T26' | 'T27' | 'acknowledge' | 'shut';

/** What data transfer needs of the channel that it happens on. */
export interface TransferHost {
  readonly number: number;
  readonly traits: RoleTraits;
  readonly modulo: Modulo;
  /** Packet retransmission (REJ) is subscribed to. */
  readonly canReject: boolean;
  readonly timing: PacketTimers;
  readonly user: ChannelUser;
  readonly timers: Pick<TimerTable<TransferTimer>, 'isRunning'>;
  /** @param duration milliseconds; 0: the timer is off. */
  startTimer(name: TransferTimer, duration: number, now: number): void;
  stopTimer(name: TransferTimer): void;
  /** Puts a packet behind those that wait to be sent; they all go before any DATA. */
  queue(packet: Packet): void;
  /** Takes back packets of these types that still wait. */
  unqueue(...types: Packet['type'][]): void;
  /** RR or RNR must be said. */
  wantStatus(): void;
  /** DATA can go. */
  wantData(): void;
  /** The error procedure of the call level. */
  clearCall(cause: number, diagnostic: number, now: number): void;
  count(what: TransferCounter): void;
}

export type TransferCounter =
  | 'discarded'
  /** The other end did what the state tables call an error. */
  | 'procedureErrors'
  /** T10 to T13, T20 to T23 or T25 to T27 ran out. */
  | 'timeouts'
  | 'resetsSent'
  | 'resetsReceived'
  | 'rnrSent'
  | 'rejectsSent'
  | 'rejectsReceived'
  /** DATA packets sent once more, which `packetsSent` of a call doesn't count. */
  | 'dataResent';
