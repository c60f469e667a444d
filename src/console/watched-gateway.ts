/** What a gateway offers to those who watch it; the gateway fills it in. */
import type { TracedLink, TraceEvent } from '../observe/index.js';
import type { OperatedQueue, WaitsFor } from './queue-requests.js';
import type { Submissions } from './submission-requests.js';

export interface WatchedGateway {
  readonly queue: OperatedQueue;
  readonly submissions: Submissions;
  status(): GatewayStatus;
  /** Clears a circuit; what was not confirmed on it is sent again later. @returns false when there is none of that id. */
  clearCircuit(id: string): boolean;
  /** All links that can be watched, as they are now. */
  readonly tracedLinks: readonly TracedLink[];
  /** Tells every frame and packet of every link. @returns what ends it. */
  watch(watcher: TraceWatcher): () => void;
}

/** @param circuit the id of the circuit that a packet, or the packet in a frame, belongs to; if there is one. */
export type TraceWatcher = (link: TracedLink, event: TraceEvent, circuit: string | undefined) => void;

export interface GatewayStatus {
  readonly hostname: string;
  /** When the gateway was started. Times are ISO 8601, UTC. */
  readonly since: string;
  readonly links: readonly WatchedLink[];
  readonly circuits: readonly WatchedCircuit[];
  /** Where mail is due and is not on its way; the first of them. */
  readonly waiting: readonly WaitingDestination[];
  readonly budgets: readonly WatchedBudget[];
}

/** What was spent on our calls to a peer, of what may be. */
export interface WatchedBudget {
  readonly peer: string;
  readonly period: 'day' | 'week' | 'month';
  readonly from: string;
  readonly to: string;
  /** Whose days, weeks and months they are. */
  readonly timezone: string;
  /** That are charged. */
  readonly minutes: number;
  readonly cost: number;
  readonly limit: { readonly minutes?: number; readonly cost?: number };
}

export interface WaitingDestination extends WaitsFor {
  readonly destination: string;
}

export interface WatchedLink {
  readonly name: string;
  readonly type: 'serial' | 'modem' | 'pad' | 'xot';
  readonly state: string;
  /** Since when it is in this state. */
  readonly since: string;
  /** Why it went down last, in words. */
  readonly lastFailure?: string;
  readonly circuits: number;
  /** What a modem is connected with: the words of its result code. */
  readonly connection?: string;
  /** By layer: framing, link, packet; of the modem, of the PAD. */
  readonly counters: LinkCounters;
}

export type LinkCounters = Readonly<Record<string, Readonly<Partial<Record<string, number>>>>>;

export interface WatchedCircuit {
  readonly id: string;
  readonly link: string;
  /** Logical channel; absent while the call has none. */
  readonly channel?: number;
  readonly direction: 'outgoing' | 'incoming';
  readonly called: string;
  /** Empty when the network gave none. */
  readonly calling: string;
  readonly peer?: string;
  /** waiting: for the link or a channel; calling: asked for and not answered; connected. */
  readonly state: 'waiting' | 'calling' | 'connected';
  /** When the call was placed or taken. */
  readonly begun: string;
  readonly ageMs: number;
  /** Since it was connected, milliseconds. */
  readonly connectedMs?: number;
  /** What it costs us so far, where its link has a tariff. */
  readonly cost?: number;
  readonly currency?: string;
  /** What was agreed when it was connected, in words. */
  readonly agreed?: readonly string[];
  readonly resets: number;
  /** Received. */
  readonly interrupts: number;
  readonly sent: CircuitOctets;
  readonly received: CircuitOctets;
}

export interface CircuitOctets {
  readonly packets: number;
  readonly octets: number;
  /** Of 64 octets, as networks charge. */
  readonly segments: number;
}
