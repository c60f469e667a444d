import { type CircuitEvent, type Facilities, OUR_DIAGNOSTIC } from '../circuit/index.js';
import type { WatchedCircuit } from '../console/index.js';
import { type Clock, Tally } from '../core/index.js';
import { facilityWords } from '../observe/index.js';
import type { CallWatcher, PricedCall } from './call-watcher.js';

interface OpenCall extends PricedCall {
  readonly begunAt: number;
  readonly begun: number;
  isRequested: boolean;
  /** On the clock that never jumps, and wall time. */
  connected: { readonly at: number; readonly wallTime: number } | undefined;
  agreed: Facilities | undefined;
  resets: number;
  interrupts: number;
}

/** The calls that there are now. */
export class OpenCalls {
  readonly #clock: Clock;
  readonly #calls = new Set<OpenCall>();
  readonly #onLink = new Tally<string>();
  readonly #onEnded: () => void;

  /** @param onEnded one is over, and its place is free. */
  constructor(clock: Clock, onEnded: () => void = () => {}) {
    this.#clock = clock;
    this.#onEnded = onEnded;
  }

  /** Follows a call until it ends, and lets whoever watched it before see everything as well. */
  watch(call: PricedCall, watcher: CallWatcher): CallWatcher {
    const open: OpenCall = {
      ...call,
      begunAt: this.#clock.now(),
      begun: this.#clock.wallTime(),
      isRequested: call.circuit.direction === 'incoming',
      connected: undefined,
      agreed: undefined,
      resets: 0,
      interrupts: 0,
    };
    this.#calls.add(open);
    this.#onLink.add(open.link);
    return {
      ...watcher,
      event: (event) => {
        this.#note(open, event);
        watcher.event(event);
      },
      ended: (outcome) => {
        if (this.#calls.delete(open)) this.#onLink.add(open.link, -1);
        this.#onEnded();
        watcher.ended(outcome);
      },
    };
  }

  #note(open: OpenCall, event: CircuitEvent): void {
    switch (event.type) {
      case 'requested':
        open.isRequested = true;
        return;
      case 'connected':
        open.connected = { at: this.#clock.now(), wallTime: this.#clock.wallTime() };
        open.agreed = event.facilities;
        return;
      case 'reset':
        open.resets++;
        return;
      case 'interrupt':
        open.interrupts++;
    }
  }

  /** The oldest first. */
  list(): WatchedCircuit[] {
    return Array.from(this.#calls, (call) => this.#describe(call));
  }

  /** How many there are on a link, both ways. */
  countOn(link: string): number {
    return this.#onLink.of(link);
  }

  /** Somebody wants it ended. @returns false when there is none of that id. */
  clear(id: string): boolean {
    for (const { circuit } of this.#calls) {
      if (circuit.id !== id) continue;
      circuit.clear({ cause: 0, diagnostic: OUR_DIAGNOSTIC.shuttingDown });
      return true;
    }
    return false;
  }

  /** The id of the circuit on this channel. */
  on(link: string, channel: number): string | undefined {
    for (const { circuit, link: name } of this.#calls)
      if (circuit.channel === channel && name === link) return circuit.id;
    return undefined;
  }

  #describe(call: OpenCall): WatchedCircuit {
    const { circuit, link, peer, begun, begunAt, isRequested, connected, agreed, resets, interrupts } = call;
    const { id, channel, direction, called, calling, traffic } = circuit;
    const now = this.#clock.now();
    return {
      id,
      link,
      ...(channel !== undefined && { channel }),
      direction,
      called,
      calling,
      ...(peer !== undefined && { peer }),
      state: connected !== undefined ? 'connected' : isRequested ? 'calling' : 'waiting',
      begun: new Date(begun).toISOString(),
      ageMs: Math.round(now - begunAt),
      ...(connected !== undefined && { connectedMs: Math.round(now - connected.at) }),
      ...costSoFar(call, now),
      ...(agreed !== undefined && { agreed: facilityWords(agreed) }),
      resets,
      interrupts,
      sent: { packets: traffic.packetsSent, octets: traffic.octetsSent, segments: traffic.segmentsSent },
      received: {
        packets: traffic.packetsReceived,
        octets: traffic.octetsReceived,
        segments: traffic.segmentsReceived,
      },
    };
  }
}

function costSoFar(
  { price, connected, circuit: { traffic } }: OpenCall,
  now: number,
): Pick<WatchedCircuit, 'cost' | 'currency'> {
  if (price === undefined || connected === undefined) return {};
  const { currency } = price;
  const cost = price.costOf({
    connectedAt: connected.wallTime,
    connectedMs: now - connected.at,
    segments: traffic.segmentsSent + traffic.segmentsReceived,
  });
  return { cost, ...(currency !== undefined && { currency }) };
}
