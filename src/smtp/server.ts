/**
 * The receiving half of a session (RFC 5321 §4.1).
 *
 * Input waits in the inbox and is used up in order by whatever the session is doing: taking command lines, or taking
 * the content of a message. Where the world must decide, the session asks, and uses up nothing until the answer is
 * there; so pipelined commands are answered in order however long a decision takes.
 *
 * What a command means is said by the table of commands, in terms of an `Answer`; here answers are carried out.
 */
import { TimerTable } from '../core/index.js';
import type { Answer, Content, Exchange, Next } from './answer.js';
import { CommandReader } from './command-reader.js';
import { DataRateWatch } from './data-rate.js';
import { Inbox } from './inbox.js';
import { LineSplitter } from './line.js';
import { NOTHING } from './octets.js';
import { TOO_MANY_ERRORS } from './refusals.js';
import type { EnhancedReply } from './reply.js';
import { MAX_AUTH_LINE, MAX_COMMAND_LINE } from './server-commands.js';
import type {
  Ask,
  ClientFacts,
  CloseReason,
  Hello,
  ServerAction,
  ServerInput,
  ServerOptions,
  TlsFacts,
  Verdict,
} from './server-interface.js';
import { ServerOutput } from './server-output.js';
import { greeting } from './server-proxies.js';
import { ServerState } from './server-state.js';

type Phase =
  | { readonly name: 'unopened' | 'commands' | 'upgrading' | 'over' }
  | {
      readonly name: 'asking';
      readonly id: number;
      readonly question: Ask;
      readonly decided: (verdict: Verdict) => Answer;
    }
  | { readonly name: 'receiving'; readonly content: Content }
  /** The driver has a piece of the body and has not said `bodyTaken`; `ended`: it is the last one. */
  | { readonly name: 'handedOver'; readonly content: Content; readonly ended: boolean };

/** Octets of input looked at in one step; a piece of the body has at most twice as many (all line ends bare). */
const MAX_STEP = 32 * 1024;
/** A driver that heeds `consumed` never brings us near. */
const MAX_INBOX = 256 * 1024;
/** How long replies wait for those to the commands behind them, so that a batch is answered in one piece. */
const REPLY_HOLD_MS = 100;

export class ServerSession {
  readonly #options: ServerOptions;
  readonly #lines: LineSplitter;
  readonly #state: ServerState;
  readonly #commands: CommandReader;
  readonly #rate: DataRateWatch | undefined;
  readonly #inbox = new Inbox();
  readonly #output: ServerOutput;
  readonly #timers = new TimerTable<'idle' | 'replies' | 'rate'>();
  #phase: Phase = { name: 'unopened' };
  /** Lines are answers to it, not commands. */
  #exchange: Exchange | undefined;
  /** The driver has been asked to take a message and has not yet been asked to commit it. */
  #begun = false;
  #errors = 0;
  #stopping = false;
  #spokeEarly = false;
  #lastAsk = 0;
  /** Input was used in this call: the client is not idle. */
  #progress = false;
  /** A reply must not wait for others: it tells that a message is safe. */
  #urgent = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    const longest = options.maxCommandLine ?? MAX_COMMAND_LINE;
    const maxLine = options.offers?.auth === undefined ? longest : Math.max(longest, MAX_AUTH_LINE);
    this.#lines = new LineSplitter(options.lineEnds, maxLine);
    this.#state = new ServerState(options, this.#lines);
    this.#commands = new CommandReader(this.#state);
    this.#output = new ServerOutput(this.#state.offers.enhancedStatusCodes === true);
    this.#rate = options.slowestData && new DataRateWatch(options.slowestData);
  }

  /** What the client called itself last. */
  get hello(): Hello | undefined {
    return this.#state.hello;
  }

  /** What is known of the client now. */
  get client(): ClientFacts {
    return this.#state.client;
  }

  /** @throws Error when an input does not fit what was asked for: the driver is wrong. */
  handle(input: ServerInput, now: number): readonly ServerAction[] {
    // What was asked or handed over may still be answered when all is over.
    if (this.#phase.name === 'over') return [];
    switch (input.type) {
      case 'start':
        this.#start(input.tls, input.refusal);
        break;
      case 'octets':
        this.#arrived(input.octets);
        break;
      case 'answer':
        this.#answer(input.id, input.verdict);
        break;
      case 'bodyTaken':
        this.#bodyTaken();
        break;
      case 'secured':
        this.#secured(input.tls);
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
      this.#timedOut();
      return this.#output.take(false);
    }
    if (expired.includes('rate') && this.#rate !== undefined) {
      if (!this.#rate.next()) {
        this.#output.count('slowSender');
        this.#farewell({ code: 421, status: '4.4.2', text: 'Data comes too slowly' }, 'slow');
        return this.#output.take(false);
      }
      this.#timers.start('rate', this.#rate.resume(now));
    }
    return expired.includes('replies') ? this.#output.take(false) : [];
  }

  // ---------------------------------------------------------------- the inbox, in order

  #arrived(octets: Uint8Array): void {
    if (this.#phase.name === 'upgrading') throw new Error('SMTP server: octets before TLS is on');
    if (this.#phase.name === 'unopened' && !this.#spokeEarly) {
      this.#spokeEarly = true;
      this.#output.count('earlyTalker');
    }
    this.#inbox.push(octets);
  }

  #work(): void {
    while (this.#step()) this.#progress = true;
  }

  /** @returns whether something was used up, so that more may be possible. */
  #step(): boolean {
    if (this.#phase.name === 'receiving') return this.#readContent(this.#phase.content);
    if (this.#phase.name !== 'commands') return false;
    if (!this.#stopping || this.#begun) return this.#readLine();
    this.#farewell({ code: 421, status: '4.3.2', text: `${this.#options.hostname} shutting down` }, 'stop');
    return false;
  }

  #readLine(): boolean {
    while (this.#inbox.length > 0) {
      const { used, line } = this.#lines.take(this.#inbox.peek(MAX_STEP));
      this.#use(used);
      if (line === undefined) continue;
      this.#carryOut((this.#exchange ?? this.#commands).line(line));
      return true;
    }
    return false;
  }

  #readContent(content: Content): boolean {
    if (this.#inbox.length === 0 && !content.exhausted) return false;
    const { used, octets, ended } = content.read(this.#inbox.peek(MAX_STEP));
    this.#use(used);
    this.#rate?.count(used);
    if (content.fault !== undefined) this.#discard('refused');
    if (octets.length > 0) {
      this.#phase = { name: 'handedOver', content, ended };
      this.#output.handOver({ do: 'body', octets });
    } else if (ended) this.#contentEnded(content);
    return true;
  }

  #use(octets: number): void {
    this.#inbox.drop(octets);
    this.#output.consumed(octets);
  }

  #bodyTaken(): void {
    if (this.#phase.name !== 'handedOver') throw new Error('SMTP server: bodyTaken, and no body is out');
    const { content, ended } = this.#phase;
    this.#phase = { name: 'receiving', content };
    if (ended) this.#contentEnded(content);
  }

  #contentEnded(content: Content): void {
    this.#phase = { name: 'commands' };
    this.#carryOut(content.ended());
  }

  // ---------------------------------------------------------------- commands, and what they bring about

  #carryOut(answer: Answer): void {
    this.#exchange = undefined;
    if (this.#begun && this.#state.transaction === undefined) this.#discard('refused');
    if ('ask' in answer) {
      this.#ask(answer.ask, answer.decided);
      return;
    }
    if ('say' in answer && answer.next?.end !== undefined) {
      this.#count(answer.next);
      this.#farewell(answer.say, answer.next.end);
      return;
    }
    if ('error' in answer && ++this.#errors >= this.#options.maxErrors) {
      this.#farewell(TOO_MANY_ERRORS, 'errors');
      return;
    }
    if ('say' in answer) this.#output.reply(answer.say);
    if ('error' in answer) this.#output.reply(answer.error);
    if (answer.next !== undefined) this.#goOn(answer.next);
  }

  #goOn(next: Next): void {
    this.#count(next);
    this.#exchange = next.exchange;
    if (next.receive !== undefined) this.#phase = { name: 'receiving', content: next.receive };
    if (next.upgrade === true) this.#upgrade();
    if (next.turn !== undefined) this.#turn(next.turn);
  }

  #count({ count }: Next): void {
    if (count !== undefined) this.#output.count(count);
  }

  #ask(question: Ask, decided: (verdict: Verdict) => Answer): void {
    const id = ++this.#lastAsk;
    if (question.type === 'begin') this.#begun = true;
    if (question.type === 'commit') this.#begun = false;
    this.#phase = { name: 'asking', id, question, decided };
    this.#output.handOver({ do: 'ask', id, ask: question, client: this.#state.client });
  }

  #answer(id: number, verdict: Verdict): void {
    if (this.#phase.name !== 'asking' || this.#phase.id !== id)
      throw new Error(`SMTP server: answer to ask ${id}, which is not open`);
    const { question, decided } = this.#phase;
    this.#phase = { name: 'commands' };
    if (question.type === 'begin' && !verdict.accept) this.#begun = false;
    if (question.type === 'commit') {
      this.#urgent = true;
      this.#commands.messageTaken();
    }
    this.#carryOut(decided(verdict));
    this.#progress = true;
  }

  // ---------------------------------------------------------------- starting, changing, ending

  #start(tls: TlsFacts | undefined, refusal: EnhancedReply | undefined): void {
    if (this.#phase.name !== 'unopened') throw new Error('SMTP server: started twice');
    this.#phase = { name: 'commands' };
    this.#state.tls = tls;
    if (this.#stopping) return;
    if (this.#spokeEarly && this.#options.earlyTalkers === 'refuse')
      this.#farewell({ code: 554, status: '5.5.1', text: 'You spoke before the greeting' }, 'early');
    else if (refusal?.code === 421) this.#farewell(refusal, 'refused');
    else {
      this.#state.refused = refusal !== undefined;
      this.#output.reply(refusal ?? greeting(this.#state));
    }
  }

  /** RFC 3207 §4.2, §6: what came in the clear behind STARTTLS may be anyone's, and is not heard. */
  #upgrade(): void {
    if (this.#inbox.length > 0) {
      this.#output.count('clearTextBehindStartTls');
      this.#output.consumed(this.#inbox.length);
      this.#inbox.clear();
    }
    this.#phase = { name: 'upgrading' };
    this.#output.handOver({ do: 'upgrade' });
  }

  /** RFC 3207 §4.2: both sides forget what they knew of each other. */
  #secured(tls: TlsFacts): void {
    if (this.#phase.name !== 'upgrading') throw new Error('SMTP server: secured, and no upgrade is going on');
    this.#phase = { name: 'commands' };
    this.#state.forget();
    this.#state.tls = tls;
    this.#lines.reset();
    this.#progress = true;
  }

  #turn(domains: readonly string[]): void {
    this.#output.awaiting(false);
    const octets = this.#inbox.length === 0 ? NOTHING : this.#inbox.peek(Number.POSITIVE_INFINITY);
    this.#over({ do: 'turn', domains, octets });
  }

  #timedOut(): void {
    // In the midst of TLS coming about there is nobody to be told in words.
    if (this.#phase.name === 'upgrading') this.#end('timeout');
    else
      this.#farewell(
        { code: 421, status: '4.4.2', text: `${this.#options.hostname} timed out, closing` },
        'timeout',
      );
  }

  #discard(why: 'refused' | 'cutOff'): void {
    if (this.#begun) this.#output.discard(why);
    this.#begun = false;
  }

  #farewell(reply: EnhancedReply, why: CloseReason): void {
    this.#output.reply(reply);
    this.#output.awaiting(false);
    this.#output.event('farewellSent');
    this.#end(why);
  }

  #end(why: CloseReason): void {
    this.#discard('cutOff');
    this.#output.awaiting(false);
    this.#over({ do: 'close', why });
  }

  #over(last: Extract<ServerAction, { do: 'close' | 'turn' }>): void {
    this.#output.handOver(last);
    this.#phase = { name: 'over' };
    this.#exchange = undefined;
    this.#inbox.clear();
    this.#timers.stopAll();
  }

  /** Timers, the `awaiting` event, and whether replies may wait. */
  #finish(now: number): readonly ServerAction[] {
    const { name } = this.#phase;
    if (name === 'over') return this.#output.take(false);
    const awaiting = name === 'commands' || name === 'receiving' || name === 'upgrading';
    const changed = this.#output.awaiting(awaiting);
    if (!awaiting) this.#timers.stop('idle');
    else if (changed || this.#progress) this.#timers.start('idle', now + this.#options.idleTimeoutMs);
    this.#progress = false;
    if (this.#rate !== undefined) this.#watchRate(this.#rate, now);
    // Where replies are there and a command behind them is being decided, the client sent a batch, and waits for all.
    const hold = name === 'asking' && this.#output.hasReplies() && !this.#urgent;
    this.#urgent = false;
    if (!hold) this.#timers.stop('replies');
    else if (!this.#timers.isRunning('replies')) this.#timers.start('replies', now + REPLY_HOLD_MS);
    return this.#output.take(hold);
  }

  #watchRate(rate: DataRateWatch, now: number): void {
    const { name } = this.#phase;
    // Between two chunks of a message we wait for it as well.
    if (name === 'receiving' || (name === 'commands' && this.#begun)) {
      this.#timers.start('rate', rate.resume(now));
      return;
    }
    this.#timers.stop('rate');
    rate.pause(now);
    if (name === 'commands') rate.reset();
  }
}
