import { TimerTable } from '../core/index.js';
import type { LogicalChannel } from './channel.js';
import { type ChannelCounter, type ChannelHost, NOBODY } from './channel-host.js';
import { Outbox, type OutgoingPacket, outgoing } from './outbox.js';
import type { Modulo } from './packet/header.js';
import type { Packet } from './packet/packet.js';
import type { PacketTimers } from './parameters.js';
import type { RoleTraits } from './role.js';
import type { TransferHost, TransferTimer } from './transfer-host.js';
import type { ChannelUser } from './user.js';

/** `call` is T21 or T11, `clear` T23 or T13. */
export type ChannelTimer = TransferTimer | 'call' | 'clear';

/**
 * A logical channel as its procedures see it: its number, its timers, its user, and the packets that wait until the link
 * pulls them. Data transfer knows no more of its channel than this.
 */
export class ChannelPort implements TransferHost {
  number: number;
  user: ChannelUser = NOBODY;
  readonly traits: RoleTraits;
  readonly modulo: Modulo;
  readonly canReject: boolean;
  readonly timing: PacketTimers;
  readonly timers = new TimerTable<ChannelTimer>();
  readonly outbox = new Outbox();
  readonly #host: ChannelHost;
  readonly #channel: LogicalChannel;

  constructor(number: number, host: ChannelHost, channel: LogicalChannel) {
    const { modulo, reject, timers } = host.parameters;
    this.number = number;
    this.traits = host.traits;
    this.modulo = modulo;
    this.canReject = reject;
    this.timing = timers;
    this.#host = host;
    this.#channel = channel;
  }

  startTimer(name: ChannelTimer, duration: number, now: number): void {
    if (duration === 0) return;
    this.timers.start(name, now + duration);
    this.#host.timersChanged(this.#channel);
  }

  stopTimer(name: ChannelTimer): void {
    this.timers.stop(name);
    this.#host.timersChanged(this.#channel);
  }

  stopTimers(): void {
    this.timers.stopAll();
    this.#host.timersChanged(this.#channel);
  }

  /** @throws RangeError when the packet holds what can't be written. */
  queue(packet: Packet): void {
    this.push(outgoing(packet, this.modulo));
  }

  push(packet: OutgoingPacket): void {
    this.outbox.push(packet);
    this.#host.wantControl(this.#channel);
  }

  unqueue(...types: Packet['type'][]): void {
    this.outbox.remove(...types);
  }

  wantStatus(): void {
    this.#host.wantControl(this.#channel);
  }

  wantData(): void {
    this.#host.wantData(this.#channel);
  }

  clearCall(cause: number, diagnostic: number, now: number): void {
    this.#channel.clearCall(cause, diagnostic, now);
  }

  count(what: ChannelCounter): void {
    this.#host.count(what);
  }
}
