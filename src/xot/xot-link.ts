import {
  type CallRequest,
  type CircuitHost,
  type ClearReason,
  LinkCircuit,
  LinkIncomingCall,
  type TraceEvent,
} from '../circuit/index.js';
import { type Clock, earliest, isDue, Turns } from '../core/index.js';
import {
  type Channel,
  CLEAR_CAUSE,
  encodePacket,
  kindOf,
  PacketLayer,
  type PacketLayerCounter,
} from '../x25/index.js';
import { channelNumber, renumber } from './channel-number.js';
import { encodeXot, type XotFault, XotReader } from './framing.js';
import { defaultSizes, packetLayerParameters, type XotParameters } from './parameters.js';
import { Reading } from './reading.js';
import { LOCAL_KINDS, withSizes } from './screening.js';
import type { XotConnection } from './xot-connection.js';

/** What became of connections, and of packets that no circuit hears of. */
export type ConnectionCount =
  | 'connectionsAsked'
  | 'connectionsAccepted'
  /** Closed at once: we are full, or stopping. */
  | 'connectionsTurnedAway'
  /** Could not be opened. */
  | 'connectionsFailed'
  /** Went away during a call. */
  | 'connectionsLost'
  /** Closed by us: nobody called. */
  | 'connectionsIdle'
  /** Calls that could not even be read. */
  | 'unreadableCalls'
  /** Packets that XOT has no use for, and what came before a call. */
  | 'packetsDropped';

/** What an `XotLink` needs of the circuits that it is one of. */
export interface XotLinkHost {
  readonly name: string;
  readonly clock: Clock;
  readonly parameters: XotParameters;
  readonly trace: ((event: TraceEvent) => void) | undefined;
  readonly isTraced: () => boolean;
  /** Somebody calls. */
  offer(call: LinkIncomingCall): void;
  /** The connection is gone, or will go without us. */
  closed(link: XotLink): void;
  count(what: ConnectionCount | XotFault): void;
  /** For an operator, in words. */
  problem(text: string): void;
}

/** How long an accepted connection may stand open without a call. */
const CALL_WITHIN_MS = 30_000;

/** Packets share a write up to about a TCP segment; more would only make their acknowledgements older. */
const FULL_WRITE = 1400;

/** The router does not answer: with the diagnostic that Cisco's say it with. */
const UNREACHABLE: ClearReason = { cause: CLEAR_CAUSE.outOfOrder, diagnostic: 0x78 };

/** Packet type invalid for state p2. */
const CALL_WHILE_CALLING: ClearReason = { cause: CLEAR_CAUSE.dteOriginated, diagnostic: 21 };

const RESTART_CONFIRMATION = encodePacket({ type: 'restartConfirmation', channel: 0 }, 8);

/**
 * One TCP connection, and on it a packet layer whose only channel carries the only call (RFC 1613 §5). When the call
 * is over, so is the connection.
 */
export class XotLink {
  /** The channel, in our packet layer and in traces. On the wire stands the number of whoever called. */
  readonly number: number;
  readonly #host: XotLinkHost;
  readonly #connection: XotConnection;
  readonly #reader = new XotReader();
  readonly #layer: PacketLayer;
  readonly #turns: Turns;
  readonly #reading: Reading;
  readonly #circuitHost: CircuitHost;
  #phase: 'opening' | 'open' | 'closed' = 'opening';
  #takesOctets = false;
  #numberOnWire: number;

  /** A call was placed here or has come. */
  #hasCall = false;
  /** What to ask for when the connection is open. */
  #request: (CallRequest & { readonly calling: string }) | undefined;
  #incoming: LinkIncomingCall | undefined;
  #circuit: LinkCircuit | undefined;
  #channel: Channel | undefined;
  /** Nothing more is wanted of the connection, whatever the channel. */
  #isEnded = false;
  /** When we give up waiting for a call. */
  #callBy: number | undefined;

  constructor(host: XotLinkHost, connection: XotConnection, number: number) {
    this.number = number;
    this.#numberOnWire = number;
    this.#host = host;
    this.#connection = connection;
    this.#reading = new Reading(connection);
    this.#turns = new Turns({
      clock: host.clock,
      handleTimeouts: (now) => this.#handleTimeouts(now),
      transmit: (now) => this.#transmit(now),
      nextDeadline: () => this.#nextDeadline(),
    });
    this.#circuitHost = {
      name: host.name,
      now: () => host.clock.now(),
      post: (tell) => this.#turns.post(tell),
      wake: () => this.#turns.want(),
      ended: () => {
        this.#isEnded = true;
      },
    };
    this.#layer = new PacketLayer(packetLayerParameters(host.parameters, number), {
      ready: () => {},
      restarted: () => {}, // the circuit is told by itself
      incomingCall: (channel, call) => {
        this.#channel = channel;
        const incoming = new LinkIncomingCall(this.#circuitHost, channel, call, (circuit) => {
          this.#circuit = circuit;
        });
        this.#incoming = incoming;
        this.#turns.post(() => host.offer(incoming));
      },
    });
    connection.setHandler({
      opened: () => this.#opened(),
      received: (octets) => this.#received(octets),
      writable: () => this.#writable(),
      closed: (why) => this.#lost(why),
    });
  }

  get isOpening(): boolean {
    return this.#phase === 'opening';
  }

  get hasCall(): boolean {
    return this.#hasCall;
  }

  /** Of the packet layer. */
  get counters(): Partial<Record<PacketLayerCounter, number>> {
    return this.#layer.counters.snapshot();
  }

  /** Our call goes out when the connection is open. */
  call(request: CallRequest & { readonly calling: string }): LinkCircuit {
    this.#hasCall = true;
    this.#request = request;
    this.#circuit = new LinkCircuit(this.#circuitHost, 'outgoing', request);
    return this.#circuit;
  }

  /** The other end has opened the connection, and is to call. */
  awaitCall(): void {
    this.#bringUp();
    this.#callBy = this.#host.clock.now() + CALL_WITHIN_MS;
    this.#turns.want();
  }

  /** Clears or refuses the call and then closes the connection. */
  end(why: ClearReason): void {
    if (!this.#hasCall) this.#isEnded = true;
    this.#incoming?.refuse(why);
    this.#circuit?.clear(why);
    this.#turns.want();
  }

  /** Closes the connection, whatever becomes of its call. Never from a listener's call. */
  abandon(): void {
    if (this.#phase === 'closed') return;
    this.#connection.close();
    this.#leave();
    this.#turns.run();
  }

  // ---- what the connection tells

  #opened(): void {
    const circuit = this.#circuit;
    const request = this.#request;
    if (this.#phase !== 'opening' || circuit === undefined || request === undefined) return;
    this.#bringUp();
    if (!this.#isEnded) this.#place(circuit, request);
    this.#turns.run();
  }

  /** XOT has no restart level (RFC 1613 §6.4): what every packet layer begins with is answered here, and not counted. */
  #bringUp(): void {
    const now = this.#host.clock.now();
    this.#phase = 'open';
    this.#takesOctets = true;
    this.#layer.linkUp(now);
    this.#layer.nextPacket(now);
    this.#layer.receive(RESTART_CONFIRMATION, now);
    const { counters } = this.#layer;
    for (const name of ['restartsSent', 'packetsSent', 'packetsReceived'] as const) counters.add(name, -1);
  }

  #place(circuit: LinkCircuit, request: CallRequest & { readonly calling: string }): void {
    // RFC 1613 §6.1: a CALL always states packet and window size.
    const facilities = { ...defaultSizes(this.#host.parameters), ...request.facilities };
    const channel = this.#layer.call({ ...request, facilities }, circuit.channelUser, this.#host.clock.now());
    if (channel === undefined) throw new Error('a packet layer just brought up has a free channel');
    this.#channel = channel;
    circuit.attach(channel);
  }

  #received(octets: Uint8Array): void {
    const now = this.#host.clock.now();
    for (const packet of this.#reader.read(octets)) {
      // Behind a CLEAR comes nothing, or what is meant for a call that this connection won't carry.
      if (this.#phase !== 'open' || this.#isOver || this.#channel?.state === 'p7') break;
      if (packet.ok) this.#receive(packet.value, now);
      else this.#fail(packet.fault);
    }
    if (this.#phase === 'open') this.#reading.hasRead(now);
    this.#turns.run();
  }

  #receive(packet: Uint8Array, now: number): void {
    const kind = kindOf(packet[2], 8);
    const isCall = kind === 'callRequest';
    if (LOCAL_KINDS.has(kind) || (!this.#hasCall && !isCall)) {
      this.#trace('received', packet);
      this.#host.count('packetsDropped');
      return;
    }
    if (!this.#hasCall) this.#numberOnWire = channelNumber(packet);
    this.#hasCall = true;
    renumber(packet, this.number);
    this.#trace('received', packet);
    // Only who opened the connection calls on it (RFC 1613 §6.1): that is no collision, which tables would wait out.
    if (isCall && this.#channel?.state === 'p2') this.#channel.clear(CALL_WHILE_CALLING, now);
    else this.#layer.receive(packet, now);
    if (this.#channel === undefined) this.#couldNotRead();
  }

  /** The packet layer has cleared the call that came, or did not even know it for one. */
  #couldNotRead(): void {
    this.#isEnded = true;
    this.#host.count('unreadableCalls');
    this.#host.problem(`${this.#connection.remoteAddress} called with a packet that can't be read`);
  }

  #writable(): void {
    this.#takesOctets = true;
    this.#turns.run();
  }

  #lost(why: string): void {
    if (this.#phase === 'closed') return;
    const { remoteAddress } = this.#connection;
    if (this.#phase === 'opening') {
      this.#host.count('connectionsFailed');
      this.#host.problem(`${remoteAddress} can't be reached: ${why}`);
    } else if (this.#hasCall && !this.#isClearing && !this.#isOver) {
      this.#host.count('connectionsLost');
      this.#host.problem(`connection to ${remoteAddress} lost during a call: ${why}`);
    }
    this.#leave();
    this.#turns.run();
  }

  /** RFC 1613 §4.1: behind a header like this nothing can be read. */
  #fail(fault: XotFault): void {
    this.#host.count(fault);
    const what = fault === 'badVersion' ? 'version' : 'packet length';
    this.#host.problem(`${this.#connection.remoteAddress} sent an XOT header with a wrong ${what}`);
    this.#connection.close();
    this.#leave();
  }

  /** The connection carries nothing any longer: RFC 1613 §6.1 takes that for a clear. */
  #leave(): void {
    if (this.#phase === 'opening') this.#circuit?.fail('link', UNREACHABLE);
    this.#layer.linkDown(this.#host.clock.now());
    this.#phase = 'closed';
    this.#host.closed(this);
  }

  // ---- turns

  #handleTimeouts(now: number): void {
    if (isDue(this.#layer.nextDeadline(), now)) this.#layer.handleTimeout(now);
    if (isDue(this.#reading.nextDeadline, now)) this.#reading.goOn();
    if (!this.#hasCall && isDue(this.#callBy, now)) {
      this.#host.count('connectionsIdle');
      this.#isEnded = true;
    }
  }

  #nextDeadline(): number | undefined {
    if (this.#phase === 'closed') return undefined;
    return earliest(
      this.#layer.nextDeadline(),
      this.#reading.nextDeadline,
      this.#hasCall ? undefined : this.#callBy,
    );
  }

  #transmit(now: number): void {
    // When the call is being cleared, a packet or two may go ahead of what the connection would like to take.
    while (this.#phase === 'open' && (this.#takesOctets || this.#isClearing)) {
      const packets = this.#nextPackets(now);
      if (packets.length === 0) break;
      this.#takesOctets = false; // before the write: the connection may call `writable` from within
      if (this.#connection.write(encodeXot(packets))) this.#takesOctets = true;
    }
    if (this.#phase === 'closed' || !this.#isOver) return;
    this.#connection.close();
    this.#leave();
  }

  get #isClearing(): boolean {
    const state = this.#channel?.state;
    return state === 'p6' || state === 'p7';
  }

  get #isOver(): boolean {
    return this.#isEnded || this.#channel?.state === 'p1';
  }

  /** As many as go into a write. */
  #nextPackets(now: number): Uint8Array[] {
    const packets: Uint8Array[] = [];
    let octets = 0;
    while (octets < FULL_WRITE) {
      const next = this.#layer.nextPacket(now);
      if (next === undefined) break;
      const kind = kindOf(next[2], 8);
      const packet = kind === 'callAccepted' ? withSizes(next, defaultSizes(this.#host.parameters)) : next;
      this.#trace('sent', packet);
      this.#reading.sent(kind, now);
      packets.push(this.#asOnWire(packet));
      octets += packet.length;
    }
    return packets;
  }

  #asOnWire(packet: Uint8Array): Uint8Array {
    if (this.#numberOnWire === this.number) return packet;
    const copy = packet.slice(); // who traces may keep the other one
    renumber(copy, this.#numberOnWire);
    return copy;
  }

  #trace(direction: TraceEvent['direction'], octets: Uint8Array): void {
    const { clock, trace, isTraced } = this.#host;
    if (isTraced())
      trace?.({ at: clock.now(), wallTime: clock.wallTime(), layer: 'packet', direction, octets });
  }
}
