/**
 * The sending half of a session (RFC 5321 §3.3, RFC 2920): who may speak when, and how it ends. What is said before the
 * first message is in `client-opening`, one message in `client-transfer`, what the server owes in `client-dialogue`.
 */
import { ClientDialogue, isGood } from './client-dialogue.js';
import { ClientOpening } from './client-opening.js';
import { MessageTransfer } from './client-transfer.js';
import { describeReply, type Reply, ReplyReader } from './reply.js';
import type { Again, ClientAction, ClientInput, ClientOptions, OutgoingMessage } from './session.js';

type Phase =
  | { readonly name: 'unopened' | 'opening' | 'upgrading' | 'ready' | 'fetching' | 'over' }
  | { readonly name: 'sending'; readonly transfer: MessageTransfer }
  /** `why`: what made us quit, where it was not the driver. */
  | { readonly name: 'quitting'; readonly why: string | undefined; readonly again: Again | undefined };

export class ClientSession {
  readonly #options: ClientOptions;
  readonly #dialogue: ClientDialogue;
  readonly #opening: ClientOpening;
  #replies = new ReplyReader();
  #phase: Phase = { name: 'unopened' };
  /** The server has a transaction open that we gave up. */
  #needsReset = false;
  /** MAIL commands so far. */
  #mails = 0;
  #hasTurned = false;
  /** Not yet read: what came with or after the last reply. */
  #unread: Uint8Array = new Uint8Array(0);

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#dialogue = new ClientDialogue(options.timeouts);
    this.#opening = new ClientOpening(options, this.#dialogue, {
      ready: () => this.#ready(),
      refused: (why) => this.#quit(why),
      upgrade: () => this.#upgrade(),
    });
  }

  /** @throws Error when an input comes at a moment for which it was not asked: the driver is wrong. */
  handle(input: ClientInput, now: number): readonly ClientAction[] {
    // A body or a message may be on its way to us while the session ends.
    if (this.#phase.name === 'over') return [];
    switch (input.type) {
      case 'start':
        this.#expect('unopened', 'start');
        this.#phase = { name: 'opening' };
        this.#opening.begin();
        break;
      case 'octets':
        this.#octets(input.octets);
        break;
      case 'message':
        this.#message(input.message);
        break;
      case 'body':
        if (this.#phase.name !== 'sending') throw new Error('SMTP client: body, and none was asked for');
        this.#phase.transfer.body(input.octets, input.last);
        break;
      case 'bodyFailed':
        this.#finish('abort', `message can't be read: ${input.reason}`);
        break;
      case 'secured':
        this.#expect('upgrading', 'secured');
        this.#phase = { name: 'opening' };
        this.#opening.secured();
        break;
      case 'failed':
        this.#expect('upgrading', 'failed');
        this.#finish('abort', `4.7.5 TLS could not be begun: ${input.reason}`, this.#opening.againWithoutTls);
        break;
      case 'turn':
        this.#turn(input.domains);
        break;
      case 'etrn':
        this.#expect('ready', 'etrn');
        this.#phase = { name: 'fetching' };
        this.#etrn(input.nodes);
        break;
      case 'quit':
        this.#expect('ready', 'quit');
        this.#quit(undefined);
        break;
      case 'ended':
        this.#finish(
          'abort',
          input.reason,
          this.#phase.name === 'opening' ? this.#opening.another() : undefined,
        );
        break;
    }
    return this.#take(now);
  }

  nextDeadline(): number | undefined {
    return this.#dialogue.nextDeadline();
  }

  handleTimeout(now: number): readonly ClientAction[] {
    const expired = this.#dialogue.takeExpired(now);
    if (expired === undefined) return [];
    this.#finish('abort', expired);
    return this.#take(now);
  }

  // ---------------------------------------------------------------- inputs

  #octets(octets: Uint8Array): void {
    if (this.#phase.name === 'unopened') throw new Error('SMTP client: octets before start');
    this.#unread = octets;
    while (this.#unread.length > 0 && this.#isReading()) {
      const { used, reply } = this.#replies.take(this.#unread);
      this.#unread = this.#unread.subarray(used);
      if (reply === undefined) continue;
      if (reply.ok) this.#reply(reply.value);
      else this.#finish('abort', reply.fault === 'tooLong' ? 'reply without an end' : 'not an SMTP reply');
    }
    // What belongs to the session that comes after this one is counted there.
    const isAnothers = this.#phase.name === 'over' && this.#hasTurned;
    this.#dialogue.output.consumed(isAnothers ? octets.length - this.#unread.length : octets.length);
  }

  /** RFC 3207 §4.2: what was said in the clear after our STARTTLS is nobody's, and is thrown away. */
  #isReading(): boolean {
    return this.#phase.name !== 'over' && this.#phase.name !== 'upgrading';
  }

  #message(message: OutgoingMessage): void {
    this.#expect('ready', 'message');
    const { capabilities: peer, authenticated } = this.#opening;
    const transfer = new MessageTransfer(
      {
        dialogue: this.#dialogue,
        peer,
        authenticated,
        pipelining: this.#options.pipelining && peer.pipelining,
        chunking: (this.#options.chunking ?? true) && peer.chunking,
        mailsLeft: peer.limits.mails - this.#mails,
        needsReset: this.#needsReset,
        lmtp: this.#options.lmtp ?? false,
      },
      message,
      ({ needsReset, mails }) => {
        this.#needsReset = needsReset;
        this.#mails += mails;
        this.#ready();
      },
    );
    this.#phase = { name: 'sending', transfer };
    transfer.begin();
  }

  #turn(domains: readonly string[]): void {
    this.#expect('ready', 'turn');
    this.#phase = { name: 'fetching' };
    this.#dialogue.send([
      {
        step: 'ATRN',
        line: domains.length === 0 ? 'ATRN' : `ATRN ${domains.join(',')}`,
        answered: (reply, good) => {
          if (good) this.#turned();
          else {
            this.#dialogue.output.notFetched(reply.code, describeReply(reply));
            this.#ready();
          }
        },
      },
    ]);
  }

  /** One after the other: RFC 2920 says nothing of ETRN in a batch. */
  #etrn([node, ...others]: readonly string[]): void {
    if (node === undefined) this.#ready();
    else
      this.#dialogue.send([
        {
          step: 'ETRN',
          line: `ETRN ${node}`,
          answered: (reply, good) => {
            if (!good) this.#dialogue.output.notFetched(reply.code, `${node}: ${describeReply(reply)}`);
            this.#etrn(others);
          },
        },
      ]);
  }

  // ---------------------------------------------------------------- replies

  #reply(reply: Reply): void {
    const command = this.#dialogue.next();
    const good = isGood(reply, command?.step);
    // RFC 5321 §3.8: 421 may be said at any time, and then the server closes (on a circuit we do, RFC 1090 §9).
    if (reply.code === 421 || command?.step === 'QUIT') this.#farewell(describeReply(reply));
    else if (command === undefined) this.#unasked(reply);
    // RFC 5321 §4.3.2: a code that is not listed for a command is read by its first digit.
    else if (good || reply.code >= 400) command.answered(reply, good);
    else this.#finish('abort', `unexpected reply to ${command.step}: ${describeReply(reply)}`);
  }

  #unasked(reply: Reply): void {
    const said = describeReply(reply);
    // The rest would cost time and money and change nothing.
    if (this.#phase.name === 'sending' && this.#phase.transfer.unasked(reply))
      this.#finish('abort', `message refused before its end: ${said}`);
    else this.#finish('abort', `reply to nothing: ${said}`);
  }

  #farewell(said: string): void {
    const { why, again } =
      this.#phase.name === 'quitting' ? this.#phase : { why: undefined, again: this.#afterLastMessage() };
    this.#dialogue.output.event('farewellSeen');
    this.#finish('close', why ?? said, again);
  }

  /** Many servers say only by 421 that they take no more in one session: nothing was begun of the message then. */
  #afterLastMessage(): Again | undefined {
    const isFull = this.#phase.name === 'sending' && !this.#phase.transfer.isBegun && this.#mails > 0;
    return isFull ? 'more' : undefined;
  }

  // ---------------------------------------------------------------- from phase to phase

  #ready(): void {
    const { capabilities } = this.#opening;
    if (this.#mails >= capabilities.limits.mails) {
      this.#quit(`${capabilities.name} takes no more messages in one session`, 'more');
      return;
    }
    this.#phase = { name: 'ready' };
    this.#dialogue.output.handOver({ do: 'ready', capabilities });
  }

  #upgrade(): void {
    this.#phase = { name: 'upgrading' };
    this.#replies = new ReplyReader();
    this.#dialogue.output.handOver({ do: 'upgrade' });
  }

  #turned(): void {
    this.#phase = { name: 'over' };
    this.#hasTurned = true;
    this.#dialogue.output.handOver({ do: 'turned', octets: this.#unread });
  }

  #quit(why: string | undefined, again?: Again): void {
    this.#phase = { name: 'quitting', why, again };
    this.#dialogue.send([{ step: 'QUIT', line: 'QUIT', answered: () => {} }]);
    this.#dialogue.output.event('quitSent');
  }

  #finish(how: 'close' | 'abort', reason: string, again?: Again): void {
    // A message that the next session is to take has no outcome in this one.
    if (this.#phase.name === 'sending' && again === undefined) this.#phase.transfer.breakOff(reason);
    this.#phase = { name: 'over' };
    this.#dialogue.close();
    this.#dialogue.output.handOver({ do: 'finished', how, reason, ...(again !== undefined && { again }) });
  }

  #expect(phase: Phase['name'], input: ClientInput['type']): void {
    if (this.#phase.name !== phase) throw new Error(`SMTP client: ${input} while ${this.#phase.name}`);
  }

  #take(now: number): readonly ClientAction[] {
    const { name } = this.#phase;
    const pulling = this.#phase.name === 'sending' && this.#phase.transfer.pulling;
    return this.#dialogue.take(now, pulling || name === 'upgrading');
  }
}
