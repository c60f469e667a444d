import { type Clock, earliest, isDue, Since, Turns } from '../core/index.js';
import type { Fcs } from '../hdlc/index.js';
import type { LapbParameters, LapbUser } from '../lapb/index.js';
import {
  CLEAR_CAUSE,
  channelCount,
  DIAGNOSTIC,
  encodePacket,
  PacketLayer,
  type PacketLayerParameters,
  type PacketLayerUser,
} from '../x25/index.js';
import type { CallRequest, Capabilities, Circuit, Circuits, IncomingCall } from './circuit.js';
import { OUR_DIAGNOSTIC } from './diagnostics.js';
import { FramedLink } from './framed-link.js';
import { type CircuitHost, LinkCircuit } from './link-circuit.js';
import { LinkIncomingCall } from './link-incoming-call.js';
import type { TraceEvent } from './trace-event.js';

export interface LinkStackOptions {
  /** Comes first in the ids of the circuits. */
  readonly name: string;
  readonly clock: Clock;
  readonly lapb: LapbParameters;
  readonly packet: PacketLayerParameters;
  /** The line takes octets 11 and 13 as XON and XOFF. */
  readonly escapeXonXoff: boolean;
  /** How damaged frames are known. Default: by an FCS of 16 bits. */
  readonly fcs?: Fcs;
  /** The calling address of calls that name none. Default: none. */
  readonly calling?: string;
  /** How long a call waits for a link that is coming up, milliseconds. Default 30 s. */
  readonly linkWaitMs?: number;
  /** Sends octets; all are taken. False: wait for `writable`. */
  readonly write: (octets: Uint8Array) => boolean;
  /** Sees every frame and packet. */
  readonly trace?: (event: TraceEvent) => void;
  /** Whether anybody looks at the trace now. Default: always. */
  readonly isTraced?: () => boolean;
}

export type LinkState =
  /** Not started, or stopped. */
  | 'stopped'
  /** The line itself is down. */
  | 'lineDown'
  /** Link or packet layer are being set up. */
  | 'comingUp'
  /** Calls can be placed and received. */
  | 'ready'
  /** Calls are being cleared, then the link is disconnected. */
  | 'stopping';

export interface LinkStatus {
  readonly name: string;
  readonly state: LinkState;
  /** Since when it is in this state, milliseconds since 1970-01-01 UTC. */
  readonly since: number;
  /** Of the packet layer, where it has one; with role "auto" as the last restart had it, before that a DTE. */
  readonly role?: 'dte' | 'dce';
  /** Why the link went down last, in words. */
  readonly lastFailure: string | undefined;
  readonly circuits: number;
  /** Calls that wait for the link, among them. */
  readonly waiting: number;
  readonly freeChannels: number;
  readonly counters: {
    readonly framing: Readonly<Partial<Record<string, number>>>;
    readonly link: Readonly<Partial<Record<string, number>>>;
    readonly packet: Readonly<Partial<Record<string, number>>>;
  };
}

const DEFAULT_LINK_WAIT_MS = 30_000;

/** How long circuits may take to be cleared, and then the link to be disconnected, when we stop. */
const STOP_MS = 5_000;

const SHUTTING_DOWN = { cause: CLEAR_CAUSE.dteOriginated, diagnostic: OUR_DIAGNOSTIC.shuttingDown } as const;
const NO_RESOURCES = { cause: CLEAR_CAUSE.dteOriginated, diagnostic: OUR_DIAGNOSTIC.noResources } as const;
const OUT_OF_ORDER = { cause: CLEAR_CAUSE.outOfOrder, diagnostic: DIAGNOSTIC.noInformation } as const;

/**
 * Circuits over an access line: framing, link layer and packet layer, put together. It does no I/O: its owner feeds
 * what the line delivers and passes on what it writes.
 */
export class LinkStack implements Circuits {
  readonly can: Capabilities;
  readonly #options: LinkStackOptions;
  readonly #clock: Clock;
  readonly #link: FramedLink;
  readonly #layer: PacketLayer;
  readonly #turns: Turns;
  readonly #host: CircuitHost;
  readonly #circuits = new Set<LinkCircuit>();
  /** Calls for which the link is not up yet, oldest first, and until when they wait. */
  readonly #waiting = new Map<LinkCircuit, { readonly request: CallRequest; readonly until: number }>();
  readonly #unanswered = new Set<LinkIncomingCall>();
  #handler: ((call: IncomingCall) => void) | undefined;
  readonly #since: Since<LinkState>;
  #lineIsUp = false;
  #lastFailure: string | undefined;
  #phase: 'stopped' | 'running' | 'clearing' | 'disconnecting' = 'stopped';
  /** When a stop goes on to its next step at the latest. */
  #stopBy: number | undefined;
  #whenStopped: () => void = () => {};

  constructor(options: LinkStackOptions) {
    const { clock, packet } = options;
    this.#options = options;
    this.#clock = clock;
    this.#since = new Since(clock, 'stopped');
    this.can = {
      sequences: true,
      qualified: true,
      confirm: true,
      interrupt: true,
      reset: true,
      facilities: true,
      userData: 'any',
      circuits: channelCount(packet.channels),
    };
    this.#turns = new Turns({
      clock,
      handleTimeouts: (now) => this.#handleTimeouts(now),
      transmit: () => {
        this.#link.transmit();
        this.#since.note(this.#state());
      },
      nextDeadline: () => this.#nextDeadline(),
    });
    this.#host = {
      name: options.name,
      now: () => clock.now(),
      post: (tell) => this.#turns.post(tell),
      wake: () => this.#turns.want(),
      ended: (circuit) => {
        this.#circuits.delete(circuit);
        this.#waiting.delete(circuit);
      },
    };
    this.#layer = new PacketLayer(packet, this.#packetLayerUser());
    this.#link = new FramedLink(options, this.#lapbUser());
  }

  // ---- the owner's side

  /** The line is open: sets the link up. */
  start(): void {
    this.#phase = 'running';
    this.lineUp();
  }

  /** Clears all circuits, then disconnects the link. @param done told when that is done, or took too long. */
  stop(done: () => void = () => {}): void {
    if (this.#phase === 'stopped') {
      done();
      return;
    }
    if (this.#phase !== 'running') return;
    this.#phase = 'clearing';
    this.#stopBy = this.#clock.now() + STOP_MS;
    this.#whenStopped = done;
    for (const call of this.#unanswered) call.refuse(SHUTTING_DOWN);
    for (const circuit of this.#circuits) circuit.clear(SHUTTING_DOWN);
    this.#turns.want();
  }

  /** Octets from the line. */
  received(octets: Uint8Array): void {
    this.#link.received(octets);
    this.#turns.run();
  }

  /** The line takes more again. */
  writable(): void {
    this.#link.writable();
    this.#turns.run();
  }

  /** The line is there again after `lineDown`. */
  lineUp(): void {
    if (this.#lineIsUp) return;
    this.#lineIsUp = true;
    this.#link.lineUp();
    this.#turns.run();
  }

  /** Nothing moves any longer: all circuits end. */
  lineDown(): void {
    if (!this.#lineIsUp) return;
    this.#lineIsUp = false;
    this.#link.lineDown();
    for (const circuit of this.#waiting.keys()) circuit.fail('link', OUT_OF_ORDER);
    this.#turns.run();
  }

  status(): LinkStatus {
    const { lapb, decoder } = this.#link;
    return {
      name: this.#options.name,
      state: this.#state(),
      role: this.#layer.role,
      since: this.#since.wallTime,
      lastFailure: this.#lastFailure,
      circuits: this.#circuits.size,
      waiting: this.#waiting.size,
      freeChannels: this.#layer.freeChannels,
      counters: {
        framing: decoder.counters.snapshot(),
        link: lapb.counters.snapshot(),
        packet: this.#layer.counters.snapshot(),
      },
    };
  }

  // ---- Circuits

  onIncoming(handler: (call: IncomingCall) => void): void {
    this.#handler = handler;
  }

  place(call: CallRequest): Circuit {
    const request = { calling: this.#options.calling ?? '', ...call };
    this.#checkCall(request);
    const circuit = new LinkCircuit(this.#host, 'outgoing', request);
    this.#circuits.add(circuit);
    if (!this.#lineIsUp) circuit.fail('link', OUT_OF_ORDER);
    else if (this.#phase !== 'running') circuit.fail('us', SHUTTING_DOWN);
    else if (this.#layer.isReady) this.#call(circuit, request);
    else if (this.#waiting.size >= this.can.circuits) circuit.fail('us', NO_RESOURCES);
    else
      this.#waiting.set(circuit, {
        request,
        until: this.#clock.now() + (this.#options.linkWaitMs ?? DEFAULT_LINK_WAIT_MS),
      });
    this.#turns.want();
    return circuit;
  }

  /** Now, while whoever asked is there to hear it, although the call may have to wait. */
  #checkCall({ facilities = {}, ...call }: CallRequest & { readonly calling: string }): void {
    encodePacket(
      { type: 'callRequest', channel: 1, confirmDelivery: false, facilities, ...call },
      this.#options.packet.modulo,
    );
  }

  #call(circuit: LinkCircuit, request: CallRequest): void {
    const channel = this.#layer.call(request, circuit.channelUser, this.#clock.now());
    if (channel === undefined) circuit.fail('us', NO_RESOURCES);
    else circuit.attach(channel);
  }

  #callWaiting(): void {
    for (const [circuit, { request }] of this.#waiting) {
      this.#waiting.delete(circuit);
      this.#call(circuit, request);
    }
  }

  // ---- turns

  #handleTimeouts(now: number): void {
    if (isDue(this.#link.lapb.nextDeadline(), now)) this.#link.lapb.handleTimeout(now);
    if (isDue(this.#layer.nextDeadline(), now)) this.#layer.handleTimeout(now);
    for (const [circuit, { until }] of this.#waiting) {
      if (until > now) break;
      circuit.fail('link', OUT_OF_ORDER);
    }
    this.#goOnStopping(now);
  }

  #nextDeadline(): number | undefined {
    if (this.#phase === 'stopped') return undefined; // whatever the machines still wait for
    const [oldest] = this.#waiting.values();
    return earliest(this.#link.lapb.nextDeadline(), this.#layer.nextDeadline(), oldest?.until, this.#stopBy);
  }

  #goOnStopping(now: number): void {
    if (this.#phase === 'clearing' && (isDue(this.#stopBy, now) || this.#circuits.size === 0)) {
      this.#phase = 'disconnecting';
      this.#stopBy = now + STOP_MS;
      this.#link.lapb.stop(now);
    }
    if (this.#phase !== 'disconnecting') return;
    const isDone = this.#link.lapb.state === 'off';
    if (isDone || isDue(this.#stopBy, now)) this.#stopped();
  }

  #stopped(): void {
    this.#phase = 'stopped';
    this.#stopBy = undefined;
    this.#lineIsUp = false;
    this.#link.lineDown(); // nobody answered our DISC: it is not repeated any longer
    this.#turns.post(this.#whenStopped);
  }

  // ---- what the machines tell

  #lapbUser(): LapbUser {
    return {
      nextPacket: (now) => this.#layer.nextPacket(now),
      packet: (information, now) => this.#layer.receive(information, now),
      linkUp: (now) => this.#layer.linkUp(now),
      linkReset: (now) => this.#layer.linkReset(now),
      linkDown: (now, why) => {
        this.#lastFailure = why;
        this.#layer.linkDown(now);
      },
    };
  }

  #packetLayerUser(): PacketLayerUser {
    return {
      ready: () => this.#callWaiting(),
      restarted: () => {}, // each circuit was told by itself
      incomingCall: (channel, call) => {
        const incoming = new LinkIncomingCall(this.#host, channel, call, (circuit) => {
          this.#unanswered.delete(incoming);
          if (circuit !== undefined) this.#circuits.add(circuit);
        });
        this.#unanswered.add(incoming);
        this.#turns.post(() => this.#offer(incoming));
      },
    };
  }

  #offer(call: LinkIncomingCall): void {
    if (this.#phase !== 'running') call.refuse(SHUTTING_DOWN);
    else if (this.#handler === undefined) call.refuse(NO_RESOURCES);
    else if (call.isOpen) this.#handler(call);
  }

  #state(): LinkState {
    if (this.#phase === 'stopped') return 'stopped';
    if (!this.#lineIsUp) return 'lineDown';
    if (this.#phase !== 'running') return 'stopping';
    return this.#layer.isReady ? 'ready' : 'comingUp';
  }
}
