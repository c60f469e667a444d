/**
 * The sending half of a session (RFC 5321 §3.3, RFC 2920).
 *
 * What the server owes is a queue: each command that goes out puts its step there, each reply takes the first one off.
 * So a batch of commands and a single command are the same thing, and a reply for which nothing stands in the queue
 * shows a server that can't be trusted any longer. Until the reply to the end of data is there, nothing is delivered;
 * once it is, nothing that happens later changes it.
 */
import { concat, fromAscii, TimerTable } from '../core/index.js';
import { capabilitiesOf } from './capabilities.js';
import { ClientOutput } from './client-output.js';
import { DataWriter } from './data.js';
import { describeReply, type Reply, ReplyReader } from './reply.js';
import type {
  ClientAction,
  ClientInput,
  ClientOptions,
  OutgoingMessage,
  PeerCapabilities,
} from './session.js';
import { decideBeforehand, OutgoingTransaction } from './transaction.js';

type Step = 'greeting' | 'EHLO' | 'HELO' | 'RSET' | 'MAIL' | 'RCPT' | 'DATA' | 'message' | 'QUIT';

/** How long each step may take (RFC 5321 §4.5.3.2). */
const TIMEOUTS: Record<Step, keyof ClientOptions['timeouts']> = {
  greeting: 'greetingMs',
  EHLO: 'commandMs',
  HELO: 'commandMs',
  RSET: 'commandMs',
  MAIL: 'commandMs',
  RCPT: 'commandMs',
  DATA: 'dataMs',
  message: 'endOfDataMs',
  QUIT: 'commandMs',
};

interface Command {
  readonly step: Step;
  readonly line: string;
  /** Carries out what the reply means. `good`: it is of the class that lets the dialogue go on. */
  readonly answered: (reply: Reply, good: boolean) => void;
}

type Phase =
  | { readonly name: 'unopened' | 'opening' | 'ready' | 'over' }
  /** `why`: what made us quit, where it was not the driver. */
  | { readonly name: 'quitting'; readonly why: string | undefined }
  /** MAIL to DATA; `rest` is not sent yet. */
  | { readonly name: 'envelope'; readonly transaction: OutgoingTransaction; readonly rest: Command[] }
  /** The server waits for the message; the driver owes its next octets. */
  | { readonly name: 'body'; readonly transaction: OutgoingTransaction; readonly writer: DataWriter }
  /** The end of data went out. */
  | { readonly name: 'ending'; readonly transaction: OutgoingTransaction };

export class ClientSession {
  readonly #options: ClientOptions;
  readonly #replies = new ReplyReader();
  readonly #output = new ClientOutput();
  readonly #timers = new TimerTable<'step'>();
  readonly #owed: Command[] = [];
  #phase: Phase = { name: 'unopened' };
  #capabilities: PeerCapabilities = capabilitiesOf({ code: 220, status: undefined, lines: [] }, false);
  /** The server has a transaction open that we gave up. */
  #needsReset = false;
  /** Something went out or came in: the wait begins anew. */
  #progress = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** @throws Error when an input comes at a moment for which it was not asked: the driver is wrong. */
  handle(input: ClientInput, now: number): readonly ClientAction[] {
    // A body or a message may be on its way to us while the session ends.
    if (this.#phase.name === 'over') return [];
    switch (input.type) {
      case 'start':
        this.#start();
        break;
      case 'octets':
        this.#octets(input.octets);
        break;
      case 'message':
        this.#message(input.message);
        break;
      case 'body':
        this.#body(input.octets, input.last);
        break;
      case 'bodyFailed':
        this.#finish('abort', `message can't be read: ${input.reason}`);
        break;
      case 'quit':
        this.#expect('ready', 'quit');
        this.#quit(undefined);
        break;
      case 'ended':
        this.#finish('abort', input.reason);
        break;
    }
    return this.#take(now);
  }

  nextDeadline(): number | undefined {
    return this.#timers.next();
  }

  handleTimeout(now: number): readonly ClientAction[] {
    if (this.#timers.takeExpired(now).length === 0) return [];
    const step = this.#owed[0]?.step;
    const what =
      step === undefined ? 'message not taken' : step === 'greeting' ? 'no greeting' : `no reply to ${step}`;
    this.#finish('abort', `${what} within ${this.#timeoutMs() / 1000} s`);
    return this.#take(now);
  }

  // ---------------------------------------------------------------- inputs

  #start(): void {
    this.#expect('unopened', 'start');
    this.#phase = { name: 'opening' };
    this.#owe({ step: 'greeting', line: '', answered: (reply, good) => this.#greeted(reply, good) });
  }

  #octets(octets: Uint8Array): void {
    if (this.#phase.name === 'unopened') throw new Error('SMTP client: octets before start');
    this.#output.consumed(octets.length);
    for (const reply of this.#replies.push(octets)) {
      if (reply.ok) this.#reply(reply.value);
      else this.#finish('abort', reply.fault === 'tooLong' ? 'reply without an end' : 'not an SMTP reply');
      if (this.#phase.name === 'over') return;
    }
  }

  #message(message: OutgoingMessage): void {
    this.#expect('ready', 'message');
    const transaction = new OutgoingTransaction(message);
    decideBeforehand(transaction, this.#capabilities);
    if (transaction.undecided().length === 0) this.#settle(transaction);
    else {
      this.#phase = { name: 'envelope', transaction, rest: this.#envelope(transaction) };
      this.#advance(transaction, this.#phase.rest);
    }
  }

  #body(octets: Uint8Array, last: boolean): void {
    if (this.#phase.name !== 'body') throw new Error('SMTP client: body, and none was asked for');
    const { transaction, writer } = this.#phase;
    const data = writer.write(octets);
    if (last) this.#endData(transaction, concat([data, writer.end()]));
    else {
      this.#output.send(data, false);
      this.#pull();
    }
  }

  // ---------------------------------------------------------------- replies

  #reply(reply: Reply): void {
    const command = this.#owed.shift();
    this.#progress = true;
    const good = isGood(reply, command?.step);
    // RFC 5321 §3.8: 421 may be said at any time, and then the server closes (on a circuit we do, RFC 1090 §9).
    if (reply.code === 421 || command?.step === 'QUIT') this.#farewell(describeReply(reply));
    else if (command === undefined) this.#unasked(reply);
    // RFC 5321 §4.3.2: a code that is not listed for a command is read by its first digit.
    else if (good || reply.code >= 400) command.answered(reply, good);
    else this.#finish('abort', `unexpected reply to ${command.step}: ${describeReply(reply)}`);
  }

  #greeted(reply: Reply, good: boolean): void {
    if (!good) this.#quit(`refused by the greeting: ${describeReply(reply)}`);
    else {
      this.#output.event('greetingSeen');
      this.#introduce('EHLO');
    }
  }

  #introduce(step: 'EHLO' | 'HELO'): void {
    this.#command({
      step,
      line: `${step} ${this.#options.hostname}`,
      answered: (reply, good) => {
        if (good) {
          this.#capabilities = capabilitiesOf(reply, step === 'EHLO');
          this.#ready();
        }
        // RFC 5321 §3.2: a server that does not know EHLO may know HELO.
        else if (step === 'EHLO' && reply.code >= 500) this.#introduce('HELO');
        else this.#quit(`refused after ${step}: ${describeReply(reply)}`);
      },
    });
  }

  /** A reply that answers nothing. In the middle of a message it can only be the refusal of that message. */
  #unasked(reply: Reply): void {
    const said = describeReply(reply);
    if (this.#phase.name === 'body' && reply.code >= 400) {
      // The rest would cost time and money and change nothing.
      this.#phase.transaction.decideRest(failureOf(reply, 'message'), said);
      this.#finish('abort', `message refused before its end: ${said}`);
    } else this.#finish('abort', `reply to nothing: ${said}`);
  }

  #farewell(said: string): void {
    const why = this.#phase.name === 'quitting' ? this.#phase.why : undefined;
    this.#output.event('farewellSeen');
    this.#finish('close', why ?? said);
  }

  // ---------------------------------------------------------------- one message

  /** The commands of a transaction. RSET goes first where the server has one open that we gave up. */
  #envelope(transaction: OutgoingTransaction): Command[] {
    const { sender, recipients } = transaction.message;
    const rset: Command = { step: 'RSET', line: 'RSET', answered: () => this.#goOn() };
    const mail: Command = {
      step: 'MAIL',
      line: `MAIL FROM:<${sender}>${this.#mailParameters(transaction.message)}`,
      answered: (reply, good) => {
        transaction.isOpen = good;
        if (!good) transaction.decideRest(failureOf(reply, 'MAIL'), describeReply(reply));
        this.#goOn();
      },
    };
    const rcpts = transaction.undecided().map(
      (recipient): Command => ({
        step: 'RCPT',
        line: `RCPT TO:<${recipients[recipient]}>`,
        answered: (reply, good) => {
          if (good) transaction.accept(recipient);
          else transaction.decide(recipient, failureOf(reply, 'RCPT'), describeReply(reply));
          this.#goOn();
        },
      }),
    );
    const data: Command = {
      step: 'DATA',
      line: 'DATA',
      answered: (reply, good) => {
        if (!good) transaction.decideRest(failureOf(reply, 'DATA'), describeReply(reply));
        else this.#startData(transaction);
        this.#goOn();
      },
    };
    return [...(this.#needsReset ? [rset] : []), mail, ...rcpts, data];
  }

  #mailParameters({ size, body }: OutgoingMessage): string {
    const offered = this.#capabilities;
    const sizeParameter = offered.size === undefined ? '' : ` SIZE=${size}`;
    return body === '8BITMIME' && offered.eightBitMime ? `${sizeParameter} BODY=8BITMIME` : sizeParameter;
  }

  #goOn(): void {
    if (this.#phase.name === 'envelope') this.#advance(this.#phase.transaction, this.#phase.rest);
  }

  /** Sends what may be sent now: all as one batch, or else one command when the one before is answered. */
  #advance(transaction: OutgoingTransaction, rest: Command[]): void {
    const batch = this.#options.pipelining && this.#capabilities.pipelining;
    if (batch && rest.length > 0) this.#commands(rest.splice(0));
    else if (this.#owed.length > 0) return;
    else if (transaction.undecided().length === 0) this.#settle(transaction);
    else this.#commands(rest.splice(0, 1));
  }

  #startData(transaction: OutgoingTransaction): void {
    // RFC 2920 §3.1: in a batch DATA may be accepted although no recipient was; then the message is a dot.
    if (transaction.hasAccepted()) {
      this.#phase = { name: 'body', transaction, writer: new DataWriter() };
      this.#pull();
    } else this.#endData(transaction, new DataWriter().end());
  }

  #pull(): void {
    this.#output.handOver({ do: 'pull' });
    this.#progress = true;
  }

  /** @param octets the last of the message, with the end of data. */
  #endData(transaction: OutgoingTransaction, octets: Uint8Array): void {
    this.#phase = { name: 'ending', transaction };
    this.#output.send(octets, true);
    this.#owe({
      step: 'message',
      line: '',
      answered: (reply, good) => {
        transaction.isOpen = false;
        transaction.decideRest(good ? 'delivered' : failureOf(reply, 'message'), describeReply(reply));
        this.#settle(transaction);
      },
    });
  }

  #settle(transaction: OutgoingTransaction): void {
    this.#needsReset = transaction.isOpen;
    this.#result(transaction);
    this.#ready();
  }

  #result(transaction: OutgoingTransaction): void {
    this.#output.result({ do: 'result', message: transaction.message.id, outcomes: transaction.outcomes() });
  }

  // ---------------------------------------------------------------- sending, ending

  #ready(): void {
    this.#phase = { name: 'ready' };
    this.#output.handOver({ do: 'ready', capabilities: this.#capabilities });
  }

  #quit(why: string | undefined): void {
    this.#phase = { name: 'quitting', why };
    this.#command({ step: 'QUIT', line: 'QUIT', answered: () => {} });
    this.#output.event('quitSent');
  }

  #command(command: Command): void {
    this.#commands([command]);
  }

  /** One command, or one batch: one sequence (RFC 1090 §4). */
  #commands(commands: readonly Command[]): void {
    this.#output.send(fromAscii(commands.map(({ line }) => `${line}\r\n`).join('')), true);
    for (const command of commands) this.#owe(command);
  }

  #owe(command: Command): void {
    this.#owed.push(command);
    this.#progress = true;
  }

  /** The session is over; whoever has no outcome yet gets his message later. */
  #finish(how: 'close' | 'abort', reason: string): void {
    if ('transaction' in this.#phase) {
      this.#phase.transaction.decideRest('temporary', reason);
      this.#result(this.#phase.transaction);
    }
    this.#phase = { name: 'over' };
    this.#owed.length = 0;
    this.#output.handOver({ do: 'finished', how, reason });
  }

  #expect(phase: Phase['name'], input: ClientInput['type']): void {
    if (this.#phase.name !== phase) throw new Error(`SMTP client: ${input} while ${this.#phase.name}`);
  }

  #take(now: number): readonly ClientAction[] {
    this.#output.awaiting(this.#owed.length > 0);
    const waits = this.#owed.length > 0 || this.#phase.name === 'body';
    const timeoutMs = this.#timeoutMs();
    if (!waits || timeoutMs === Number.POSITIVE_INFINITY) this.#timers.stop('step');
    else if (this.#progress) this.#timers.start('step', now + timeoutMs);
    this.#progress = false;
    return this.#output.take();
  }

  /** Of what is waited for now: the oldest reply owed, or else the next octets of the message. */
  #timeoutMs(): number {
    const step = this.#owed[0]?.step ?? 'DATA';
    return this.#options.timeouts[TIMEOUTS[step]];
  }
}

/** Of the class that lets the dialogue go on: 3xx after DATA, 2xx else. */
function isGood(reply: Reply, step: Step | undefined): boolean {
  return Math.floor(reply.code / 100) === (step === 'DATA' ? 3 : 2);
}

/** What a 4xx or 5xx reply means for the recipients that it is about. */
function failureOf(reply: Reply, step: Step): 'temporary' | 'permanent' {
  // RFC 5321 §4.5.3.1.10: 552 to RCPT may mean too many recipients, and then is to be read as 452.
  const tooMany = step === 'RCPT' && reply.code === 552 && (reply.status ?? '5.5.3') === '5.5.3';
  return reply.code >= 500 && !tooMany ? 'permanent' : 'temporary';
}
