import {
  type CallRequest,
  type CircuitHost,
  type ClearReason,
  LinkCircuit,
  LinkIncomingCall,
} from '../circuit/index.js';
import {
  type CallState,
  type Channel,
  CLEAR_CAUSE,
  encodePacket,
  FAULT_DIAGNOSTIC,
  kindOf,
  type Modulo,
  moduloOf,
  PacketLayer,
  type PacketLayerCounter,
  type PacketLayerParameters,
} from '../x25/index.js';
import { defaultSizes, packetLayerParameters, type XotParameters } from './parameters.js';
import { adoptModulo, withSizes } from './screening.js';

export interface CallLayerOptions {
  readonly parameters: XotParameters;
  /** Of the packets of this call. */
  readonly modulo: Modulo;
  /** The only channel there is. */
  readonly number: number;
  readonly circuits: CircuitHost;
  /** Somebody calls. */
  readonly offer: (call: LinkIncomingCall) => void;
}

/** A call of ours, with the calling address that it will have. */
export type PlacedCall = CallRequest & { readonly calling: string };

/** Packet type invalid for state p2. */
const CALL_WHILE_CALLING: ClearReason = { cause: CLEAR_CAUSE.dteOriginated, diagnostic: 21 };

const WRONG_MODULO: ClearReason = {
  cause: CLEAR_CAUSE.dteOriginated,
  diagnostic: FAULT_DIAGNOSTIC.badFormat,
};

/** The packet layer of one connection, whose only channel carries the only call (RFC 1613 §5). */
export class CallLayer {
  readonly modulo: Modulo;
  readonly #parameters: PacketLayerParameters;
  readonly #layer: PacketLayer;
  readonly #host: CircuitHost;
  #channel: Channel | undefined;
  #request: PlacedCall | undefined;
  #circuit: LinkCircuit | undefined;
  #incoming: LinkIncomingCall | undefined;

  constructor({ parameters, modulo, number, circuits, offer }: CallLayerOptions) {
    this.modulo = modulo;
    this.#host = circuits;
    this.#parameters = packetLayerParameters(parameters, modulo, number);
    this.#layer = new PacketLayer(this.#parameters, {
      ready: () => {},
      restarted: () => {}, // the circuit is told by itself
      incomingCall: (channel, call) => {
        this.#channel = channel;
        const incoming = new LinkIncomingCall(circuits, channel, call, (circuit) => {
          this.#circuit = circuit;
        });
        this.#incoming = incoming;
        circuits.post(() => offer(incoming));
      },
    });
  }

  /** XOT has no restart level (RFC 1613 §6.4): what every packet layer begins with is answered here, and not counted. */
  bringUp(now: number): void {
    this.#layer.linkUp(now);
    this.#layer.nextPacket(now);
    this.#layer.receive(encodePacket({ type: 'restartConfirmation', channel: 0 }, this.modulo), now);
    const { counters } = this.#layer;
    for (const name of ['restartsSent', 'packetsSent', 'packetsReceived'] as const) counters.add(name, -1);
  }

  /** The connection carries nothing any longer: RFC 1613 §6.1 takes that for a clear. */
  takeDown(now: number): void {
    this.#layer.linkDown(now);
  }

  /** State of the channel; undefined before there is a call on it. */
  get state(): CallState | undefined {
    return this.#channel?.state;
  }

  get isClearing(): boolean {
    return this.state === 'p6' || this.state === 'p7';
  }

  get counters(): Partial<Record<PacketLayerCounter, number>> {
    return this.#layer.counters.snapshot();
  }

  // ---- the call

  /** Our call, which `place` sends. */
  request(request: PlacedCall): LinkCircuit {
    this.#request = request;
    this.#circuit = new LinkCircuit(this.#host, 'outgoing', request);
    return this.#circuit;
  }

  place(now: number): void {
    const circuit = this.#circuit;
    const request = this.#request;
    if (circuit === undefined || request === undefined) return;
    // RFC 1613 §6.1: a CALL always states packet and window size.
    const facilities = { ...defaultSizes(this.#parameters), ...request.facilities };
    const channel = this.#layer.call({ ...request, facilities }, circuit.channelUser, now);
    if (channel === undefined) throw new Error('a packet layer just brought up has a free channel');
    this.#channel = channel;
    circuit.attach(channel);
  }

  /** Our call does not even go out. */
  fail(why: ClearReason): void {
    this.#circuit?.fail('link', why);
  }

  /** Clears or refuses the call. */
  end(why: ClearReason): void {
    this.#incoming?.refuse(why);
    this.#circuit?.clear(why);
  }

  // ---- packets

  /** @param packet on our channel; it may be changed. */
  receive(packet: Uint8Array, now: number): void {
    const kind = kindOf(packet[2], this.modulo);
    adoptModulo(packet, kind, this.modulo);
    // Only who opened the connection calls on it (RFC 1613 §6.1): that is no collision, which tables would wait out.
    if (kind === 'callRequest' && this.state === 'p2') this.#channel?.clear(CALL_WHILE_CALLING, now);
    // An answer in another numbering: what followed could not be read.
    else if (kind === 'callAccepted' && this.state === 'p2' && moduloOf(packet[0] ?? 0) !== this.modulo)
      this.#channel?.clear(WRONG_MODULO, now);
    else this.#layer.receive(packet, now);
  }

  /** The next packet to send, on our channel. */
  nextPacket(now: number): Uint8Array | undefined {
    const next = this.#layer.nextPacket(now);
    return next !== undefined && kindOf(next[2], this.modulo) === 'callAccepted'
      ? withSizes(next, defaultSizes(this.#parameters), this.modulo)
      : next;
  }

  nextDeadline(): number | undefined {
    return this.#layer.nextDeadline();
  }

  handleTimeout(now: number): void {
    this.#layer.handleTimeout(now);
  }
}
