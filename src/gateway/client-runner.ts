import { Alarm, type Clock, describeError, type OctetStream, type StreamEnd } from '../core/index.js';
import {
  type ClientAction,
  type ClientInput,
  type ClientOptions,
  ClientSession,
  type DialogueEvent,
  type OutgoingMessage,
  type RecipientOutcome,
} from '../smtp/index.js';

export interface ClientRunnerOptions {
  readonly stream: OctetStream;
  readonly session: ClientOptions;
  readonly clock: Clock;
  /** The next message to send on this session, or undefined when there is none: then the session is ended. */
  readonly next: () => Promise<OutgoingMessage | undefined>;
  readonly readBody: (message: string) => AsyncIterable<Uint8Array>;
  /** What became of a message; resolved when it is written down. */
  readonly settle: (message: OutgoingMessage, outcomes: readonly RecipientOutcome[]) => Promise<void>;
  readonly onDialogue?: (event: DialogueEvent) => void;
}

export interface ClientEnd {
  /** We said QUIT because no mail was left: what failed was about single messages, not about the way there. */
  readonly inOrder: boolean;
  readonly messages: number;
  readonly reason: string;
}

const MOST_UNSETTLED = 4;

/** Sends mail over one stream: carries out what the session engine says, and feeds it messages and bodies. */
export class ClientRunner {
  /** When the stream is gone and every outcome is written down. Never rejects. */
  readonly done: Promise<ClientEnd>;
  readonly #options: ClientRunnerOptions;
  readonly #session: ClientSession;
  readonly #alarm: Alarm;
  readonly #settling = new Set<Promise<void>>();
  #resolve: (end: ClientEnd) => void = () => {};
  #message: OutgoingMessage | undefined;
  #body: AsyncIterator<Uint8Array> | undefined;
  #writable = true;
  #pullWaits = false;
  #messages = 0;
  #finished: string | undefined;
  #hasQuit = false;
  #over = false;

  constructor(options: ClientRunnerOptions) {
    this.#options = options;
    this.#session = new ClientSession(options.session);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#alarm = new Alarm(options.clock, () => {
      this.#carryOut(this.#session.handleTimeout(options.clock.now()));
    });
  }

  start(): void {
    this.#options.stream.setReceiver({
      octets: (octets) => this.#input({ type: 'octets', octets }),
      ready: () => {
        this.#writable = true;
        if (this.#pullWaits) void this.#pull();
      },
      ended: (end) => void this.#ended(end),
    });
    this.#input({ type: 'start' });
  }

  #input(input: ClientInput): void {
    if (!this.#over) this.#carryOut(this.#session.handle(input, this.#options.clock.now()));
  }

  #carryOut(actions: readonly ClientAction[]): void {
    for (const action of actions) this.#do(action);
    this.#alarm.set(this.#over ? undefined : this.#session.nextDeadline());
  }

  #do(action: ClientAction): void {
    const { stream } = this.#options;
    switch (action.do) {
      case 'send':
        if (!stream.write(action.octets, action.endOfSequence)) this.#writable = false;
        return;
      case 'consumed':
        stream.consumed(action.octets);
        return;
      case 'ready':
        void this.#nextMessage();
        return;
      case 'pull':
        void this.#pull();
        return;
      case 'result':
        this.#result(action.outcomes);
        return;
      case 'dialogue':
        this.#options.onDialogue?.(action.event);
        return;
      case 'finished':
        this.#finished = action.reason;
        if (action.how === 'close') stream.close();
        else stream.abort('protocolError');
    }
  }

  async #nextMessage(): Promise<void> {
    // What became of a message is written down while the next one goes out, but not of many: after a crash these
    // would go out a second time.
    while (this.#settling.size >= MOST_UNSETTLED) await Promise.race(this.#settling);
    this.#message = await this.#options.next();
    this.#hasQuit = this.#message === undefined;
    this.#input(this.#message === undefined ? { type: 'quit' } : { type: 'message', message: this.#message });
  }

  async #pull(): Promise<void> {
    this.#pullWaits = !this.#writable;
    if (this.#pullWaits || this.#message === undefined) return;
    try {
      this.#body ??= this.#options.readBody(this.#message.id)[Symbol.asyncIterator]();
      const { done, value } = await this.#body.next();
      if (done === true) this.#body = undefined;
      this.#input({ type: 'body', octets: done === true ? new Uint8Array() : value, last: done === true });
    } catch (error) {
      this.#body = undefined;
      this.#input({ type: 'bodyFailed', reason: describeError(error) });
    }
  }

  #result(outcomes: readonly RecipientOutcome[]): void {
    const message = this.#message;
    this.#message = undefined;
    if (message === undefined) return;
    if (outcomes.some(({ outcome }) => outcome === 'delivered')) this.#messages++;
    void this.#body?.return?.();
    this.#body = undefined;
    const settling = this.#options.settle(message, outcomes).finally(() => this.#settling.delete(settling));
    this.#settling.add(settling);
  }

  async #ended(end: StreamEnd): Promise<void> {
    if (this.#over) return;
    this.#input({ type: 'ended', reason: end.reason });
    this.#over = true;
    this.#alarm.set(undefined);
    await Promise.all(this.#settling);
    this.#resolve({
      inOrder: this.#hasQuit,
      messages: this.#messages,
      reason: this.#finished ?? end.reason,
    });
  }
}
