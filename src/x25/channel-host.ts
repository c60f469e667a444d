import type { LogicalChannel } from './channel.js';
import type { CallRequestPacket } from './packet/call.js';
import type { PacketLayerParameters } from './parameters.js';
import type { RoleTraits } from './role.js';
import type { TransferCounter } from './transfer-host.js';
import type { ChannelTraffic, ChannelUser } from './user.js';

export type ChannelCounter =
  | TransferCounter
  | 'callsSent'
  | 'callsReceived'
  | 'clearsSent'
  | 'clearsReceived'
  | 'callCollisions'
  | 'putAside';

/** What a channel needs of the layer. */
export interface ChannelHost {
  readonly parameters: PacketLayerParameters;
  /** Change only by a restart, which ends all calls. */
  readonly traits: RoleTraits;
  /** Something other than DATA can go. */
  wantControl(channel: LogicalChannel): void;
  wantData(channel: LogicalChannel): void;
  timersChanged(channel: LogicalChannel): void;
  /** Whether the other end may call on this channel. */
  mayBeCalledOn(number: number): boolean;
  incomingCall(channel: LogicalChannel, call: CallRequestPacket, now: number): void;
  /** State p5 of a DCE: the packet is the DTE's call, which takes the channel from this one. */
  giveWay(channel: LogicalChannel, packet: Uint8Array, now: number): void;
  /** State p1. @param isAside the other end did not confirm the clear. */
  released(channel: LogicalChannel, isAside: boolean, now: number): void;
  count(what: ChannelCounter): void;
}

/** Takes the place of a user who has not come yet, or has gone. */
export const NOBODY: ChannelUser = {
  connected() {},
  data() {},
  ready() {},
  delivered() {},
  interrupt() {},
  interruptConfirmed() {},
  reset() {},
  cleared() {},
};

export const NO_TRAFFIC: ChannelTraffic = {
  packetsSent: 0,
  packetsReceived: 0,
  octetsSent: 0,
  octetsReceived: 0,
  segmentsSent: 0,
  segmentsReceived: 0,
};
