import {
  type CircuitHost,
  CLEAR_CAUSE,
  type ClearReason,
  type LinkCircuit,
  type LinkIncomingCall,
  OUR_DIAGNOSTIC,
  type TraceEvent,
} from '../circuit/index.js';
import { type Clock, earliest, isDue, Turns } from '../core/index.js';
import { kindOf, type Modulo, moduloOf, type PacketLayerCounter } from '../x25/index.js';
import { CallLayer, type PlacedCall } from './call-layer.js';
import { channelNumber, renumber } from './channel-number.js';
import type { ConnectionCount } from './connection-count.js';
import { encodeXot, type XotFault, XotReader } from './framing.js';
import type { XotParameters } from './parameters.js';
import { Patience } from './patience.js';
import { isPvcSetup, refusePvcSetup } from './pvc-setup.js';
import { Reading } from './reading.js';
import { LOCAL_KINDS } from './screening.js';
import type { XotConnection } from './xot-connection.js';

/** What an `XotLink` needs of the circuits that it is one of. */
export interface XotLinkHost {
  readonly name: string;
  readonly clock: Clock;
  readonly parameters: XotParameters;
  /** A call on which nothing passes for so long is cleared, milliseconds. 0: never. */
  readonly idleMs: number;
  readonly trace: ((event: TraceEvent) => void) | undefined;
  readonly isTraced: () => boolean;
  /** Somebody calls, from this address. */
  offer(call: LinkIncomingCall, address: string): void;
  /** The connection is gone, or will go without us. */
  closed(link: XotLink): void;
  count(what: ConnectionCount | XotFault): void;
  /** For an operator, in words. */
  problem(text: string): void;
}

/**
 * Packets share a write up to what a socket likes to hold: beyond that they wait here, where their P(R) can still be
 * newer. Each write costs more than the packets in it.
 */
const FULL_WRITE = 16_384;

/** The router does not answer: with the diagnostic that Cisco's say it with. */
const UNREACHABLE: ClearReason = { cause: CLEAR_CAUSE.outOfOrder, diagnostic: 0x78 };

const SILENT: ClearReason = { cause: CLEAR_CAUSE.dteOriginated, diagnostic: OUR_DIAGNOSTIC.trouble };

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
  readonly #turns: Turns;
  readonly #reading: Reading;
  readonly #patience: Patience;
  readonly #circuitHost: CircuitHost;
  #phase: 'opening' | 'open' | 'closed' = 'opening';
  #takesOctets = false;
  #numberOnWire: number;
  /** A call was placed here or has come: its numbering is known from then on. */
  #call: CallLayer | undefined;
  /** Nothing more is wanted of the connection, whatever the channel. */
  #isEnded = false;

  constructor(host: XotLinkHost, connection: XotConnection, number: number) {
    this.number = number;
    this.#numberOnWire = number;
    this.#host = host;
    this.#connection = connection;
    this.#reading = new Reading(connection);
    this.#patience = new Patience(host.idleMs);
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
    return this.#call !== undefined;
  }

  /** Of the packet layer. */
  get counters(): Partial<Record<PacketLayerCounter, number>> {
    return this.#call?.counters ?? {};
  }

  /** Our call goes out when the connection is open. */
  call(request: PlacedCall): LinkCircuit {
    return this.#beginCall(this.#host.parameters.modulo).request(request);
  }

  /** The other end has opened the connection, and is to call. */
  awaitCall(): void {
    this.#phase = 'open';
    this.#takesOctets = true;
    this.#patience.awaitCall(this.#host.clock.now());
    this.#turns.want();
  }

  /** Clears or refuses the call and then closes the connection. */
  end(why: ClearReason): void {
    if (this.#call === undefined) this.#isEnded = true;
    this.#call?.end(why);
    this.#turns.want();
  }

  /** Closes the connection, whatever becomes of its call. Never from a listener's call. */
  abandon(): void {
    if (this.#phase === 'closed') return;
    this.#close();
    this.#turns.run();
  }

  #beginCall(modulo: Modulo): CallLayer {
    const { parameters } = this.#host;
    this.#call = new CallLayer({
      parameters,
      modulo,
      number: this.number,
      circuits: this.#circuitHost,
      offer: (call) => this.#host.offer(call, this.#connection.remoteAddress),
    });
    return this.#call;
  }

  // ---- what the connection tells

  #opened(): void {
    const call = this.#call;
    if (this.#phase !== 'opening' || call === undefined) return;
    const now = this.#host.clock.now();
    this.#phase = 'open';
    this.#takesOctets = true;
    call.bringUp(now);
    if (!this.#isEnded) call.place(now);
    this.#patience.callBegan(now);
    this.#turns.run();
  }

  #received(octets: Uint8Array): void {
    const now = this.#host.clock.now();
    for (const packet of this.#reader.read(octets)) {
      // Behind a CLEAR comes nothing, or what is meant for a call that this connection won't carry.
      if (this.#phase !== 'open' || this.#isOver || this.#call?.state === 'p7') break;
      if (packet.ok) this.#receive(packet.value, now);
      else this.#fail(packet.fault);
    }
    if (this.#phase === 'open') this.#reading.hasRead(now);
    this.#turns.run();
  }

  #receive(packet: Uint8Array, now: number): void {
    const call = this.#call;
    const kind = kindOf(packet[2], call?.modulo ?? 8); // before a CALL either numbering says the same of what counts
    this.#patience.passed(kind, now);
    if (LOCAL_KINDS.has(kind)) this.#drop(packet);
    else if (call !== undefined) this.#receiveOn(call, packet, now);
    else if (kind === 'callRequest') this.#callCame(packet, now);
    else if (isPvcSetup(packet)) this.#refusePvc(packet);
    else this.#drop(packet);
  }

  #receiveOn(call: CallLayer, packet: Uint8Array, now: number): void {
    renumber(packet, this.number);
    this.#trace('received', packet);
    call.receive(packet, now);
  }

  /** The caller's numbering is that of the call. */
  #callCame(packet: Uint8Array, now: number): void {
    this.#numberOnWire = channelNumber(packet);
    const modulo = moduloOf(packet[0] ?? 0);
    if (modulo === undefined) {
      this.#trace('received', packet);
      this.#couldNotRead();
      return;
    }
    const call = this.#beginCall(modulo);
    call.bringUp(now);
    this.#patience.callBegan(now);
    this.#receiveOn(call, packet, now);
    if (call.state === undefined) this.#couldNotRead();
  }

  /** The packet layer has cleared the call that came, or nobody even knew it for one. */
  #couldNotRead(): void {
    this.#isEnded = true;
    this.#host.count('unreadableCalls');
    this.#host.problem(`${this.#connection.remoteAddress} called with a packet that can't be read`);
  }

  #refusePvc(packet: Uint8Array): void {
    this.#trace('received', packet);
    this.#host.count('pvcsRefused');
    this.#host.problem(`${this.#connection.remoteAddress} wants a permanent circuit: there are none here`);
    const answer = refusePvcSetup(packet);
    if (answer !== undefined) {
      this.#trace('sent', answer);
      this.#connection.write(encodeXot([answer]));
    }
    this.#isEnded = true;
  }

  /** RFC 1613 §6.1, §6.4: silently. */
  #drop(packet: Uint8Array): void {
    this.#trace('received', packet);
    this.#host.count('packetsDropped');
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
    } else if (this.#call !== undefined && !this.#call.isClearing && !this.#isOver) {
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
    this.#close();
  }

  #close(): void {
    this.#connection.close();
    this.#leave();
  }

  /** The connection carries nothing any longer. */
  #leave(): void {
    if (this.#phase === 'opening') this.#call?.fail(UNREACHABLE);
    this.#call?.takeDown(this.#host.clock.now());
    this.#phase = 'closed';
    this.#host.closed(this);
  }

  // ---- turns

  #handleTimeouts(now: number): void {
    const call = this.#call;
    if (call !== undefined && isDue(call.nextDeadline(), now)) call.handleTimeout(now);
    if (isDue(this.#reading.nextDeadline, now)) this.#reading.goOn();
    switch (this.#patience.takeExpired(now)) {
      case 'noCall':
        this.#host.count('connectionsIdle');
        this.#isEnded = true;
        return;
      case 'silence':
        if (call === undefined || this.#isOver) return;
        this.#host.count('callsIdle');
        this.#host.problem(`a call with ${this.#connection.remoteAddress} was silent for too long`);
        call.end(SILENT);
        return;
      case undefined:
    }
  }

  #nextDeadline(): number | undefined {
    return this.#phase === 'closed'
      ? undefined
      : earliest(this.#call?.nextDeadline(), this.#reading.nextDeadline, this.#patience.nextDeadline);
  }

  #transmit(now: number): void {
    // When the call is being cleared, a packet or two may go ahead of what the connection would like to take.
    while (this.#phase === 'open' && (this.#takesOctets || this.#call?.isClearing === true)) {
      const packets = this.#nextPackets(now);
      if (packets.length === 0) break;
      this.#takesOctets = false; // before the write: the connection may call `writable` from within
      if (this.#connection.write(encodeXot(packets))) this.#takesOctets = true;
    }
    if (this.#phase !== 'closed' && this.#isOver) this.#close();
  }

  get #isOver(): boolean {
    return this.#isEnded || this.#call?.state === 'p1';
  }

  /** As many as go into a write. */
  #nextPackets(now: number): Uint8Array[] {
    const packets: Uint8Array[] = [];
    const call = this.#call;
    if (call === undefined) return packets;
    let octets = 0;
    while (octets < FULL_WRITE) {
      const packet = call.nextPacket(now);
      if (packet === undefined) break;
      this.#trace('sent', packet);
      const kind = kindOf(packet[2], call.modulo);
      this.#reading.sent(kind, now);
      this.#patience.passed(kind, now);
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
