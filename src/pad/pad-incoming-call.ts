import type { Circuit, ClearReason, Ending, IncomingCall } from '../circuit/index.js';
import type { PadCircuit } from './pad-circuit.js';

/** A call that the PAD has announced. It is accepted already, and charged; what can be decided is whether to keep it. */
export class PadIncomingCall implements IncomingCall {
  readonly called: string;
  readonly calling: string;
  readonly facilities = {};
  /** A PAD takes no other calls than those of X.29, and shows no user data. */
  readonly userData = Uint8Array.of(0x01, 0x00, 0x00, 0x00);
  readonly #circuit: PadCircuit;

  constructor(circuit: PadCircuit) {
    this.#circuit = circuit;
    this.called = circuit.called;
    this.calling = circuit.calling;
  }

  accept(): Circuit | undefined {
    if (!this.#circuit.isOffered) return undefined;
    this.#circuit.accept();
    return this.#circuit;
  }

  refuse(why: ClearReason): void {
    if (this.#circuit.isOffered) this.#circuit.clear(why);
  }

  onWithdrawn(handler: (ending: Ending) => void): void {
    this.#circuit.onWithdrawn(handler);
  }
}
