import type { VirtualClock } from '../../src/core/index.js';

/** What is at the end of a telephone line. */
export interface Telephone {
  readonly number: string;
  readonly isOffHook: boolean;
  ring(): void;
  /** The bell stops without an answer. */
  ringingStopped(): void;
  /** Both modems have trained and send data. */
  carrier(peer: Telephone): void;
  carrierLost(): void;
  /** Octets from the peer. */
  data(octets: Uint8Array): void;
}

export interface CallProgress {
  busy(): void;
  /** The number does not exist: a tone, no carrier. */
  unobtainable(): void;
}

interface Call {
  readonly caller: Telephone;
  readonly called: Telephone;
  state: 'ringing' | 'training' | 'connected' | 'over';
}

export interface TelephoneNetworkOptions {
  readonly ringEveryMs?: number;
  /** The called telephone is off the hook until both have a carrier. */
  readonly trainMs?: number;
  /** One way. */
  readonly delayMs?: number;
  /** From the loss of the carrier until a modem believes it (S10). */
  readonly lossMs?: number;
}

/** The telephone network between emulated modems: numbers, bells, busy lines, and lines that are cut. */
export class TelephoneNetwork {
  /** The numbers that have answered, in order. */
  readonly answered: string[] = [];
  readonly #clock: VirtualClock;
  readonly #telephones = new Map<string, Telephone>();
  readonly #calls = new Set<Call>();
  readonly #ringEveryMs: number;
  readonly #trainMs: number;
  readonly #delayMs: number;
  readonly #lossMs: number;

  constructor(clock: VirtualClock, options: TelephoneNetworkOptions = {}) {
    this.#clock = clock;
    this.#ringEveryMs = options.ringEveryMs ?? 6000;
    this.#trainMs = options.trainMs ?? 8000;
    this.#delayMs = options.delayMs ?? 40;
    this.#lossMs = options.lossMs ?? 1400;
  }

  attach(telephone: Telephone): void {
    this.#telephones.set(telephone.number, telephone);
  }

  dial(caller: Telephone, number: string, progress: CallProgress): void {
    const called = this.#telephones.get(number);
    if (called === undefined) progress.unobtainable();
    else if (called.isOffHook || this.#callOf(called) !== undefined) progress.busy();
    else {
      const call: Call = { caller, called, state: 'ringing' };
      this.#calls.add(call);
      this.#ring(call);
    }
  }

  /** The called telephone goes off the hook as a modem that answers. @returns false: nobody was calling. */
  answer(called: Telephone): boolean {
    const call = this.#callOf(called);
    if (call?.called !== called || call.state !== 'ringing') return false;
    call.state = 'training';
    this.answered.push(called.number);
    this.#clock.wake(this.#clock.now() + this.#trainMs, () => {
      if (call.state !== 'training') return;
      call.state = 'connected';
      call.caller.carrier(call.called);
      call.called.carrier(call.caller);
    });
    return true;
  }

  hangUp(telephone: Telephone): void {
    const call = this.#callOf(telephone);
    if (call === undefined) return;
    const other = call.caller === telephone ? call.called : call.caller;
    this.#end(call, [other]);
  }

  /** The line between two modems is cut: both lose the carrier. */
  cut(telephone: Telephone): void {
    const call = this.#callOf(telephone);
    if (call !== undefined) this.#end(call, [call.caller, call.called]);
  }

  send(from: Telephone, octets: Uint8Array, at: number): void {
    const call = this.#callOf(from);
    if (call?.state !== 'connected') return;
    const to = call.caller === from ? call.called : call.caller;
    this.#clock.wake(at + this.#delayMs, () => {
      if (call.state === 'connected') to.data(octets);
    });
  }

  #ring(call: Call): void {
    if (call.state !== 'ringing') return;
    call.called.ring();
    this.#clock.wake(this.#clock.now() + this.#ringEveryMs, () => this.#ring(call));
  }

  #end(call: Call, losers: readonly Telephone[]): void {
    const { state } = call;
    call.state = 'over';
    this.#calls.delete(call);
    if (state === 'ringing') call.called.ringingStopped();
    for (const loser of losers)
      this.#clock.wake(this.#clock.now() + this.#lossMs, () => {
        if (this.#callOf(loser) === undefined) loser.carrierLost();
      });
  }

  #callOf(telephone: Telephone): Call | undefined {
    return [...this.#calls].find(({ caller, called }) => caller === telephone || called === telephone);
  }
}
