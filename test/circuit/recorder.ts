import type {
  CallAnswer,
  CallRequest,
  Circuit,
  CircuitEvent,
  Circuits,
  ClearReason,
  Ending,
  IncomingCall,
  Piece,
} from '../../src/circuit/index.js';
import { concat } from '../../src/core/index.js';

/** A complete packet sequence as it arrived. */
export interface Sequence {
  readonly octets: Uint8Array;
  readonly qualified: boolean;
  readonly confirm: boolean;
}

/** Notes whether a listener was called within a method: no circuit may do that. */
export class CallWatch {
  violations: string[] = [];
  #method: string | undefined;

  within<Result>(method: string, call: () => Result): Result {
    this.#method = method;
    try {
      return call();
    } finally {
      this.#method = undefined;
    }
  }

  heard(event: string): void {
    if (this.#method !== undefined) this.violations.push(`${event} within ${this.#method}()`);
  }
}

/** One end of a circuit that writes down what it hears. */
export class Recorder {
  readonly circuit: Circuit;
  readonly events: CircuitEvent[] = [];
  /** Whether every piece is used up at once. */
  consumes = true;
  /** Answers every event, for tests of what a listener may do. */
  react: (event: CircuitEvent) => void = () => {};
  readonly #watch: CallWatch;

  constructor(circuit: Circuit, watch: CallWatch) {
    this.circuit = circuit;
    this.#watch = watch;
    circuit.setListener((event) => {
      watch.heard(event.type);
      this.events.push(event);
      if (event.type === 'piece' && this.consumes) this.consumed(event.piece.octets.length);
      this.react(event);
    });
  }

  send(piece: Partial<Piece> & { octets: Uint8Array }): boolean {
    return this.#watch.within('send', () => this.circuit.send({ more: false, ...piece }));
  }

  consumed(octets: number): void {
    this.#watch.within('consumed', () => this.circuit.consumed(octets));
  }

  interrupt(octets: Uint8Array): boolean {
    return this.#watch.within('interrupt', () => this.circuit.interrupt(octets));
  }

  reset(cause: number, diagnostic: number): void {
    this.#watch.within('reset', () => this.circuit.reset(cause, diagnostic));
  }

  clear(why: ClearReason): void {
    this.#watch.within('clear', () => this.circuit.clear(why));
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  all<Type extends CircuitEvent['type']>(type: Type): Array<CircuitEvent & { type: Type }> {
    return this.events.filter((event): event is CircuitEvent & { type: Type } => event.type === type);
  }

  count(type: CircuitEvent['type']): number {
    return this.all(type).length;
  }

  /** @throws Error unless there is exactly one. */
  only<Type extends CircuitEvent['type']>(type: Type): CircuitEvent & { type: Type } {
    const [event, ...more] = this.all(type);
    if (event === undefined || more.length > 0) throw new Error(`${type} once, but heard: ${this.types}`);
    return event;
  }

  get ending(): Ending {
    return this.only('cleared').ending;
  }

  get delivered(): number {
    return this.all('delivered').reduce((sum, { octets }) => sum + octets, 0);
  }

  get pieces(): Piece[] {
    return this.all('piece').map(({ piece }) => piece);
  }

  get octets(): Uint8Array {
    return concat(this.pieces.map(({ octets }) => octets));
  }

  /** The complete sequences, joined by their M bits. */
  get sequences(): Sequence[] {
    const sequences: Sequence[] = [];
    let begun: Piece[] = [];
    for (const piece of this.pieces) {
      begun.push(piece);
      if (piece.more) continue;
      sequences.push({
        octets: concat(begun.map(({ octets }) => octets)),
        qualified: begun[0]?.qualified === true,
        confirm: begun.some(({ confirm }) => confirm === true),
      });
      begun = [];
    }
    return sequences;
  }
}

/** An end of a link whose calls are written down. */
export class RecordedEnd {
  readonly circuits: Circuits;
  readonly incoming: IncomingCall[] = [];
  readonly accepted: Recorder[] = [];
  readonly withdrawn: Ending[] = [];
  /** What becomes of incoming calls. */
  policy: (call: IncomingCall) => void = (call) => void this.accept(call);
  readonly #watch: CallWatch;

  constructor(circuits: Circuits, watch: CallWatch) {
    this.circuits = circuits;
    this.#watch = watch;
  }

  /** From now on incoming calls are answered by `policy`. */
  listen(): void {
    this.circuits.onIncoming((call) => {
      this.#watch.heard('incoming call');
      this.incoming.push(call);
      call.onWithdrawn((ending) => {
        this.#watch.heard('withdrawn');
        this.withdrawn.push(ending);
      });
      this.policy(call);
    });
  }

  place(request: CallRequest): Recorder {
    return new Recorder(
      this.#watch.within('place', () => this.circuits.place(request)),
      this.#watch,
    );
  }

  accept(call: IncomingCall, answer?: CallAnswer): Recorder | undefined {
    const circuit = this.#watch.within('accept', () => call.accept(answer));
    if (circuit === undefined) return undefined;
    const recorder = new Recorder(circuit, this.#watch);
    this.accepted.push(recorder);
    return recorder;
  }

  refuse(call: IncomingCall, why: ClearReason): void {
    this.#watch.within('refuse', () => call.refuse(why));
  }
}
