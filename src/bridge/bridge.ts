import { Alarm, type Clock, type CloseReason, type OctetStream, type StreamEnd } from '../core/index.js';
import type { MailCircuit } from '../rfc1090/index.js';
import {
  type BareLineEnd,
  type FollowerAction,
  type FollowerCount,
  otherSide,
  type Side,
} from './dialogue.js';
import { SmtpFollower } from './follower.js';
import { connectionLost, TIMED_OUT } from './our-replies.js';

export interface BridgeOptions {
  /** Of a call that was accepted, or of one of ours that may still be on its way. */
  readonly circuit: OctetStream & Pick<MailCircuit, 'dialogue'>;
  readonly tcp: OctetStream;
  readonly clock: Clock;
  /** Where the SMTP client is: `circuit` for a call that came in, `tcp` for one that we placed. */
  readonly client: Side;
  /**
   * Whether a client may say STARTTLS. `refuse` where the server would take XCLIENT or the like from us without
   * offering it: inside TLS nobody could keep the caller from saying it too. Where the server offers such a thing in its
   * reply to the client's own EHLO, STARTTLS never passes.
   */
  readonly startTls: 'pass' | 'refuse';
  /** By the side that sends the data. Default: refuse on TCP, CRLF on a circuit. */
  readonly bareLineEnd?: Readonly<Record<Side, BareLineEnd>>;
  /** How long the TCP side may be silent when it is its turn, and either inside TLS, milliseconds. Default 10 minutes. */
  readonly silenceMs?: number;
  /** A message was accepted by the server. */
  readonly onAccepted?: () => void;
}

/** What became of a session. */
export interface BridgeEnd {
  /** It came to its 221; inside TLS: the side that ended it first did so in order. */
  readonly inOrder: boolean;
  /** In one line, for people: the last reply, or why there was none. */
  readonly reason: string;
  /** Messages that the server has accepted (2xx to the end of data); not those inside TLS. */
  readonly messages: number;
  readonly encrypted: boolean;
  readonly octets: { readonly fromCircuit: number; readonly toCircuit: number };
  readonly counts: Partial<Record<FollowerCount, number>>;
}

const DEFAULT_BARE_LINE_END = { tcp: 'refuse', circuit: 'crlf' } as const;
/** As long as RFC 1090 §10.2 lets the circuit be silent. */
const DEFAULT_SILENCE_MS = 600_000;

/**
 * Joins a circuit and a TCP connection, one of which has an SMTP client at its end and the other a server. Carries out
 * what the follower says, and sees to it that the end of one side becomes the right end of the other:
 *
 *   ends first        meanwhile                        the other side
 *   server            the client has its farewell      as that says: TCP is closed, the circuit keeps to RFC 1090 §9
 *                     not yet                          client on TCP: 421 with the reason, closed; on a circuit: cleared
 *   client            the server has said 221 or 421   closed
 *                     QUIT has passed                  TCP is closed; a circuit waits for the 221 (RFC 1090 §10.3)
 *                     anything else                    broken off: a message in the middle of it stays incomplete
 *   either, in TLS                                     closed if it came in order, else broken off
 *
 * RFC 1090 has the timers of the circuit. They do not run while it is the TCP side's turn, and inside TLS nobody knows
 * whose turn it is: then the bridge itself ends what is silent for too long.
 */
export class Bridge {
  /** When both sides are gone. Never rejects. */
  readonly done: Promise<BridgeEnd>;
  readonly #options: BridgeOptions;
  readonly #follower: SmtpFollower;
  readonly #alarm: Alarm;
  readonly #room: Record<Side, boolean> = { circuit: true, tcp: true };
  readonly #octets = { fromCircuit: 0, toCircuit: 0 };
  readonly #ends: Partial<Record<Side, StreamEnd>> = {};
  /** Sides whose end was passed on. */
  readonly #followed = new Set<Side>();
  /** Sides that are sent nothing more, and those of them that we have ended. */
  readonly #closed = new Set<Side>();
  readonly #endedByUs = new Set<Side>();
  #resolve: (end: BridgeEnd) => void = () => {};
  #verdict: { readonly inOrder: boolean; readonly reason: string } | undefined;
  #heardAt = 0;
  #isWorking = false;

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#follower = new SmtpFollower({ bareLineEnd: DEFAULT_BARE_LINE_END, ...options });
    this.#alarm = new Alarm(options.clock, () => this.#whenSilent());
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Once. Nothing passes before the server's greeting, so the circuit may still be waiting for its call. */
  start(): void {
    this.#heardAt = this.#options.clock.now();
    for (const side of ['circuit', 'tcp'] as const)
      this.#options[side].setReceiver({
        octets: (octets) => this.#received(side, octets),
        ready: () => this.#hasRoom(side),
        ended: (end) => this.#ended(side, end),
      });
    this.#work();
  }

  /** The gateway stops: 421 at the next good moment; a message on its way is finished first. Not inside TLS. */
  stop(): void {
    this.#follower.stop();
    this.#work();
  }

  /** Ends both sides at once. */
  abort(why: CloseReason): void {
    this.#abortBoth(why, `broken off by us (${why})`);
  }

  // ---------------------------------------------------------------- the streams

  #received(side: Side, octets: Uint8Array): void {
    if (side === 'circuit') this.#octets.fromCircuit += octets.length;
    this.#heardAt = this.#options.clock.now();
    this.#follower.receive(side, octets);
    this.#work();
  }

  #hasRoom(side: Side): void {
    this.#room[side] = true;
    this.#heardAt = this.#options.clock.now();
    this.#work();
  }

  #ended(side: Side, end: StreamEnd): void {
    this.#ends[side] = end;
    this.#closed.add(side);
    this.#work();
  }

  // ---------------------------------------------------------------- what follows from it

  #work(): void {
    if (this.#isWorking) return; // a stream has called back from within
    this.#isWorking = true;
    do for (let action = this.#next(); action !== undefined; action = this.#next()) this.#do(action);
    while (this.#followAnEnd());
    this.#isWorking = false;
    this.#setAlarm();
    if (this.#isEnded) this.#resolve(this.#end());
  }

  #next(): FollowerAction | undefined {
    return this.#follower.next(this.#room);
  }

  #do(action: FollowerAction): void {
    switch (action.do) {
      case 'pass':
        this.#write(action.to, action.octets, action.endOfSequence);
        return;
      case 'consumed':
        this.#options[action.from].consumed(action.octets);
        return;
      case 'dialogue':
        this.#options.circuit.dialogue(action.event);
        return;
      case 'accepted':
        this.#options.onAccepted?.();
        return;
      case 'cut':
        this.#abort(otherSide(this.#follower.client), action.why);
        return;
      case 'finish':
        this.#conclude(action.inOrder, action.reason);
        this.#close(this.#follower.client);
    }
  }

  #write(to: Side, octets: Uint8Array, endOfSequence: boolean): void {
    if (this.#closed.has(to)) return;
    if (to === 'circuit') this.#octets.toCircuit += octets.length;
    if (!this.#options[to].write(octets, endOfSequence)) this.#room[to] = false;
  }

  /** @returns whether one was passed on, so that more may have to be said. */
  #followAnEnd(): boolean {
    const { client } = this.#follower;
    const server = otherSide(client);
    // What the server has said is passed on before its end is.
    const serverEnd = this.#follower.hasInput(server) ? undefined : this.#ends[server];
    if (serverEnd !== undefined && !this.#followed.has(server)) this.#followServer(server, serverEnd);
    else if (this.#ends[client] !== undefined && !this.#followed.has(client))
      this.#followClient(client, this.#ends[client]);
    else return false;
    return true;
  }

  #followServer(server: Side, end: StreamEnd): void {
    const client = otherSide(server);
    this.#followed.add(server);
    // Where we have ended it ourselves, the client hears of it in its own time.
    if (this.#follower.isOver || this.#endedByUs.has(server)) return;
    const reason = described(server, end);
    this.#conclude(this.#follower.isOpaque && end.inOrder, reason);
    if (this.#follower.isOpaque) {
      // Perhaps a 221 is under way to the caller, and a clear of ours would overtake it (RFC 1090 §9).
      if (end.inOrder && client === 'circuit') this.#options.circuit.dialogue('farewellSent');
      this.#endAs(client, end.inOrder);
    } else if (client === 'circuit') this.#abort(client, 'protocolError');
    else this.#follower.serverGone(connectionLost(end.reason), reason);
  }

  #followClient(client: Side, end: StreamEnd): void {
    const server = otherSide(client);
    this.#followed.add(client);
    const { isOver, isOpaque, hasQuit } = this.#follower;
    if (hasQuit && !isOver && server === 'circuit') return;
    this.#conclude(isOpaque && end.inOrder, described(client, end));
    this.#endAs(server, isOver || hasQuit || (isOpaque && end.inOrder));
  }

  #endAs(side: Side, inOrder: boolean): void {
    if (inOrder) this.#close(side);
    else this.#abort(side, 'protocolError');
  }

  #close(side: Side): void {
    if (this.#closed.has(side)) return;
    this.#closed.add(side);
    this.#endedByUs.add(side);
    this.#options[side].close();
  }

  #abort(side: Side, why: CloseReason): void {
    if (this.#ends[side] !== undefined) return;
    this.#closed.add(side);
    this.#endedByUs.add(side);
    this.#options[side].abort(why);
  }

  #abortBoth(why: CloseReason, reason: string): void {
    this.#conclude(false, reason);
    // Neither end is to be taken for the cause of the other.
    for (const side of ['circuit', 'tcp'] as const) this.#followed.add(side);
    this.#abort('circuit', why);
    this.#abort('tcp', why);
  }

  /** What happened first is the reason. */
  #conclude(inOrder: boolean, reason: string): void {
    this.#verdict ??= { inOrder, reason };
  }

  // ---------------------------------------------------------------- silence, the end

  #setAlarm(): void {
    const awaited = this.#follower.awaited(this.#room);
    const silenceMs = this.#options.silenceMs ?? DEFAULT_SILENCE_MS;
    const isOurs = awaited === 'tcp' || awaited === 'either';
    this.#alarm.set(isOurs && !this.#isEnded ? this.#heardAt + silenceMs : undefined);
  }

  #whenSilent(): void {
    if (this.#follower.isOpaque) this.#abortBoth('timeout', 'silence for too long');
    else this.#follower.giveUp(TIMED_OUT, 'timeout', 'silence of the TCP side for too long');
    this.#work();
  }

  get #isEnded(): boolean {
    return this.#ends.circuit !== undefined && this.#ends.tcp !== undefined;
  }

  #end(): BridgeEnd {
    return {
      ...(this.#verdict ?? { inOrder: false, reason: '' }),
      messages: this.#follower.counters.get('messagesAccepted'),
      encrypted: this.#follower.isOpaque,
      octets: { ...this.#octets },
      counts: this.#follower.counters.snapshot(),
    };
  }
}

function described(side: Side, { reason }: StreamEnd): string {
  return side === 'tcp' ? `TCP connection: ${reason}` : reason;
}
