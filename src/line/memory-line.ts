import { Alarm, type Clock } from '../core/index.js';
import type { Line, LineHandler } from './line.js';

/** A simulated start/stop line; each direction is a line of its own (full duplex). */
export interface MemoryLineOptions {
  readonly clock: Clock;
  readonly name?: string;
  /** Bit rate; absent: as fast as the machine. */
  readonly bitsPerSecond?: number;
  /** One start bit, eight data bits, one stop bit. */
  readonly bitsPerOctet?: number;
  /** From the last bit sent to the last bit received. */
  readonly delayMs?: number;
  readonly disturb?: Disturbance;
  /** How much later than that each write arrives, milliseconds; what was sent first still arrives first. */
  readonly extraDelayMs?: () => number;
}

/** What the line does to what is written in one go: nothing of it arrives, or other octets, or it twice. */
export type Disturbance = (octets: Uint8Array, direction: 'aToB' | 'bToA') => readonly Uint8Array[];

/** What an unpaced direction holds before it asks its writer to wait. */
const UNPACED_CAPACITY = 16 * 1024;

/** Two ends of a line in memory. */
export function memoryLine(options: MemoryLineOptions): { a: Line; b: Line } {
  const name = options.name ?? 'memory';
  const a = new MemoryLineEnd(`${name}/a`, options, 'aToB');
  const b = new MemoryLineEnd(`${name}/b`, options, 'bToA');
  a.join(b);
  b.join(a);
  return { a, b };
}

class MemoryLineEnd implements Line {
  readonly name: string;
  readonly #clock: Clock;
  readonly #millisecondsPerOctet: number;
  readonly #delay: number;
  readonly #extraDelay: () => number;
  readonly #disturb: (octets: Uint8Array) => readonly Uint8Array[];
  #other: MemoryLineEnd | undefined;
  #handler: LineHandler | undefined;
  /** When the transmitter will have sent all that was written. */
  #idleAt = 0;
  /** How late the wake-up at `#idleAt` came: a real clock wakes late, a real transmitter leaves no gap for it. */
  #lateness = 0;
  #wakeAsked = false;
  #inFlight = 0;
  #lastArrival = 0;
  /** On their way, in order. One alarm for all: two wake-ups of a real clock could overtake each other. */
  #onTheWay: { readonly at: number; readonly written: number; readonly arriving: readonly Uint8Array[] }[] =
    [];
  readonly #arrival: Alarm;

  constructor(name: string, options: MemoryLineOptions, direction: 'aToB' | 'bToA') {
    this.name = name;
    this.#clock = options.clock;
    this.#arrival = new Alarm(options.clock, () => this.#deliver());
    this.#millisecondsPerOctet =
      options.bitsPerSecond === undefined ? 0 : ((options.bitsPerOctet ?? 10) * 1000) / options.bitsPerSecond;
    this.#delay = options.delayMs ?? 0;
    this.#extraDelay = options.extraDelayMs ?? (() => 0);
    const { disturb } = options;
    this.#disturb = disturb === undefined ? (octets) => [octets] : (octets) => disturb(octets, direction);
  }

  join(other: MemoryLineEnd): void {
    this.#other = other;
  }

  async open(handler: LineHandler): Promise<void> {
    this.#handler = handler;
  }

  async close(): Promise<void> {
    this.#handler = undefined;
  }

  write(octets: Uint8Array): boolean {
    const now = this.#clock.now();
    const start = Math.max(now - this.#lateness, this.#idleAt);
    this.#idleAt = start + octets.length * this.#millisecondsPerOctet;
    this.#inFlight += octets.length;
    this.#lastArrival = Math.max(this.#lastArrival, this.#idleAt + this.#delay + this.#extraDelay());
    this.#onTheWay.push({
      at: this.#lastArrival,
      written: octets.length,
      arriving: this.#disturb(octets),
    });
    this.#arrival.set(this.#onTheWay[0]?.at);
    const hasRoom = this.#idleAt <= now && this.#inFlight < UNPACED_CAPACITY;
    if (!hasRoom) this.#askToBeWoken();
    return hasRoom;
  }

  arrive(octets: Uint8Array): void {
    this.#handler?.received(octets);
  }

  #deliver(): void {
    const now = this.#clock.now();
    for (let first = this.#onTheWay[0]; first !== undefined && first.at <= now; first = this.#onTheWay[0]) {
      this.#onTheWay.shift();
      this.#inFlight -= first.written;
      for (const octets of first.arriving) this.#other?.arrive(octets);
    }
    this.#arrival.set(this.#onTheWay[0]?.at);
  }

  #askToBeWoken(): void {
    if (this.#wakeAsked) return;
    this.#wakeAsked = true;
    // A paced line is free when its last bit is out; an unpaced one when what is on its way has arrived.
    const at = this.#millisecondsPerOctet > 0 ? this.#idleAt : this.#clock.now() + this.#delay;
    this.#clock.wake(at, () => {
      this.#wakeAsked = false;
      if (this.#clock.now() < this.#idleAt) return this.#askToBeWoken();
      this.#lateness = this.#millisecondsPerOctet > 0 ? this.#clock.now() - this.#idleAt : 0;
      this.#handler?.writable();
      this.#lateness = 0;
    });
  }
}
