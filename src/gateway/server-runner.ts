import {
  Alarm,
  type Clock,
  describeError,
  GatewayError,
  type OctetStream,
  type StreamEnd,
} from '../core/index.js';
import type { RecipientVerdict } from '../routing/index.js';
import {
  type Ask,
  type DialogueEvent,
  type EnhancedReply,
  type ServerAction,
  type ServerInput,
  type ServerOptions,
  ServerSession,
  type Verdict,
} from '../smtp/index.js';
import type { EnvelopeRecipient, MessageWriter, Spool } from '../spool/index.js';
import { internetDate } from './report.js';

/** Who is at the other end, as policy and Received need to know it. */
export interface Caller {
  /** In words, for people and the spool: `smtp 127.0.0.1` or `x25 26245300040 on psdn0`. */
  readonly source: string;
  /** For Received, between brackets: `127.0.0.1` or `X.25 26245300040 on psdn0`. */
  readonly origin: string;
  readonly protocol: 'TCP' | 'X25';
  /** Where mail of this caller may go. */
  judge(recipient: string): RecipientVerdict;
}

export interface Received {
  readonly id: string;
  readonly sender: string;
  readonly recipients: readonly EnvelopeRecipient[];
  readonly size: number;
  readonly source: string;
}

export interface ServerRunnerOptions {
  readonly stream: OctetStream;
  readonly caller: Caller;
  readonly session: ServerOptions;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly onDialogue?: (event: DialogueEvent) => void;
  readonly onReceived?: (message: Received) => void;
  readonly onEnd?: (end: { messages: number; reason: string }) => void;
  readonly onProblem?: (problem: string) => void;
}

const OK: Verdict = { accept: true };
const NO_ROOM: EnhancedReply = { code: 452, status: '4.3.1', text: 'insufficient storage, try again later' };
const SPOOL_FAILED: EnhancedReply = {
  code: 451,
  status: '4.3.0',
  text: 'cannot store the message now, try again later',
};

/** Receives mail over one stream into the spool: carries out what the session engine says, and answers what it asks. */
export class ServerRunner {
  readonly #options: ServerRunnerOptions;
  readonly #session: ServerSession;
  readonly #alarm: Alarm;
  #writer: MessageWriter | undefined;
  #sender = '';
  #body: '7BIT' | '8BITMIME' = '7BIT';
  #recipients: EnvelopeRecipient[] = [];
  #messages = 0;
  #closedBecause: string | undefined;
  #over = false;

  constructor(options: ServerRunnerOptions) {
    this.#options = options;
    this.#session = new ServerSession(options.session);
    this.#alarm = new Alarm(options.clock, () => {
      this.#carryOut(this.#session.handleTimeout(options.clock.now()));
    });
  }

  start(): void {
    this.#options.stream.setReceiver({
      octets: (octets) => this.#input({ type: 'octets', octets }),
      ready: () => {},
      ended: (end) => this.#ended(end),
    });
    this.#input({ type: 'start' });
  }

  /** Ends with 421 at the next good moment; a message on its way is finished first. */
  stop(): void {
    this.#input({ type: 'stop' });
  }

  #input(input: ServerInput): void {
    if (!this.#over) this.#carryOut(this.#session.handle(input, this.#options.clock.now()));
  }

  #carryOut(actions: readonly ServerAction[]): void {
    for (const action of actions) this.#do(action);
    this.#alarm.set(this.#over ? undefined : this.#session.nextDeadline());
  }

  #do(action: ServerAction): void {
    const { stream } = this.#options;
    switch (action.do) {
      case 'send':
        stream.write(action.octets, true);
        return;
      case 'ask':
        void this.#answer(action.id, action.ask);
        return;
      case 'body':
        void this.#store(action.octets);
        return;
      case 'discard':
        this.#discard();
        return;
      case 'consumed':
        stream.consumed(action.octets);
        return;
      case 'dialogue':
        this.#options.onDialogue?.(action.event);
        return;
      case 'close':
        if (action.why === 'gone') return; // the stream told us, and why
        this.#closedBecause = action.why;
        stream.close();
    }
  }

  async #answer(id: number, ask: Ask): Promise<void> {
    const verdict = await this.#decide(ask).catch((error: unknown): Verdict => {
      this.#options.onProblem?.(`${ask.type}: ${describeError(error)}`);
      const isFull = error instanceof GatewayError && error.code === 'spoolFull';
      return { accept: false, reply: isFull ? NO_ROOM : SPOOL_FAILED };
    });
    this.#input({ type: 'answer', id, verdict });
  }

  async #decide(ask: Ask): Promise<Verdict> {
    switch (ask.type) {
      case 'sender':
        // A message in the pipeline before this one is committed by now: the engine asks in order.
        this.#recipients = [];
        this.#sender = ask.mail.address;
        // BINARYMIME is not offered.
        this.#body = ask.mail.body === '7BIT' ? '7BIT' : '8BITMIME';
        return (await this.#options.spool.hasRoom(ask.mail.size ?? 0))
          ? OK
          : { accept: false, reply: NO_ROOM };
      case 'recipient': {
        const verdict = this.#options.caller.judge(ask.address);
        if (!verdict.accept) return verdict;
        this.#recipients.push({ address: verdict.address, destination: verdict.destination });
        return OK;
      }
      case 'begin': {
        const writer = await this.#options.spool.receive();
        if (this.#over) {
          await writer.abort();
          return OK;
        }
        this.#writer = writer;
        await writer.write(this.#receivedField(writer.id));
        return OK;
      }
      case 'commit':
        return this.#commit(ask.size);
      case 'verify':
      case 'expand':
        // RFC 5321 §7.3: existence is not disclosed.
        return {
          accept: false,
          reply: { code: 252, status: '2.0.0', text: 'send mail, and it will be tried' },
        };
      case 'credentials':
      case 'login':
      case 'etrn':
      case 'atrn':
      case 'proxied':
        throw new Error(`${ask.type} is not offered`);
    }
  }

  async #store(octets: Uint8Array): Promise<void> {
    try {
      await this.#writer?.write(octets);
    } catch (error) {
      // The rest is read and thrown away; `commit` has nothing to commit and refuses.
      this.#options.onProblem?.(`storing: ${describeError(error)}`);
      this.#discard();
    }
    this.#input({ type: 'bodyTaken' });
  }

  async #commit(size: number): Promise<Verdict> {
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer === undefined) return { accept: false, reply: SPOOL_FAILED };
    const { caller, clock } = this.#options;
    const envelope = {
      sender: this.#sender,
      recipients: this.#recipients,
      body: this.#body,
      source: caller.source,
      received: clock.wallTime(),
    };
    await writer.commit(envelope);
    this.#messages++;
    this.#options.onReceived?.({ id: writer.id, ...envelope, size });
    return { accept: true, reply: { code: 250, status: '2.0.0', text: `ok, queued as ${writer.id}` } };
  }

  #discard(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    writer
      ?.abort()
      .catch((error: unknown) => this.#options.onProblem?.(`discarding: ${describeError(error)}`));
  }

  /** RFC 5321 §4.4. */
  #receivedField(id: string): Uint8Array {
    const { caller, session, clock } = this.#options;
    const hello = this.#session.hello;
    const via = caller.protocol === 'X25' ? ' via X25' : '';
    return Buffer.from(
      `Received: from ${hello?.name ?? 'unknown'} (${caller.origin})\r\n` +
        `\tby ${session.hostname}${via} with ${hello?.extended === true ? 'ESMTP' : 'SMTP'} id ${id};\r\n` +
        `\t${internetDate(clock.wallTime())}\r\n`,
    );
  }

  #ended(end: StreamEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#carryOut(this.#session.handle({ type: 'ended' }, this.#options.clock.now()));
    this.#discard();
    this.#options.onEnd?.({ messages: this.#messages, reason: this.#closedBecause ?? end.reason });
  }
}
