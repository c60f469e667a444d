import type { CallAnswer, Circuit, ClearReason, Ending, IncomingCall } from '../circuit/index.js';

/** An incoming call of a connection, which holds it until it is answered or gone. */
export class ModemIncomingCall implements IncomingCall {
  readonly called: string;
  readonly calling: string;
  readonly facilities: IncomingCall['facilities'];
  readonly userData: Uint8Array;
  readonly #inner: IncomingCall;
  readonly #settled: (circuit?: Circuit) => Circuit | undefined;

  /** @param settled is told that no answer is wanted any longer; gives the circuit of an accepted call its place. */
  constructor(inner: IncomingCall, settled: (circuit?: Circuit) => Circuit | undefined) {
    this.#inner = inner;
    this.#settled = settled;
    this.called = inner.called;
    this.calling = inner.calling;
    this.facilities = inner.facilities;
    this.userData = inner.userData;
    inner.onWithdrawn(() => void settled());
  }

  accept(answer: CallAnswer = {}): Circuit | undefined {
    const circuit = this.#inner.accept(answer);
    return circuit && this.#settled(circuit);
  }

  refuse(why: ClearReason): void {
    this.#inner.refuse(why);
    this.#settled();
  }

  onWithdrawn(handler: (ending: Ending) => void): void {
    this.#inner.onWithdrawn((ending) => {
      this.#settled();
      handler(ending);
    });
  }
}
