import {
  type CallRequest,
  type Capabilities,
  type Circuit,
  type Circuits,
  CLEAR_CAUSE,
  type ClearReason,
  type IncomingCall,
  LinkCircuit,
  type LinkIncomingCall,
  type LinkStatus,
  OUR_DIAGNOSTIC,
  type TraceEvent,
} from '../circuit/index.js';
import { type Clock, Counters, Since } from '../core/index.js';
import { encodePacket, FAULT_DIAGNOSTIC, type Modulo, type PacketLayerCounter } from '../x25/index.js';
import type { PlacedCall } from './call-layer.js';
import { MOST_CHANNELS } from './channel-number.js';
import type { ConnectionCount } from './connection-count.js';
import type { XotFault } from './framing.js';
import type { XotParameters } from './parameters.js';
import type { XotConnection } from './xot-connection.js';
import { XotLink, type XotLinkHost } from './xot-link.js';

export interface XotCircuitsOptions {
  /** Comes first in the ids of the circuits. */
  readonly name: string;
  readonly clock: Clock;
  readonly packet: XotParameters;
  /** Both ways together; a call beyond is refused for want of resources. At most 4095. */
  readonly maxCircuits: number;
  /** The calling address of calls that name none. Default: none. */
  readonly calling?: string;
  /** Opens a connection to the router that serves this number; undefined when none does. It may open, or fail, later. */
  readonly connect: (called: string) => XotConnection | undefined;
  /** A call on which nothing passes for so long is cleared, milliseconds. Default 0: never. */
  readonly idleMs?: number;
  /**
   * Looks whether the number of a caller leads to the address that the connection came from; `decide` is told once, now
   * or later. Calls without a number are not asked about. Absent: any number is believed.
   */
  readonly verifyCaller?: (
    calling: string,
    address: string,
    decide: (verdict: CallerVerdict) => void,
  ) => void;
  /** A call was refused for what `verifyCaller` said. */
  readonly onCallerRefused?: (refused: RefusedCaller) => void;
  /** What an operator might want to know, in words; without the name of the link. */
  readonly onProblem?: (problem: string) => void;
  /** Sees every packet, without its XOT header. Each connection has a channel number of its own here. */
  readonly trace?: (event: TraceEvent) => void;
  /** Whether anybody looks at the trace now. Default: always. */
  readonly isTraced?: () => boolean;
}

/** Whether a number leads to an address: yes, no, or for now nobody can tell. */
export type CallerVerdict = 'verified' | 'refused' | 'unknown';

export interface RefusedCaller {
  readonly calling: string;
  readonly called: string;
  /** Where the connection came from. */
  readonly address: string;
  readonly verdict: 'refused' | 'unknown';
}

/** How long calls may take to be cleared when we stop. */
const STOP_MS = 5_000;

const SHUTTING_DOWN: ClearReason = {
  cause: CLEAR_CAUSE.dteOriginated,
  diagnostic: OUR_DIAGNOSTIC.shuttingDown,
};
const NO_RESOURCES: ClearReason = {
  cause: CLEAR_CAUSE.dteOriginated,
  diagnostic: OUR_DIAGNOSTIC.noResources,
};
/** What a caller is told whom we do not believe, or can't check: then it may try again. */
const REFUSAL: Readonly<Record<RefusedCaller['verdict'], ClearReason>> = {
  refused: { cause: CLEAR_CAUSE.dteOriginated, diagnostic: OUR_DIAGNOSTIC.callerRefused },
  unknown: { cause: CLEAR_CAUSE.dteOriginated, diagnostic: OUR_DIAGNOSTIC.destinationUnreachable },
};
const NO_ROUTER: ClearReason = {
  cause: CLEAR_CAUSE.notObtainable,
  diagnostic: FAULT_DIAGNOSTIC.calledAddress,
};

/**
 * Circuits by X.25 over TCP (RFC 1613), each on a connection of its own. It does no I/O: connections are made by
 * `connect`, and handed to `accept` when others make them.
 */
export class XotCircuits implements Circuits {
  readonly can: Capabilities;
  readonly #options: XotCircuitsOptions;
  readonly #clock: Clock;
  readonly #linkHost: XotLinkHost;
  /** By their channel numbers. */
  readonly #links = new Map<number, XotLink>();
  readonly #since: Since<LinkStatus['state']>;
  #lastNumber = 0;
  #handler: ((call: IncomingCall) => void) | undefined;
  #phase: 'running' | 'stopping' | 'stopped' = 'running';
  #whenStopped: () => void = () => {};
  #cancelStopLimit: () => void = () => {};
  #lastFailure: string | undefined;
  readonly #counters = new Counters<ConnectionCount | XotFault>();
  /** Of connections that are gone. */
  readonly #packetCounters = new Counters<PacketLayerCounter>();

  constructor(options: XotCircuitsOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#since = new Since(options.clock, 'ready');
    this.can = {
      sequences: true,
      qualified: true,
      confirm: true,
      interrupt: true,
      reset: true,
      facilities: true,
      userData: 'any',
      circuits: options.maxCircuits,
    };
    this.#linkHost = {
      name: options.name,
      clock: options.clock,
      parameters: options.packet,
      idleMs: options.idleMs ?? 0,
      trace: options.trace,
      isTraced: options.isTraced ?? (() => options.trace !== undefined),
      offer: (call, address) => this.#offer(call, address),
      closed: (link) => this.#closed(link),
      count: (what) => this.#counters.add(what),
      problem: (text) => {
        this.#lastFailure = text;
        options.onProblem?.(text);
      },
    };
  }

  // ---- the owner's side

  /** Somebody has connected. Who may do so is decided before. */
  accept(connection: XotConnection): void {
    const number = this.#phase === 'running' ? this.#freeNumber() : undefined;
    if (number === undefined) {
      this.#counters.add('connectionsTurnedAway');
      connection.close();
      return;
    }
    this.#counters.add('connectionsAccepted');
    this.#addLink(connection, number).awaitCall();
  }

  /** Clears all calls and closes all connections. @param done told when that is done, or took too long. */
  stop(done: () => void = () => {}): void {
    if (this.#phase !== 'running') return;
    this.#phase = 'stopping';
    this.#since.note('stopping');
    this.#whenStopped = done;
    this.#cancelStopLimit = this.#clock.wake(this.#clock.now() + STOP_MS, () => {
      for (const link of [...this.#links.values()]) link.abandon();
    });
    for (const link of this.#links.values()) link.end(SHUTTING_DOWN);
    this.#stopIfEmpty();
  }

  status(): LinkStatus {
    const links = [...this.#links.values()];
    const { badVersion, badLength, ...connections } = this.#counters.snapshot();
    const packet = new Counters<PacketLayerCounter>();
    for (const counted of [this.#packetCounters.snapshot(), ...links.map(({ counters }) => counters)])
      addTo(packet, counted);
    return {
      name: this.#options.name,
      state: this.#phase === 'running' ? 'ready' : this.#phase,
      since: this.#since.wallTime,
      lastFailure: this.#lastFailure,
      circuits: this.#callCount,
      waiting: links.filter(({ isOpening }) => isOpening).length,
      freeChannels: Math.max(0, this.can.circuits - this.#callCount),
      counters: {
        framing: { badVersion: badVersion ?? 0, badLength: badLength ?? 0 },
        link: connections,
        packet: packet.snapshot(),
      },
    };
  }

  // ---- Circuits

  onIncoming(handler: (call: IncomingCall) => void): void {
    this.#handler = handler;
  }

  /** @throws RangeError when the call can't be written: wrong digits, too much user data. */
  place(call: CallRequest): Circuit {
    const request = { calling: this.#options.calling ?? '', ...call };
    checkCall(request, this.#options.packet.modulo);
    if (this.#phase !== 'running') return this.#fail(request, SHUTTING_DOWN);
    const number = this.#callCount < this.can.circuits ? this.#freeNumber() : undefined;
    if (number === undefined) return this.#fail(request, NO_RESOURCES);
    const connection = this.#options.connect(request.called);
    if (connection === undefined) return this.#fail(request, NO_ROUTER);
    this.#counters.add('connectionsAsked');
    return this.#addLink(connection, number).call(request);
  }

  /** A call that no connection carries. */
  #fail(request: PlacedCall, why: ClearReason): Circuit {
    const clock = this.#clock;
    const host = {
      name: this.#options.name,
      now: () => clock.now(),
      post: (tell: () => void) => void clock.wake(clock.now(), tell),
      wake: () => {},
      ended: () => {},
    };
    const circuit = new LinkCircuit(host, 'outgoing', request);
    circuit.fail('us', why);
    return circuit;
  }

  #offer(call: LinkIncomingCall, address: string): void {
    const { verifyCaller } = this.#options;
    if (this.#callCount > this.can.circuits) call.refuse(NO_RESOURCES);
    else if (verifyCaller === undefined || call.calling === '' || !call.isOpen) this.#handOver(call);
    else verifyCaller(call.calling, address, (verdict) => this.#verified(call, address, verdict));
  }

  #verified(call: LinkIncomingCall, address: string, verdict: CallerVerdict): void {
    if (verdict === 'verified') {
      this.#handOver(call);
      return;
    }
    if (!call.isOpen) return; // gone meanwhile
    this.#counters.add(verdict === 'refused' ? 'callersRefused' : 'callersUnverified');
    call.refuse(REFUSAL[verdict]);
    const { calling, called } = call;
    this.#options.onCallerRefused?.({ calling, called, address, verdict });
  }

  #handOver(call: LinkIncomingCall): void {
    if (this.#phase !== 'running') call.refuse(SHUTTING_DOWN);
    else if (this.#handler === undefined) call.refuse(NO_RESOURCES);
    else if (call.isOpen) this.#handler(call);
  }

  // ---- connections

  #addLink(connection: XotConnection, number: number): XotLink {
    const link = new XotLink(this.#linkHost, connection, number);
    this.#links.set(number, link);
    return link;
  }

  #closed(link: XotLink): void {
    addTo(this.#packetCounters, link.counters);
    this.#links.delete(link.number);
    this.#stopIfEmpty();
  }

  #stopIfEmpty(): void {
    if (this.#phase !== 'stopping' || this.#links.size > 0) return;
    this.#phase = 'stopped';
    this.#since.note('stopped');
    this.#cancelStopLimit();
    this.#clock.wake(this.#clock.now(), this.#whenStopped);
  }

  /** Connections with a call; others wait for one. */
  get #callCount(): number {
    let count = 0;
    for (const { hasCall } of this.#links.values()) if (hasCall) count++;
    return count;
  }

  /** The next channel number that no connection has; not the one that was given back last, to keep calls apart. */
  #freeNumber(): number | undefined {
    for (let tried = 0; tried < MOST_CHANNELS; tried++) {
      this.#lastNumber = (this.#lastNumber % MOST_CHANNELS) + 1;
      if (!this.#links.has(this.#lastNumber)) return this.#lastNumber;
    }
    return undefined;
  }
}

/** Now, while whoever asked is there to hear it, although the call has to wait for its connection. */
function checkCall({ facilities = {}, ...call }: PlacedCall, modulo: Modulo): void {
  encodePacket({ type: 'callRequest', channel: 1, confirmDelivery: false, facilities, ...call }, modulo);
}

function addTo<Name extends string>(
  counters: Counters<Name>,
  counted: Readonly<Partial<Record<Name, number>>>,
): void {
  for (const [name, amount] of Object.entries<number | undefined>(counted))
    counters.add(name as Name, amount ?? 0);
}
