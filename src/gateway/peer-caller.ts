import { isDeepStrictEqual } from 'node:util';
import type { CallRequest } from '../circuit/index.js';
import type { PeerConfiguration } from '../config/index.js';
import type { Clock } from '../core/index.js';
import { type CallOutcome, MailCircuit, type Retry } from '../rfc1090/index.js';
import { numberToCall } from '../routing/index.js';
import type { CallBudgets } from './call-budgets.js';
import type { CallLink } from './call-link.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';
import { type Demand, freeTime, type NotNow, nextOpen, outsideWindows, tooFewMessages } from './not-now.js';

export interface PeerCallerOptions {
  readonly peer: PeerConfiguration;
  /** The peer's links in the order in which they are tried. */
  readonly links: readonly CallLink[];
  readonly clock: Clock;
  readonly watchCall: (call: CallStarted) => CallWatcher;
  /** Absent: no peer has any. */
  readonly budgets?: Pick<CallBudgets, 'exhausted' | 'overdrawn'>;
}

/** A call of ours, on its way or open. */
export interface PlacedCall {
  readonly circuit: MailCircuit;
  readonly watcher: CallWatcher;
  /** As it was when the call was placed. */
  readonly peer: PeerConfiguration;
  readonly link: string;
  /** Nobody listens on it. */
  readonly isPrivate: boolean;
  /** In words: `call to site-b (26245300040 on psdn0)`. */
  readonly title: string;
  /** When the circuit is gone. Never rejects. */
  readonly outcome: Promise<CallOutcome>;
  /** Tells when it may take on no more while it is up: the hours or the budget of its peer are over. */
  readonly whenOver: (tell: () => void) => void;
  /** For how long it costs nothing more, milliseconds. */
  readonly freeMs: () => number;
}

/** When to ask again for a circuit: nobody tells when somebody else's call is over. */
const FULL_PAUSE_MS = 30_000;

/** How often it is looked whether a call that nobody else asks about may go on. */
const LOOK_MS = 10_000;

/** No call was placed. */
export interface NoCall {
  /** In words. */
  readonly reason: string;
  /** None may be placed now: nothing is wrong. */
  readonly notNow?: NotNow;
}

/** How long a link on which a call did not even go out is tried only when there is no other. */
const ASIDE_MS = 5 * 60_000;

const SOON: Retry = { pace: 'soon', nextFacilitySet: false, tellOperator: false };

/** Places the calls to one peer, whoever wants them, and remembers on which link and with which facilities they do well. */
export class PeerCaller {
  #options: PeerCallerOptions;
  #open = 0;
  /** Links on which a call did not go out (no router answers, no channel is free), and until when that counts. */
  readonly #aside = new Map<CallLink, number>();
  /** The facility set to ask for: the one that last carried a session, or the next after one that was disliked. */
  #facilitySet = 0;
  /** Sets disliked in a row. */
  #disliked = 0;

  constructor(options: PeerCallerOptions) {
    this.#options = options;
  }

  get peer(): PeerConfiguration {
    return this.#options.peer;
  }

  /** Counts for further calls; those that are open go on as they are. */
  configure(peer: PeerConfiguration, links: readonly CallLink[]): void {
    if (!isDeepStrictEqual(peer.facilities, this.peer.facilities)) {
      this.#facilitySet = 0;
      this.#disliked = 0;
    }
    this.#options = { ...this.#options, peer, links };
  }

  /** Why no call may be placed now. */
  obstacle(): NotNow | undefined {
    const { maxCircuits, name } = this.peer;
    if (this.#open < maxCircuits) return this.#closed(this.#options.budgets?.exhausted(name));
    return this.#noCircuit(`all circuits to ${name} are in use (${maxCircuits})`);
  }

  /** The links that are up and not set aside, or else those that are up, or else the first. */
  get linksToCallOn(): readonly CallLink[] {
    const { links } = this.#options;
    const good = links.filter((link) => this.#isGood(link));
    const available = good.length > 0 ? good : links.filter((link) => link.isAvailable());
    return available.length > 0 ? available : links.slice(0, 1);
  }

  /** Why a call that is up may not take on more: it ends when what is on its way has come to its end. */
  isOver(): NotNow | undefined {
    return this.#closed(this.#options.budgets?.overdrawn(this.peer.name));
  }

  #closed(broke: NotNow | undefined): NotNow | undefined {
    const { callRules } = this.peer;
    if (callRules === undefined) return undefined;
    if (broke !== undefined) return { ...broke, until: nextOpen(callRules, broke.until) };
    return outsideWindows(callRules, this.#options.clock.wallTime());
  }

  /** Why none is to be placed for these messages yet. */
  notYet(demand: Demand): NotNow | undefined {
    const { callRules } = this.peer;
    const obstacle = this.obstacle();
    if (callRules === undefined || obstacle !== undefined) return obstacle;
    return tooFewMessages(callRules, demand, this.#options.clock.wallTime());
  }

  /**
   * Places a call on the first of `linksToCallOn` that has a circuit for it.
   * @param opened the session may begin.
   */
  place(opened: () => void = () => {}): PlacedCall | NoCall {
    const { peer } = this;
    const { clock, watchCall } = this.#options;
    const candidates = this.linksToCallOn;
    const link = candidates.find((candidate) => candidate.shortage?.() === undefined) ?? candidates[0];
    if (link === undefined) return { reason: `peer ${peer.name} has no link` };
    const notNow = this.obstacle() ?? this.#full(link);
    if (notNow !== undefined)
      return { reason: `${peer.name} can not be called now: ${notNow.reason}`, notNow };
    let ended: (outcome: CallOutcome) => void = () => {};
    const outcome = new Promise<CallOutcome>((resolve) => {
      ended = resolve;
    });
    let connectedAt: number | undefined;
    const request = this.#request(link);
    const isFree = request.facilities?.reverseCharging === true;
    const circuit = MailCircuit.place(link.circuits, request, {
      clock,
      timers: peer.timers,
      watch: (event) => {
        if (event.type === 'connected') connectedAt = clock.now();
        watcher.event(event);
      },
      opened,
      ended: (how) => {
        this.#open--;
        if (wentOut(how)) this.#aside.delete(link);
        else this.#aside.set(link, clock.now() + ASIDE_MS);
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
      reverseCharged: isFree,
    });
    const title = `call to ${peer.name} (${peer.nua} on ${link.name})`;
    const freeMs = (): number =>
      connectedAt === undefined || isFree
        ? 0
        : freeTime(link.tariff, peer.callRules, clock.now() - connectedAt, clock.wallTime());
    const isPrivate = link.isPrivate === true;
    const whenOver = (tell: () => void): void => this.#tellWhenOver(outcome, tell);
    return { circuit, watcher, peer, link: link.name, isPrivate, outcome, title, whenOver, freeMs };
  }

  #tellWhenOver(outcome: Promise<CallOutcome>, tell: () => void): void {
    if (this.peer.callRules === undefined) return;
    const { clock } = this.#options;
    const look = (): void => {
      if (this.isOver() !== undefined) tell();
      else cancel = clock.wake(clock.now() + LOOK_MS, look);
    };
    let cancel = clock.wake(clock.now() + LOOK_MS, look);
    void outcome.then(() => cancel());
  }

  /**
   * Learns from a call that is over. @param inOrder its session came to its end.
   * @returns when another call is worth while: with another set, or on another link, soon; when all sets were disliked
   * in a row, another round waits as long as the cause asks for.
   */
  learn(outcome: CallOutcome, inOrder: boolean): Retry | undefined {
    const { retry } = outcome.verdict;
    if (inOrder) this.#disliked = 0;
    if (!wentOut(outcome) && this.#options.links.some((link) => this.#isGood(link))) return SOON;
    if (retry === undefined || !retry.nextFacilitySet) return retry;
    const { length } = this.peer.facilities;
    this.#disliked++;
    this.#facilitySet = (this.#facilitySet + 1) % length;
    if (this.#disliked < length) return { ...retry, pace: 'soon', tellOperator: false };
    this.#disliked = 0;
    return retry;
  }

  #isGood(link: CallLink): boolean {
    const now = this.#options.clock.now();
    return link.isAvailable() && (this.#aside.get(link) ?? now) <= now;
  }

  #full(link: CallLink): NotNow | undefined {
    const reason = link.shortage?.();
    return reason === undefined ? undefined : this.#noCircuit(reason);
  }

  #noCircuit(reason: string): NotNow {
    return { why: 'circuits', reason, until: this.#options.clock.wallTime() + FULL_PAUSE_MS };
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

/** The call left its link, whatever became of it. */
function wentOut({ times, ending }: CallOutcome): boolean {
  return times.requested !== undefined || ending.by === 'peer';
}
