import { VirtualClock } from '../../src/core/index.js';
import type { Role } from '../../src/x25/index.js';
import { type LayerChanges, LayerEnd } from './layer-end.js';
import { packetText } from './packet-text.js';

export interface LayerPairOptions {
  readonly dte?: LayerChanges;
  readonly dce?: LayerChanges;
  /** For ends whose role is open. */
  readonly random?: () => number;
  /** One way, milliseconds. */
  readonly delayMs?: number;
  /** Whether a packet gets lost, which a link layer would not let happen: a peer that stays silent. */
  readonly isLost?: (from: Role, packet: string) => boolean;
}

/** Two packet layers back to back in virtual time. The trace holds what is sent and what users are told. */
export class LayerPair {
  readonly clock = new VirtualClock();
  readonly dte: LayerEnd;
  readonly dce: LayerEnd;
  readonly trace: string[] = [];
  /** Ends whose link takes no packet at present. */
  readonly stopped = new Set<Role>();
  isLost: (from: Role, packet: string) => boolean;
  readonly #delayMs: number;
  readonly #cancelWake: Record<Role, () => void> = { dte: () => {}, dce: () => {} };

  constructor({ dte, dce, random, delayMs = 10, isLost = () => false }: LayerPairOptions = {}) {
    this.dte = new LayerEnd('dte', dte, (event, now) => this.trace.push(`${now} dte -> ${event}`), random);
    this.dce = new LayerEnd('dce', dce, (event, now) => this.trace.push(`${now} dce -> ${event}`), random);
    this.#delayMs = delayMs;
    this.isLost = isLost;
  }

  /** Both in r1, an empty trace, the time still 0 unless packets took some. */
  static ready(options: LayerPairOptions = {}): LayerPair {
    const pair = new LayerPair(options);
    pair.linkUp();
    pair.run(1000);
    pair.trace.length = 0;
    return pair;
  }

  get now(): number {
    return this.clock.now();
  }

  linkUp(): void {
    this.dte.layer.linkUp(this.now);
    this.dce.layer.linkUp(this.now);
    this.pump();
  }

  /** Lets both links take what they can, as after every call into a layer. */
  pump(): void {
    this.#pumpOne('dte', this.dte, this.dce);
    this.#pumpOne('dce', this.dce, this.dte);
  }

  #pumpOne(role: Role, from: LayerEnd, to: LayerEnd): void {
    const { layer } = from;
    while (!this.stopped.has(role)) {
      const packet = layer.nextPacket(this.now);
      if (packet === undefined) break;
      const text = packetText(packet);
      const isLost = this.isLost(role, text);
      this.trace.push(`${this.now} ${role} ${text}${isLost ? ' (lost)' : ''}`);
      if (isLost) continue;
      this.clock.wake(this.now + this.#delayMs, () => {
        to.layer.receive(packet, this.now);
        this.pump();
      });
    }
    this.#cancelWake[role]();
    const deadline = layer.nextDeadline();
    if (deadline === undefined) return;
    this.#cancelWake[role] = this.clock.wake(deadline, () => {
      layer.handleTimeout(this.now);
      this.pump();
    });
  }

  /** Runs for so many milliseconds. */
  run(ms: number): void {
    this.pump();
    this.clock.runFor(ms);
  }

  /** The trace since the last look. */
  take(): string[] {
    return this.trace.splice(0);
  }
}
