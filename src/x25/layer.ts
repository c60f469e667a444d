import { Counters } from '../core/index.js';
import type { Channel } from './channel.js';
import type { PacketLayerParameters } from './parameters.js';
import type { ChannelCall, ChannelUser, PacketLayerUser } from './user.js';

/** The packet layer of one link: all its logical channels. */
export class PacketLayer {
  readonly counters = new Counters<string>();
  constructor(_parameters: PacketLayerParameters, _user: PacketLayerUser) {}
  linkUp(_now: number): void {
    throw new Error('to come');
  }
  linkReset(_now: number): void {
    throw new Error('to come');
  }
  linkDown(_now: number): void {
    throw new Error('to come');
  }
  receive(_packet: Uint8Array, _now: number): void {
    throw new Error('to come');
  }
  nextPacket(_now: number): Uint8Array | undefined {
    throw new Error('to come');
  }
  nextDeadline(): number | undefined {
    throw new Error('to come');
  }
  handleTimeout(_now: number): void {
    throw new Error('to come');
  }
  /** @returns undefined when no channel is free or the layer is not in r1. */
  call(_request: ChannelCall, _user: ChannelUser, _now: number): Channel | undefined {
    throw new Error('to come');
  }
  restart(_cause: number, _diagnostic: number, _now: number): void {
    throw new Error('to come');
  }
  get isReady(): boolean {
    throw new Error('to come');
  }
  get freeChannels(): number {
    throw new Error('to come');
  }
}
