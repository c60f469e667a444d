import type { Clock } from '../core/index.js';
import { CLEAR_CAUSE, type Facilities } from '../x25/index.js';
import type {
  CallAnswer,
  CallRequest,
  Capabilities,
  Circuit,
  Circuits,
  ClearReason,
  Ending,
  IncomingCall,
} from './circuit.js';
import { OUR_DIAGNOSTIC } from './diagnostics.js';
import { EventQueue } from './event-queue.js';
import { MemoryCircuit } from './memory-circuit.js';

export interface MemoryCircuitsOptions {
  readonly clock: Clock;
  /** Comes first in the ids of the circuits. Default `memory`. */
  readonly name?: string;
  /** How long everything takes from one end to the other, milliseconds. Default 0. */
  readonly delayMs?: number;
  /** How many circuits at once. Default 16. */
  readonly circuits?: number;
}

const NO_RESOURCES: ClearReason = {
  cause: CLEAR_CAUSE.dteOriginated,
  diagnostic: OUR_DIAGNOSTIC.noResources,
};

/**
 * Two ends joined in memory, each offering circuits to the other, with the windows and the order of events of a real
 * link and without its protocol: for tests of whatever is built on circuits.
 */
export function memoryCircuits(options: MemoryCircuitsOptions): { a: Circuits; b: Circuits } {
  const limit = options.circuits ?? 16;
  const shared: Shared = {
    clock: options.clock,
    delayMs: options.delayMs ?? 0,
    name: options.name ?? 'memory',
    can: {
      sequences: true,
      qualified: true,
      confirm: true,
      interrupt: true,
      reset: true,
      facilities: true,
      userData: 'any',
      circuits: limit,
    },
    inUse: 0,
  };
  const a = new MemoryEnd(shared);
  const b = new MemoryEnd(shared);
  a.join(b);
  b.join(a);
  return { a, b };
}

interface Shared {
  readonly clock: Clock;
  readonly delayMs: number;
  readonly name: string;
  readonly can: Capabilities;
  inUse: number;
}

class MemoryEnd implements Circuits {
  readonly can: Capabilities;
  readonly #shared: Shared;
  readonly #toOther: EventQueue;
  #other: MemoryEnd | undefined;
  #handler: ((call: IncomingCall) => void) | undefined;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.can = shared.can;
    this.#toOther = new EventQueue(shared.clock, shared.delayMs);
  }

  join(other: MemoryEnd): void {
    this.#other = other;
  }

  onIncoming(handler: (call: IncomingCall) => void): void {
    this.#handler = handler;
  }

  place(request: CallRequest): Circuit {
    const circuit = this.#circuit('outgoing', request);
    const other = this.#other;
    if (other === undefined || this.#shared.inUse >= this.can.circuits) {
      circuit.fail(NO_RESOURCES);
      return circuit;
    }
    this.#shared.inUse++;
    circuit.whenEnded = () => this.#shared.inUse--;
    circuit.request(() => other.#ring(circuit, request));
    return circuit;
  }

  #ring(from: MemoryCircuit, request: CallRequest): void {
    const circuit = this.#circuit('incoming', request);
    circuit.join(from);
    from.join(circuit);
    if (this.#handler === undefined) circuit.refuse(NO_RESOURCES);
    else this.#handler(new MemoryIncomingCall(circuit, request));
  }

  #circuit(direction: Circuit['direction'], request: CallRequest): MemoryCircuit {
    const { clock, name } = this.#shared;
    return new MemoryCircuit({ name, clock, direction, request, toOther: this.#toOther });
  }
}

class MemoryIncomingCall implements IncomingCall {
  readonly called: string;
  readonly calling: string;
  readonly facilities: Facilities;
  readonly userData: Uint8Array;
  readonly #circuit: MemoryCircuit;

  constructor(circuit: MemoryCircuit, request: CallRequest) {
    this.#circuit = circuit;
    this.called = request.called;
    this.calling = request.calling ?? '';
    this.facilities = request.facilities ?? {};
    this.userData = request.userData;
  }

  accept(answer: CallAnswer = {}): Circuit | undefined {
    return this.#circuit.accept(answer) ? this.#circuit : undefined;
  }

  refuse(why: ClearReason): void {
    this.#circuit.refuse(why);
  }

  onWithdrawn(handler: (ending: Ending) => void): void {
    this.#circuit.whenWithdrawn = handler;
  }
}
