import { expect } from 'vitest';
import type { Circuit, CircuitEvent, LinkStack } from '../../src/circuit/index.js';
import { isEqual, type VirtualClock } from '../../src/core/index.js';
import { type StackPairOptions, stackPair } from '../circuit/stack-pair.js';
import { seeded } from './random.js';

const PRID = [0xc0, 0xf7, 0, 0];
const HOUR = 3_600_000;
/** As long is the line as bad as the seed says. */
const BAD_UNTIL = 10 * 60_000;

/** Octet number `at` of what one end of circuit `id` sends: nothing out of place can look right for long. */
const octetAt = (id: number, isCaller: boolean, at: number): number =>
  (Math.imul(at + 1, 0x9e3779b1) >>> 13) ^ (id * 17) ^ (isCaller ? 0x55 : 0);

const pattern = (id: number, isCaller: boolean, at: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => octetAt(id, isCaller, at + i));

interface EndOptions {
  readonly id: number;
  readonly isCaller: boolean;
  /** Octets to send, and to be sent to it. */
  readonly total: number;
  readonly random: () => number;
  readonly clock: VirtualClock;
}

/** One end of a circuit: sends so many octets, expects as many, and lets the caller clear when both have passed. */
class CircuitEnd {
  readonly #options: EndOptions;
  readonly #circuit: Circuit;
  #sent = 0;
  #received = 0;
  #delivered = 0;
  #isUnsure = false;
  hasEnded = false;

  constructor(circuit: Circuit, options: EndOptions) {
    this.#options = options;
    this.#circuit = circuit;
    circuit.setListener((event) => this.#handle(event));
  }

  get isWhole(): boolean {
    return this.#received === this.#options.total;
  }

  #handle(event: CircuitEvent): void {
    expect(this.hasEnded).toBe(false);
    switch (event.type) {
      case 'connected':
      case 'ready':
        this.#sendMore();
        return;
      case 'piece':
        this.#take(event.piece.octets);
        return;
      case 'delivered':
        this.#delivered += event.octets;
        this.#clearWhenDone();
        return;
      case 'reset': // RFC 1090 §6
        this.#isUnsure = true;
        this.#circuit.clear({ cause: 0, diagnostic: 0xf2 });
        return;
      case 'cleared':
        this.hasEnded = true;
        return;
    }
  }

  #sendMore(): void {
    const { id, isCaller, total, random } = this.#options;
    while (this.#sent < total) {
      const length = Math.min(total - this.#sent, 1 + Math.floor(random() * 600));
      const octets = pattern(id, isCaller, this.#sent, length);
      this.#sent += length;
      if (!this.#circuit.send({ octets, more: this.#sent < total && random() < 0.5 })) return;
    }
  }

  #take(octets: Uint8Array): void {
    const { id, isCaller, random, clock } = this.#options;
    // After a reset octets are missing, and nobody could tell where.
    if (this.#isUnsure) return;
    if (!isEqual(octets, pattern(id, !isCaller, this.#received, octets.length)))
      throw new Error(`circuit ${id}: octets from ${this.#received} on are not those that were sent`);
    this.#received += octets.length;
    if (random() < 0.9) this.#circuit.consumed(octets.length);
    else clock.wake(clock.now() + random() * 40_000, () => this.#circuit.consumed(octets.length));
    this.#clearWhenDone();
  }

  #clearWhenDone(): void {
    const { isCaller, total } = this.#options;
    if (isCaller && this.isWhole && this.#delivered === total)
      this.#circuit.clear({ cause: 0, diagnostic: 0xf1 });
  }
}

/** What a seed stands for: the line, its faults, sizes and windows. */
function optionsOf(random: () => number, isBad: () => boolean, isCut: () => boolean): StackPairOptions {
  const one = <T>(...all: T[]): T => all[Math.floor(random() * all.length)] as T;
  const modulo = one(8, 128);
  const rate = random() * 0.06;
  const damaged = (octets: Uint8Array): Uint8Array =>
    octets.map((octet) => (random() < 0.05 ? octet ^ (1 << Math.floor(random() * 8)) : octet));
  return {
    modulo,
    bitsPerSecond: one(9_600, 64_000),
    delayMs: one(0, 20, 300),
    extraDelayMs: () => (isBad() && random() < rate / 2 ? random() * 8000 : 0),
    disturb: (octets) => {
      if (isCut()) return [];
      if (!isBad()) return [octets];
      const chance = random() / rate;
      if (chance < 0.5) return [];
      if (chance < 0.75) return [octets, octets];
      return [chance < 1 ? damaged(octets) : octets];
    },
    packet: {
      defaultPacketSize: one(32, 128, 1024),
      defaultWindow: one(1, 2, modulo - 1),
      maxWindow: modulo - 1,
    },
  };
}

/**
 * Circuits both ways over a faulty line, in virtual time. Whatever is lost, damaged, repeated or delayed: the octets
 * delivered are those sent from the first on, no circuit hangs, and when the line is good again, so is everything.
 */
function circuitsOverFaultyLine(seed: number): { whole: number; cut: number } {
  const random = seeded(seed);
  let isBad = true;
  let isCut = false;
  const options = optionsOf(
    random,
    () => isBad,
    () => isCut,
  );
  const { clock, a, b } = stackPair(options);
  const ends: CircuitEnd[] = [];
  const total = 300 + Math.floor(random() * 1500);
  const take = (circuit: Circuit | undefined, id: number, isCaller: boolean): void => {
    if (circuit !== undefined) ends.push(new CircuitEnd(circuit, { id, isCaller, total, random, clock }));
  };
  const listen = (stack: LinkStack): void =>
    stack.onIncoming((call) => take(call.accept(), call.userData[PRID.length] ?? 0, false));
  const call = (stack: LinkStack, id: number): void =>
    take(stack.place({ called: '1', userData: Uint8Array.of(...PRID, id) }), id, true);
  const settle = (): void => {
    const until = clock.now() + 6 * HOUR;
    const isSettled = (): boolean =>
      ends.every((end) => end.hasEnded) && [a, b].every((stack) => stack.status().state === 'ready');
    while (clock.now() < until && !isSettled() && clock.step());
    expect(ends.filter((end) => !end.hasEnded)).toEqual([]);
    expect([a.status(), b.status()]).toMatchObject([
      { circuits: 0, state: 'ready' },
      { circuits: 0, state: 'ready' },
    ]);
  };

  listen(a);
  listen(b);
  clock.wake(BAD_UNTIL, () => {
    isBad = false;
  });
  // On every third line nothing arrives for minutes: longer than a link layer has patience for.
  if (random() < 0.35) {
    const from = random() * 8000;
    clock.wake(from, () => {
      isCut = isBad;
    });
    clock.wake(from + random() * 300_000, () => {
      isCut = false;
    });
  }
  for (let id = 1; id <= 3; id++) call(random() < 0.5 ? a : b, id);
  settle();
  const whole = ends.filter((end) => end.isWhole).length;
  const cut = ends.length - whole;

  isBad = false;
  isCut = false;
  clock.runFor(60_000);
  ends.length = 0;
  call(a, 101);
  call(b, 102);
  settle();
  expect(ends.map((end) => end.isWhole)).toEqual([true, true, true, true]);
  clock.runFor(1000);
  expect([a.status().freeChannels, b.status().freeChannels]).toEqual([8, 8]);
  return { whole, cut };
}

/** @throws Error that names the seed. */
export function manyFaultyLines(seeds: number): void {
  let whole = 0;
  let cut = 0;
  for (let seed = 1; seed <= seeds; seed++)
    try {
      const result = circuitsOverFaultyLine(seed);
      whole += result.whole;
      cut += result.cut;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  // Lines bad enough to cut circuits, and good enough not to cut all.
  expect(cut).toBeGreaterThan(seeds / 10);
  expect(whole).toBeGreaterThan(seeds);
}
