import type { CallRequest, TraceEvent } from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { XotCircuits, type XotCircuitsOptions } from '../../src/xot/index.js';
import { CallWatch, RecordedEnd, type Recorder } from '../circuit/recorder.js';
import { hex } from '../support/hex.js';
import { PARAMETERS } from './circuits-pair.js';
import { Wire } from './wire.js';

export const REQUEST: CallRequest = { called: '700001', calling: '701001', userData: hex('01 00 00 00') };

// Seen between other implementations.
export const CALL = '10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02 01 00 00 00';
export const CONNECTED = '10 01 0F 00 06 42 07 07 43 02 02';
export const DATA = '10 01 00 48 45 4C 4F 20 6F 6E 65 0D';
export const REPLY = '10 01 20 32 35 30 20 68 69 0D';

/** Circuits by XOT whose connections all end at a `Wire`. */
export class XotSite {
  readonly clock = new VirtualClock();
  readonly wires: Wire[] = [];
  readonly problems: string[] = [];
  readonly trace: TraceEvent[] = [];
  readonly watch = new CallWatch();
  readonly circuits: XotCircuits;
  readonly end: RecordedEnd;

  constructor(options: Partial<XotCircuitsOptions> = {}) {
    this.circuits = new XotCircuits({
      name: 'wan',
      clock: this.clock,
      packet: PARAMETERS,
      maxCircuits: 4,
      connect: () => this.newWire(),
      onProblem: (problem) => this.problems.push(problem),
      trace: (event) => this.trace.push(event),
      ...options,
    });
    this.end = new RecordedEnd(this.circuits, this.watch);
    this.end.listen();
  }

  newWire(): Wire {
    const wire = new Wire();
    this.wires.push(wire);
    return wire;
  }

  /** Time for what was asked for to be done, and for no timer. */
  settle(): void {
    this.clock.runFor(10);
  }

  /** An accepted connection. */
  accepted(): Wire {
    const wire = this.newWire();
    this.circuits.accept(wire);
    this.settle();
    return wire;
  }

  /** A call of ours, gone out. */
  calling(request: Partial<CallRequest> = {}): { wire: Wire; caller: Recorder } {
    const caller = this.end.place({ ...REQUEST, ...request });
    const wire = this.wires.at(-1) as Wire;
    wire.opens();
    this.settle();
    return { wire, caller };
  }

  /** A call of ours, connected. */
  connected(answer = CONNECTED): { wire: Wire; caller: Recorder } {
    const { wire, caller } = this.calling();
    wire.says(answer);
    this.settle();
    wire.sent.length = 0;
    return { wire, caller };
  }

  /** A call to us, connected. */
  answered(call = CALL): { wire: Wire; called: Recorder } {
    const wire = this.accepted();
    wire.says(call);
    this.settle();
    wire.sent.length = 0;
    return { wire, called: this.end.accepted.at(-1) as Recorder };
  }

  counters(): Partial<Record<string, number>> {
    return this.circuits.status().counters.link;
  }
}
