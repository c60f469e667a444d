import { Alarm, type Clock, HandedOverStream, type OctetStream, type StreamEnd } from '../core/index.js';
import type { MailPolicy } from '../routing/index.js';
import {
  type Ask,
  type ClientFacts,
  type ClientOptions,
  type Credentials,
  type DialogueEvent,
  type EnhancedReply,
  type Misdeed,
  type ServerAction,
  type ServerInput,
  type ServerOptions,
  ServerSession,
  type TlsFacts,
  type Verdict,
} from '../smtp/index.js';
import type { Spool } from '../spool/index.js';
import type { Inspector } from './authentication/index.js';
import type { Caller } from './caller.js';
import { ClientRunner } from './client-runner.js';
import type { FetchDesk } from './fetch-desk.js';
import type { Fetcher } from './fetch-rights.js';
import { FetchedMail } from './fetched-mail.js';
import { type PriorityTerms, type Received, Reception } from './reception.js';
import type { RefusedMail } from './refused-mail.js';

export interface ServerRunnerOptions {
  readonly stream: OctetStream;
  /** The stream is within TLS already. */
  readonly tls?: TlsFacts;
  /** Said in place of a greeting. */
  readonly refusal?: EnhancedReply;
  readonly caller: Caller;
  readonly session: ServerOptions;
  readonly policy: MailPolicy;
  /** Absent: messages are stored as they are. */
  readonly inspector?: Inspector;
  readonly spool: Spool;
  readonly priorities?: PriorityTerms;
  readonly clock: Clock;
  /** Where STARTTLS is offered. @returns the encrypted stream, or in words why there is none. Never rejects. */
  readonly upgrade?: (stream: OctetStream) => Promise<Encrypted | string>;
  /** Where AUTH is offered; undefined for nobody of this name. */
  readonly credentials?: (user: string) => Credentials | undefined;
  /** Where ETRN and ATRN are offered. `session`: what we are like as the client that ATRN makes of us. */
  readonly fetching?: { readonly desk: Pick<FetchDesk, 'etrn' | 'atrn'>; readonly session: ClientOptions };
  readonly onDialogue?: (event: DialogueEvent) => void;
  /** A message went out, after ATRN. */
  readonly onSent?: () => void;
  readonly onReceived?: (message: Received) => void | Promise<void>;
  readonly onRefused?: (refused: RefusedMail) => void;
  readonly onMisdeed?: (what: Misdeed) => void;
  readonly onEnd?: (end: { messages: number; reason: string }) => void;
  readonly onProblem?: (problem: string) => void;
}

export interface Encrypted {
  readonly stream: OctetStream;
  readonly tls: TlsFacts;
}

/** Receives mail over one stream into the spool: carries out what the session engine says, and answers what it asks. */
export class ServerRunner {
  readonly #options: ServerRunnerOptions;
  readonly #session: ServerSession;
  readonly #reception: Reception;
  readonly #alarm: Alarm;
  #stream: OctetStream;
  /** What ATRN has asked for. */
  #fetched: FetchedMail | undefined;
  #closedBecause: string | undefined;
  #over = false;

  constructor(options: ServerRunnerOptions) {
    const { session, caller, policy, inspector, spool, priorities, clock } = options;
    this.#options = options;
    this.#stream = options.stream;
    this.#session = new ServerSession(session);
    this.#reception = new Reception({
      caller,
      hostname: session.hostname,
      policy,
      ...(inspector !== undefined && { inspector }),
      spool,
      ...(priorities !== undefined && { priorities }),
      clock,
      onReceived: (message) => options.onReceived?.(message),
      onRefused: (refused) => options.onRefused?.(refused),
      onProblem: (problem) => options.onProblem?.(problem),
    });
    this.#alarm = new Alarm(clock, () => {
      this.#carryOut(this.#session.handleTimeout(clock.now()));
    });
  }

  start(): void {
    const { tls, refusal } = this.#options;
    this.#listen();
    this.#input({
      type: 'start',
      ...(tls !== undefined && { tls }),
      ...(refusal !== undefined && { refusal }),
    });
  }

  /** Ends with 421 at the next good moment; a message on its way is finished first. */
  stop(): void {
    this.#input({ type: 'stop' });
    this.#fetched?.finish();
  }

  #listen(): void {
    this.#stream.setReceiver({
      octets: (octets) => this.#input({ type: 'octets', octets }),
      ready: () => {},
      ended: (end) => this.#ended(end),
    });
  }

  #input(input: ServerInput): void {
    if (!this.#over) this.#carryOut(this.#session.handle(input, this.#options.clock.now()));
  }

  #carryOut(actions: readonly ServerAction[]): void {
    for (const action of actions) this.#do(action);
    this.#alarm.set(this.#over ? undefined : this.#session.nextDeadline());
  }

  #do(action: ServerAction): void {
    switch (action.do) {
      case 'send':
        this.#stream.write(action.octets, true);
        return;
      case 'ask':
        void this.#answer(action.id, action.ask, action.client);
        return;
      case 'body':
        void this.#reception.store(action.octets).then(() => this.#input({ type: 'bodyTaken' }));
        return;
      case 'discard':
        this.#reception.drop(action.why);
        return;
      case 'consumed':
        this.#stream.consumed(action.octets);
        return;
      case 'dialogue':
        this.#options.onDialogue?.(action.event);
        return;
      case 'count':
        this.#options.onMisdeed?.(action.what);
        return;
      case 'upgrade':
        void this.#upgrade();
        return;
      case 'turn':
        void this.#turn(action.octets);
        return;
      case 'close':
        if (action.why === 'gone') return; // the stream told us, and why
        this.#closedBecause = action.why;
        this.#stream.close();
    }
  }

  async #answer(id: number, ask: Ask, client: ClientFacts): Promise<void> {
    this.#input({ type: 'answer', id, verdict: await this.#decide(ask, client) });
  }

  async #decide(ask: Ask, client: ClientFacts): Promise<Verdict> {
    switch (ask.type) {
      case 'sender':
      case 'recipient':
      case 'begin':
      case 'commit':
        return this.#reception.answer(ask, client);
      case 'verify':
      case 'expand':
        // RFC 5321 §7.3: existence is not disclosed.
        return {
          accept: false,
          reply: { code: 252, status: '2.0.0', text: 'send mail, and it will be tried' },
        };
      case 'credentials': {
        const credentials = this.#options.credentials?.(ask.user);
        return { accept: true, ...(credentials !== undefined && { credentials }) };
      }
      case 'login':
        return ask.identity === ask.user
          ? { accept: true }
          : {
              accept: false,
              reply: { code: 535, status: '5.7.8', text: 'nobody acts for another here' },
            };
      case 'proxied':
        return { accept: true };
      case 'etrn':
        return this.#desk.etrn(ask, this.#fetcher(client));
      case 'atrn': {
        const fetched = await this.#desk.atrn(ask.domains, this.#fetcher(client));
        if (!(fetched instanceof FetchedMail)) return { accept: false, reply: fetched };
        if (this.#over) await fetched.end();
        else this.#fetched = fetched;
        return { accept: true };
      }
    }
  }

  get #desk(): Pick<FetchDesk, 'etrn' | 'atrn'> {
    const { fetching } = this.#options;
    if (fetching === undefined) throw new Error('ETRN and ATRN are not offered');
    return fetching.desk;
  }

  #fetcher({ identity }: ClientFacts): Fetcher {
    const { peer, isVouched } = this.#options.caller;
    return { peer: isVouched === true ? peer : undefined, login: identity };
  }

  /** RFC 2645 §4: the other end is the server from now on, and greets first. @param octets what it has said already */
  async #turn(octets: Uint8Array): Promise<void> {
    const { caller, clock, onDialogue, onSent, fetching, onEnd } = this.#options;
    const fetched = this.#fetched;
    if (fetched === undefined || fetching === undefined) throw new Error('SMTP server: turned for nothing');
    this.#over = true;
    this.#reception.end();
    const stream = new HandedOverStream(this.#stream, clock);
    this.#stream.setReceiver(stream);
    if (octets.length > 0) stream.octets(octets);
    const runner = new ClientRunner({
      stream,
      session: fetching.session,
      clock,
      next: () => fetched.next(),
      readBody: (message) => fetched.readBody(message),
      checkpoints: fetched.checkpoints,
      signer: fetched.signer,
      settle: (message, outcomes) => {
        if (outcomes.some(({ outcome }) => outcome === 'delivered')) onSent?.();
        return fetched.settle(message, outcomes, caller.source);
      },
      ...(onDialogue !== undefined && { onDialogue }),
    });
    runner.start();
    const { reason } = await runner.done;
    await fetched.end();
    onEnd?.({ messages: this.#reception.messages, reason });
  }

  /** What still comes on the stream below belongs to TLS. */
  async #upgrade(): Promise<void> {
    const secured = await this.#options.upgrade?.(this.#stream);
    if (this.#over) return;
    if (typeof secured !== 'object') {
      // Nothing can be said any more: the client speaks TLS, or something else.
      const reason = secured ?? 'no TLS here';
      this.#options.onProblem?.(reason);
      this.#ended({ inOrder: false, reason });
      return;
    }
    this.#stream = secured.stream;
    this.#listen();
    this.#input({ type: 'secured', tls: secured.tls });
  }

  #ended(end: StreamEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#carryOut(this.#session.handle({ type: 'ended' }, this.#options.clock.now()));
    this.#reception.end();
    void this.#fetched?.end();
    const { messages } = this.#reception;
    this.#options.onEnd?.({ messages, reason: this.#closedBecause ?? end.reason });
  }
}
