import type { Clock, OctetStream } from '../core/index.js';
import type { ClientOptions } from '../smtp/index.js';
import { ClientRunner, type FetchFromServer } from './client-runner.js';
import type { Transport, TransportEnd } from './dispatcher.js';
import type { MailSource } from './mail-source.js';
import type { Demand, NotNow } from './not-now.js';
import type { PeerCaller, PlacedCall } from './peer-caller.js';

export interface PeerTransportOptions {
  readonly caller: PeerCaller;
  readonly session: ClientOptions;
  readonly clock: Clock;
  /** Where mail of ours is fetched. */
  readonly fetching?: Fetching;
}

export interface Fetching {
  /** The call has turned: we are the server on this stream. `octets` are the first for it. */
  readonly turned: (call: PlacedCall, stream: OctetStream, octets: Uint8Array) => void;
  /** A call is over in which it was asked what waits there for us. */
  readonly asked: (peer: string) => void;
  readonly onProblem: (problem: string) => void;
}

/** RFC 2645 §5.2.1: no mail. */
const NO_MAIL = 453;

/** Brings mail to a peer: places a call, runs a session over it, clears. */
export class PeerTransport implements Transport {
  readonly usesCircuit = true;
  readonly #options: PeerTransportOptions;
  #hello: ClientOptions['hello'];

  constructor(options: PeerTransportOptions) {
    this.#options = options;
  }

  get concurrency(): number {
    return this.#options.caller.peer.maxCircuits;
  }

  notYet(demand: Demand): NotNow | undefined {
    return this.#options.caller.notYet(demand);
  }

  /** Resolves when the circuit is gone and what became of every message is written down. */
  async run(mail: MailSource): Promise<TransportEnd> {
    const { caller } = this.#options;
    let runner: ClientRunner | undefined;
    const call = caller.place(() => {
      if (!('circuit' in call)) return;
      runner = this.#runner(call, mail);
      runner.start();
    });
    if (!('circuit' in call)) return { inOrder: false, ...call };
    const outcome = await call.outcome;
    const end = await runner?.done;
    // Who ends a call in which nothing was going on has done no harm.
    const inOrder = end !== undefined && (end.inOrder || mail.isIdle);
    if (inOrder && call.peer.fetch !== undefined) this.#options.fetching?.asked(call.peer.name);
    // It dropped EHLO: the next call, which costs money as this one did, begins with HELO.
    if (end?.again === 'helo') this.#hello = 'HELO';
    const retry = caller.learn(outcome, inOrder);
    return {
      inOrder,
      reason: `${call.title}: ${outcome.reason}`,
      ...(retry !== undefined && { retry }),
    };
  }

  #runner(call: PlacedCall, mail: MailSource): ClientRunner {
    const { caller, session, clock } = this.#options;
    const { circuit, watcher } = call;
    const fetch = this.#fetch(call);
    // What is paid is used: mail that comes meanwhile goes for nothing. Who fetches mail as well uses it for that.
    const idleUntil = (): number | undefined =>
      fetch === undefined ? clock.now() + call.freeMs() : undefined;
    return new ClientRunner({
      stream: circuit,
      session: this.#hello === undefined ? session : { ...session, hello: this.#hello },
      clock,
      // A message on its way is finished; the next one waits for the next call.
      next: async () => (caller.isOver() === undefined ? mail.next(idleUntil) : undefined),
      readBody: (message) => mail.readBody(message),
      checkpoints: mail.checkpoints,
      signer: mail.signer,
      settle: (message, outcomes) => {
        if (outcomes.some((recipient) => recipient.outcome === 'delivered')) watcher.messageSent();
        return mail.settle(message, outcomes, circuit.circuit.id);
      },
      ...(fetch !== undefined && { fetch }),
      onDialogue: (event) => circuit.dialogue(event),
    });
  }

  #fetch(call: PlacedCall): FetchFromServer | undefined {
    const { fetching } = this.#options;
    const { fetch, name } = call.peer;
    if (fetch === undefined || fetching === undefined) return undefined;
    const { how, domains } = fetch;
    return {
      how,
      domains,
      turned: (stream, octets) => fetching.turned(call, stream, octets),
      refused: (reason, code) => {
        if (code !== NO_MAIL) fetching.onProblem(`fetching mail from ${name}: ${reason}`);
      },
    };
  }
}
