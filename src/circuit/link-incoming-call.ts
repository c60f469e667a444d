import type { Channel, ChannelUser, IncomingCallPacket } from '../x25/index.js';
import type { CallAnswer, Circuit, ClearReason, Ending, IncomingCall } from './circuit.js';
import { type CircuitHost, LinkCircuit } from './link-circuit.js';

/** An incoming call on a channel of a `LinkStack` that waits for our answer. */
export class LinkIncomingCall implements IncomingCall {
  readonly called: string;
  readonly calling: string;
  readonly facilities: IncomingCall['facilities'];
  readonly userData: Uint8Array;
  readonly #host: CircuitHost;
  readonly #channel: Channel;
  readonly #settled: (circuit?: LinkCircuit) => void;
  #answered = false;
  #withdrawn: Ending | undefined;
  #whenWithdrawn: ((ending: Ending) => void) | undefined;

  /** @param settled is told once that no answer is wanted any longer, with the circuit if the call was accepted. */
  constructor(
    host: CircuitHost,
    channel: Channel,
    call: IncomingCallPacket,
    settled: (circuit?: LinkCircuit) => void,
  ) {
    this.#host = host;
    this.#channel = channel;
    this.#settled = settled;
    this.called = call.called;
    this.calling = call.calling;
    this.facilities = call.facilities;
    this.userData = call.userData;
    channel.setUser(onlyCleared((ending) => this.#withdraw(ending)));
  }

  /** Whether an answer is still wanted. */
  get isOpen(): boolean {
    return !this.#answered && this.#withdrawn === undefined;
  }

  accept(answer: CallAnswer = {}): Circuit | undefined {
    if (!this.isOpen || !isUnanswered(this.#channel)) return undefined;
    const circuit = new LinkCircuit(this.#host, 'incoming', this);
    this.#channel.accept(answer, circuit.channelUser, this.#host.now());
    circuit.attach(this.#channel);
    this.#answered = true;
    this.#settled(circuit);
    this.#host.wake();
    return circuit;
  }

  refuse(why: ClearReason): void {
    if (!this.isOpen) return;
    this.#channel.clear(why, this.#host.now());
    this.#answered = true;
    this.#settled();
    this.#host.wake();
  }

  onWithdrawn(handler: (ending: Ending) => void): void {
    this.#whenWithdrawn = handler;
    if (this.#withdrawn !== undefined) this.#tellWithdrawn(this.#withdrawn);
  }

  #withdraw(ending: Ending): void {
    if (!this.isOpen) return; // our own refusal is confirmed
    this.#withdrawn = ending;
    this.#settled();
    this.#tellWithdrawn(ending);
  }

  #tellWithdrawn(ending: Ending): void {
    const handler = this.#whenWithdrawn;
    if (handler !== undefined) this.#host.post(() => handler(ending));
  }
}

/** States of a channel with an incoming call, whichever role we play; the caller's clear may be in already, untold. */
function isUnanswered({ state }: Channel): boolean {
  return state === 'p2' || state === 'p3' || state === 'p5';
}

/** While a call is not answered, only its end can be told. */
function onlyCleared(cleared: (ending: Ending) => void): ChannelUser {
  const nothing = (): void => {};
  return {
    connected: nothing,
    data: nothing,
    ready: nothing,
    delivered: nothing,
    interrupt: nothing,
    interruptConfirmed: nothing,
    reset: nothing,
    cleared,
  };
}
