import { CALL_TABLES, type CallState, callRow } from './call.js';
import {
  type Agreement,
  composeAnswer,
  composeCall,
  judgeAnswer,
  judgeCall,
  refusalCause,
  userDataWithin,
} from './call-setup.js';
import { type ChannelHost, NO_TRAFFIC, NOBODY } from './channel-host.js';
import { ChannelPort } from './channel-port.js';
import type { DataFlow } from './data-flow.js';
import { type OutgoingPacket, outgoing } from './outbox.js';
import type { CallRequestPacket } from './packet/call.js';
import { NO_CALL_FIELDS } from './packet/call-fields.js';
import { decodeClearConfirmation, decodeClearRequest } from './packet/clear.js';
import { DIAGNOSTIC } from './packet/diagnostic-code.js';
import { isFastSelectRestricted } from './packet/facilities.js';
import { FAULT_DIAGNOSTIC } from './packet/fault.js';
import type { PacketKind } from './packet/kind.js';
import { PendingRequest } from './pending-request.js';
import { ownCause, theirCause } from './role.js';
import { Transfer } from './transfer.js';
import type {
  Channel,
  ChannelAnswer,
  ChannelCall,
  ChannelEnding,
  ChannelTraffic,
  ChannelUser,
  ClearRequest,
  Connection,
  DataPiece,
} from './user.js';

/**
 * One call: states p1 to p7 (X.25 §4.1, §4.2), and within p4 the transfer of data.
 *
 * Packets wait here until the link pulls them. A state in which the other end waits for our confirmation (DTE: p7)
 * lasts until that confirmation is pulled, so that no more than a few packets can ever wait, whatever comes in.
 */
export class LogicalChannel implements Channel {
  readonly #host: ChannelHost;
  readonly #port: ChannelPort;
  #state: CallState;
  /** In the layer's list of channels with control packets, or with DATA. */
  isListedForControl = false;
  isListedForData = false;
  /** Among those whose timers moved. */
  isListedForTimers = false;

  /** The call, whoever made it. */
  #call: CallRequestPacket | undefined;
  #isIncoming = false;
  /** What `connected` will tell when our answer goes out. */
  #connection: Connection | undefined;
  #transfer: Transfer | undefined;

  /** Why the call ends, known before it is over. */
  #ending: ChannelEnding | undefined;
  readonly #clear = new PendingRequest<OutgoingPacket>();

  constructor(number: number, host: ChannelHost, state: 'p1' | 'p5' = 'p1') {
    this.#host = host;
    this.#port = new ChannelPort(number, host, this);
    this.#state = state;
  }

  get number(): number {
    return this.#port.number;
  }

  get state(): CallState {
    return this.#state;
  }

  get traffic(): ChannelTraffic {
    return this.#transfer?.flow.traffic ?? NO_TRAFFIC;
  }

  // What the user asks for.

  setUser(user: ChannelUser): void {
    if (this.#state !== 'p1') this.#port.user = user;
  }

  /** Places a call on this channel. @throws RangeError when a field can't be written. */
  placeCall(request: ChannelCall, user: ChannelUser, now: number): void {
    this.#call = composeCall(this.#port.number, request, this.#host.parameters);
    this.#port.queue(this.#call);
    this.#host.count('callsSent');
    this.#port.user = user;
    this.#state = this.#port.traits.call.ours;
    this.#port.startTimer('call', this.#port.timing[this.#port.traits.call.timer], now);
  }

  accept(answer: ChannelAnswer, user: ChannelUser, now: number): void {
    const call = this.#call;
    if (!this.#isUnanswered || call === undefined) return;
    this.#port.user = user;
    if (isFastSelectRestricted(call.facilities)) {
      this.#fail(DIAGNOSTIC.notCompatibleWithFacility, now);
      return;
    }
    const { packet, ...agreement } = composeAnswer(call, answer, this.#host.parameters);
    this.#port.queue(packet);
    this.#open(agreement, now);
  }

  get #isUnanswered(): boolean {
    return this.#isIncoming && (this.#state === this.#port.traits.call.theirs || this.#state === 'p5');
  }

  clear(why: ClearRequest, now: number): void {
    const { state } = this;
    if (state === 'p1' || state === 'p6' || state === 'p7') return;
    this.#startClearing({ ...why, cause: this.#given(why.cause) }, now);
  }

  send(piece: DataPiece): boolean {
    return this.#state === 'p4' && this.#transfer !== undefined && this.#transfer.flow.send(piece);
  }

  consumed(octets: number, now: number): void {
    if (this.#state === 'p4') this.#transfer?.flow.consumed(octets, now);
  }

  interrupt(octets: Uint8Array, now: number): boolean {
    return this.#state === 'p4' && this.#transfer !== undefined && this.#transfer.interrupt(octets, now);
  }

  reset(cause: number, diagnostic: number, now: number): void {
    if (this.#state === 'p4') this.#transfer?.reset(this.#given(cause), diagnostic, now);
  }

  /** What becomes of a cause that our user gives. */
  #given(cause: number): number {
    return this.#host.parameters.anyCause === true ? cause : ownCause(this.#port.traits, cause);
  }

  // What comes from the line.

  /** A DATA packet of this link's format: the short way for nearly all that comes. */
  receiveData(packet: Uint8Array, now: number): void {
    const transfer = this.#transfer;
    if (this.#state === 'p4' && transfer?.state === 'd1') transfer.receiveInTransfer('data', packet, now);
    else this.receive('data', packet, now);
  }

  receive(kind: PacketKind, packet: Uint8Array, now: number): void {
    const cell = CALL_TABLES[this.#port.traits.role][callRow(kind)][this.#state];
    switch (cell.do) {
      case 'nextLevel':
        this.#transfer?.receive(kind, packet, now);
        return;
      case 'normal':
        this.#normal(kind, cell.next, packet, now);
        return;
      case 'error':
        this.#fail(cell.diagnostic, now);
        return;
      default:
        this.#port.count('discarded');
        return;
    }
  }

  #normal(kind: PacketKind, next: CallState, packet: Uint8Array, now: number): void {
    switch (kind) {
      case 'callRequest':
        this.#callCame(next, packet, now);
        return;
      case 'callAccepted':
        this.#answerCame(packet, now);
        return;
      case 'clearRequest':
        this.#clearCame(next, packet, now);
        return;
      default:
        this.#clearConfirmed(packet, now);
        return;
    }
  }

  #callCame(next: CallState, packet: Uint8Array, now: number): void {
    if (next !== 'p5') {
      this.beginIncoming(next, packet, now);
      return;
    }
    this.#host.count('callCollisions');
    if (this.#port.traits.role === 'dce') {
      this.#host.giveWay(this, packet, now);
      return;
    }
    // The DTE's call has priority: the network drops its own, we wait on (X.25 §4.1.6).
    this.#state = 'p5';
  }

  /** @param state p2 or p3, or p5 when another call had to give way. */
  beginIncoming(state: CallState, packet: Uint8Array, now: number): void {
    this.#host.count('callsReceived');
    this.#state = state;
    this.#isIncoming = true;
    if (!this.#host.mayBeCalledOn(this.#port.number)) {
      this.#fail(DIAGNOSTIC.oneWayChannel, now);
      return;
    }
    const call = judgeCall(packet, this.#host.parameters);
    if (!call.ok) {
      this.#refuse(call.diagnostic, now);
      return;
    }
    this.#call = call.value;
    this.#host.incomingCall(this, call.value, now);
  }

  #answerCame(packet: Uint8Array, now: number): void {
    if (this.#call === undefined) return;
    const answer = judgeAnswer(packet, this.#call, this.#host.parameters);
    if (!answer.ok) {
      this.#refuse(answer.diagnostic, now);
      return;
    }
    this.#port.stopTimer('call');
    this.#open(answer.value, now);
    this.#port.user.connected(answer.value.connection, now);
  }

  #open({ sizes, connection }: Agreement, now: number): void {
    this.#state = 'p4';
    this.#connection = connection;
    this.#transfer = new Transfer(this.#port, sizes, now);
  }

  #clearCame(next: CallState, octets: Uint8Array, now: number): void {
    this.#host.count('clearsReceived');
    const packet = decodeClearRequest(octets, this.#port.modulo);
    if (next === 'p1' && this.#clear.isSent) {
      // A network that clears at the same time tells the charge in its clear, as no confirmation follows.
      const facilities = packet.ok ? packet.value.facilities : {};
      this.#finish(this.#ending && { ...this.#ending, facilities }, false, now);
      return;
    }
    if (!packet.ok) {
      this.#fail(FAULT_DIAGNOSTIC[packet.fault], now);
      return;
    }
    const { cause, diagnostic, facilities, userData } = packet.value;
    this.#leaveCall();
    this.#port.outbox.clear();
    this.#state = this.#port.traits.clear.theirs;
    this.#ending ??= {
      by: 'peer',
      cause: theirCause(this.#port.traits, cause),
      diagnostic,
      facilities,
      userData,
    };
    this.#port.queue({ ...NO_CALL_FIELDS, type: 'clearConfirmation', channel: this.#port.number });
  }

  #clearConfirmed(octets: Uint8Array, now: number): void {
    // What confirms a clear that did not go out yet confirms nothing.
    if (!this.#clear.isSent || this.#ending === undefined) {
      this.#port.count('discarded');
      return;
    }
    const { facilities } = decodeClearConfirmation(octets, this.#port.modulo);
    this.#finish({ ...this.#ending, facilities }, false, now);
  }

  // Clearing.

  /** The error procedure of this level. */
  #fail(diagnostic: number, now: number): void {
    this.#port.count('procedureErrors');
    this.clearCall(this.#port.traits.clear.errorCause, diagnostic, now);
  }

  /** A call or an answer that we can't take. */
  #refuse(diagnostic: number, now: number): void {
    this.#port.count('procedureErrors');
    this.clearCall(refusalCause(diagnostic, this.#port.traits), diagnostic, now);
  }

  clearCall(cause: number, diagnostic: number, now: number): void {
    this.#startClearing({ cause, diagnostic }, now);
  }

  #startClearing(why: ClearRequest, now: number): void {
    const { cause, diagnostic, facilities = {}, userData = NO_CALL_FIELDS.userData } = why;
    const packet = outgoing(
      {
        ...NO_CALL_FIELDS,
        type: 'clearRequest',
        channel: this.#port.number,
        cause,
        diagnostic,
        facilities,
        userData: userDataWithin(this.#call, userData),
      },
      this.#port.modulo,
    );
    this.#leaveCall();
    // A CALL REQUEST that still waits goes out first: some peers never answer CLEAR on a channel without a call.
    this.#port.outbox.keepOnly('callRequest');
    this.#state = this.#port.traits.clear.ours;
    this.#ending ??= { by: 'us', cause, diagnostic, facilities: {}, userData: NO_CALL_FIELDS.userData };
    this.#clear.begin(packet);
    this.#sendClear(packet, now);
  }

  #sendClear(packet: OutgoingPacket, now: number): void {
    this.#host.count('clearsSent');
    this.#port.outbox.remove('clearRequest');
    this.#port.push(packet);
    this.#port.startTimer('clear', this.#port.timing[this.#port.traits.clear.timer], now);
  }

  #callTimedOut(now: number): void {
    this.#port.count('timeouts');
    this.clearCall(this.#port.traits.clear.errorCause, DIAGNOSTIC.timerCall, now);
  }

  #clearTimedOut(now: number): void {
    this.#port.count('timeouts');
    const again = this.#clear.repeat(this.#port.timing[this.#port.traits.clear.repeats]);
    if (again !== undefined) {
      this.#sendClear(again, now);
      return;
    }
    this.#host.count('putAside');
    this.#finish(this.#ending, true, now);
  }

  /** Stops all that belongs to the call. */
  #leaveCall(): void {
    this.#transfer?.end();
    this.#port.stopTimers();
  }

  /** Over at once, without a word to the other end: restart, or the link is down. */
  drop(ending: ChannelEnding, now: number): void {
    this.#finish(this.#ending ?? ending, false, now);
  }

  /** Enters p1. No ending: nobody has heard of a call here. */
  #finish(ending: ChannelEnding | undefined, isAside: boolean, now: number): void {
    this.#leaveCall();
    this.#port.outbox.clear();
    this.#state = 'p1';
    this.#host.released(this, isAside, now);
    const user = this.#port.user;
    this.#port.user = NOBODY;
    if (ending !== undefined) user.cleared(ending, now);
  }

  /** This call goes on, unanswered, on another channel. */
  moveTo(number: number): void {
    this.#port.number = number;
    this.#port.outbox.clear();
    if (this.#call !== undefined) this.#port.queue({ ...this.#call, channel: number });
  }

  // What goes out, when the link asks for it.

  get hasControl(): boolean {
    return !this.#port.outbox.isEmpty || this.#flow?.hasStatus === true;
  }

  /** The next packet other than DATA. */
  nextControl(now: number): Uint8Array | undefined {
    const next = this.#port.outbox.shift();
    if (next === undefined) return this.nextStatus(now);
    switch (next.type) {
      case 'callAccepted':
        if (this.#connection !== undefined) this.#port.user.connected(this.#connection, now);
        break;
      case 'clearRequest':
        this.#clear.sent();
        break;
      case 'clearConfirmation':
        this.#finish(this.#ending, false, now);
        break;
      case 'resetRequest':
        this.#transfer?.requestSent();
        break;
      case 'resetConfirmation':
        this.#transfer?.resetConfirmationSent(now);
        break;
      case 'interrupt':
        this.#transfer?.interruptSent();
        break;
      case 'interruptConfirmation':
        this.#transfer?.interruptConfirmationSent();
        break;
    }
    return next.octets;
  }

  nextStatus(now: number): Uint8Array | undefined {
    return this.#flow?.nextStatus(now);
  }

  get hasData(): boolean {
    return this.#flow?.hasData === true;
  }

  nextData(now: number): Uint8Array | undefined {
    return this.#flow?.nextData(now);
  }

  get #flow(): DataFlow | undefined {
    return this.#state === 'p4' ? this.#transfer?.flow : undefined;
  }

  // Time.

  nextDeadline(): number | undefined {
    return this.#port.timers.next();
  }

  handleTimeout(now: number): void {
    for (const name of this.#port.timers.takeExpired(now)) {
      if (name === 'clear') this.#clearTimedOut(now);
      else if (name === 'call') this.#callTimedOut(now);
      else if (this.#state === 'p4') this.#transfer?.handleTimeout(name, now);
    }
  }
}
