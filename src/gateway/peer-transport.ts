import type { Clock, OctetStream } from '../core/index.js';
import type { CallOutcome, How } from '../rfc1090/index.js';
import type { ClientOptions, Login, TlsFacts } from '../smtp/index.js';
import { type ClientEnd, ClientRunner, type FetchFromServer } from './client-runner.js';
import type { MailSource } from './mail-source.js';
import type { Demand, NotNow } from './not-now.js';
import { encryptTo, loginFor } from './outgoing-tls.js';
import type { PeerCaller, PlacedCall } from './peer-caller.js';
import { HANDSHAKE_MS } from './session-options.js';
import type { Transport, TransportEnd } from './transport.js';

export interface PeerTransportOptions {
  readonly caller: PeerCaller;
  readonly session: ClientOptions;
  readonly clock: Clock;
  /** Where mail of ours is fetched. */
  readonly fetching?: Fetching;
}

export interface TurnedStream {
  readonly stream: OctetStream;
  /** The first for the server that we are now. */
  readonly octets: Uint8Array;
  /** It is within TLS. */
  readonly tls?: TlsFacts | undefined;
}

export interface Fetching {
  /** The call has turned: we are the server on it. */
  readonly turned: (call: PlacedCall, turned: TurnedStream) => void;
  /** A call is over in which it was asked what waits there for us. */
  readonly asked: (peer: string) => void;
  /** A call ended while mail came in over it: there is more. */
  readonly brokenOff: (peer: string) => void;
  readonly onProblem: (problem: string) => void;
}

/** Of a call on which mail came in to its end. */
const GOOD_ENDS: ReadonlySet<How> = new Set<How>(['completed', 'dismissed', 'quitTimeout']);

/** RFC 2645 §5.2.1: no mail. */
const NO_MAIL = 453;

/** Brings mail to a peer: places a call, runs a session over it, clears. */
export class PeerTransport implements Transport {
  readonly usesCircuit = true;
  readonly #options: PeerTransportOptions;
  #hello: ClientOptions['hello'];
  /** Calls on which we have become the server. */
  readonly #turned = new WeakSet<PlacedCall>();
  /** TLS is wished for, and failed: the next call does without. */
  #withoutTls = false;

  constructor(options: PeerTransportOptions) {
    this.#options = options;
  }

  get links(): readonly string[] {
    return this.#options.caller.linksToCallOn.map(({ name }) => name);
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
    const { name, terms } = caller.peer;
    const login = terms?.login && loginFor(terms.login, ` at ${name}`);
    if (typeof login === 'string') return { inOrder: false, reason: login };
    let runner: ClientRunner | undefined;
    const call = caller.place(() => {
      if (!('circuit' in call)) return;
      runner = this.#runner(call, mail, login);
      runner.start();
    });
    if (!('circuit' in call)) return { inOrder: false, ...call };
    const outcome = await call.outcome;
    const end = await runner?.done;
    // Who ends a call in which nothing was going on has done no harm.
    const isBrokenOff = this.#turned.has(call) && !GOOD_ENDS.has(outcome.verdict.how);
    const inOrder = end !== undefined && (end.inOrder || mail.isIdle) && !isBrokenOff;
    if (isBrokenOff) this.#options.fetching?.brokenOff(call.peer.name);
    else if (inOrder && call.peer.fetch !== undefined) this.#options.fetching?.asked(call.peer.name);
    // It dropped EHLO: the next call, which costs money as this one did, begins with HELO.
    if (end?.again === 'helo') this.#hello = 'HELO';
    this.#withoutTls = end?.again === 'noTls';
    const retry = caller.learn(outcome, inOrder);
    return {
      inOrder,
      reason: `${call.title}: ${inOrder ? outcome.reason : reasonOf(end, outcome)}`,
      ...(retry !== undefined && { retry }),
    };
  }

  #runner(call: PlacedCall, mail: MailSource, login: Login | undefined): ClientRunner {
    const { caller, clock } = this.#options;
    const { circuit, watcher, peer } = call;
    let tls: TlsFacts | undefined;
    const fetch = this.#fetch(call, () => tls);
    // What is paid is used: mail that comes meanwhile goes for nothing. Who fetches mail as well uses it for that.
    const idleUntil = (): number | undefined =>
      fetch === undefined ? clock.now() + call.freeMs() : undefined;
    return new ClientRunner({
      stream: circuit,
      session: this.#session(call, login),
      upgrade: (below) =>
        encryptTo(
          below,
          peer.terms?.tlsName ?? '',
          peer.terms ?? { tls: 'none' },
          (facts) => {
            tls = facts;
          },
          HANDSHAKE_MS.circuit,
        ),
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

  #session({ peer: { terms }, isPrivate }: PlacedCall, login: Login | undefined): ClientOptions {
    const { session } = this.#options;
    const tls = terms?.tls === 'verify' ? 'must' : (terms?.tls ?? 'none');
    return {
      ...session,
      ...(this.#hello !== undefined && { hello: this.#hello }),
      tls: this.#withoutTls && tls === 'may' ? 'none' : tls,
      ...(login !== undefined && { login: { ...login, privateLine: isPrivate } }),
    };
  }

  #fetch(call: PlacedCall, tls: () => TlsFacts | undefined): FetchFromServer | undefined {
    const { fetching } = this.#options;
    const { fetch, name } = call.peer;
    if (fetch === undefined || fetching === undefined) return undefined;
    const { how, domains } = fetch;
    return {
      how,
      domains,
      turned: (stream, octets) => {
        this.#turned.add(call);
        fetching.turned(call, { stream, octets, tls: tls() });
      },
      refused: (reason, code) => {
        if (code !== NO_MAIL) fetching.onProblem(`fetching mail from ${name}: ${reason}`);
      },
    };
  }
}

/** What the session says of its end tells more than how the call was cleared, which is told as well. */
function reasonOf(end: ClientEnd | undefined, { reason }: CallOutcome): string {
  return end === undefined || end.reason === reason ? reason : `${end.reason} (${reason})`;
}
