/**
 * One message on its way (RFC 5321 §3.3).
 *
 * As few round trips as the server allows: with PIPELINING the envelope is one batch, with CHUNKING beside it a small
 * message goes out with its envelope, as one sequence. Recipients that the server takes only in several transactions
 * get them one after the other (RFC 9422, RFC 5321 §4.5.3.1.10). Until the reply to the end of the data is there, nothing
 * is delivered; once it is, nothing that happens later changes it.
 */
import { type BodyWriter, ChunkedBody, DataBody } from './client-body.js';
import { type ClientDialogue, type Command, failureOf, isTooMany } from './client-dialogue.js';
import { mailLine, rcptLine } from './client-envelope.js';
import { describeReply, type Reply } from './reply.js';
import type { DeliveryFacts, OutgoingMessage, PeerCapabilities } from './session.js';
import { decideBeforehand, OutgoingTransaction } from './transaction.js';

export interface TransferContext {
  readonly dialogue: ClientDialogue;
  readonly peer: PeerCapabilities;
  readonly pipelining: boolean;
  readonly chunking: boolean;
  readonly authenticated: boolean;
  /** MAIL commands that the server still takes in this session. */
  readonly mailsLeft: number;
  /** The server has a transaction open that was given up. */
  readonly needsReset: boolean;
  /** The message has a reply for each recipient that was accepted, in their order (RFC 2033 §4.2). */
  readonly lmtp: boolean;
}

export interface TransferEnd {
  readonly needsReset: boolean;
  /** MAIL commands used. */
  readonly mails: number;
}

type Stage =
  /** The first octets of a message that is to go out with its envelope. */
  | { readonly name: 'gathering'; readonly body: ChunkedBody }
  /** MAIL to DATA; `rest` is not sent yet. */
  | { readonly name: 'envelope'; readonly rest: Command[]; readonly body?: ChunkedBody }
  /** The server waits for the message; the driver owes its next octets. */
  | { readonly name: 'body'; readonly writer: BodyWriter }
  /** The server has refused the message in the middle of it: the octets that were asked for are thrown away. */
  | { readonly name: 'refused' }
  /** The end of data went out, or all is decided and replies are still owed. */
  | { readonly name: 'ending' }
  | { readonly name: 'done' };

/** Up to this size a message goes out before its envelope is accepted: where it is not, so many octets were for nothing. */
const SMALL = 8 * 1024;
/** Without PIPELINING each chunk would cost a round trip of its own: one is one less than DATA needs, two are not. */
const ONE_CHUNK = 30 * 1024;

export class MessageTransfer {
  readonly #context: TransferContext;
  readonly #message: OutgoingMessage;
  readonly #transaction: OutgoingTransaction;
  readonly #done: (end: TransferEnd) => void;
  #stage: Stage = { name: 'ending' };
  #group: readonly number[] = [];
  #needsReset: boolean;
  #mails = 0;
  #isBegun = false;
  #helped = false;
  /** The server may know this transaction again when the session breaks off now. */
  #checkpointed = false;
  #mayCheckpoint: boolean;
  /** The server has forgotten the transaction that was to go on. */
  #startsAnew = false;

  /** @param done the result was told; comes before `begin` returns where nothing is to be sent. */
  constructor(context: TransferContext, message: OutgoingMessage, done: (end: TransferEnd) => void) {
    this.#context = context;
    this.#message = message;
    this.#transaction = new OutgoingTransaction(message);
    this.#needsReset = context.needsReset;
    this.#done = done;
    this.#mayCheckpoint =
      message.checkpoint !== undefined && context.peer.checkpoint && message.parameters.body !== 'BINARYMIME';
    // What can't go on as it was must not begin under the same name: the server would take it for the old one.
    if (message.checkpoint?.accepted !== undefined) this.#mayCheckpoint = this.#resumable() !== undefined;
  }

  /** The driver owes octets of the body. */
  get pulling(): boolean {
    return this.#stage.name === 'gathering' || this.#stage.name === 'body' || this.#stage.name === 'refused';
  }

  begin(): void {
    decideBeforehand(this.#transaction, this.#context.peer);
    this.#nextGroup();
  }

  body(octets: Uint8Array, last: boolean): void {
    switch (this.#stage.name) {
      case 'gathering':
        this.#gathered(this.#stage.body, octets, last);
        return;
      case 'body':
        this.#write(this.#stage.writer, octets, last);
        return;
      case 'refused':
        this.#stage = { name: 'ending' };
        this.#goOn();
        return;
      case 'envelope':
      case 'ending':
      case 'done':
        throw new Error('SMTP client: body, and none was asked for');
    }
  }

  /** A reply that answers nothing. In the middle of a message it can only be the refusal of that message. */
  unasked(reply: Reply): boolean {
    if (this.#stage.name !== 'body' || reply.code < 400) return false;
    this.#transaction.decideRest(failureOf(reply, 'message'), describeReply(reply));
    return true;
  }

  /** The server has answered MAIL, in whatever way, or there are outcomes without that. */
  get isBegun(): boolean {
    return this.#isBegun || this.#transaction.outcomes().length > 0;
  }

  /** The session ends; whoever has no outcome yet gets his message later. */
  breakOff(reason: string): void {
    const ours = this.#checkpointed ? this.#transaction.accepted() : [];
    const before = this.#resumable() && this.#message.checkpoint?.accepted;
    this.#transaction.decideRest('temporary', reason);
    this.#result(before ?? ours);
  }

  // ---------------------------------------------------------------- transactions

  #nextGroup(): void {
    if (!this.#transaction.isDecided && this.#mails >= this.#context.mailsLeft)
      this.#transaction.decideRest('temporary', '452 4.5.3 the server takes no more in this session');
    if (this.#transaction.isDecided) this.#settle();
    else this.#begin(this.#resumable() ?? this.#transaction.nextGroup(this.#context.peer.limits));
  }

  #begin(group: readonly number[]): void {
    this.#group = group;
    this.#mails++;
    this.#helped = false;
    if (this.#usesChunks() && this.#context.pipelining && this.#message.size <= SMALL) {
      const body = this.#chunks();
      this.#stage = { name: 'gathering', body };
      this.#context.dialogue.pull(0);
    } else this.#sendEnvelope();
  }

  #sendEnvelope(body?: ChunkedBody): void {
    const rest = this.#envelope();
    this.#stage = { name: 'envelope', rest, ...(body !== undefined && { body }) };
    this.#goOn();
  }

  /** The commands of a transaction. RSET goes first where the server has one open that we gave up. */
  #envelope(): Command[] {
    const rset: Command = { step: 'RSET', line: 'RSET', answered: () => this.#goOn() };
    const commands = [...(this.#needsReset ? [rset] : []), this.#mail()];
    this.#needsReset = false;
    // What comes after MAIL depends on whether the transaction goes on.
    if (this.#resumable() !== undefined) return commands;
    commands.push(...this.#recipients());
    return this.#usesChunks() ? commands : [...commands, this.#data()];
  }

  #mail(): Command {
    const { peer, authenticated } = this.#context;
    const { checkpoint, ...plain } = this.#message;
    const message = this.#mayCheckpoint && checkpoint !== undefined ? { ...plain, checkpoint } : plain;
    const resumes = this.#resumable() !== undefined;
    return {
      step: resumes ? 'MAIL TRANSID' : 'MAIL',
      line: mailLine(message, peer, authenticated),
      answered: (reply, good) => {
        this.#transaction.isOpen = good;
        this.#isBegun = true;
        if (!good) this.#decideGroup(failureOf(reply, 'MAIL'), describeReply(reply));
        else if (resumes) this.#resume(reply);
        this.#goOn();
      },
    };
  }

  #recipients(): Command[] {
    return this.#group.flatMap((index): Command[] => {
      const recipient = this.#message.recipients[index];
      if (recipient === undefined) return [];
      return [
        {
          step: 'RCPT',
          line: rcptLine(recipient, this.#context.peer),
          answered: (reply, good) => {
            if (good) this.#transaction.accept(index);
            else if (isTooMany(reply, 'RCPT')) this.#transaction.turnAway(index, describeReply(reply));
            else this.#transaction.decide(index, failureOf(reply, 'RCPT'), describeReply(reply));
            this.#goOn();
          },
        },
      ];
    });
  }

  #data(from = 0): Command {
    return {
      step: 'DATA',
      line: 'DATA',
      answered: (reply, good) => {
        if (good) this.#startData(from);
        else {
          this.#transaction.decideAccepted(failureOf(reply, 'DATA'), describeReply(reply));
          this.#goOn();
        }
      },
    };
  }

  #decideGroup(outcome: 'temporary' | 'permanent', reason: string): void {
    for (const index of this.#group) this.#transaction.decide(index, outcome, reason);
  }

  /** Sends what may be sent now: all as one batch, or else one command when the one before is answered. */
  #goOn(): void {
    const { dialogue, pipelining } = this.#context;
    if (this.#stage.name === 'ending' && dialogue.owed === undefined) this.#endGroup();
    if (this.#stage.name !== 'envelope') return;
    const { rest, body } = this.#stage;
    if (pipelining && rest.length > 0) dialogue.send(rest.splice(0));
    else if (dialogue.owed !== undefined) return;
    else if (!this.#group.some((index) => this.#transaction.isWaiting(index))) this.#endGroup();
    else if (rest.length > 0) dialogue.send(rest.splice(0, 1));
    else if (this.#transaction.hasAccepted()) this.#startChunks(body);
    else this.#endGroup();
  }

  #endGroup(): void {
    this.#needsReset = this.#transaction.isOpen;
    this.#transaction.isOpen = false;
    this.#checkpointed = false;
    this.#mayCheckpoint = false;
    this.#transaction.endGroup(this.#helped);
    this.#nextGroup();
  }

  #settle(): void {
    this.#stage = { name: 'done' };
    this.#result([]);
    this.#done({ needsReset: this.#needsReset, mails: this.#mails });
  }

  #result(accepted: readonly string[]): void {
    const transactionId = this.#message.checkpoint?.transactionId;
    this.#context.dialogue.output.result({
      do: 'result',
      message: this.#message.id,
      outcomes: this.#transaction.outcomes(),
      ...(transactionId !== undefined && accepted.length > 0 && { interrupted: { transactionId, accepted } }),
    });
  }

  // ---------------------------------------------------------------- the message itself

  /** A transaction that can go on needs DATA (our server refuses BDAT in it); a binary message needs BDAT. */
  #usesChunks(): boolean {
    const { chunking, pipelining } = this.#context;
    if (this.#message.parameters.body === 'BINARYMIME') return true;
    return chunking && !this.#mayCheckpoint && (pipelining || this.#message.size <= ONE_CHUNK);
  }

  #chunks(): ChunkedBody {
    const isBinary = this.#message.parameters.body === 'BINARYMIME';
    return new ChunkedBody(this.#context.dialogue, isBinary, (reply, good) => {
      if (!good) this.#chunkRefused(reply);
    });
  }

  /** What was pulled is the whole message, or more than was announced: then it waits for the envelope. */
  #gathered(body: ChunkedBody, octets: Uint8Array, last: boolean): void {
    body.hold(octets);
    if (last) {
      const commands = [...this.#envelope(), body.last((reply, good) => this.#ended(reply, good))];
      this.#stage = { name: 'ending' };
      this.#context.dialogue.send(commands);
    } else if (body.length <= 2 * SMALL) this.#context.dialogue.pull();
    else this.#sendEnvelope(body);
  }

  #startChunks(body: ChunkedBody | undefined): void {
    const writer = body ?? this.#chunks();
    this.#stage = { name: 'body', writer };
    writer.sendFull();
    this.#context.dialogue.pull(body === undefined ? 0 : undefined);
  }

  /**
   * UNCLEAR RFC 1845 §5: whether data that goes on begins a line. Here it does, for dots as for its end: the octets before
   * it are the line end of DATA. Our server gives offsets of line starts only, so that both readings agree.
   */
  #startData(from: number): void {
    const writer = new DataBody(this.#context.dialogue);
    // RFC 2920 §3.1: in a batch DATA may be accepted although no recipient was; then the message is a dot.
    if (!this.#transaction.hasAccepted()) {
      this.#stage = { name: 'ending' };
      writer.end(new Uint8Array(0), (reply, good) => this.#ended(reply, good));
      return;
    }
    this.#checkpointed = this.#mayCheckpoint;
    this.#stage = { name: 'body', writer };
    this.#context.dialogue.pull(from);
  }

  #write(writer: BodyWriter, octets: Uint8Array, last: boolean): void {
    if (!last) {
      writer.write(octets);
      this.#context.dialogue.pull();
      return;
    }
    this.#stage = { name: 'ending' };
    const [first, ...others] = this.#lastReplies();
    writer.end(octets, first);
    for (const answered of others) this.#context.dialogue.owe({ step: 'message', line: '', answered });
  }

  /** One for the message, or in LMTP one for each recipient that was accepted. */
  #lastReplies(): [Command['answered'], ...Command['answered'][]] {
    const forAll: Command['answered'] = (reply, good) => this.#ended(reply, good);
    if (!this.#context.lmtp) return [forAll];
    const [first = forAll, ...others] = this.#transaction.acceptedPositions().map(
      (index): Command['answered'] =>
        (reply, good) =>
          this.#endedFor(index, reply, good),
    );
    return [first, ...others];
  }

  #ended(reply: Reply, good: boolean): void {
    // A chunk that was refused leaves the transaction open (RFC 3030 §4.2); data ends it either way.
    this.#transaction.isOpen = !good && this.#usesChunks() && this.#transaction.isOpen;
    this.#helped = good && this.#transaction.hasAccepted();
    const outcome = good ? 'delivered' : failureOf(reply, 'message');
    this.#transaction.decideAccepted(outcome, describeReply(reply), good ? this.#deliveryFacts() : {});
    this.#goOn();
  }

  #endedFor(index: number, reply: Reply, good: boolean): void {
    this.#transaction.isOpen = false;
    this.#helped ||= good;
    const outcome = good ? 'delivered' : failureOf(reply, 'message');
    this.#transaction.decide(index, outcome, describeReply(reply), good ? this.#deliveryFacts() : {});
    this.#goOn();
  }

  #deliveryFacts(): DeliveryFacts {
    const { dsn, keywords } = this.#context.peer;
    // RFC 2033 §1: it lies in the mailbox then.
    if (this.#context.lmtp) return dsn ? {} : { final: true };
    const isTimed = this.#message.parameters.deliverBy !== undefined;
    return {
      ...(!dsn && { relayed: true }),
      ...(isTimed && !keywords.has('DELIVERBY') && { untimed: true }),
    };
  }

  #chunkRefused(reply: Reply): void {
    this.#transaction.decideAccepted(failureOf(reply, 'message'), describeReply(reply));
    if (this.#stage.name === 'body') this.#stage = { name: 'refused' };
    else this.#goOn();
  }

  // ---------------------------------------------------------------- a transaction that goes on (RFC 1845)

  /** Who was accepted before it was interrupted; undefined where it was not. */
  #resumable(): readonly number[] | undefined {
    const accepted = this.#message.checkpoint?.accepted;
    if (!this.#mayCheckpoint || this.#startsAnew || accepted === undefined) return undefined;
    const waiting = this.#transaction
      .undecided()
      .filter((index) => accepted.includes(this.#message.recipients[index]?.address ?? ''));
    return waiting.length === accepted.length ? waiting : undefined;
  }

  /** RFC 1845 §5: 355 when the server has the envelope, and the octets before the offset; 250 when it knows nothing of it. */
  #resume(reply: Reply): void {
    if (this.#stage.name !== 'envelope') return;
    if (reply.code !== 355) {
      this.#startsAnew = true;
      this.#stage.rest.push(...this.#recipients(), this.#data());
      return;
    }
    const offset = Number(/^\d{1,15}(?=\s|$)/.exec(reply.lines[0] ?? '')?.[0] ?? Number.NaN);
    if (offset <= this.#message.size) {
      for (const index of this.#group) this.#transaction.accept(index);
      this.#stage.rest.push(this.#data(offset));
    } else this.#endGroup(); // not what we began: again from the start, under no name
  }
}
