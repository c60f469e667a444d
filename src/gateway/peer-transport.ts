import type { CallRequest } from '../circuit/index.js';
import type { PeerConfiguration } from '../config/index.js';
import type { Clock } from '../core/index.js';
import { type CallOutcome, MailCircuit, type Retry } from '../rfc1090/index.js';
import { numberToCall } from '../routing/index.js';
import type { ClientOptions } from '../smtp/index.js';
import type { CallLink } from './call-link.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';
import { ClientRunner } from './client-runner.js';
import type { Transport, TransportEnd } from './dispatcher.js';
import type { MailSource } from './mail-source.js';

export interface PeerTransportOptions {
  readonly peer: PeerConfiguration;
  /** The peer's links in the order in which they are tried. */
  readonly links: readonly CallLink[];
  readonly session: ClientOptions;
  readonly clock: Clock;
  readonly watchCall: (call: CallStarted) => CallWatcher;
}

/** Brings mail to a peer: places a call, runs a session over it, clears. */
export class PeerTransport implements Transport {
  readonly concurrency: number;
  readonly #options: PeerTransportOptions;
  /** The facility set to ask for: the one that last carried a session, or the next after one that was disliked. */
  #facilitySet = 0;
  /** Sets disliked in a row. */
  #disliked = 0;

  constructor(options: PeerTransportOptions) {
    this.#options = options;
    this.concurrency = options.peer.maxCircuits;
  }

  async run(mail: MailSource): Promise<TransportEnd> {
    const { peer, links } = this.#options;
    const link = links.find((candidate) => candidate.isAvailable()) ?? links[0];
    if (link === undefined) return { inOrder: false, reason: `peer ${peer.name} has no link` };
    const { outcome, inOrder } = await this.#call(link, mail);
    const retry = outcome.verdict.retry;
    if (inOrder) this.#disliked = 0;
    return {
      inOrder,
      reason: `call to ${peer.name} (${peer.nua} on ${link.name}): ${outcome.reason}`,
      ...(retry !== undefined && { retry: this.#withNextSet(retry) }),
    };
  }

  /** Resolves when the circuit is gone and what became of every message is written down. */
  async #call(link: CallLink, mail: MailSource): Promise<{ outcome: CallOutcome; inOrder: boolean }> {
    const { peer, session, clock, watchCall } = this.#options;
    const facilities = peer.facilities[this.#facilitySet];
    const request: CallRequest = {
      called: numberToCall(peer.nua, link.prefixes),
      userData: peer.userData,
      ...(facilities !== undefined && { facilities }),
    };
    let runner: ClientRunner | undefined;
    const outcome = await new Promise<CallOutcome>((ended) => {
      const call = MailCircuit.place(link.circuits, request, {
        clock,
        timers: peer.timers,
        watch: (event) => watcher.event(event),
        opened: () => {
          runner = new ClientRunner({
            stream: call,
            session,
            clock,
            next: () => mail.next(),
            readBody: (message) => mail.readBody(message),
            settle: (message, outcomes) => {
              if (outcomes.some((recipient) => recipient.outcome === 'delivered')) watcher.messageSent();
              return mail.settle(message, outcomes);
            },
            onDialogue: (event) => call.dialogue(event),
          });
          runner.start();
        },
        ended: (how) => {
          watcher.ended(how);
          ended(how);
        },
      });
      const { id, called, calling } = call.circuit;
      const watcher = watchCall({
        circuit: id,
        link: link.name,
        direction: 'outgoing',
        called,
        calling,
        peer: peer.name,
        userData: peer.userData,
      });
    });
    const end = await runner?.done;
    return { outcome, inOrder: end?.inOrder ?? false };
  }

  /** Another set is tried soon; when all were disliked in a row, another round waits as long as the cause asks for. */
  #withNextSet(retry: Retry): Retry {
    const { length } = this.#options.peer.facilities;
    if (!retry.nextFacilitySet) return retry;
    this.#disliked++;
    this.#facilitySet = (this.#facilitySet + 1) % length;
    if (this.#disliked < length) return { ...retry, pace: 'soon', tellOperator: false };
    this.#disliked = 0;
    return retry;
  }
}
