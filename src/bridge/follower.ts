/**
 * A dialogue between two others, followed while it passes (RFC 5321, RFC 2920).
 *
 * What the server owes is a queue: each command that passes puts down what its reply will answer, each reply takes the
 * first one off. Where a command must not reach the server, our own reply stands in the queue at its place. So a client
 * that pipelines gets all replies in order, whoever gives them, and one place knows at any moment what the next octets
 * of either side are.
 *
 * Commands pass line by line, replies as a whole, data through `DataReader` and `DataWriter`: both sides see the same
 * one end of data, and no CR or LF passes that is not one of a CR LF. Where only a reply can tell what the client's next
 * octets are (behind DATA, AUTH, STARTTLS, or a verb that we don't know), they wait for it.
 *
 * Octets are pushed in, and actions are pulled out one by one, as long as the sides have room (`next`). Octets count as
 * consumed when what they became was passed on. Only those of an incomplete line or reply are held here, up to a bound,
 * and count at once: the window of a circuit can be smaller than a reply.
 */
import { type CloseReason, Counters, fromAscii } from '../core/index.js';
import { DATA_REFUSALS, type EnhancedReply, Inbox, LineSplitter } from '../smtp/index.js';
import { type Asked, credentialsOf, MAX_LINE, type Passage, passageOf } from './command.js';
import { ChunkContent, type Content, DataContent } from './content.js';
import {
  type FollowerAction,
  type FollowerCount,
  type FollowerOptions,
  otherSide,
  type Room,
  type Side,
} from './dialogue.js';
import { FollowerOutput } from './follower-output.js';
import { offerOf } from './offer.js';
import { BAD_CHUNK, BROKEN_OFF, NOT_UNDERSTOOD, SHUTTING_DOWN, TOO_MANY_ERRORS } from './our-replies.js';
import { isUnexpected, ReplyQueue } from './reply-queue.js';
import { describeReplyLine, ReplySplitter, type WireReply } from './reply-splitter.js';

type Phase =
  /** Command lines are taken. */
  | { readonly name: 'commands' }
  /** The reply to the last command that passed decides what the client's next octets are. */
  | { readonly name: 'waiting' }
  /** QUIT was read; it passes when nothing else is owed: its 20 s begin when it goes out (RFC 1090 §10.3). */
  | { readonly name: 'quitting' }
  /** The next line answers a challenge of the server. */
  | { readonly name: 'credentials' }
  /** `owes`: what the server is to answer at its end. */
  | { readonly name: 'content'; readonly content: Content; readonly owes?: Asked }
  /** The message is refused already; what is left of it is read and dropped. */
  | { readonly name: 'draining'; readonly content: Content; readonly reason: string }
  /** Inside TLS. */
  | { readonly name: 'opaque' }
  | { readonly name: 'over' };

/** Octets looked at in one step: a few sequences, so that a side without room is noticed soon. */
const MAX_STEP = 8 * 1024;
/** Octets of command lines passed as one piece. */
const MAX_BATCH = 2048;
/** Replies outstanding; a client that pipelines more waits. */
const MAX_OWED = 1000;
/** Who is refused so often by us finds the session ended. */
const MAX_REFUSALS = 20;

const NO_KEYWORDS: ReadonlySet<string> = new Set();

export class SmtpFollower {
  readonly counters = new Counters<FollowerCount>();
  readonly #options: FollowerOptions;
  readonly #inboxes: Readonly<Record<Side, Inbox>> = { circuit: new Inbox(), tcp: new Inbox() };
  readonly #output = new FollowerOutput();
  readonly #owed = new ReplyQueue();
  #client: Side;
  #lines: LineSplitter;
  #replies = new ReplySplitter();
  #phase: Phase = { name: 'waiting' };
  #greeted = false;
  /** Keywords of the last reply to EHLO, as the client has seen it. */
  #offered = NO_KEYWORDS;
  /** The server has a transaction open, or may have. */
  #inTransaction = false;
  #hasQuit = false;
  /** The server's side is broken off, or gone. */
  #withoutServer = false;
  #refusals = 0;
  #stopping = false;
  /** As it was told last. */
  #circuitAwaited = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#lines = linesOf(options.client);
    this.#owed.expect('greeting');
  }

  /** Changes with ATRN and TURN. */
  get client(): Side {
    return this.#client;
  }

  get #server(): Side {
    return otherSide(this.#client);
  }

  /** Inside TLS: nothing can be followed. */
  get isOpaque(): boolean {
    return this.#phase.name === 'opaque';
  }

  /** The client has its farewell. */
  get isOver(): boolean {
    return this.#phase.name === 'over';
  }

  /** QUIT was passed to the server. */
  get hasQuit(): boolean {
    return this.#hasQuit;
  }

  receive(from: Side, octets: Uint8Array): void {
    this.#inboxes[from].push(octets);
  }

  /** Whether octets of this side wait to be taken. */
  hasInput(from: Side): boolean {
    return this.#inboxes[from].length > 0;
  }

  /** What to do next; undefined when that takes more octets or more room. */
  next(room: Room): FollowerAction | undefined {
    for (;;) {
      this.#tellAwaited(room);
      const action = this.#output.take();
      if (action !== undefined) return action;
      if (!this.#work(room)) return undefined;
    }
  }

  /**
   * The side whose turn it is. Where that one can't go on because the other takes nothing, it is the other's. Inside
   * TLS nobody can tell; after the farewell there is none.
   */
  awaited(room: Room): Side | 'either' | undefined {
    const { name } = this.#phase;
    if (name === 'over') return undefined;
    if (name === 'opaque') return 'either';
    const isClients = this.#owed.length === 0 || name === 'content' || name === 'draining';
    const side = isClients ? this.#client : this.#server;
    return room[otherSide(side)] || this.#withoutServer ? side : otherSide(side);
  }

  /** 421 at the next good moment; a message on its way is finished first. Not inside TLS. */
  stop(): void {
    this.#stopping = true;
  }

  /** Ends the session now; not inside TLS, where nothing can be said. @param reply the 421 for the client. */
  giveUp(reply: EnhancedReply, why: CloseReason, reason: string): void {
    if (this.isOver || this.isOpaque) return;
    this.#output.reply(this.#client, reply);
    this.#cut(why);
    if (this.#client === 'circuit') this.#output.tell('farewellSent');
    this.#finish(false, reason);
  }

  /** The server's side is gone, and all that it said was taken. @param reply the 421 for the client. */
  serverGone(reply: EnhancedReply, reason: string): void {
    this.#withoutServer = true;
    this.giveUp(reply, 'protocolError', reason);
  }

  // ---------------------------------------------------------------- one step

  /** @returns whether something was done, so that more may be possible. */
  #work(room: Room): boolean {
    const client = this.#client;
    const server = this.#server;
    if (this.isOver) return this.#drop(client) || this.#drop(server);
    if (this.isOpaque) return this.#passOpaque(client, room) || this.#passOpaque(server, room);
    // What either side says may have to be answered to the client.
    if (!room[client]) return false;
    if (this.#withoutServer) return this.#drop(server) || this.#takeFromClient();
    return this.#takeReply() || this.#stopNow() || (room[server] && this.#takeFromClient());
  }

  #takeFromClient(): boolean {
    switch (this.#phase.name) {
      case 'commands':
      case 'credentials':
        return this.#takeLines();
      case 'quitting':
        return this.#passQuit();
      case 'content':
        return this.#takeContent(this.#phase);
      case 'draining':
        return this.#drain(this.#phase);
      case 'waiting':
      case 'opaque':
      case 'over':
        return false;
    }
  }

  /** Before the greeting and between transactions nothing is lost by it. */
  #stopNow(): boolean {
    if (!this.#stopping || this.#phase.name === 'content') return false;
    if (this.#greeted && (this.#owed.length > 0 || this.#inTransaction)) return false;
    this.giveUp(SHUTTING_DOWN, 'shuttingDown', 'shutting down');
    return true;
  }

  #passOpaque(from: Side, room: Room): boolean {
    const to = otherSide(from);
    const octets = this.#inboxes[from].peek(MAX_STEP);
    if (octets.length === 0 || !room[to]) return false;
    // Each piece may be what the other waits for.
    this.#output.pass(to, octets, true);
    this.#use(from, octets.length);
    return true;
  }

  #drop(from: Side): boolean {
    const { length } = this.#inboxes[from];
    if (length === 0) return false;
    this.#inboxes[from].clear();
    this.#output.consumed(from, length);
    return true;
  }

  // ---------------------------------------------------------------- the client: commands

  /** Takes what has arrived of a pipelined batch, as far as no reply must be seen first. */
  #takeLines(): boolean {
    const client = this.#client;
    const inbox = this.#inboxes[client];
    let batch = '';
    let used = 0;
    while (inbox.length > 0 && this.#takesLines() && batch.length < MAX_BATCH) {
      const taken = this.#lines.take(inbox.peek(MAX_STEP));
      inbox.drop(taken.used);
      used += taken.used;
      if (taken.line === undefined) continue;
      const line =
        this.#phase.name === 'credentials'
          ? this.#credentials(credentialsOf(taken.line))
          : this.#command(passageOf(taken.line, this.#offered));
      if (line !== undefined) batch += `${line}\r\n`;
    }
    // A chunk ends the sequence that its command begins.
    if (batch !== '')
      this.#output.pass(this.#server, Buffer.from(batch, 'latin1'), this.#phase.name !== 'content');
    if (used > 0) this.#output.consumed(client, used);
    return used > 0;
  }

  #takesLines(): boolean {
    const { name } = this.#phase;
    return name === 'credentials' || (name === 'commands' && this.#owed.length < MAX_OWED);
  }

  #credentials(line: string): string {
    this.#owed.expect('other');
    this.#phase = { name: 'waiting' };
    return line;
  }

  /** @returns the line that passes to the server now. */
  #command(passage: Passage): string | undefined {
    if (passage.to === 'nobody') {
      if (passage.why === 'badChunk') this.#refuseChunk();
      else this.#refuse(passage.reply, passage.why);
      return undefined;
    }
    if (!('line' in passage)) {
      this.#phase = { name: 'quitting' };
      return undefined;
    }
    this.#owed.expect(passage.asked);
    if (passage.chunk > 0) this.#phase = { name: 'content', content: new ChunkContent(passage.chunk) };
    else if (!passage.mayFollow) this.#phase = { name: 'waiting' };
    this.#note(passage.verb);
    return passage.line;
  }

  /** What a verb means beyond its reply. */
  #note(verb: string): void {
    if (verb === 'EHLO' || verb === 'HELO') this.#offered = NO_KEYWORDS;
    if (verb === 'EHLO' || verb === 'HELO' || verb === 'RSET') this.#inTransaction = false;
    if (verb === 'MAIL') this.#inTransaction = true;
  }

  #refuse(reply: EnhancedReply, count: FollowerCount): void {
    this.counters.add(count);
    this.#refusals++;
    this.#owed.insert({ reply });
    if (this.#refusals === MAX_REFUSALS) this.#sayLast(TOO_MANY_ERRORS, 'too many errors');
    this.#sayOurs();
  }

  #refuseChunk(): void {
    this.#owed.insert({ reply: BAD_CHUNK });
    this.#sayLast(BROKEN_OFF, 'BDAT that could not be followed');
    this.#sayOurs();
  }

  #sayLast(reply: EnhancedReply, reason: string): void {
    this.#owed.insert({ reply, last: reason });
    this.#phase = { name: 'waiting' };
  }

  #passQuit(): boolean {
    if (this.#owed.length > 0) return false;
    this.#output.pass(this.#server, fromAscii('QUIT\r\n'), true);
    this.#owed.expect('QUIT');
    this.#phase = { name: 'waiting' };
    this.#hasQuit = true;
    if (this.#server === 'circuit') this.#output.tell('quitSent');
    return true;
  }

  // ---------------------------------------------------------------- the client: messages

  #takeContent({ content, owes }: Phase & { name: 'content' }): boolean {
    const piece = this.#inboxes[this.#client].peek(MAX_STEP);
    if (piece.length === 0) return false;
    const { used, octets, ended, fault } = content.take(piece);
    if (fault !== undefined) {
      this.counters.add('messagesBrokenOff');
      this.#abandon(DATA_REFUSALS[fault], content, 'CR or LF alone in a message');
      if (ended) this.#endDraining('CR or LF alone in a message');
    } else {
      this.#output.pass(this.#server, octets, ended);
      if (ended) this.#phase = { name: 'commands' };
      if (ended && owes !== undefined) this.#owed.expect(owes);
    }
    this.#use(this.#client, used);
    return true;
  }

  /**
   * The message can't be completed. The client hears it at once (if it listens, it saves the rest), and may send on to
   * the end of its data, where it looks for the reply. Then the session ends.
   */
  #abandon(reply: EnhancedReply | WireReply, content: Content, reason: string): void {
    this.#cut('protocolError');
    this.#output.reply(this.#client, reply);
    this.#phase = { name: 'draining', content, reason };
  }

  #drain({ content, reason }: Phase & { name: 'draining' }): boolean {
    const piece = this.#inboxes[this.#client].peek(MAX_STEP);
    if (piece.length === 0) return false;
    const { used, ended } = content.take(piece);
    if (ended) this.#endDraining(reason);
    this.#use(this.#client, used);
    return true;
  }

  #endDraining(reason: string): void {
    this.giveUp(BROKEN_OFF, 'protocolError', reason);
  }

  // ---------------------------------------------------------------- the server

  #takeReply(): boolean {
    const server = this.#server;
    const piece = this.#inboxes[server].peek(MAX_STEP);
    if (piece.length === 0) return false;
    const { used, reply } = this.#replies.take(piece);
    if (reply?.ok === true) this.#reply(reply.value);
    else if (reply !== undefined)
      this.#notUnderstood(reply.fault === 'tooLong' ? 'reply without an end' : 'not an SMTP reply');
    this.#use(server, used);
    return true;
  }

  #reply(reply: WireReply): void {
    const asked = this.#owed.takeAsked();
    // RFC 5321 §3.8: 421 may be said at any time.
    if (reply.code === 421 || asked === 'QUIT') this.#farewell(reply, asked === 'QUIT');
    else if (asked === undefined) this.#unasked(reply);
    else if (isUnexpected(reply.code, asked))
      this.#notUnderstood(`unexpected reply: ${describeReplyLine(reply)}`);
    else {
      const isGood = reply.code < 300;
      this.#output.reply(this.#client, asked === 'EHLO' && isGood ? this.#filtered(reply) : reply);
      // The command that is waited for is the last that passed.
      if (this.#phase.name === 'waiting' && this.#owed.length === 0) this.#phase = { name: 'commands' };
      if (isGood) this.#agreed(asked);
      else if (reply.code < 400) this.#phase = asked === 'DATA' ? this.#data() : { name: 'credentials' };
      else this.#refused(asked);
      this.#sayOurs();
    }
  }

  #agreed(asked: Asked): void {
    switch (asked) {
      case 'greeting':
        this.#greeted = true;
        if (this.#server === 'circuit') this.#output.tell('greetingSeen');
        return;
      case 'message':
        this.#inTransaction = false;
        this.counters.add('messagesAccepted');
        this.#output.accepted();
        return;
      case 'STARTTLS':
        this.#encrypt();
        return;
      case 'turn':
        this.#turn();
        return;
      case 'EHLO':
      case 'MAIL':
      case 'DATA':
      case 'QUIT':
      case 'pipelined':
      case 'other':
        return;
    }
  }

  #refused(asked: Asked): void {
    if (asked === 'greeting') this.#greeted = true;
    if (asked === 'message') this.counters.add('messagesRefused');
    if (asked === 'MAIL' || asked === 'message') this.#inTransaction = false;
  }

  #filtered(reply: WireReply): WireReply {
    const offer = offerOf(reply, this.#options.startTls === 'pass');
    this.#offered = offer.keywords;
    return offer.reply;
  }

  #data(): Phase {
    const bareLineEnd = this.#options.bareLineEnd[this.#client];
    const content = new DataContent({ lineEnds: this.#lines.lineEnds ?? 'crlf', bareLineEnd });
    return { name: 'content', content, owes: 'message' };
  }

  /** RFC 3207 §6: what was sent in clear behind STARTTLS is neither a command nor TLS; somebody has put it there. */
  #encrypt(): void {
    this.counters.add('octetsDroppedBeforeTls', this.#inboxes[this.#client].length);
    this.#drop(this.#client);
    this.#phase = { name: 'opaque' };
  }

  /** RFC 2645 §5.2.2: client and server change places, and all begins anew. */
  #turn(): void {
    this.#client = this.#server;
    this.#lines = linesOf(this.#client);
    this.#replies = new ReplySplitter();
    this.#phase = { name: 'waiting' };
    this.#greeted = false;
    this.#offered = NO_KEYWORDS;
    this.#inTransaction = false;
    this.#owed.expect('greeting');
  }

  #farewell(reply: WireReply, inOrder: boolean): void {
    this.#output.reply(this.#client, reply);
    this.#output.tell(this.#client === 'circuit' ? 'farewellSent' : 'farewellSeen');
    this.#finish(inOrder, describeReplyLine(reply));
  }

  /** A reply that answers nothing. In the middle of a message it can only be the refusal of that message. */
  #unasked(reply: WireReply): void {
    if (this.#phase.name === 'content' && reply.code >= 400) {
      this.counters.add('messagesRefused');
      this.#abandon(
        reply,
        this.#phase.content,
        `message refused before its end: ${describeReplyLine(reply)}`,
      );
      return;
    }
    if (reply.code >= 400) this.#output.reply(this.#client, reply);
    this.#notUnderstood(`reply to nothing: ${describeReplyLine(reply)}`);
  }

  #notUnderstood(reason: string): void {
    this.giveUp(NOT_UNDERSTOOD, 'protocolError', reason);
  }

  // ---------------------------------------------------------------- common to both

  #sayOurs(): void {
    for (let ours = this.#owed.takeOurs(); ours !== undefined; ours = this.#owed.takeOurs())
      if (ours.last === undefined) this.#output.reply(this.#client, ours.reply);
      else this.giveUp(ours.reply, 'protocolError', ours.last);
  }

  #use(from: Side, octets: number): void {
    this.#inboxes[from].drop(octets);
    this.#output.consumed(from, octets);
  }

  #cut(why: CloseReason): void {
    if (!this.#withoutServer) this.#output.cut(why);
    this.#withoutServer = true;
  }

  #finish(inOrder: boolean, reason: string): void {
    this.#owed.clear();
    this.#phase = { name: 'over' };
    this.#output.finish(inOrder, reason);
  }

  #tellAwaited(room: Room): void {
    const isAwaited = this.awaited(room) === 'circuit';
    if (isAwaited === this.#circuitAwaited || this.isOver) return;
    this.#circuitAwaited = isAwaited;
    this.#output.tell(isAwaited ? 'awaiting' : 'settled');
  }
}

/** Line ends: CRLF on TCP; learnt on a circuit, from the first command line (RFC 1090 §8). */
function linesOf(client: Side): LineSplitter {
  return new LineSplitter(client === 'tcp' ? 'crlf' : 'learn', MAX_LINE);
}
