import { DATA_HEADER_LENGTH, dataMore, dataPs } from './packet/data.js';
import { DIAGNOSTIC } from './packet/diagnostic-code.js';
import { encodeFlow } from './packet/flow.js';
import { D_BIT, TOP_BIT } from './packet/header.js';
import { countPacket, type FlowTotals } from './sending.js';
import type { TransferHost } from './transfer-host.js';
import { ReceiveWindow } from './window.js';

/** A window held shut for so long is announced by RNR: then the other end knows that it is no fault. */
const RNR_AFTER_MS = 20_000;

/**
 * The longest that an acknowledgement waits for DATA of ours to ride on. Far below any T25, and long enough for the
 * answer to a command, which then needs no RR of its own.
 */
const ACKNOWLEDGE_WITHIN_MS = 1_000;

/**
 * Their DATA of one call in state d1: our window, and what we say of it by RR, RNR and REJ (X.25 §4.3, §4.4.1, §6.4).
 *
 * Its timers are not restarted with every packet: when they run out, they look whether what they watch has moved
 * meanwhile.
 */
export class Receiving {
  readonly totals: FlowTotals = { packets: 0, octets: 0, segments: 0 };
  readonly #host: TransferHost;
  readonly #size: number;
  readonly #windowSize: number;
  readonly #window: ReceiveWindow;
  /** We say RNR. */
  #isBusy = false;
  /** An acknowledgement may ride on DATA; a status must be said by RR, RNR or REJ. */
  #owed: 'nothing' | 'acknowledgement' | 'status' = 'nothing';
  /** Q of the sequence that is coming in. */
  #qualified: boolean | undefined;
  #toldAt = 0;
  #shutSince: number | undefined;
  /** Packets are missing: `wanted` until REJ went out, then `asked` until the first of them comes. */
  #missing: 'nothing' | 'wanted' | 'asked' = 'nothing';
  #rejects = 0;
  #isRepeating = false;

  constructor(host: TransferHost, size: number, window: number) {
    this.#host = host;
    this.#size = size;
    this.#windowSize = window;
    this.#window = new ReceiveWindow(host.modulo, window);
  }

  begin(now: number): void {
    this.#toldAt = now;
  }

  stop(): void {
    this.#window.clear();
    this.#isBusy = false;
    this.#owed = 'nothing';
    this.#qualified = undefined;
    this.#shutSince = undefined;
    this.#missing = 'nothing';
    this.#isRepeating = false;
    for (const timer of ['T24', 'T27', 'acknowledge', 'shut'] as const) this.#host.stopTimer(timer);
  }

  /**
   * Judges a DATA packet in the order of X.25 table C-5, from P(S) on.
   * @returns the diagnostic when it calls for a reset, undefined when it is taken, `'again'` for one to be ignored.
   */
  take(packet: Uint8Array): number | 'again' | undefined {
    const { modulo } = this.#host;
    const first = packet[0] ?? 0;
    const octets = packet.length - DATA_HEADER_LENGTH[modulo];
    const qualified = (first & TOP_BIT) !== 0;
    const confirm = (first & D_BIT) !== 0;
    const ps = dataPs(packet, modulo);
    if (!this.#window.accepts(ps)) return this.#outOfTurn(ps);
    if (octets > this.#size) return DIAGNOSTIC.tooLong;
    if (this.#qualified !== undefined && this.#qualified !== qualified) return DIAGNOSTIC.inconsistentQ;
    this.#qualified = this.isContinued(packet) ? qualified : undefined;
    this.#window.received(octets, confirm);
    countPacket(this.totals, octets);
    if (this.#missing !== 'nothing') this.#found();
    return undefined;
  }

  /** M, as far as it counts: for a network, M=1 with D=0 in a packet that is not full means M=0 (X.25 §4.3.4). */
  isContinued(packet: Uint8Array): boolean {
    const { modulo, traits } = this.#host;
    if (!dataMore(packet, modulo)) return false;
    const isFull = packet.length - DATA_HEADER_LENGTH[modulo] >= this.#size;
    return isFull || !traits.isNetwork || ((packet[0] ?? 0) & D_BIT) !== 0;
  }

  /**
   * A packet that is not the next one. With retransmission subscribed to, one that came before is the same again, and
   * one that comes too early says that others are lost: these are asked for, unless they are already.
   */
  #outOfTurn(ps: number): number | 'again' {
    const { canReject, traits } = this.#host;
    if (!canReject) return DIAGNOSTIC.invalidPs;
    if (this.#window.hasAlready(ps)) return 'again';
    // X.25 §6.4: only a DTE sends REJ.
    if (traits.isNetwork || !this.#window.isAhead(ps)) return DIAGNOSTIC.invalidPs;
    if (this.#missing === 'nothing') {
      this.#missing = 'wanted';
      this.#rejects = 0;
      this.#owe('status');
    }
    return 'again';
  }

  #found(): void {
    this.#missing = 'nothing';
    this.#host.stopTimer('T27');
  }

  consumed(octets: number, now: number): void {
    this.#window.consumed(octets);
    this.considerWindow(now);
  }

  /**
   * Whether to tell the other end of a new P(R). RR costs a packet, so it waits for DATA to carry P(R), or for a
   * quarter of a window: meanwhile the rest keeps the other end sending, also where the way is long. It does not wait
   * when the window is used up, because then the other end does (with a window up to 4: never), nor when we had said
   * RNR, nor when the other end has asked by D to be told of delivery.
   */
  considerWindow(now: number): void {
    const { untold, isUsedUp, isHeld, isShut, owesConfirmation } = this.#window;
    if (untold > 0) {
      if (this.#isBusy) {
        this.#isBusy = false;
        this.#owe('status');
      } else if (4 * untold >= this.#windowSize || isUsedUp || owesConfirmation) this.#owe('acknowledgement');
      else if (!this.#host.timers.isRunning('acknowledge'))
        this.#host.startTimer('acknowledge', ACKNOWLEDGE_WITHIN_MS, now);
    }
    if (isHeld && !this.#isRepeating) this.#repeatStatus(now);
    if (!isShut) this.#shutSince = undefined;
    else if (this.#shutSince === undefined) {
      this.#shutSince = now;
      if (!this.#host.timers.isRunning('shut')) this.#host.startTimer('shut', RNR_AFTER_MS, now);
    }
  }

  #owe(what: 'acknowledgement' | 'status'): void {
    if (this.#owed !== 'status') this.#owed = what;
    this.#host.wantStatus();
  }

  /** What must be said, by a packet of its own or (`acknowledgement`) on DATA as well. */
  get owed(): 'nothing' | 'acknowledgement' | 'status' {
    return this.#owed;
  }

  nextStatus(now: number): Uint8Array {
    this.#owed = 'nothing';
    const type = this.#isBusy ? 'rnr' : this.#missing === 'wanted' ? 'rej' : 'rr';
    if (type === 'rnr') this.#host.count('rnrSent');
    if (type === 'rej') this.#askAgain(now);
    return encodeFlow({ type, channel: this.#host.number, pr: this.#tell(now) }, this.#host.modulo);
  }

  #askAgain(now: number): void {
    this.#missing = 'asked';
    this.#host.count('rejectsSent');
    this.#host.startTimer('T27', this.#host.timing.t27, now);
  }

  /** The P(R) for a DATA packet of ours. */
  prOnData(now: number): number {
    if (this.#owed === 'acknowledgement') this.#owed = 'nothing';
    return this.#tell(now);
  }

  #tell(now: number): number {
    this.#toldAt = now;
    return this.#window.tell();
  }

  /**
   * DEVIATION ISO 8208 (T24): it runs only while packets wait to be used up. A window that is wide open needs no
   * repetition on a link layer that loses nothing, and idle calls stay silent.
   */
  #repeatStatus(now: number): void {
    this.#isRepeating = true;
    this.#host.startTimer('T24', this.#host.timing.t24, now);
  }

  /** T24: the other end hears of our window at least so often. */
  statusTimedOut(now: number): void {
    this.#isRepeating = false;
    if (!this.#window.isHeld) return;
    const { t24 } = this.#host.timing;
    const left = this.#toldAt + t24 - now;
    if (left <= 0) this.#owe('status');
    this.#isRepeating = true;
    this.#host.startTimer('T24', left > 0 ? left : t24, now);
  }

  /** T27: REJ once more, R27 times. @returns true when nothing is left but a reset. */
  rejectTimedOut(): boolean {
    if (this.#missing !== 'asked') return false;
    if (this.#rejects >= this.#host.timing.r27) return true;
    this.#rejects++;
    this.#missing = 'wanted';
    this.#owe('status');
    return false;
  }

  acknowledgementTimedOut(): void {
    if (this.#window.untold > 0) this.#owe('acknowledgement');
  }

  shutTimedOut(now: number): void {
    if (this.#shutSince === undefined || this.#isBusy) return;
    const left = this.#shutSince + RNR_AFTER_MS - now;
    if (left > 0) {
      this.#host.startTimer('shut', left, now);
      return;
    }
    this.#isBusy = true;
    this.#owe('status');
  }
}
