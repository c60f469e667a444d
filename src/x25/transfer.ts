import { DataFlow, type FlowSizes } from './data-flow.js';
import { DIAGNOSTIC } from './packet/diagnostic-code.js';
import { FAULT_DIAGNOSTIC } from './packet/fault.js';
import { decodeInterrupt, decodeInterruptConfirmation, MOST_INTERRUPT_OCTETS } from './packet/interrupt.js';
import type { PacketKind } from './packet/kind.js';
import { decodeResetRequest } from './packet/reset.js';
import { PendingRequest } from './pending-request.js';
import { RESET_TABLES, type ResetState, resetRow } from './reset.js';
import { theirCause } from './role.js';
import type { TransferHost, TransferTimer } from './transfer-host.js';
import type { ResetInfo } from './user.js';

/** State p4 of one call: resets and interrupts, and the flow of data between resets (X.25 §4.3, §4.4). */
export class Transfer {
  readonly flow: DataFlow;
  readonly #host: TransferHost;
  #state: ResetState = 'd1';

  /** Ours: waits to be sent, or for its confirmation. */
  #interrupt: 'none' | 'waiting' | 'sent' = 'none';
  /** Theirs: the confirmation has not gone out yet. */
  #owesConfirmation = false;

  readonly #request = new PendingRequest<{ readonly cause: number; readonly diagnostic: number }>();
  /** A reset that the user asked for is told when it is done; any other was told when it began. */
  #untold: ResetInfo | undefined;
  /**
   * Two resets that cross count as confirmed (X.25 §4.4.3.3), but some peers confirm as well: one RESET CONFIRMATION
   * too many is then no error.
   */
  #toleratesConfirmation = false;

  constructor(host: TransferHost, sizes: FlowSizes, now: number) {
    this.#host = host;
    this.flow = new DataFlow(host, sizes);
    this.flow.begin(now);
  }

  get state(): ResetState {
    return this.#state;
  }

  /** The call is over. */
  end(): void {
    this.flow.stop();
  }

  /** A packet to which the call level has no objection. */
  receive(kind: PacketKind, packet: Uint8Array, now: number): void {
    const cell = RESET_TABLES[this.#host.traits.role][resetRow(kind, this.#host.canReject)][this.#state];
    switch (cell.do) {
      case 'nextLevel':
        this.receiveInTransfer(kind, packet, now);
        return;
      case 'normal':
        if (kind === 'resetRequest') this.#resetCame(packet, cell.next, now);
        else this.#resetConfirmed(now);
        return;
      case 'error':
        if (this.#isSpare(kind)) this.#host.count('discarded');
        else this.#fail(cell.diagnostic, now);
        return;
      default:
        this.#host.count('discarded');
        return;
    }
  }

  /** In d1, data, interrupts and flow control. */
  receiveInTransfer(kind: PacketKind, packet: Uint8Array, now: number): void {
    let diagnostic: number | undefined;
    if (kind === 'data') diagnostic = this.flow.receiveData(packet, now);
    else if (kind === 'interrupt') diagnostic = this.#interruptCame(packet, now);
    else if (kind === 'interruptConfirmation') diagnostic = this.#interruptConfirmed(packet, now);
    else diagnostic = this.flow.receiveFlow(packet, now);
    if (diagnostic !== undefined) this.#fail(diagnostic, now);
  }

  handleTimeout(name: TransferTimer, now: number): void {
    switch (name) {
      case 'reset':
        this.#resetTimedOut(now);
        return;
      case 'T26':
        this.#fail(DIAGNOSTIC.timerInterrupt, now, 'timeouts');
        return;
      default: {
        const diagnostic = this.flow.timedOut(name, now);
        if (diagnostic !== undefined) this.#fail(diagnostic, now, 'timeouts');
      }
    }
  }

  // Interrupts (X.25 §4.3.5): one at a time each way, past all DATA.

  /** @returns false while the last one is not confirmed, and during a reset. */
  interrupt(octets: Uint8Array, now: number): boolean {
    if (octets.length === 0 || octets.length > MOST_INTERRUPT_OCTETS)
      throw new RangeError(`an interrupt has 1 to ${MOST_INTERRUPT_OCTETS} octets, not ${octets.length}`);
    if (this.#state !== 'd1' || this.#interrupt !== 'none') return false;
    this.#interrupt = 'waiting';
    this.#host.queue({ type: 'interrupt', channel: this.#host.number, payload: octets });
    this.#host.startTimer('T26', this.#host.timing.t26, now);
    return true;
  }

  #interruptCame(octets: Uint8Array, now: number): number | undefined {
    if (this.#owesConfirmation) return DIAGNOSTIC.unauthorizedInterrupt;
    const packet = decodeInterrupt(octets);
    if (!packet.ok) return FAULT_DIAGNOSTIC[packet.fault];
    this.#owesConfirmation = true;
    this.#host.queue({ type: 'interruptConfirmation', channel: this.#host.number });
    this.#host.user.interrupt(packet.value.payload, now);
    return undefined;
  }

  interruptSent(): void {
    this.#interrupt = 'sent';
  }

  interruptConfirmationSent(): void {
    this.#owesConfirmation = false;
  }

  #interruptConfirmed(octets: Uint8Array, now: number): number | undefined {
    if (this.#interrupt !== 'sent') return DIAGNOSTIC.unauthorizedInterruptConfirmation;
    const packet = decodeInterruptConfirmation(octets);
    if (!packet.ok) return FAULT_DIAGNOSTIC[packet.fault];
    this.#interrupt = 'none';
    this.#host.stopTimer('T26');
    this.#host.user.interruptConfirmed(now);
    return undefined;
  }

  // Reset (X.25 §4.4.3).

  /** The user asks for a reset. During one that is going on: no effect. */
  reset(cause: number, diagnostic: number, now: number): void {
    if (this.#state !== 'd1') return;
    this.#untold = { by: 'us', cause, diagnostic };
    this.#startReset(cause, diagnostic, now);
  }

  /** The error procedure of this level. */
  #fail(diagnostic: number, now: number, why: 'procedureErrors' | 'timeouts' = 'procedureErrors'): void {
    const cause = this.#host.traits.reset.errorCause;
    this.#host.count(why);
    const isTold = this.#state !== 'd1';
    this.#startReset(cause, diagnostic, now);
    if (!isTold) this.#host.user.reset({ by: 'us', cause, diagnostic }, now);
  }

  #startReset(cause: number, diagnostic: number, now: number): void {
    this.#leaveD1();
    this.#state = this.#host.traits.reset.ours;
    this.#request.begin({ cause, diagnostic });
    this.#sendRequest({ cause, diagnostic }, now);
  }

  #sendRequest(request: { readonly cause: number; readonly diagnostic: number }, now: number): void {
    const { timer } = this.#host.traits.reset;
    this.#host.count('resetsSent');
    this.#host.unqueue('resetRequest');
    this.#host.queue({ type: 'resetRequest', channel: this.#host.number, ...request });
    this.#host.startTimer('reset', this.#host.timing[timer], now);
  }

  requestSent(): void {
    this.#request.sent();
  }

  #resetTimedOut(now: number): void {
    const { reset, clear } = this.#host.traits;
    this.#host.count('timeouts');
    const again = this.#request.repeat(this.#host.timing[reset.repeats]);
    if (again !== undefined) this.#sendRequest(again, now);
    else this.#host.clearCall(clear.errorCause, DIAGNOSTIC.timerReset, now);
  }

  #resetCame(octets: Uint8Array, next: ResetState, now: number): void {
    this.#host.count('resetsReceived');
    if (next === 'd1' && this.#request.isSent) {
      this.#toleratesConfirmation = true;
      this.#enterD1(now);
      return;
    }
    const packet = decodeResetRequest(octets);
    if (!packet.ok) {
      this.#fail(FAULT_DIAGNOSTIC[packet.fault], now);
      return;
    }
    const isTold = this.#state !== 'd1' && this.#untold === undefined;
    this.#untold = undefined;
    this.#leaveD1();
    this.#state = this.#host.traits.reset.theirs;
    this.#host.queue({ type: 'resetConfirmation', channel: this.#host.number });
    const { cause, diagnostic } = packet.value;
    if (!isTold)
      this.#host.user.reset({ by: 'peer', cause: theirCause(this.#host.traits, cause), diagnostic }, now);
  }

  /** Ours went out. */
  resetConfirmationSent(now: number): void {
    this.#enterD1(now);
  }

  #resetConfirmed(now: number): void {
    // What confirms a request that did not go out yet confirms nothing.
    if (!this.#request.isSent) {
      this.#host.count('discarded');
      return;
    }
    this.#enterD1(now);
  }

  #isSpare(kind: PacketKind): boolean {
    const isSpare = kind === 'resetConfirmation' && this.#state === 'd1' && this.#toleratesConfirmation;
    if (isSpare) this.#toleratesConfirmation = false;
    return isSpare;
  }

  #leaveD1(): void {
    if (this.#state === 'd1') this.flow.stop();
    this.#interrupt = 'none';
    this.#owesConfirmation = false;
    this.#host.stopTimer('T26');
    this.#host.stopTimer('reset');
    this.#host.unqueue('interrupt', 'interruptConfirmation', 'resetRequest', 'resetConfirmation');
  }

  #enterD1(now: number): void {
    this.#state = 'd1';
    this.#host.stopTimer('reset');
    this.#host.unqueue('resetRequest');
    this.flow.begin(now);
    const info = this.#untold;
    this.#untold = undefined;
    if (info !== undefined) this.#host.user.reset(info, now);
  }
}
