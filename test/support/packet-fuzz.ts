import { expect } from 'vitest';
import { encodePacket, type Modulo, type Packet } from '../../src/x25/index.js';
import { LayerEnd } from './layer-end.js';
import { seeded } from './random.js';

const CHANNELS = 4;
const ROLES = ['dte', 'dce', 'auto'] as const;
/** A new layer after so many packets: what went wrong early would hide what goes wrong later. */
const PACKETS_PER_LAYER = 2_000;
/** What a layer has waiting at most, whatever came in: a few control packets and a window of DATA for each channel. */
const MOST_WAITING = CHANNELS * (6 + 127) + 16;

/** Packets and wishes at random, most of them likely enough to get somewhere. */
class Fuzzer {
  readonly #random: () => number;
  readonly #modulo: Modulo;

  constructor(random: () => number, modulo: Modulo) {
    this.#random = random;
    this.#modulo = modulo;
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  octets(most: number): Uint8Array {
    return Uint8Array.from({ length: this.below(most + 1) }, () => this.below(256));
  }

  /** A good packet, a good one damaged, or noise. */
  packet(end: LayerEnd): Uint8Array {
    const kind = this.#random();
    if (kind < 0.08) return this.octets(12);
    const packet = encodePacket(this.#likely(end), this.#modulo);
    if (kind < 0.8) return packet;
    const damaged = packet.slice(0, this.below(packet.length + 2));
    if (damaged.length > 0) damaged[this.below(damaged.length)] = this.below(256);
    return damaged;
  }

  #likely(end: LayerEnd): Packet {
    const current = end.channel;
    const isOpen = current?.state === 'p4';
    const channel =
      isOpen && this.#random() < 0.8
        ? current.number
        : 1 + this.below(CHANNELS + (this.#random() < 0.02 ? 3 : 0));
    const cause = this.#random() < 0.7 ? 0 : this.below(256);
    const fields = { called: '', calling: '', facilities: {}, userData: this.octets(4) };
    const reason = { cause, diagnostic: this.below(256) };
    const answer = this.#random() < 0.5 ? this.#answer(end) : undefined;
    if (answer !== undefined) return answer;
    // On an open call, what ends it at once would come too often.
    switch (isOpen && this.#random() < 0.9 ? 4 + this.below(16) : this.below(20)) {
      case 0:
      case 1:
        return { type: 'callRequest', channel, confirmDelivery: this.#random() < 0.1, ...fields };
      case 2:
        return {
          type: 'callAccepted',
          channel,
          confirmDelivery: false,
          ...fields,
          userData: new Uint8Array(),
        };
      case 3:
        return this.#random() < 0.4
          ? { type: 'clearRequest', channel, ...reason, ...fields }
          : { type: 'clearConfirmation', channel, ...fields };
      case 4:
        return { type: this.#random() < 0.5 ? 'interruptConfirmation' : 'resetConfirmation', channel };
      case 5:
        return { type: 'interrupt', channel, payload: Uint8Array.of(1, ...this.octets(35)).subarray(0, 33) };
      case 6:
        return { type: 'resetRequest', channel, ...reason };
      case 7:
        if (this.#random() < 0.8)
          return { type: 'diagnostic', channel: 0, diagnostic: 33, explanation: this.octets(3) };
        return this.#random() < 0.5
          ? { type: 'restartRequest', channel: 0, ...reason }
          : { type: 'restartConfirmation', channel: 0 };
      case 8:
      case 9:
      case 10:
        return {
          type: (['rr', 'rr', 'rnr', 'rej'] as const)[this.below(4)] ?? 'rr',
          channel,
          pr: this.#guess(end.channel?.traffic.packetsSent),
        };
      default:
        return {
          type: 'data',
          channel,
          more: this.#random() < 0.3,
          qualified: this.#random() < 0.1,
          confirm: this.#random() < 0.1,
          ps: this.#guess(end.channel?.traffic.packetsReceived),
          pr: this.#guess(end.channel?.traffic.packetsSent),
          payload: new Uint8Array(this.below(140)),
        };
    }
  }

  /** What the layer waits for; without it, most of what comes would be discarded. */
  #answer({ layer, channel }: LayerEnd): Packet | undefined {
    if (!layer.isReady) return { type: 'restartConfirmation', channel: 0 };
    if (channel === undefined) return undefined;
    const { number } = channel;
    const fields = { called: '', calling: '', facilities: {}, userData: new Uint8Array() };
    const isOurs = layer.role === 'dte' ? 'p6' : 'p7';
    switch (channel.state) {
      case isOurs:
        return { type: 'clearConfirmation', channel: number, ...fields };
      case 'p2':
      case 'p3':
        return { type: 'callAccepted', channel: number, confirmDelivery: false, ...fields };
      case 'p4':
        return this.#random() < 0.1 ? { type: 'resetConfirmation', channel: number } : undefined;
      default:
        return undefined;
    }
  }

  /** Mostly the number that is right where nothing was reset. */
  #guess(count = 0): number {
    return (count + (this.#random() < 0.8 ? 0 : this.below(this.#modulo))) % this.#modulo;
  }

  /** Something that a user does, or time that passes. @returns the time after it. */
  act(end: LayerEnd, now: number): number {
    const { channel, layer } = end;
    switch (this.below(12)) {
      case 0:
        end.call({}, now);
        return now;
      case 1:
        channel?.send({ octets: new Uint8Array(this.below(400)), more: false }, now);
        return now;
      case 2:
        channel?.interrupt(Uint8Array.of(1), now);
        return now;
      case 3:
        channel?.consumed(this.below(300), now);
        return now;
      case 4:
        if (this.#random() < 0.2) channel?.reset(0, 0, now);
        return now;
      case 5:
        if (this.#random() < 0.2) channel?.clear({ cause: 0, diagnostic: 0 }, now);
        return now;
      case 6:
        if (end.offered.length > 0) end.accept(0, now);
        return now;
      case 7:
        if (this.#random() < 0.05) layer.linkReset(now);
        return now;
      case 8: {
        const later = this.#random() < 0.3 ? (layer.nextDeadline() ?? now) : now + this.below(5_000);
        layer.handleTimeout(Math.max(now, later));
        return Math.max(now, later);
      }
      default:
        return now;
    }
  }
}

function fuzzOne(seed: number, packets: number): void {
  const random = seeded(seed);
  const modulo: Modulo = random() < 0.5 ? 8 : 128;
  const role = ROLES[seed % ROLES.length] ?? 'auto';
  const fuzzer = new Fuzzer(random, modulo);
  const end = new LayerEnd(
    role,
    { modulo, channels: { twoWay: [1, CHANNELS] }, reject: random() < 0.5, maxWindow: modulo - 1 },
    () => {},
    random,
  );
  end.accepts = random() < 0.5;
  end.consumes = random() < 0.7;
  end.layer.linkUp(0);
  let now = 0;
  for (let i = 0; i < packets; i++) {
    end.layer.receive(fuzzer.packet(end), now);
    if (random() < 0.4) now = fuzzer.act(end, now);
    // A link that takes little at times.
    if (random() < 0.5) end.layer.nextPacket(now);
    if (random() < 0.02) expect(end.sentOctets(now).length).toBeLessThan(MOST_WAITING);
    if (end.offered.length > CHANNELS) end.offered.length = 0;
  }
  expect(end.layer.freeChannels).toBeLessThanOrEqual(CHANNELS);
  // Whatever state that was: a restart brings every channel back.
  end.layer.linkDown(now);
  end.layer.linkUp(now);
  end.sentOctets(now);
  end.layer.receive(encodePacket({ type: 'restartConfirmation', channel: 0 }, modulo), now);
  expect([end.layer.isReady, end.layer.freeChannels]).toEqual([true, CHANNELS]);
  expect(end.layer.nextDeadline()).toBeUndefined();
}

/** Packet layers that receive anything at all. @throws Error that names the seed. */
export function fuzzPackets(packets: number): void {
  for (let seed = 1; seed <= packets / PACKETS_PER_LAYER; seed++)
    try {
      fuzzOne(seed, PACKETS_PER_LAYER);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
}
