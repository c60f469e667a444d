import type { LogicalChannel } from './channel.js';
import { ChannelSet } from './channel-set.js';
import type { PacketLayerParameters } from './parameters.js';
import type { Role } from './role.js';

/** The calls there are, by channel, and which channels are free for a call of ours. Without a call a channel is in p1. */
export class ChannelTable {
  readonly #parameters: PacketLayerParameters;
  #set: ChannelSet;
  readonly #channels = new Map<number, LogicalChannel>();
  /** Had a call since the last restart. */
  readonly #used = new Set<number>();
  /** Did not confirm a clear: not chosen for our calls. */
  readonly #aside = new Set<number>();
  /** Before this place in our channels' order, none is free. */
  #freeFrom = 0;

  constructor(parameters: PacketLayerParameters, role: Role) {
    this.#parameters = parameters;
    this.#set = new ChannelSet(parameters, role);
  }

  /** Which channels are ours to call on depends on the role. */
  setRole(role: Role): void {
    this.#set = new ChannelSet(this.#parameters, role);
    this.#freeFrom = 0;
  }

  /** Whether the link has this channel. */
  has(number: number): boolean {
    return this.#set.has(number);
  }

  mayBeCalledOn(number: number): boolean {
    return this.#set.isForTheirs(number);
  }

  get(number: number): LogicalChannel | undefined {
    return this.#channels.get(number);
  }

  /** A copy, which does not change while calls end. */
  all(): LogicalChannel[] {
    return [...this.#channels.values()];
  }

  /** How many calls we could place now. */
  get freeChannels(): number {
    return this.#set.ours.filter((number) => this.#isFree(number)).length;
  }

  #isFree(number: number): boolean {
    return !this.#channels.has(number) && !this.#aside.has(number);
  }

  /** The next free channel for a call of ours. */
  pickFree(): number | undefined {
    const { ours } = this.#set;
    while (this.#freeFrom < ours.length && !this.#isFree(ours[this.#freeFrom] ?? 0)) this.#freeFrom++;
    return ours[this.#freeFrom];
  }

  /** A call is on this channel now, in place of any other. */
  put(number: number, channel: LogicalChannel): void {
    this.#channels.set(number, channel);
    this.#used.add(number);
  }

  /** Whether there was a call here since the last restart: a late CLEAR CONFIRMATION is no error then. */
  wasUsed(number: number): boolean {
    return this.#used.has(number);
  }

  /** State p1. @returns false when another call has taken the channel. */
  release(channel: LogicalChannel): boolean {
    if (this.#channels.get(channel.number) !== channel) return false;
    this.#channels.delete(channel.number);
    this.takeBack(channel.number);
    return true;
  }

  /** The other end did not confirm our clear. */
  putAside(number: number): void {
    this.#aside.add(number);
  }

  /** The other end has shown that nothing is going on here any more. */
  takeBack(number: number): void {
    this.#aside.delete(number);
    this.#freeFrom = 0;
  }

  /** A restart: nothing of what was counts any longer. */
  forget(): void {
    this.#used.clear();
    this.#aside.clear();
    this.#freeFrom = 0;
  }
}
