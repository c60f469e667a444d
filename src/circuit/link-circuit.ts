import type { Channel, ChannelUser } from '../x25/index.js';
import type {
  Circuit,
  CircuitEvent,
  CircuitTraffic,
  ClearReason,
  Ending,
  Originator,
  Piece,
} from './circuit.js';
import { nextCircuitId } from './circuit-id.js';

/** What a circuit needs of the link that carries it. */
export interface CircuitHost {
  readonly name: string;
  now(): number;
  /** Tells a listener later, in order. */
  post(tell: () => void): void;
  /** Something may have to be sent. */
  wake(): void;
  ended(circuit: LinkCircuit): void;
}

const NO_TRAFFIC: CircuitTraffic = {
  packetsSent: 0,
  packetsReceived: 0,
  octetsSent: 0,
  octetsReceived: 0,
  segmentsSent: 0,
  segmentsReceived: 0,
};

/** A circuit on a logical channel of a `LinkStack`; without one while the call waits for the link. */
export class LinkCircuit implements Circuit {
  readonly id: string;
  readonly direction: Circuit['direction'];
  readonly called: string;
  readonly calling: string;
  readonly channelUser: ChannelUser;
  readonly #host: CircuitHost;
  #listener: (event: CircuitEvent) => void = () => {};
  #channel: Channel | undefined;
  #connectedTold = false;
  #clearing = false;
  #ended = false;

  constructor(
    host: CircuitHost,
    direction: Circuit['direction'],
    addresses: { readonly called: string; readonly calling: string },
  ) {
    this.id = nextCircuitId(host.name);
    this.direction = direction;
    this.called = addresses.called;
    this.calling = addresses.calling;
    this.#host = host;
    this.channelUser = this.#makeChannelUser();
  }

  get channel(): number | undefined {
    return this.#channel?.number;
  }

  get traffic(): CircuitTraffic {
    return this.#channel?.traffic ?? NO_TRAFFIC;
  }

  setListener(listener: (event: CircuitEvent) => void): void {
    this.#listener = listener;
  }

  send(piece: Piece): boolean {
    if (this.#clearing || this.#ended) return true;
    if (this.#channel === undefined || !this.#connectedTold)
      throw new Error(`circuit ${this.id}: octets sent before it was connected`);
    this.#host.wake();
    return this.#channel.send(piece, this.#host.now());
  }

  consumed(octets: number): void {
    this.#channel?.consumed(octets, this.#host.now());
    this.#host.wake();
  }

  interrupt(octets: Uint8Array): boolean {
    this.#host.wake();
    return this.#channel?.interrupt(octets, this.#host.now()) ?? false;
  }

  reset(cause: number, diagnostic: number): void {
    this.#channel?.reset(cause, diagnostic, this.#host.now());
    this.#host.wake();
  }

  clear(why: ClearReason): void {
    if (this.#ended) return;
    if (this.#channel === undefined) this.fail('us', why);
    else this.#channel.clear(why, this.#host.now());
    this.#clearing = true;
    this.#host.wake();
  }

  // ---- for the link

  /** The call has a channel, and goes out or is answered. */
  attach(channel: Channel): void {
    this.#channel = channel;
    if (this.direction === 'outgoing') this.#emit({ type: 'requested' });
  }

  /** The call does not even go out. */
  fail(by: Originator, { cause, diagnostic }: ClearReason): void {
    this.#end({ by, cause, diagnostic, facilities: {}, userData: new Uint8Array() });
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#host.ended(this);
    this.#emit({ type: 'cleared', ending });
  }

  #makeChannelUser(): ChannelUser {
    return {
      connected: (connection) =>
        this.#host.post(() => {
          this.#connectedTold = true;
          this.#listener({ type: 'connected', ...connection });
        }),
      data: (piece) => this.#emit({ type: 'piece', piece }),
      ready: () => this.#emit({ type: 'ready' }),
      delivered: (octets) => this.#emit({ type: 'delivered', octets }),
      interrupt: (octets) => this.#emit({ type: 'interrupt', octets }),
      interruptConfirmed: () => this.#emit({ type: 'interruptConfirmed' }),
      reset: (info) => this.#emit({ type: 'reset', ...info }),
      cleared: (ending) => this.#end(ending),
    };
  }

  #emit(event: CircuitEvent): void {
    this.#host.post(() => this.#listener(event));
  }
}
