import type { ChannelRange, ChannelRanges, PacketLayerParameters } from './parameters.js';
import type { Role } from './role.js';

/** Which logical channels a link has, and who may call on them (X.25 Annex A). */
export class ChannelSet {
  /** Where we may call, in the order in which we take them. */
  readonly ours: readonly number[];
  readonly #ranges: ChannelRanges;
  /** One-way channels on which only the other end calls, and on which only we do. */
  readonly #onlyOurs: ChannelRange | undefined;

  constructor({ channels, assign }: Pick<PacketLayerParameters, 'channels' | 'assign'>, role: Role) {
    this.#ranges = channels;
    this.#onlyOurs = role === 'dte' ? channels.outgoing : channels.incoming;
    const upwards = [...numbers(this.#onlyOurs), ...numbers(channels.twoWay)].sort((a, b) => a - b);
    const usual = role === 'dte' ? 'highest' : 'lowest';
    this.ours = (assign === 'auto' ? usual : assign) === 'lowest' ? upwards : upwards.reverse();
  }

  has(number: number): boolean {
    const { incoming, twoWay, outgoing } = this.#ranges;
    return isWithin(twoWay, number) || isWithin(incoming, number) || isWithin(outgoing, number);
  }

  /** Whether the other end may call here. */
  isForTheirs(number: number): boolean {
    return this.has(number) && !isWithin(this.#onlyOurs, number);
  }
}

function numbers(range: ChannelRange | undefined): number[] {
  if (range === undefined) return [];
  return Array.from({ length: range[1] - range[0] + 1 }, (_, i) => range[0] + i);
}

function isWithin(range: ChannelRange | undefined, number: number): boolean {
  return range !== undefined && number >= range[0] && number <= range[1];
}
