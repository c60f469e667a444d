import { allocate, modulo } from '../core/index.js';
import { DATA_HEADER_LENGTH, type DataBits, dataMore, writeDataHeader } from './packet/data.js';
import { D_BIT, TOP_BIT } from './packet/header.js';
import { SendQueue } from './send-queue.js';
import type { TransferHost } from './transfer-host.js';
import type { DataPiece } from './user.js';
import { SendWindow } from './window.js';

/** The least that a send queue takes before its user is asked to wait. */
const LEAST_QUEUE_OCTETS = 4096;

const SEGMENT_OCTETS = 64;

/** What passed one way. */
export interface FlowTotals {
  packets: number;
  octets: number;
  segments: number;
}

export function countPacket(totals: FlowTotals, octets: number): void {
  totals.packets++;
  totals.octets += octets;
  totals.segments += Math.ceil(octets / SEGMENT_OCTETS);
}

/**
 * Our DATA of one call in state d1: what waits to be sent, what is on its way, and T25, which watches that (X.25
 * §4.4.1). Where packet retransmission is subscribed to (X.25 §6.4), what is on its way is kept, to be sent again.
 */
export class Sending {
  readonly totals: FlowTotals = { packets: 0, octets: 0, segments: 0 };
  readonly #host: TransferHost;
  readonly #size: number;
  readonly #queue: SendQueue;
  readonly #window: SendWindow;
  /** False while a reset is going on and when the call is over. */
  #isRunning = false;
  /** The user was asked to wait, and will be told. */
  #owesReady = false;
  /** The other end said RNR. */
  #isPeerBusy = false;
  #movedAt = 0;
  /** Packets not acknowledged, by P(S). */
  readonly #kept: (Uint8Array | undefined)[] = [];
  /** From here on packets go out once more. */
  #resendFrom: number | undefined;
  /** How often T25 had packets sent again since the last acknowledgement. */
  #resends = 0;

  constructor(host: TransferHost, size: number, window: number) {
    this.#host = host;
    this.#size = size;
    this.#queue = new SendQueue(Math.max(2 * window * size, LEAST_QUEUE_OCTETS));
    this.#window = new SendWindow(host.modulo, window);
  }

  begin(now: number): void {
    this.#isRunning = true;
    if (this.hasData) this.#host.wantData();
    this.#tellReady(now);
  }

  /** Whatever is on the way or waits to be sent is lost. */
  stop(): void {
    this.#isRunning = false;
    this.#queue.clear();
    this.#window.clear();
    this.#isPeerBusy = false;
    this.#kept.length = 0;
    this.#resendFrom = undefined;
    this.#resends = 0;
    this.#host.stopTimer('T25');
  }

  /** @returns false when the user should wait for `ready`. */
  send(piece: DataPiece): boolean {
    this.#queue.push(piece);
    if (this.hasData) this.#host.wantData();
    if (!this.#queue.isFull) return true;
    this.#owesReady = true;
    return false;
  }

  get hasData(): boolean {
    if (!this.#isRunning || this.#isPeerBusy) return false;
    return this.#resendFrom !== undefined || (this.#window.isOpen && this.#queue.nextLength(this.#size) >= 0);
  }

  /** The next packet, when `hasData`. */
  next(pr: number, now: number): Uint8Array {
    if (this.#resendFrom !== undefined) return this.#resend(this.#resendFrom, pr);
    const { number } = this.#host;
    const numbering = this.#host.modulo;
    const at = DATA_HEADER_LENGTH[numbering];
    const length = this.#queue.nextLength(this.#size);
    const packet = allocate(at + length);
    const bits = this.#queue.takeNext(packet, at, length);
    if (this.#window.inFlight === 0) this.#watchDelivery(now);
    const ps = this.#window.next(length);
    writeDataHeader(packet, numbering, number, bits, ps, pr);
    if (this.#host.canReject) this.#kept[ps] = packet;
    countPacket(this.totals, length);
    this.#tellReady(now);
    return packet;
  }

  /** A copy: the link layer may still hold the packet as it was. */
  #resend(ps: number, pr: number): Uint8Array {
    const numbering = this.#host.modulo;
    const packet = (this.#kept[ps] ?? new Uint8Array(DATA_HEADER_LENGTH[numbering])).slice();
    writeDataHeader(
      packet,
      numbering,
      this.#host.number,
      bitsOf(packet, dataMore(packet, numbering)),
      ps,
      pr,
    );
    const next = modulo.next(ps, numbering);
    this.#resendFrom = next === this.#window.vs ? undefined : next;
    this.#host.count('dataResent');
    return packet;
  }

  #tellReady(now: number): void {
    if (!this.#owesReady || !this.#queue.isHalfEmpty) return;
    this.#owesReady = false;
    this.#host.user.ready(now);
  }

  isValid(pr: number): boolean {
    return this.#window.isValid(pr);
  }

  /** @param pr a valid P(R), of whatever packet. */
  acknowledged(pr: number, now: number): void {
    const window = this.#window;
    if (pr === window.va) return;
    const first = window.va;
    const octets = window.acknowledge(pr);
    this.#movedAt = now;
    this.#resends = 0;
    if (this.#host.canReject) this.#forget(first, pr);
    if (window.inFlight === 0) this.#host.stopTimer('T25');
    if (this.hasData) this.#host.wantData();
    if (octets > 0) this.#host.user.delivered(octets, now);
  }

  /** Packets up to P(R) are acknowledged, also those that were to go out once more. */
  #forget(first: number, pr: number): void {
    const numbering = this.#host.modulo;
    for (let ps = first; ps !== pr; ps = modulo.next(ps, numbering)) {
      this.#kept[ps] = undefined;
      if (ps === this.#resendFrom) this.#resendFrom = pr === this.#window.vs ? undefined : pr;
    }
  }

  /** RR, RNR or REJ, with a valid P(R). */
  status(type: 'rr' | 'rnr' | 'rej', pr: number, now: number): void {
    const wasBusy = this.#isPeerBusy;
    this.#isPeerBusy = type === 'rnr';
    // A slow receiver is no fault: T25 begins anew with its RR.
    if (this.#isPeerBusy) this.#host.stopTimer('T25');
    else if (wasBusy) this.#watchDelivery(now);
    this.acknowledged(pr, now);
    if (type === 'rej') this.#resendAll();
    if (this.hasData) this.#host.wantData();
  }

  /** UNCLEAR X.25 §6.4: a REJ when nothing is on its way; it may have crossed our DATA, so it says no more than RR. */
  #resendAll(): void {
    this.#host.count('rejectsReceived');
    if (this.#window.inFlight > 0) this.#resendFrom = this.#window.va;
  }

  #watchDelivery(now: number): void {
    this.#host.startTimer('T25', this.#host.timing.t25, now);
  }

  /**
   * T25: the other end acknowledged nothing for so long, although it may not be busy. Where it can be told apart from
   * new DATA, what is on its way goes out again, up to R25 times.
   * @returns true when nothing is left but a reset.
   */
  timedOut(now: number): boolean {
    const { t25, r25 } = this.#host.timing;
    const left = this.#movedAt + t25 - now;
    if (left > 0) {
      this.#host.startTimer('T25', left, now);
      return false;
    }
    if (!this.#host.canReject || this.#resends >= r25) return true;
    this.#resends++;
    this.#resendFrom = this.#window.va;
    this.#watchDelivery(now);
    this.#host.wantData();
    return false;
  }
}

function bitsOf(packet: Uint8Array, more: boolean): DataBits {
  const first = packet[0] ?? 0;
  return { more, qualified: (first & TOP_BIT) !== 0, confirm: (first & D_BIT) !== 0 };
}
