import type { LogicalChannel } from './channel.js';

/** Channels that have something to send, in the order in which they are served; each stands in a list at most once. */
export class ServiceOrder {
  readonly #control: LogicalChannel[] = [];
  readonly #data: LogicalChannel[] = [];

  /** Something other than DATA can go. */
  wantControl(channel: LogicalChannel): void {
    if (!channel.isListedForControl) this.#control.push(channel);
    channel.isListedForControl = true;
  }

  wantData(channel: LogicalChannel): void {
    if (!channel.isListedForData) this.#data.push(channel);
    channel.isListedForData = true;
  }

  /** All calls are over. */
  clear(): void {
    for (const channel of this.#control) channel.isListedForControl = false;
    for (const channel of this.#data) channel.isListedForData = false;
    this.#control.length = 0;
    this.#data.length = 0;
  }

  nextControl(now: number): Uint8Array | undefined {
    for (let channel = this.#control.shift(); channel !== undefined; channel = this.#control.shift()) {
      channel.isListedForControl = false;
      const packet = channel.nextControl(now);
      if (channel.hasControl) this.wantControl(channel);
      if (packet !== undefined) return packet;
    }
    return undefined;
  }

  /** DATA of one channel after the other; an acknowledgement that waited in vain for DATA goes by RR. */
  nextData(now: number): Uint8Array | undefined {
    for (let channel = this.#data.shift(); channel !== undefined; channel = this.#data.shift()) {
      channel.isListedForData = false;
      const packet = channel.nextData(now) ?? channel.nextStatus(now);
      if (channel.hasData) this.wantData(channel);
      if (packet !== undefined) return packet;
    }
    return undefined;
  }
}
