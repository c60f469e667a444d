import { expect } from 'vitest';
import { isEqual, VirtualClock } from '../../src/core/index.js';
import type { Channel, ChannelUser, PacketLayerParameters, PacketLayerUser } from '../../src/x25/index.js';
import { PacketLayer } from '../../src/x25/index.js';
import { layerParameters } from './layer-end.js';
import { seeded } from './random.js';

const HOUR = 3_600_000;
const CHANNELS = 4;

/** Octet number `at` of what the caller of call `id` sends. */
const pattern = (id: number, at: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(at + i + 1, 0x9e3779b1) >>> 13) ^ (id * 29));

/**
 * One end of a link that is not as good as a link layer makes it: packets get lost or come twice, the link is reset or
 * goes down and comes up, and what is on its way then is gone.
 */
class Station implements PacketLayerUser {
  readonly layer: PacketLayer;
  readonly received = new Map<number, number>();
  open = 0;
  resets = 0;
  readonly #clock: VirtualClock;
  readonly #random: () => number;
  #cancelWake = (): void => {};
  /** Set by the link. */
  deliver: (packet: Uint8Array) => void = () => {};

  constructor(parameters: PacketLayerParameters, clock: VirtualClock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
    this.layer = new PacketLayer(parameters, this, random);
  }

  /** Sends what there is, and waits for the next deadline: after every call into the layer. */
  pump(): void {
    const now = this.#clock.now();
    for (let next = this.layer.nextPacket(now); next !== undefined; next = this.layer.nextPacket(now))
      this.deliver(next);
    this.#cancelWake();
    const deadline = this.layer.nextDeadline();
    if (deadline === undefined) return;
    this.#cancelWake = this.#clock.wake(deadline, () => {
      this.layer.handleTimeout(this.#clock.now());
      this.pump();
    });
  }

  call(id: number, total: number): boolean {
    let channel: Channel | undefined;
    let sent = 0;
    const sendMore = (now: number): void => {
      while (channel !== undefined && sent < total) {
        const octets = pattern(id, sent, Math.min(total - sent, 1 + Math.floor(this.#random() * 300)));
        sent += octets.length;
        if (!channel.send({ octets, more: sent < total && this.#random() < 0.5 }, now)) return;
      }
    };
    let delivered = 0;
    const user: ChannelUser = {
      ...this.#user(() => channel),
      connected: (_connection, now) => sendMore(now),
      ready: sendMore,
      delivered: (octets, now) => {
        delivered += octets;
        if (delivered === total) channel?.clear({ cause: 0, diagnostic: 0 }, now);
      },
    };
    channel = this.layer.call(
      { called: '1', userData: Uint8Array.of(0xc0, 0xf7, id >> 8, id & 0xff) },
      user,
      this.#clock.now(),
    );
    if (channel !== undefined) this.open++;
    return channel !== undefined;
  }

  #user(channel: () => Channel | undefined): ChannelUser {
    let hasEnded = false;
    return {
      connected() {},
      ready() {},
      delivered() {},
      interrupt() {},
      interruptConfirmed() {},
      data: (piece, now) => channel()?.consumed(piece.octets.length, now),
      reset: (_info, now) => {
        this.resets++;
        channel()?.clear({ cause: 0, diagnostic: 0xf2 }, now);
      },
      cleared: () => {
        expect(hasEnded).toBe(false);
        hasEnded = true;
        this.open--;
      },
    };
  }

  incomingCall(channel: Channel, call: { readonly userData: Uint8Array }, now: number): void {
    const id = ((call.userData[2] ?? 0) << 8) | (call.userData[3] ?? 0);
    let at = 0;
    let isUnsure = false;
    const user = this.#user(() => channel);
    this.open++;
    channel.accept(
      {},
      {
        ...user,
        data: ({ octets }, then) => {
          if (isUnsure) return;
          if (!isEqual(octets, pattern(id, at, octets.length)))
            throw new Error(`call ${id}: octets from ${at} on are not those that were sent`);
          at += octets.length;
          this.received.set(id, at);
          if (this.#random() < 0.9) channel.consumed(octets.length, then);
          else
            this.#clock.wake(then + this.#random() * 60_000, () => {
              channel.consumed(octets.length, this.#clock.now());
              this.pump();
            });
        },
        reset: (info, then) => {
          isUnsure = true;
          user.reset(info, then);
        },
      },
      now,
    );
  }

  restarted(): void {}
  ready(): void {}
}

/** Carries packets from one station to the other, in order; nothing that was on its way survives a reset. */
class FaultyLink {
  isFaulty = true;
  readonly a: Station;
  readonly b: Station;
  readonly #clock: VirtualClock;
  readonly #random: () => number;
  readonly #faults: number;
  #age = 0;

  constructor(a: Station, b: Station, clock: VirtualClock, random: () => number) {
    this.a = a;
    this.b = b;
    this.#clock = clock;
    this.#random = random;
    // On every second link packets get lost, which no link layer does; on the others only the link fails.
    this.#faults = random() < 0.5 ? random() * 0.03 : 0;
    const delay = Math.floor(random() * 500);
    a.deliver = (packet) => this.#carry(packet, b, delay);
    b.deliver = (packet) => this.#carry(packet, a, delay);
    this.#failNow();
  }

  #carry(packet: Uint8Array, to: Station, delay: number): void {
    const chance = this.isFaulty && this.#faults > 0 ? this.#random() / this.#faults : 1;
    for (let copies = chance < 0.7 ? 0 : chance < 1 ? 2 : 1; copies > 0; copies--) {
      const age = this.#age;
      this.#clock.wake(this.#clock.now() + delay, () => {
        if (age !== this.#age) return;
        to.layer.receive(packet, this.#clock.now());
        to.pump();
      });
    }
  }

  #failNow(): void {
    if (!this.isFaulty) return;
    const how = this.#random();
    this.#age++;
    const now = this.#clock.now();
    for (const { layer } of [this.a, this.b])
      if (how < 0.7) layer.linkReset(now);
      else layer.linkDown(now);
    this.#clock.wake(now + this.#random() * 30_000, () => this.up());
    this.#clock.wake(now + 60_000 + this.#random() * 1_200_000, () => this.#failNow());
  }

  up(): void {
    for (const { layer } of [this.a, this.b]) layer.linkUp(this.#clock.now());
    this.a.pump();
    this.b.pump();
  }
}

/**
 * Two packet layers over a faulty link, in virtual time. Of every call, what is delivered is what was sent from the
 * first octet on, up to an end or a reset that both ends hear of; and when the link is good again, all channels are.
 */
export function layersOverFaultyLink(seed: number): { calls: number; whole: number; resets: number } {
  const random = seeded(seed);
  const clock = new VirtualClock();
  const one = <T>(...all: T[]): T => all[Math.floor(random() * all.length)] as T;
  const modulo = one<8 | 128>(8, 128);
  const changes = {
    modulo,
    channels: { twoWay: [1, CHANNELS] },
    defaultPacketSize: one(16, 128),
    // Packets lost one after the other can't be taken for their successors: fewer than the modulus are on their way.
    defaultWindow: one(1, 2, 7, modulo - 1),
    maxWindow: modulo - 1,
    reject: one(true, false),
    timers: { t24: 60_000, r25: 1, r27: 1 },
  } as const;
  const roles = one(['dte', 'dce'] as const, ['auto', 'auto'] as const, ['auto', 'dce'] as const);
  const a = new Station(layerParameters(roles[0], changes), clock, random);
  const b = new Station(layerParameters(roles[1], changes), clock, random);
  const link = new FaultyLink(a, b, clock, random);
  link.up();

  let calls = 0;
  const total = 300 + Math.floor(random() * 1000);
  const placeAll = (): void => {
    for (const station of [a, b]) {
      if (station.open < CHANNELS && random() < 0.7 && station.call(calls + 1, total)) calls++;
      station.pump();
    }
  };
  for (let round = 0; round < 12; round++) {
    placeAll();
    clock.runFor(random() * 120_000);
  }
  link.isFaulty = false;
  link.up();
  clock.runFor(2 * HOUR);
  expect([a.open, b.open]).toEqual([0, 0]);
  expect([a.layer.freeChannels, b.layer.freeChannels]).toEqual([CHANNELS, CHANNELS]);
  expect([a.call(0xfffe, total), b.call(0xffff, total)]).toEqual([true, true]);
  a.pump();
  b.pump();
  clock.runFor(HOUR);
  expect([b.received.get(0xfffe), a.received.get(0xffff)]).toEqual([total, total]);
  expect([a.layer.nextDeadline(), b.layer.nextDeadline()]).toEqual([undefined, undefined]);
  const whole = [...a.received.values(), ...b.received.values()].filter((octets) => octets === total).length;
  return { calls, whole, resets: a.resets + b.resets };
}

/** @throws Error that names the seed. */
export function manyFaultyLinks(seeds: number): void {
  let [calls, whole, resets] = [0, 0, 0];
  for (let seed = 1; seed <= seeds; seed++)
    try {
      const result = layersOverFaultyLink(seed);
      calls += result.calls;
      whole += result.whole;
      resets += result.resets;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  expect(whole).toBeGreaterThan(calls / 4);
  expect(whole).toBeLessThan(calls + 2 * seeds);
  expect(resets).toBeGreaterThan(seeds / 10);
}
