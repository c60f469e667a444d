import type { Modulo } from './packet/header.js';

/** A range of logical channel numbers, both ends included; 1 .. 4095. */
export type ChannelRange = readonly [lowest: number, highest: number];

/** Logical channels by who may call on them, as the DTE sees them, in ascending order (X.25 Annex A). */
export interface ChannelRanges {
  /** Only the network calls the DTE here. */
  readonly incoming?: ChannelRange;
  readonly twoWay?: ChannelRange;
  /** Only the DTE calls here. */
  readonly outgoing?: ChannelRange;
}

export interface TimerEntry {
  /** Milliseconds for T.., a number of repetitions for R... */
  readonly default: number;
  readonly range: readonly [least: number, most: number];
  readonly meaning: string;
}

const HOUR_MS = 3_600_000;

const time = (seconds: number, meaning: string): TimerEntry => ({
  default: seconds * 1000,
  range: [0, HOUR_MS],
  meaning,
});
const repeats = (count: number, meaning: string): TimerEntry => ({
  default: count,
  range: [0, 255],
  meaning,
});

/** The time-limits of X.25 Annex D (DCE: tables D-1, DTE: D-2) and of ISO 8208. A time of 0 turns a timer off. */
export const PACKET_TIMERS = {
  t10: time(60, 'DCE: RESTART INDICATION to its confirmation'),
  t11: time(180, 'DCE: INCOMING CALL to the answer'),
  t12: time(60, 'DCE: RESET INDICATION to its confirmation'),
  t13: time(60, 'DCE: CLEAR INDICATION to its confirmation'),
  t20: time(180, 'DTE: RESTART REQUEST to its confirmation'),
  t21: time(200, 'DTE: CALL REQUEST to the answer'),
  t22: time(180, 'DTE: RESET REQUEST to its confirmation'),
  t23: time(180, 'DTE: CLEAR REQUEST to its confirmation'),
  t24: time(60, 'RR or RNR repeated while packets wait to be used up'),
  t25: time(200, 'DATA without an acknowledgement, peer ready: reset'),
  t26: time(180, 'INTERRUPT without a confirmation: reset'),
  t27: time(60, 'REJ to the first packet that it asks for'),
  r10: repeats(1, 'DCE: repetitions of RESTART INDICATION'),
  r12: repeats(1, 'DCE: repetitions of RESET INDICATION, then the call is cleared'),
  r13: repeats(1, 'DCE: repetitions of CLEAR INDICATION, then the channel is put aside'),
  r20: repeats(1, 'DTE: repetitions of RESTART REQUEST at T20, then slower'),
  r22: repeats(1, 'DTE: repetitions of RESET REQUEST, then the call is cleared'),
  r23: repeats(1, 'DTE: repetitions of CLEAR REQUEST, then the channel is put aside'),
  r25: repeats(0, 'DATA sent again at T25 where REJ is subscribed to, then reset'),
  r27: repeats(0, 'repetitions of REJ, then reset'),
} as const satisfies Record<string, TimerEntry>;

/** Values in use: milliseconds (t..), counts (r..). */
export type PacketTimers = Readonly<Record<keyof typeof PACKET_TIMERS, number>>;

export const DEFAULT_PACKET_TIMERS = Object.fromEntries(
  Object.entries(PACKET_TIMERS).map(([name, entry]) => [name, entry.default]),
) as PacketTimers;

export interface PacketLayerParameters {
  /** auto: a DTE, which finds out by each restart whether the other end is a DCE or a DTE, and who plays the DCE then. */
  readonly role: 'dte' | 'dce' | 'auto';
  readonly modulo: Modulo;
  readonly channels: ChannelRanges;
  /** From which end of the channels we may call on a free one is taken. auto: a DTE's highest, a DCE's lowest. */
  readonly assign: 'highest' | 'lowest' | 'auto';
  /** In force when nothing is negotiated; octets of user data per DATA packet, a power of two, 16 .. 4096. */
  readonly defaultPacketSize: number;
  /** In force when nothing is negotiated; 1 .. 7, in modulo 128 to 127. */
  readonly defaultWindow: number;
  /** The most granted to a caller. */
  readonly maxPacketSize: number;
  readonly maxWindow: number;
  /** Flow control parameter negotiation (X.25 §6.12) is subscribed to. False: facilities 42, 43 are never sent. */
  readonly negotiation: boolean;
  /** Packet retransmission (X.25 §6.4) is subscribed to: REJ is sent and obeyed, where lost packets mean a reset else. */
  readonly reject: boolean;
  readonly timers: PacketTimers;
  /** A DTE may give any cause, the network's too. Default false: what is not a DTE's to say goes out as 00. */
  readonly anyCause?: boolean;
}

/** Of all three ranges. */
export function channelCount({ incoming, twoWay, outgoing }: ChannelRanges): number {
  const size = (range: ChannelRange | undefined): number =>
    range === undefined ? 0 : range[1] - range[0] + 1;
  return size(incoming) + size(twoWay) + size(outgoing);
}
