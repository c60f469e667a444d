import type { CallRequest } from '../circuit/index.js';
import type { PeerConfiguration } from '../config/index.js';
import type { Clock } from '../core/index.js';
import { type CallOutcome, MailCircuit, type Retry } from '../rfc1090/index.js';
import { numberToCall } from '../routing/index.js';
import type { CallLink } from './call-link.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';

export interface PeerCallerOptions {
  readonly peer: PeerConfiguration;
  /** The peer's links in the order in which they are tried. */
  readonly links: readonly CallLink[];
  readonly clock: Clock;
  readonly watchCall: (call: CallStarted) => CallWatcher;
}

/** A call of ours, on its way or open. */
export interface PlacedCall {
  readonly circuit: MailCircuit;
  readonly watcher: CallWatcher;
  /** In words: `call to site-b (26245300040 on psdn0)`. */
  readonly title: string;
  /** When the circuit is gone. Never rejects. */
  readonly outcome: Promise<CallOutcome>;
}

/** Places the calls to one peer, whoever wants them, and remembers with which facilities they do well. */
export class PeerCaller {
  readonly peer: PeerConfiguration;
  readonly #options: PeerCallerOptions;
  #open = 0;
  /** The facility set to ask for: the one that last carried a session, or the next after one that was disliked. */
  #facilitySet = 0;
  /** Sets disliked in a row. */
  #disliked = 0;

  constructor(options: PeerCallerOptions) {
    this.peer = options.peer;
    this.#options = options;
  }

  /**
   * Places a call on the first link that is up, or else on the first. @param opened the session may begin.
   * @returns in words why there can be none now: as many are open as may be.
   */
  place(opened: () => void = () => {}): PlacedCall | string {
    const { peer } = this;
    const { links, clock, watchCall } = this.#options;
    const link = links.find((candidate) => candidate.isAvailable()) ?? links[0];
    if (link === undefined) return `peer ${peer.name} has no link`;
    if (this.#open >= peer.maxCircuits)
      return `all circuits to ${peer.name} are in use (${peer.maxCircuits})`;
    let ended: (outcome: CallOutcome) => void = () => {};
    const outcome = new Promise<CallOutcome>((resolve) => {
      ended = resolve;
    });
    const circuit = MailCircuit.place(link.circuits, this.#request(link), {
      clock,
      timers: peer.timers,
      watch: (event) => watcher.event(event),
      opened,
      ended: (how) => {
        this.#open--;
        watcher.ended(how);
        ended(how);
      },
    });
    this.#open++;
    const watcher = watchCall({
      circuit: circuit.circuit,
      link: link.name,
      peer: peer.name,
      userData: peer.userData,
    });
    return { circuit, watcher, outcome, title: `call to ${peer.name} (${peer.nua} on ${link.name})` };
  }

  /**
   * Learns from a call that is over. @param inOrder its session came to its end.
   * @returns when another call is worth while: with another set soon; when all were disliked in a row, another round
   * waits as long as the cause asks for.
   */
  learn({ verdict: { retry } }: CallOutcome, inOrder: boolean): Retry | undefined {
    if (inOrder) this.#disliked = 0;
    if (retry === undefined || !retry.nextFacilitySet) return retry;
    const { length } = this.peer.facilities;
    this.#disliked++;
    this.#facilitySet = (this.#facilitySet + 1) % length;
    if (this.#disliked < length) return { ...retry, pace: 'soon', tellOperator: false };
    this.#disliked = 0;
    return retry;
  }

  #request(link: CallLink): CallRequest {
    const facilities = this.peer.facilities[this.#facilitySet];
    return {
      called: numberToCall(this.peer.nua, link.prefixes),
      userData: this.peer.userData,
      ...(facilities !== undefined && { facilities }),
    };
  }
}
