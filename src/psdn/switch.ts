import { type Circuits, type ClearReason, EventQueue, type IncomingCall } from '../circuit/index.js';
import { type Clock, Counters } from '../core/index.js';
import { SwitchedCall, type Transit } from './switched-call.js';

/** X.25 tables 5-7 and E-1. */
const NOT_OBTAINABLE: ClearReason = { cause: 0x0d, diagnostic: 0x43 };

/** Digits behind a number that the network leaves to whoever has it. */
const LONGEST_SUBADDRESS = 2;
/** Digits, X.25 §5.2.1.1. */
const LONGEST_ADDRESS = 15;

export type SwitchCount = 'callsSwitched' | 'callsNotObtainable';

export interface SwitchPort {
  /** The access's own number; longer called numbers that begin with it reach it as well (subaddress). */
  readonly nua: string;
  readonly circuits: Circuits;
}

/** Joins the accesses of a network: a call goes to the port whose number it asks for. */
export class Switch {
  readonly counters = new Counters<SwitchCount>();
  readonly #ports: SwitchPort[] = [];
  readonly #transit: Transit;
  #calls = 0;

  /** @param transitDelayMs how long the network needs from one access to the other. */
  constructor(clock: Clock, transitDelayMs = 0) {
    if (transitDelayMs === 0) this.#transit = (carryOut) => carryOut();
    else {
      const queue = new EventQueue(clock, transitDelayMs);
      this.#transit = (carryOut) => queue.post(carryOut);
    }
  }

  /** Calls that are being set up or open. */
  get calls(): number {
    return this.#calls;
  }

  /** @throws Error when the number is taken. */
  attach(port: SwitchPort): void {
    if (this.#ports.some(({ nua }) => nua === port.nua)) throw new Error(`NUA ${port.nua} is taken`);
    this.#ports.push(port);
    // Longest number first: it is the more particular one.
    this.#ports.sort((a, b) => b.nua.length - a.nua.length);
    port.circuits.onIncoming((call) => this.#transit(() => this.#route(call, port)));
  }

  #route(call: IncomingCall, from: SwitchPort): void {
    const to = this.#ports.find(({ nua }) => call.called.startsWith(nua));
    if (to === undefined) {
      this.counters.add('callsNotObtainable');
      call.refuse(NOT_OBTAINABLE);
      return;
    }
    this.counters.add('callsSwitched');
    this.#calls++;
    const outgoing = to.circuits.place({
      called: call.called,
      calling: vouchedFor(call.calling, from.nua),
      facilities: call.facilities,
      userData: call.userData,
    });
    new SwitchedCall(call, outgoing, this.#transit, () => {
      this.#calls--;
    });
  }
}

/**
 * The network vouches for who calls: its own number for the line, with whatever subaddress the caller added. A few
 * digits alone are a subaddress, anything else is not the caller's to say.
 */
function vouchedFor(calling: string, nua: string): string {
  if (calling.startsWith(nua)) return calling;
  const isSubaddress = calling.length <= LONGEST_SUBADDRESS && nua.length + calling.length <= LONGEST_ADDRESS;
  return isSubaddress ? nua + calling : nua;
}
