import { Alarm, type VirtualClock } from '../../src/core/index.js';
import type { MailCircuit } from '../../src/rfc1090/index.js';
import {
  type ClientAction,
  type ClientOptions,
  ClientSession,
  type OutgoingMessage,
  type RecipientOutcome,
  type ServerAction,
  type ServerOptions,
  ServerSession,
} from '../../src/smtp/index.js';
import { octets, type QueuedMessage, text } from './smtp-drivers.js';

type Session<Input, Action> = {
  handle(input: Input, now: number): readonly Action[];
  handleTimeout(now: number): readonly Action[];
  nextDeadline(): number | undefined;
};
type Common = { readonly type: 'start' } | { readonly type: 'octets'; readonly octets: Uint8Array };

const CLIENT: ClientOptions = {
  hostname: 'client.example',
  pipelining: true,
  timeouts: {
    greetingMs: Number.POSITIVE_INFINITY,
    commandMs: Number.POSITIVE_INFINITY,
    dataMs: Number.POSITIVE_INFINITY,
    endOfDataMs: Number.POSITIVE_INFINITY,
  },
};

const SERVER: ServerOptions = {
  hostname: 'server.example',
  greeting: 'ESMTP',
  maxMessageSize: 1_000_000,
  maxRecipients: 100,
  lineEnds: 'learn',
  bareLineEnd: 'crlf',
  idleTimeoutMs: Number.POSITIVE_INFINITY,
  maxErrors: 10,
};

export interface MailEndOptions {
  readonly clock: VirtualClock;
  /** Brought to the other end while we are its client. */
  readonly queue: readonly QueuedMessage[];
  /** Changes places when the queue is empty, in place of QUIT. */
  readonly turns?: boolean;
  readonly client?: Partial<ClientOptions>;
  readonly server?: Partial<ServerOptions>;
}

/** One site of a call: client or server, or one after the other. */
export class MailEnd {
  readonly mail: MailCircuit;
  readonly taken: { readonly sender: string; readonly recipients: string[]; readonly body: string }[] = [];
  readonly results = new Map<string, readonly RecipientOutcome[]>();
  finished: string | undefined;
  readonly #options: MailEndOptions;
  readonly #queue: QueuedMessage[];
  readonly #alarm: Alarm;
  #client: ClientSession | undefined;
  #server: ServerSession | undefined;
  #turns: boolean;
  #pullWaits = false;
  #hasRoom = true;
  #sending: QueuedMessage | undefined;
  #at = 0;
  #incoming: { sender: string; recipients: string[]; body: string } = {
    sender: '',
    recipients: [],
    body: '',
  };

  constructor(mail: MailCircuit, role: 'client' | 'server', options: MailEndOptions) {
    this.mail = mail;
    this.#options = options;
    this.#queue = [...options.queue];
    this.#turns = options.turns ?? false;
    this.#alarm = new Alarm(options.clock, () => this.#timeout());
    mail.setReceiver({
      octets: (piece) => this.#heard(piece),
      ready: () => {
        this.#hasRoom = true;
        if (this.#pullWaits) this.#pull();
      },
      ended: ({ reason }) => {
        this.#clientDo(this.#client?.handle({ type: 'ended', reason }, this.#now()) ?? []);
        this.#serverDo(this.#server?.handle({ type: 'ended' }, this.#now()) ?? []);
      },
    });
    if (role === 'client') this.#beClient();
    else this.#beServer();
  }

  #beClient(): void {
    this.#server = undefined;
    this.#client = new ClientSession({ ...CLIENT, ...this.#options.client });
    this.#clientDo(this.#client.handle({ type: 'start' }, this.#now()));
  }

  #beServer(): void {
    this.#client = undefined;
    this.#server = new ServerSession({ ...SERVER, ...this.#options.server });
    this.#serverDo(this.#server.handle({ type: 'start' }, this.#now()));
  }

  #heard(piece: Uint8Array): void {
    if (piece.length === 0) return;
    const input = { type: 'octets', octets: piece } as const;
    if (this.#client !== undefined) this.#clientDo(this.#client.handle(input, this.#now()));
    else this.#serverDo(this.#server?.handle(input, this.#now()) ?? []);
  }

  #timeout(): void {
    this.#clientDo(this.#client?.handleTimeout(this.#now()) ?? []);
    this.#serverDo(this.#server?.handleTimeout(this.#now()) ?? []);
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #wake(session: Session<Common, unknown> | undefined): void {
    const at = session?.nextDeadline();
    this.#alarm.set(at === Number.POSITIVE_INFINITY ? undefined : at);
  }

  #write(piece: Uint8Array, endOfSequence: boolean): void {
    if (!this.mail.write(piece, endOfSequence)) this.#hasRoom = false;
  }

  // ---------------------------------------------------------------- client

  #clientDo(actions: readonly ClientAction[]): void {
    const client = this.#client;
    for (const action of actions) this.#clientAction(action);
    if (client !== undefined && client === this.#client) this.#wake(client);
  }

  #clientAction(action: ClientAction): void {
    switch (action.do) {
      case 'send':
        this.#write(action.octets, action.endOfSequence);
        return;
      case 'consumed':
        this.mail.consumed(action.octets);
        return;
      case 'dialogue':
        this.mail.dialogue(action.event);
        return;
      case 'ready':
        this.#next();
        return;
      case 'pull':
        this.#at = action.from ?? this.#at;
        this.#pull();
        return;
      case 'result':
        this.results.set(action.message, action.outcomes);
        return;
      case 'turned':
        this.#beServer();
        this.#heard(action.octets);
        return;
      case 'finished':
        this.finished = action.reason;
        if (action.how === 'close') this.mail.close();
        else this.mail.abort('protocolError');
        return;
      case 'notFetched':
      case 'upgrade':
        throw new Error(`not expected: ${action.do}`);
    }
  }

  #next(): void {
    this.#sending = this.#queue.shift();
    const message: OutgoingMessage | undefined = this.#sending?.message;
    const turns = message === undefined && this.#turns;
    if (turns) this.#turns = false;
    const input =
      message !== undefined
        ? ({ type: 'message', message } as const)
        : turns
          ? ({ type: 'turn', domains: ['client.example'] } as const)
          : ({ type: 'quit' } as const);
    this.#clientDo(this.#client?.handle(input, this.#now()) ?? []);
  }

  #pull(): void {
    this.#pullWaits = !this.#hasRoom;
    if (this.#pullWaits || this.#sending === undefined) return;
    const { body } = this.#sending;
    const piece = octets(body.slice(this.#at, this.#at + 3000));
    this.#at += piece.length;
    const input = { type: 'body', octets: piece, last: this.#at === body.length } as const;
    this.#clientDo(this.#client?.handle(input, this.#now()) ?? []);
  }

  // ---------------------------------------------------------------- server

  #serverDo(actions: readonly ServerAction[]): void {
    const server = this.#server;
    for (const action of actions) this.#serverAction(action);
    if (server !== undefined && server === this.#server) this.#wake(server);
  }

  #serverAction(action: ServerAction): void {
    switch (action.do) {
      case 'send':
        this.#write(action.octets, true);
        return;
      case 'consumed':
        this.mail.consumed(action.octets);
        return;
      case 'dialogue':
        this.mail.dialogue(action.event);
        return;
      case 'ask':
        this.#answer(action);
        return;
      case 'body':
        this.#incoming.body += text(action.octets);
        this.#serverDo(this.#server?.handle({ type: 'bodyTaken' }, this.#now()) ?? []);
        return;
      case 'turn':
        this.#beClient();
        this.#heard(action.octets);
        return;
      case 'close':
        this.mail.close();
        return;
      case 'discard':
      case 'count':
      case 'upgrade':
        throw new Error(`not expected: ${action.do}`);
    }
  }

  #answer({ id, ask }: ServerAction & { do: 'ask' }): void {
    if (ask.type === 'sender') this.#incoming = { sender: ask.mail.address, recipients: [], body: '' };
    if (ask.type === 'recipient') this.#incoming.recipients.push(ask.address);
    if (ask.type === 'commit') this.taken.push(this.#incoming);
    const input = { type: 'answer', id, verdict: { accept: true } } as const;
    this.#serverDo(this.#server?.handle(input, this.#now()) ?? []);
  }
}
