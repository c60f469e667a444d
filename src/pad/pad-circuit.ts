import type {
  Circuit,
  CircuitEvent,
  CircuitTraffic,
  ClearReason,
  Ending,
  Facilities,
  Originator,
  Piece,
} from '../circuit/index.js';

/** What a circuit needs of the PAD that carries it. */
export interface PadCircuitHost {
  readonly name: string;
  /** An octet that the PAD would take as a call for its attention, in the middle of data. */
  readonly escape: number | undefined;
  /** Tells a listener later, in order. */
  post(tell: () => void): void;
  /** Something may have to be sent, or reading may go on. */
  wake(): void;
  /** The call is to be cleared. */
  clear(): void;
  count(what: 'escapesInData' | 'qualifiedDropped' | 'overruns'): void;
}

/** A PAD does not tell what was agreed, nor how it cuts data into packets: what is in force without negotiation. */
const PACKET_SIZE = 128;
const FACILITIES: Facilities = {
  packetSize: { fromCalled: PACKET_SIZE, fromCalling: PACKET_SIZE },
  windowSize: { fromCalled: 2, fromCalling: 2 },
};
/** As networks charge them, octets. */
const SEGMENT = 64;

/** Octets that wait for the line: above the first a sender shall wait, below the second it may go on. */
const ENOUGH_UNSENT = 4096;
const LITTLE_UNSENT = 1024;

/** Octets received and not used up: reading stops above the first, goes on below the second, and at the last it was no use. */
const ENOUGH_UNCONSUMED = 4096;
const LITTLE_UNCONSUMED = 1024;
const TOO_MUCH_UNCONSUMED = 65_536;

/** What we say when the other end sends faster than we can stop it, or data would command the PAD. */
const TROUBLE: ClearReason = { cause: 0x00, diagnostic: 0xf2 };

/** Numbers are unique together with the name of the link, which no other link has. */
let lastNumber = 0;

/** The call of a PAD: octets without boundaries, and no acknowledgement of the other end. */
export class PadCircuit implements Circuit {
  readonly id: string;
  readonly direction: Circuit['direction'];
  readonly called: string;
  readonly calling: string;
  readonly #host: PadCircuitHost;
  #listener: (event: CircuitEvent) => void = () => {};
  #connectedTold = false;
  /** What happened to an incoming call before it was accepted; undefined once somebody listens. */
  #early: CircuitEvent[] | undefined;
  #whenWithdrawn: ((ending: Ending) => void) | undefined;
  #state: 'alive' | 'clearing' | 'ended' = 'alive';
  #ourClear: ClearReason | undefined;
  #ending: Ending | undefined;
  #unsent: Uint8Array[] = [];
  #unsentOctets = 0;
  #senderWaits = false;
  #unconsumed = 0;
  #holdsBack = false;
  readonly #sent = { packets: 0, octets: 0, segments: 0 };
  readonly #received = { packets: 0, octets: 0, segments: 0 };

  constructor(
    host: PadCircuitHost,
    direction: Circuit['direction'],
    { called, calling }: { readonly called: string; readonly calling: string },
  ) {
    this.#host = host;
    this.id = `${host.name}-${++lastNumber}`;
    this.direction = direction;
    this.called = called;
    this.calling = calling;
    this.#early = direction === 'incoming' ? [] : undefined;
  }

  get traffic(): CircuitTraffic {
    return {
      packetsSent: this.#sent.packets,
      packetsReceived: this.#received.packets,
      octetsSent: this.#sent.octets,
      octetsReceived: this.#received.octets,
      segmentsSent: this.#sent.segments,
      segmentsReceived: this.#received.segments,
    };
  }

  setListener(listener: (event: CircuitEvent) => void): void {
    this.#listener = listener;
  }

  send({ octets, qualified }: Piece): boolean {
    if (this.#state !== 'alive') return true;
    if (!this.#connectedTold) throw new Error(`circuit ${this.id}: octets sent before it was connected`);
    if (qualified === true) {
      this.#host.count('qualifiedDropped'); // a PAD would send it as data
      return true;
    }
    if (this.#host.escape !== undefined && octets.includes(this.#host.escape)) {
      this.#host.count('escapesInData');
      this.clear(TROUBLE);
      return true;
    }
    this.#unsent.push(octets);
    this.#unsentOctets += octets.length;
    this.#host.wake();
    const hasRoom = this.#unsentOctets <= ENOUGH_UNSENT;
    this.#senderWaits ||= !hasRoom;
    return hasRoom;
  }

  consumed(octets: number): void {
    this.#unconsumed = Math.max(0, this.#unconsumed - octets);
    if (this.#holdsBack && this.#unconsumed <= LITTLE_UNCONSUMED) {
      this.#holdsBack = false;
      this.#host.wake();
    }
  }

  /** X.28 has INT, but it needs the PAD's attention in the middle of data. */
  interrupt(_octets: Uint8Array): boolean {
    return false;
  }

  /** X.28 has RESET, but what it loses nobody could tell in octets without acknowledgement: the call ends. */
  reset(cause: number, diagnostic: number): void {
    this.clear({ cause, diagnostic });
  }

  /** The other end sees cause and diagnostic of the PAD's choice (00/00 as a rule), not these. */
  clear(why: ClearReason): void {
    if (this.#state !== 'alive') return;
    this.#state = 'clearing';
    this.#ourClear = why;
    this.#dropUnsent();
    this.#host.clear();
  }

  // ---- for an incoming call

  /** Whether it was neither answered nor has ended. */
  get isOffered(): boolean {
    return this.#early !== undefined && this.#state === 'alive';
  }

  accept(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.connected();
    for (const event of early) this.emit(event);
  }

  onWithdrawn(handler: (ending: Ending) => void): void {
    this.#whenWithdrawn = handler;
    const ending = this.#ending;
    if (ending !== undefined && this.#early !== undefined) this.#host.post(() => handler(ending));
  }

  // ---- for the PAD

  /** Whether reading shall stop, because its octets are not used up. */
  get holdsBack(): boolean {
    return this.#holdsBack;
  }

  emit(event: CircuitEvent): void {
    if (this.#early !== undefined) this.#early.push(event);
    else this.#host.post(() => this.#listener(event));
  }

  connected(): void {
    this.#host.post(() => {
      this.#connectedTold = true;
      this.#listener({ type: 'connected', facilities: FACILITIES, userData: new Uint8Array() });
    });
  }

  received(octets: Uint8Array): void {
    if (octets.length === 0 || this.#state !== 'alive') return;
    count(this.#received, octets.length);
    this.#unconsumed += octets.length;
    if (this.#unconsumed > ENOUGH_UNCONSUMED) this.#holdsBack = true;
    if (this.#unconsumed > TOO_MUCH_UNCONSUMED) {
      this.#host.count('overruns');
      this.clear(TROUBLE);
      return;
    }
    this.emit({ type: 'piece', piece: { octets, more: false } });
  }

  /** @returns up to `most` octets for the line. */
  take(most: number): Uint8Array | undefined {
    const first = this.#unsent.shift();
    if (first === undefined) return undefined;
    const octets = first.subarray(0, most);
    if (octets.length < first.length) this.#unsent.unshift(first.subarray(most));
    this.#unsentOctets -= octets.length;
    count(this.#sent, octets.length);
    if (this.#senderWaits && this.#unsentOctets <= LITTLE_UNSENT) {
      this.#senderWaits = false;
      this.emit({ type: 'ready' });
    }
    return octets;
  }

  /** The line has taken so many octets more; there is nobody else to say that they arrive. */
  taken(octets: number): void {
    if (this.#state === 'alive') this.emit({ type: 'delivered', octets });
  }

  /** The end. `us`: for the reason that we gave. */
  end(by: Originator, cause: number, diagnostic: number): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#dropUnsent();
    const ours = by === 'us' ? this.#ourClear : undefined;
    const ending: Ending = {
      by,
      cause: ours?.cause ?? cause,
      diagnostic: ours?.diagnostic ?? diagnostic,
      facilities: {},
      userData: new Uint8Array(),
    };
    this.#ending = ending;
    if (this.#early === undefined) this.emit({ type: 'cleared', ending });
    else if (by !== 'us') this.#host.post(() => this.#whenWithdrawn?.(ending));
  }

  #dropUnsent(): void {
    this.#unsent = [];
    this.#unsentOctets = 0;
  }
}

function count(total: { packets: number; octets: number; segments: number }, octets: number): void {
  total.packets += Math.ceil(octets / PACKET_SIZE);
  total.octets += octets;
  total.segments += Math.ceil(octets / SEGMENT);
}
