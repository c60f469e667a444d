import type { TraceEvent } from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { DEFAULT_PACKET_TIMERS } from '../../src/x25/index.js';
import {
  XotCircuits,
  type XotCircuitsOptions,
  type XotConnection,
  type XotConnectionHandler,
  type XotParameters,
} from '../../src/xot/index.js';

export const PARAMETERS: XotParameters = {
  modulo: 8,
  defaultPacketSize: 128,
  defaultWindow: 2,
  maxPacketSize: 1024,
  maxWindow: 7,
  timers: DEFAULT_PACKET_TIMERS,
};

export interface ConnectionOptions {
  readonly delayMs?: number;
  /** Octets on their way from which on a writer is asked to wait. */
  readonly capacity?: number;
  /** What is written is delivered in pieces of so many octets. */
  readonly pieceOctets?: number;
}

/** Two ends of a TCP connection in memory, the first of which opens it. */
export function connectionPair(
  clock: VirtualClock,
  options: ConnectionOptions = {},
): [MemoryConnection, MemoryConnection] {
  const a = new MemoryConnection('10.0.0.1', clock, options);
  const b = new MemoryConnection('10.0.0.2', clock, options);
  a.join(b);
  b.join(a);
  return [a, b];
}

class MemoryConnection implements XotConnection {
  readonly remoteAddress: string;
  readonly #clock: VirtualClock;
  readonly #options: Required<ConnectionOptions>;
  #handler: XotConnectionHandler | undefined;
  #other: MemoryConnection | undefined;
  /** Arrived, or about to, and not taken by the handler. */
  #inFlight = 0;
  #writerWaits = false;
  readonly #arrived: Array<() => void> = [];
  #isPaused = false;
  #isClosed = false;

  constructor(
    remoteAddress: string,
    clock: VirtualClock,
    { delayMs = 0, capacity = 1000, pieceOctets = Number.POSITIVE_INFINITY }: ConnectionOptions,
  ) {
    this.remoteAddress = remoteAddress;
    this.#clock = clock;
    this.#options = { delayMs, capacity, pieceOctets };
  }

  join(other: MemoryConnection): void {
    this.#other = other;
  }

  setHandler(handler: XotConnectionHandler): void {
    this.#handler = handler;
  }

  opened(): void {
    if (!this.#isClosed) this.#handler?.opened();
  }

  write(octets: Uint8Array): boolean {
    return this.#other?.takeFrom(this, octets) ?? true;
  }

  takeFrom(writer: MemoryConnection, octets: Uint8Array): boolean {
    const { capacity, pieceOctets } = this.#options;
    for (let at = 0; at < octets.length; at += pieceOctets) {
      const piece = octets.slice(at, at + pieceOctets);
      this.#inFlight += piece.length;
      this.#later(() => {
        this.#inFlight -= piece.length;
        if (!this.#isClosed) this.#handler?.received(piece);
        if (this.#writerWaits && this.#inFlight < capacity) {
          this.#writerWaits = false;
          writer.becomesWritable();
        }
      });
    }
    this.#writerWaits = this.#inFlight >= capacity;
    return !this.#writerWaits;
  }

  becomesWritable(): void {
    if (!this.#isClosed) this.#handler?.writable();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#clock.wake(this.#clock.now(), () => this.#deliver());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#other?.ends();
  }

  ends(): void {
    this.#later(() => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#handler?.closed('closed by the other end');
    });
  }

  #later(arrive: () => void): void {
    this.#clock.wake(this.#clock.now() + this.#options.delayMs, () => {
      this.#arrived.push(arrive);
      this.#deliver();
    });
  }

  #deliver(): void {
    while (!this.#isPaused) {
      const arrive = this.#arrived.shift();
      if (arrive === undefined) return;
      arrive();
    }
  }
}

export interface PairOptions extends ConnectionOptions {
  readonly parameters?: Partial<XotParameters>;
  readonly trace?: (end: 'a' | 'b', event: TraceEvent) => void;
}

/** Two gateways that are each other's router. */
export function circuitsPair(options: PairOptions = {}): {
  clock: VirtualClock;
  a: XotCircuits;
  b: XotCircuits;
} {
  const clock = new VirtualClock();
  const { delayMs = 0, parameters, trace } = options;
  const make = (name: 'a' | 'b', other: () => XotCircuits): XotCircuits =>
    new XotCircuits({
      name: `xot-${name}`,
      clock,
      packet: { ...PARAMETERS, ...parameters },
      maxCircuits: 8,
      connect: () => {
        const [ours, theirs] = connectionPair(clock, options);
        clock.wake(clock.now() + delayMs, () => other().accept(theirs));
        clock.wake(clock.now() + 2 * delayMs, () => ours.opened());
        return ours;
      },
      ...(trace !== undefined && { trace: (event: TraceEvent) => trace(name, event) }),
    } satisfies XotCircuitsOptions);
  const a: XotCircuits = make('a', () => b);
  const b: XotCircuits = make('b', () => a);
  return { clock, a, b };
}
