import { setImmediate as nextTurn } from 'node:timers/promises';
import { Alarm, type Clock, describeError, type OctetStream, type StreamEnd } from '../core/index.js';
import {
  type Again,
  type Checkpoint,
  type ClientAction,
  type ClientInput,
  type ClientOptions,
  ClientSession,
  type DialogueEvent,
  type OutgoingMessage,
  type PeerCapabilities,
  type RecipientOutcome,
} from '../smtp/index.js';
import type { DkimSigner } from './authentication/index.js';
import { type Checkpoints, SentOctets } from './checkpoints.js';
import { fitBody, type OutgoingBody, type ReadBody, skip } from './outgoing-body.js';
import { signedAgain } from './signed-again.js';

export interface ClientRunnerOptions {
  readonly stream: OctetStream;
  readonly session: ClientOptions;
  readonly clock: Clock;
  /** The next message to send on this session, or undefined when there is none: then the session is ended. */
  readonly next: () => Promise<OutgoingMessage | undefined>;
  readonly readBody: (message: string) => AsyncIterable<Uint8Array>;
  /** Signs again what was signed here and must be changed on its way out. Absent: its signature breaks. */
  readonly signer?: DkimSigner | undefined;
  /** What became of a message; resolved when it is written down. */
  readonly settle: (message: OutgoingMessage, outcomes: readonly RecipientOutcome[]) => Promise<void>;
  /** Begins TLS on the stream, which is its own from then on. @returns the encrypted one, or why there is none. Never rejects. */
  readonly upgrade?: (stream: OctetStream) => Promise<OctetStream | string>;
  /** What may go on in this session, and is to go on in the next (RFC 1845). Absent: messages are sent from their start. */
  readonly checkpoints?: Checkpoints;
  /** When no mail is left, what waits there for these domains is asked for. */
  readonly fetch?: FetchFromServer;
  readonly onDialogue?: (event: DialogueEvent) => void;
}

export interface FetchFromServer {
  /** etrn: it is to be brought (RFC 1985); atrn: instead of QUIT client and server change places (RFC 2645). */
  readonly how: 'etrn' | 'atrn';
  /** None, by ATRN: all that are ours. */
  readonly domains: readonly string[];
  /** The stream has a server to find; `octets` are the first for it. The runner has no part in it any more. */
  readonly turned: (stream: OctetStream, octets: Uint8Array) => void;
  /** The session ends as it would have without. `code` is absent where the server does not offer it. */
  readonly refused: (reason: string, code?: number) => void;
}

export interface ClientEnd {
  /**
   * We said QUIT because no mail was left, or the other end did not want to wait for more: what failed was about single
   * messages, not about the way there.
   */
  readonly inOrder: boolean;
  readonly messages: number;
  readonly reason: string;
  /** How another session at once would fare better. */
  readonly again?: Again;
}

const MOST_UNSETTLED = 4;

/** Sends mail over one stream: carries out what the session engine says, and feeds it messages and bodies. */
export class ClientRunner {
  /** When the stream is gone and every outcome is written down. Never rejects. */
  readonly done: Promise<ClientEnd>;
  readonly #options: ClientRunnerOptions;
  readonly #session: ClientSession;
  readonly #alarm: Alarm;
  #stream: OctetStream;
  readonly #settling = new Set<Promise<void>>();
  #resolve: (end: ClientEnd) => void = () => {};
  #sending: OutgoingBody | undefined;
  #sent: SentOctets | undefined;
  #body: AsyncIterator<Uint8Array> | undefined;
  #isFirstPull = true;
  #writable = true;
  #pullWaits = false;
  #messages = 0;
  #finished: string | undefined;
  #again: Again | undefined;
  /** No mail was left. */
  #hasQuit = false;
  /** The session is open, and what is to be sent next is not known yet. */
  #waitsForMail = false;
  #over = false;

  constructor(options: ClientRunnerOptions) {
    this.#options = options;
    this.#stream = options.stream;
    this.#session = new ClientSession(options.session);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#alarm = new Alarm(options.clock, () => {
      this.#carryOut(this.#session.handleTimeout(options.clock.now()));
    });
  }

  start(): void {
    this.#listen();
    this.#input({ type: 'start' });
  }

  #listen(): void {
    this.#writable = true;
    this.#stream.setReceiver({
      octets: (octets) => this.#input({ type: 'octets', octets }),
      ready: () => {
        this.#writable = true;
        if (this.#pullWaits) void this.#pull();
      },
      ended: (end) => void this.#ended(end),
    });
  }

  #input(input: ClientInput): void {
    if (!this.#over) this.#carryOut(this.#session.handle(input, this.#options.clock.now()));
  }

  #carryOut(actions: readonly ClientAction[]): void {
    for (const action of actions) this.#do(action);
    this.#alarm.set(this.#over ? undefined : this.#session.nextDeadline());
  }

  #do(action: ClientAction): void {
    const stream = this.#stream;
    switch (action.do) {
      case 'send':
        if (!stream.write(action.octets, action.endOfSequence)) this.#writable = false;
        return;
      case 'consumed':
        stream.consumed(action.octets);
        return;
      case 'ready':
        void this.#nextMessage(action.capabilities);
        return;
      case 'pull':
        if (action.from !== undefined) this.#openBody(action.from);
        void this.#pull();
        return;
      case 'upgrade':
        void this.#upgrade();
        return;
      case 'turned':
        this.#over = true;
        this.#options.fetch?.turned(stream, action.octets);
        void this.#conclude('client and server have changed places');
        return;
      case 'notFetched':
        this.#options.fetch?.refused(action.reason, action.code);
        return;
      case 'result':
        this.#result(action.outcomes, action.interrupted);
        return;
      case 'dialogue':
        this.#options.onDialogue?.(action.event);
        return;
      case 'finished':
        this.#finished = action.reason;
        this.#again = action.again;
        if (action.how === 'close') stream.close();
        else stream.abort('protocolError');
    }
  }

  async #nextMessage(peer: PeerCapabilities): Promise<void> {
    this.#sending = undefined;
    let message: OutgoingMessage | undefined;
    do {
      // What became of a message is written down while the next one goes out, but not of many: after a crash these
      // would go out a second time.
      while (this.#settling.size >= MOST_UNSETTLED) await Promise.race(this.#settling);
      this.#waitsForMail = true;
      message = await this.#options.next();
      if (message !== undefined) this.#sending = await this.#prepare(message, peer);
    } while (message !== undefined && this.#sending === undefined);
    this.#waitsForMail = false;
    if (this.#sending !== undefined) this.#input({ type: 'message', message: this.#sending.message });
    else this.#nothingLeft(peer);
  }

  #nothingLeft(peer: PeerCapabilities): void {
    const fetch = this.#hasQuit ? undefined : this.#options.fetch;
    this.#hasQuit = true;
    const keyword = fetch?.how.toUpperCase() ?? '';
    if (fetch === undefined) this.#input({ type: 'quit' });
    else if (!peer.keywords.has(keyword)) {
      fetch.refused(`${peer.name} does not offer ${keyword}`);
      this.#input({ type: 'quit' });
    } else if (fetch.how === 'etrn') this.#input({ type: 'etrn', nodes: fetch.domains });
    else this.#input({ type: 'turn', domains: fetch.domains });
  }

  /** A message as this server can take it; undefined where it can't, and that is settled. */
  async #prepare(original: OutgoingMessage, peer: PeerCapabilities): Promise<OutgoingBody | undefined> {
    const { readBody, checkpoints, signer } = this.#options;
    const signAgain = signer && ((changed: ReadBody) => signedAgain(changed, signer));
    try {
      const body = await fitBody(original, () => readBody(original.id), peer, signAgain);
      if (typeof body === 'string') this.#settle(original, settleAll(original, 'permanent', body));
      else if (!peer.checkpoint || checkpoints === undefined) return body;
      else return { ...body, message: await checkpoints.begin(body.message, body.read) };
    } catch (error) {
      const reason = `message can't be read: ${describeError(error)}`;
      this.#settle(original, settleAll(original, 'temporary', reason));
    }
    return undefined;
  }

  #openBody(from: number): void {
    void this.#body?.return?.();
    this.#isFirstPull = true;
    this.#sent = this.#sending?.message.checkpoint && new SentOctets();
    const body = this.#sending?.read();
    const watched = body && (this.#sent?.watch(body) ?? body);
    this.#body = watched && (from === 0 ? watched : skip(watched, from))[Symbol.asyncIterator]();
  }

  async #pull(): Promise<void> {
    const body = this.#body;
    this.#pullWaits = !this.#writable;
    if (this.#pullWaits || body === undefined) return;
    try {
      const { done, value } = await body.next();
      // What the server said meanwhile is read first: if it has refused the message and gone, a write fails, and Node
      // closes a socket on that without reading what has come.
      if (!this.#isFirstPull) await nextTurn();
      this.#isFirstPull = false;
      this.#input({ type: 'body', octets: done === true ? new Uint8Array() : value, last: done === true });
    } catch (error) {
      this.#input({ type: 'bodyFailed', reason: describeError(error) });
    }
  }

  async #upgrade(): Promise<void> {
    const { upgrade } = this.#options;
    const secured = await (upgrade?.(this.#stream) ?? 'TLS is not set up here');
    if (typeof secured === 'string') {
      this.#input({ type: 'failed', reason: secured });
      // The stream below has no reader any more that could tell its end.
      await this.#ended({ inOrder: false, reason: secured });
    } else {
      this.#stream = secured;
      this.#listen();
      this.#input({ type: 'secured' });
    }
  }

  #result(outcomes: readonly RecipientOutcome[], interrupted: Required<Checkpoint> | undefined): void {
    const message = this.#sending?.message;
    this.#sending = undefined;
    if (message === undefined) return;
    if (outcomes.some(({ outcome }) => outcome === 'delivered')) this.#messages++;
    void this.#body?.return?.();
    this.#body = undefined;
    const { checkpoints } = this.#options;
    const kept = message.checkpoint && checkpoints?.end(message, interrupted, this.#sent);
    this.#sent = undefined;
    this.#settle(message, outcomes, kept);
  }

  /** @param before what is to be written down before. */
  #settle(message: OutgoingMessage, outcomes: readonly RecipientOutcome[], before?: Promise<void>): void {
    const { settle } = this.#options;
    const settled =
      before === undefined ? settle(message, outcomes) : before.then(() => settle(message, outcomes));
    const settling = settled.finally(() => this.#settling.delete(settling));
    this.#settling.add(settling);
  }

  async #ended(end: StreamEnd): Promise<void> {
    if (this.#over) return;
    this.#input({ type: 'ended', reason: end.reason });
    this.#over = true;
    await this.#conclude(end.reason);
  }

  async #conclude(reason: string): Promise<void> {
    const isUnwaited = this.#waitsForMail && this.#messages > 0;
    void this.#body?.return?.();
    this.#alarm.set(undefined);
    await Promise.all(this.#settling);
    this.#resolve({
      inOrder: this.#hasQuit || this.#again === 'more' || isUnwaited,
      ...(this.#again !== undefined && { again: this.#again }),
      messages: this.#messages,
      reason: this.#finished ?? reason,
    });
  }
}

function settleAll(
  { recipients }: OutgoingMessage,
  outcome: RecipientOutcome['outcome'],
  reason: string,
): RecipientOutcome[] {
  return recipients.map(({ address }) => ({ address, outcome, reason }));
}
