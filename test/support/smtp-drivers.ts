import {
  type Ask,
  BASIC_OFFERS,
  type BodyType,
  type ClientAction,
  type ClientFacts,
  type ClientInput,
  type ClientOptions,
  ClientSession,
  type MailCommand,
  type Offers,
  type OutgoingMessage,
  type OutgoingRecipient,
  type RecipientOutcome,
  type ServerAction,
  type ServerInput,
  type ServerOptions,
  ServerSession,
  type Verdict,
} from '../../src/smtp/index.js';

/** One character per octet, both ways, so that a test can be read. */
export const octets = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
export const text = (from: Uint8Array): string => Buffer.from(from).toString('latin1');

export interface TakenMessage {
  readonly mail: MailCommand;
  readonly recipients: readonly string[];
  readonly body: string;
}

/** Answers an ask; undefined leaves it open, for `answer` to close later. */
export type Decide = (ask: Ask) => Verdict | undefined;

const SERVER_OPTIONS: ServerOptions = {
  hostname: 'gw.example',
  greeting: 'ESMTP',
  maxMessageSize: 1_000_000,
  maxRecipients: 100,
  lineEnds: 'crlf',
  bareLineEnd: 'refuse',
  idleTimeoutMs: 300_000,
  maxErrors: 10,
};

/** Everything that a server can offer, to a client that may log in without TLS. */
export const ALL_OFFERS: Offers = {
  ...BASIC_OFFERS,
  smtpUtf8: true,
  chunking: true,
  binaryMime: true,
  dsn: true,
  deliverBy: { leastSeconds: 60 },
  priority: { profile: 'MIXER' },
  startTls: true,
  auth: { mechanisms: ['SCRAM-SHA-256', 'PLAIN', 'LOGIN', 'CRAM-MD5'], withoutTls: true },
  etrn: true,
  atrn: true,
  checkpoint: true,
  limits: { messages: 20, recipientDomains: 5 },
  xclient: true,
  xforward: true,
};

export const TLS = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };

/** Carries out what a server session says, and remembers it. Time stands where the test puts it. */
export class ServerDriver {
  readonly session: ServerSession;
  readonly #decide: Decide;
  now = 0;
  /** The octets of each `send`. */
  readonly sent: string[] = [];
  readonly asks: Ask[] = [];
  /** What was known of the client at each ask. */
  readonly clients: ClientFacts[] = [];
  readonly messages: TakenMessage[] = [];
  readonly events: string[] = [];
  /** Sizes of the pieces of body. */
  readonly pieces: number[] = [];
  discarded = 0;
  discardedWhy: string | undefined;
  consumed = 0;
  /** What was counted against the client. */
  readonly misdeeds: string[] = [];
  /** Waits for `secured`. */
  upgrading = false;
  turned: { readonly domains: readonly string[]; readonly octets: string } | undefined;
  closed: string | undefined;
  /** Leaves bodies untaken, for `takeBody`. */
  holdBody = false;
  #openAsk: number | undefined;
  #mail: MailCommand | undefined;
  #recipients: string[] = [];
  #body = '';

  constructor(options: Partial<ServerOptions> = {}, decide: Decide = () => ({ accept: true })) {
    this.session = new ServerSession({ ...SERVER_OPTIONS, ...options });
    this.#decide = decide;
  }

  start(): this {
    this.input({ type: 'start' });
    return this;
  }

  give(what: string | Uint8Array): void {
    this.input({ type: 'octets', octets: typeof what === 'string' ? octets(what) : what });
  }

  answer(verdict: Verdict): void {
    if (this.#openAsk === undefined) throw new Error('no ask is open');
    this.input({ type: 'answer', id: this.#openAsk, verdict });
  }

  takeBody(): void {
    this.input({ type: 'bodyTaken' });
  }

  input(input: ServerInput): readonly ServerAction[] {
    return this.#carryOut(this.session.handle(input, this.now));
  }

  /** Lets time pass until `at`, with every deadline on the way. */
  runUntil(at: number): void {
    for (
      let next = this.session.nextDeadline();
      next !== undefined && next <= at;
      next = this.session.nextDeadline()
    ) {
      this.now = next;
      this.#carryOut(this.session.handleTimeout(next));
    }
    this.now = at;
  }

  /** All that was said since the last time. */
  said(): string {
    return this.sent.splice(0).join('');
  }

  #carryOut(actions: readonly ServerAction[]): readonly ServerAction[] {
    for (const action of actions) this.#do(action);
    return actions;
  }

  #do(action: ServerAction): void {
    switch (action.do) {
      case 'send':
        this.sent.push(text(action.octets));
        break;
      case 'ask':
        this.clients.push(action.client);
        this.#ask(action.id, action.ask);
        break;
      case 'body':
        this.#body += text(action.octets);
        this.pieces.push(action.octets.length);
        if (!this.holdBody) this.takeBody();
        break;
      case 'discard':
        this.discarded++;
        this.discardedWhy = action.why;
        this.#body = '';
        break;
      case 'consumed':
        this.consumed += action.octets;
        break;
      case 'dialogue':
        this.events.push(action.event);
        break;
      case 'count':
        this.misdeeds.push(action.what);
        break;
      case 'upgrade':
        this.upgrading = true;
        break;
      case 'turn':
        this.turned = { domains: action.domains, octets: text(action.octets) };
        break;
      case 'close':
        this.closed = action.why;
        break;
    }
  }

  #ask(id: number, ask: Ask): void {
    this.asks.push(ask);
    const verdict = this.#decide(ask);
    if (ask.type === 'sender') {
      this.#mail = ask.mail;
      this.#recipients = [];
    }
    if (ask.type === 'recipient' && verdict?.accept !== false) this.#recipients.push(ask.address);
    if (ask.type === 'begin') this.#body = '';
    if (ask.type === 'commit' && this.#mail !== undefined && verdict?.accept !== false)
      this.messages.push({ mail: this.#mail, recipients: this.#recipients, body: this.#body });
    this.#openAsk = id;
    if (verdict !== undefined) this.input({ type: 'answer', id, verdict });
  }
}

const CLIENT_OPTIONS: ClientOptions = {
  hostname: 'client.example',
  pipelining: true,
  timeouts: { greetingMs: 120_000, commandMs: 300_000, dataMs: 180_000, endOfDataMs: 600_000 },
};

export interface QueuedMessage {
  readonly message: OutgoingMessage;
  readonly body: string;
}

export type QueuedOptions = Partial<Omit<OutgoingMessage, 'recipients'>> & { readonly body?: BodyType };

export function queued(
  id: string,
  recipients: readonly (string | OutgoingRecipient)[],
  body: string,
  { body: type = '7BIT', parameters, ...rest }: QueuedOptions = {},
): QueuedMessage {
  return {
    message: {
      id,
      sender: 'a@from.example',
      recipients: recipients.map((recipient) =>
        typeof recipient === 'string' ? { address: recipient, parameters: {} } : recipient,
      ),
      size: body.length,
      parameters: { body: type, ...parameters },
      ...rest,
    },
    body,
  };
}

/** Carries out what a client session says: gives it the queued messages one by one, and quits. */
export class ClientDriver {
  readonly session: ClientSession;
  readonly #queue: QueuedMessage[];
  readonly #chunk: number;
  now = 0;
  readonly sent: { readonly text: string; readonly endOfSequence: boolean }[] = [];
  readonly results = new Map<string, readonly RecipientOutcome[]>();
  readonly events: string[] = [];
  readonly readies: Extract<ClientAction, { do: 'ready' }>[] = [];
  consumed = 0;
  pulls = 0;
  finished: { readonly how: 'close' | 'abort'; readonly reason: string } | undefined;
  /** Leaves pulls unanswered. */
  holdBody = false;
  /** Leaves `upgrade` unanswered. */
  upgrades = 0;
  turned: Uint8Array | undefined;
  readonly refusedTurns: string[] = [];
  /** Where each body was begun. */
  readonly begun: number[] = [];
  readonly interrupted: unknown[] = [];
  again: string | undefined;
  /** Asked for in place of QUIT. */
  turn: readonly string[] | undefined;
  #message = '';
  #body = '';

  constructor(queue: readonly QueuedMessage[], options: Partial<ClientOptions> = {}, chunk = 10_000) {
    this.session = new ClientSession({ ...CLIENT_OPTIONS, ...options });
    this.#queue = [...queue];
    this.#chunk = chunk;
  }

  start(): this {
    this.input({ type: 'start' });
    return this;
  }

  give(what: string | Uint8Array): void {
    this.input({ type: 'octets', octets: typeof what === 'string' ? octets(what) : what });
  }

  input(input: ClientInput): void {
    for (const action of this.session.handle(input, this.now)) this.#do(action);
  }

  runUntil(at: number): void {
    for (
      let next = this.session.nextDeadline();
      next !== undefined && next <= at;
      next = this.session.nextDeadline()
    ) {
      this.now = next;
      for (const action of this.session.handleTimeout(next)) this.#do(action);
    }
    this.now = at;
  }

  said(): string {
    return this.sent
      .splice(0)
      .map((send) => send.text)
      .join('');
  }

  /** `address: outcome reason` of each recipient of a message. */
  outcomes(id: string): string[] {
    return (this.results.get(id) ?? []).map(
      ({ address, outcome, reason }) => `${address}: ${outcome} ${reason}`,
    );
  }

  #do(action: ClientAction): void {
    switch (action.do) {
      case 'send':
        this.sent.push({ text: text(action.octets), endOfSequence: action.endOfSequence });
        break;
      case 'consumed':
        this.consumed += action.octets;
        break;
      case 'ready':
        this.readies.push(action);
        this.#next();
        break;
      case 'pull':
        this.pulls++;
        if (action.from !== undefined) {
          this.begun.push(action.from);
          this.#body = this.#message.slice(action.from);
        }
        if (!this.holdBody) this.giveBody();
        break;
      case 'result':
        this.results.set(action.message, action.outcomes);
        if (action.interrupted !== undefined) this.interrupted.push(action.interrupted);
        break;
      case 'dialogue':
        this.events.push(action.event);
        break;
      case 'upgrade':
        this.upgrades++;
        break;
      case 'turned':
        this.turned = action.octets;
        break;
      case 'notFetched':
        this.refusedTurns.push(`${action.code}: ${action.reason}`);
        break;
      case 'finished':
        this.finished = { how: action.how, reason: action.reason };
        this.again = action.again;
        break;
    }
  }

  giveBody(): void {
    const chunk = this.#body.slice(0, this.#chunk);
    this.#body = this.#body.slice(chunk.length);
    this.input({ type: 'body', octets: octets(chunk), last: this.#body === '' });
  }

  #next(): void {
    const next = this.#queue.shift();
    this.#message = next?.body ?? '';
    if (next === undefined && this.turn !== undefined) {
      const domains = this.turn;
      this.turn = undefined;
      this.input({ type: 'turn', domains });
      return;
    }
    this.input(next === undefined ? { type: 'quit' } : { type: 'message', message: next.message });
  }
}

/** Joins the two halves: what one says goes to the other, cut into pieces as `cut` says, until both are silent. */
export function converse(
  client: ClientDriver,
  server: ServerDriver,
  cut: (octets: string) => string[],
): void {
  client.start();
  server.start();
  for (;;) {
    const fromServer = server.said();
    const fromClient = client.said();
    if (fromServer === '' && fromClient === '') return;
    for (const piece of cut(fromServer)) client.give(piece);
    for (const piece of cut(fromClient)) server.give(piece);
  }
}
