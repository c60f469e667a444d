/**
 * The receiving half of a session (RFC 5321 §4.1).
 *
 * Input waits in the inbox and is used up in order by whatever the session is doing: taking command lines, or taking
 * the data of a message. Where the world must decide, the session asks, and uses up nothing until the answer is there;
 * so pipelined commands are answered in order however long a decision takes.
 */
import { TimerTable } from '../core/index.js';
import { isHelloName, parseCommandLine, parseMail, parseRecipient } from './commands.js';
import { DataReader } from './data.js';
import { Inbox } from './inbox.js';
import { LineSplitter } from './line.js';
import {
  argumentRefusal,
  DATA_REFUSALS,
  LINE_REFUSALS,
  type Moment,
  NO_COMMAND,
  NOT_IMPLEMENTED,
  OUT_OF_ORDER,
  TOO_MANY_RECIPIENTS,
  UNKNOWN_COMMAND,
} from './refusals.js';
import type { EnhancedReply } from './reply.js';
import { ServerOutput } from './server-output.js';
import type {
  Ask,
  Hello,
  MailCommand,
  ServerAction,
  ServerInput,
  ServerOptions,
  Verdict,
} from './session.js';

type Phase =
  | { readonly name: 'unopened' | 'commands' | 'over' }
  | { readonly name: 'asking'; readonly id: number; readonly decided: (verdict: Verdict) => EnhancedReply }
  | { readonly name: 'receiving'; readonly reader: DataReader }
  /** The driver has a piece of the body and has not said `bodyTaken`; `ended`: it is the last one. */
  | { readonly name: 'handedOver'; readonly reader: DataReader; readonly ended: boolean };

/** What a command brings about: a reply; one that counts as an error; or it was asked, or all is over. */
type Answer = { readonly say: EnhancedReply } | { readonly error: EnhancedReply } | undefined;

interface Rule {
  readonly during: readonly Moment[];
  readonly argument: 'none' | 'needed' | 'optional';
  /** What a client is told that got the argument wrong. */
  readonly syntax: string;
  readonly answer: (session: ServerSession, argument: string, syntax: string) => Answer;
}

const ALWAYS: readonly Moment[] = ['start', 'ready', 'mail', 'recipients'];

/** Verbs of RFC 5321 and its forebears that we know and do not do. */
const KNOWN_VERBS: ReadonlySet<string> = new Set(['EXPN', 'SEND', 'SOML', 'SAML', 'TURN']);

const OK: EnhancedReply = { code: 250, status: '2.0.0', text: 'OK' };

/** RFC 5321 §4.5.3.1.4 asks for 512; extensions ask for more with each parameter. */
const MAX_COMMAND_LINE = 2048;
/** Octets of input looked at in one step; a piece of the body has at most twice as many (all line ends bare). */
const MAX_STEP = 32 * 1024;
/** A driver that heeds `consumed` never brings us near. */
const MAX_INBOX = 256 * 1024;
/** How long replies wait for those to the commands behind them, so that a batch is answered in one piece. */
const REPLY_HOLD_MS = 100;

export class ServerSession {
  static readonly #RULES: ReadonlyMap<string, Rule> = new Map(
    Object.entries({
      HELO: {
        during: ALWAYS,
        argument: 'needed',
        syntax: 'HELO hostname',
        answer: (s, name, syntax) => s.#greet({ name, extended: false }, syntax),
      },
      EHLO: {
        during: ALWAYS,
        argument: 'needed',
        syntax: 'EHLO hostname',
        answer: (s, name, syntax) => s.#greet({ name, extended: true }, syntax),
      },
      MAIL: {
        during: ['ready'],
        argument: 'needed',
        syntax: 'MAIL FROM:<address> [SIZE=n] [BODY=7BIT|8BITMIME]',
        answer: (s, argument, syntax) => s.#mail(argument, syntax),
      },
      RCPT: {
        during: ['mail', 'recipients'],
        argument: 'needed',
        syntax: 'RCPT TO:<address>',
        answer: (s, argument, syntax) => s.#recipient(argument, syntax),
      },
      DATA: { during: ['recipients'], argument: 'none', syntax: 'DATA', answer: (s) => s.#begin() },
      RSET: { during: ALWAYS, argument: 'none', syntax: 'RSET', answer: (s) => s.#reset() },
      NOOP: { during: ALWAYS, argument: 'optional', syntax: 'NOOP', answer: () => ({ say: OK }) },
      VRFY: {
        during: ALWAYS,
        argument: 'needed',
        syntax: 'VRFY address',
        answer: (s, text) => s.#verify(text),
      },
      HELP: { during: ALWAYS, argument: 'optional', syntax: 'HELP', answer: (s) => s.#help() },
      QUIT: { during: ALWAYS, argument: 'none', syntax: 'QUIT', answer: (s) => s.#quit() },
    } satisfies Record<string, Rule>),
  );

  readonly #options: ServerOptions;
  readonly #lines: LineSplitter;
  readonly #inbox = new Inbox();
  readonly #output = new ServerOutput();
  readonly #timers = new TimerTable<'idle' | 'replies'>();
  #phase: Phase = { name: 'unopened' };
  #hello: Hello | undefined;
  #transaction: { readonly mail: MailCommand; recipients: number } | undefined;
  /** The driver has been asked to take a message and has not yet been asked to commit it. */
  #begun = false;
  #errors = 0;
  #stopping = false;
  #lastAsk = 0;
  /** Input was used in this call: the client is not idle. */
  #progress = false;
  /** A reply must not wait for others: it tells that a message is safe. */
  #urgent = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#lines = new LineSplitter(options.lineEnds, MAX_COMMAND_LINE);
  }

  /** What the client called itself last. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** @throws Error when an input does not fit what was asked for: the driver is wrong. */
  handle(input: ServerInput, now: number): readonly ServerAction[] {
    // What was asked or handed over may still be answered when all is over.
    if (this.#phase.name === 'over') return [];
    switch (input.type) {
      case 'start':
        this.#start();
        break;
      case 'octets':
        this.#inbox.push(input.octets);
        break;
      case 'answer':
        this.#answer(input.id, input.verdict);
        break;
      case 'bodyTaken':
        this.#bodyTaken();
        break;
      case 'stop':
        this.#stopping = true;
        break;
      case 'ended':
        this.#output.dropReplies();
        this.#end('gone');
        return this.#output.take(false);
    }
    this.#work();
    if (this.#inbox.length > MAX_INBOX)
      this.#farewell({ code: 421, status: '4.3.0', text: 'Too much input at once' }, 'errors');
    return this.#finish(now);
  }

  nextDeadline(): number | undefined {
    return this.#timers.next();
  }

  handleTimeout(now: number): readonly ServerAction[] {
    const expired = this.#timers.takeExpired(now);
    if (expired.includes('idle')) {
      this.#farewell(
        { code: 421, status: '4.4.2', text: `${this.#options.hostname} timed out, closing` },
        'timeout',
      );
      return this.#output.take(false);
    }
    return expired.includes('replies') ? this.#output.take(false) : [];
  }

  // ---------------------------------------------------------------- the inbox, in order

  #work(): void {
    while (this.#step()) this.#progress = true;
  }

  /** @returns whether something was used up, so that more may be possible. */
  #step(): boolean {
    if (this.#phase.name === 'receiving') return this.#readData(this.#phase.reader);
    if (this.#phase.name !== 'commands') return false;
    if (!this.#stopping) return this.#readLine();
    this.#farewell({ code: 421, status: '4.3.2', text: `${this.#options.hostname} shutting down` }, 'stop');
    return false;
  }

  #readLine(): boolean {
    while (this.#inbox.length > 0) {
      const { used, line } = this.#lines.take(this.#inbox.peek(MAX_STEP));
      this.#use(used);
      if (line === undefined) continue;
      const answer = line.ok ? this.#command(line.value) : { error: LINE_REFUSALS[line.fault] };
      if (answer === undefined) return true;
      if ('say' in answer) this.#output.reply(answer.say);
      else this.#error(answer.error);
      return true;
    }
    return false;
  }

  #readData(reader: DataReader): boolean {
    if (this.#inbox.length === 0) return false;
    const { used, octets, ended } = reader.read(this.#inbox.peek(MAX_STEP));
    this.#use(used);
    if (reader.fault !== undefined) this.#discard();
    if (octets.length > 0) {
      this.#phase = { name: 'handedOver', reader, ended };
      this.#output.handOver({ do: 'body', octets });
    } else if (ended) this.#endOfData(reader);
    return true;
  }

  #use(octets: number): void {
    this.#inbox.drop(octets);
    this.#output.consumed(octets);
  }

  // ---------------------------------------------------------------- commands

  #command(line: string): Answer {
    const command = parseCommandLine(line);
    if (command === undefined) return { error: NO_COMMAND };
    const { verb, argument } = command;
    const rule = ServerSession.#RULES.get(verb);
    if (rule === undefined) return { error: KNOWN_VERBS.has(verb) ? NOT_IMPLEMENTED : UNKNOWN_COMMAND };
    const moment = this.#moment();
    if (!rule.during.includes(moment)) return { error: OUT_OF_ORDER[moment] };
    const fits = rule.argument === 'optional' || (rule.argument === 'needed') === (argument !== '');
    return fits
      ? rule.answer(this, argument, rule.syntax)
      : { error: argumentRefusal('syntax', rule.syntax) };
  }

  #moment(): Moment {
    if (this.#hello === undefined) return 'start';
    if (this.#transaction === undefined) return 'ready';
    return this.#transaction.recipients === 0 ? 'mail' : 'recipients';
  }

  /** RFC 5321 §4.1.1.1; either verb ends a transaction as RSET does (§4.1.4). */
  #greet(hello: Hello, syntax: string): Answer {
    if (!isHelloName(hello.name)) return { error: argumentRefusal('syntax', syntax) };
    this.#hello = hello;
    this.#transaction = undefined;
    const { hostname, maxMessageSize } = this.#options;
    const lines = [`${hostname} greets ${hello.name}`];
    if (hello.extended)
      lines.push('PIPELINING', '8BITMIME', `SIZE ${maxMessageSize}`, 'ENHANCEDSTATUSCODES', 'HELP');
    return { say: { code: 250, text: lines.join('\n') } };
  }

  #mail(argument: string, syntax: string): Answer {
    const parsed = parseMail(argument);
    if (!parsed.ok) return { error: argumentRefusal(parsed.fault, syntax) };
    const mail = parsed.value;
    // RFC 1870 §6.1: better now than after the data was sent.
    if (mail.size !== undefined && mail.size > this.#options.maxMessageSize)
      return { say: DATA_REFUSALS.tooBig };
    if (this.#hello === undefined) return { error: OUT_OF_ORDER.start };
    return this.#ask({ type: 'sender', mail, hello: this.#hello }, (verdict) => {
      if (verdict.accept) this.#transaction = { mail, recipients: 0 };
      return verdict.reply ?? { code: 250, status: '2.1.0', text: 'Sender OK' };
    });
  }

  #recipient(argument: string, syntax: string): Answer {
    const parsed = parseRecipient(argument);
    if (!parsed.ok) return { error: argumentRefusal(parsed.fault, syntax) };
    const transaction = this.#transaction;
    if (transaction === undefined) return { error: OUT_OF_ORDER.ready };
    if (transaction.recipients >= this.#options.maxRecipients) return { say: TOO_MANY_RECIPIENTS };
    return this.#ask({ type: 'recipient', address: parsed.value }, (verdict) => {
      if (verdict.accept) transaction.recipients++;
      return verdict.reply ?? { code: 250, status: '2.1.5', text: 'Recipient OK' };
    });
  }

  #begin(): Answer {
    this.#begun = true;
    return this.#ask({ type: 'begin' }, (verdict) => {
      this.#begun = verdict.accept;
      if (!verdict.accept) return verdict.reply;
      const { maxMessageSize: maxSize, bareLineEnd } = this.#options;
      const lineEnds = this.#lines.lineEnds ?? 'crlf';
      this.#phase = { name: 'receiving', reader: new DataReader({ lineEnds, bareLineEnd, maxSize }) };
      return { code: 354, text: 'Send the message, end with a dot alone on a line' };
    });
  }

  #reset(): Answer {
    this.#transaction = undefined;
    return { say: OK };
  }

  #verify(text: string): Answer {
    return this.#ask(
      { type: 'verify', text },
      ({ reply }) =>
        reply ?? { code: 252, status: '2.0.0', text: 'Not verified, but send some mail and see' },
    );
  }

  #help(): Answer {
    const verbs = [...ServerSession.#RULES.keys()].join(' ');
    return { say: { code: 214, status: '2.0.0', text: `Commands: ${verbs}\nSee RFC 5321` } };
  }

  #quit(): Answer {
    this.#farewell({ code: 221, status: '2.0.0', text: `${this.#options.hostname} closing` }, 'quit');
    return undefined;
  }

  // ---------------------------------------------------------------- the data of a message

  #bodyTaken(): void {
    if (this.#phase.name !== 'handedOver') throw new Error('SMTP server: bodyTaken, and no body is out');
    const { reader, ended } = this.#phase;
    this.#phase = { name: 'receiving', reader };
    if (ended) this.#endOfData(reader);
  }

  #endOfData(reader: DataReader): void {
    this.#transaction = undefined;
    this.#phase = { name: 'commands' };
    if (reader.fault !== undefined) {
      this.#output.reply(DATA_REFUSALS[reader.fault]);
      return;
    }
    this.#begun = false;
    this.#ask({ type: 'commit', size: reader.size }, ({ reply }) => {
      this.#urgent = true;
      return reply ?? { code: 250, status: '2.0.0', text: 'Message accepted' };
    });
  }

  // ---------------------------------------------------------------- asking, starting, ending

  #ask(ask: Ask, decided: (verdict: Verdict) => EnhancedReply): undefined {
    const id = ++this.#lastAsk;
    this.#phase = { name: 'asking', id, decided };
    this.#output.handOver({ do: 'ask', id, ask });
    return undefined;
  }

  #answer(id: number, verdict: Verdict): void {
    if (this.#phase.name !== 'asking' || this.#phase.id !== id)
      throw new Error(`SMTP server: answer to ask ${id}, which is not open`);
    const { decided } = this.#phase;
    this.#phase = { name: 'commands' };
    this.#output.reply(decided(verdict));
    this.#progress = true;
  }

  #start(): void {
    if (this.#phase.name !== 'unopened') throw new Error('SMTP server: started twice');
    this.#phase = { name: 'commands' };
    const { hostname, greeting } = this.#options;
    if (!this.#stopping) this.#output.reply({ code: 220, text: `${hostname} ${greeting}` });
  }

  /** The client broke a rule of the protocol; that a message or an address is not wanted is no error of this kind. */
  #error(reply: EnhancedReply): void {
    this.#errors++;
    if (this.#errors < this.#options.maxErrors) this.#output.reply(reply);
    else this.#farewell({ code: 421, status: '4.7.0', text: 'Too many errors' }, 'errors');
  }

  #discard(): void {
    if (this.#begun) this.#output.discard();
    this.#begun = false;
  }

  #farewell(reply: EnhancedReply, why: 'quit' | 'errors' | 'timeout' | 'stop'): void {
    this.#output.reply(reply);
    this.#output.awaiting(false);
    this.#output.event('farewellSent');
    this.#end(why);
  }

  #end(why: 'quit' | 'errors' | 'timeout' | 'stop' | 'gone'): void {
    this.#discard();
    this.#output.awaiting(false);
    this.#output.handOver({ do: 'close', why });
    this.#phase = { name: 'over' };
    this.#inbox.clear();
    this.#timers.stopAll();
  }

  /** Timers, the `awaiting` event, and whether replies may wait. */
  #finish(now: number): readonly ServerAction[] {
    if (this.#phase.name === 'over') return this.#output.take(false);
    const awaiting = this.#phase.name === 'commands' || this.#phase.name === 'receiving';
    const changed = this.#output.awaiting(awaiting);
    if (!awaiting) this.#timers.stop('idle');
    else if (changed || this.#progress) this.#timers.start('idle', now + this.#options.idleTimeoutMs);
    this.#progress = false;
    // Where replies are there and a command behind them is being decided, the client sent a batch, and waits for all.
    const hold = this.#phase.name === 'asking' && this.#output.hasReplies() && !this.#urgent;
    this.#urgent = false;
    if (!hold) this.#timers.stop('replies');
    else if (!this.#timers.isRunning('replies')) this.#timers.start('replies', now + REPLY_HOLD_MS);
    return this.#output.take(hold);
  }
}
