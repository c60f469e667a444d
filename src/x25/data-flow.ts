import { DATA_HEADER_LENGTH, dataMore, dataPr, dataPs, writeDataHeader } from './packet/data.js';
import { DIAGNOSTIC } from './packet/diagnostic-code.js';
import { FAULT_DIAGNOSTIC } from './packet/fault.js';
import { decodeFlow, encodeFlow } from './packet/flow.js';
import { D_BIT, TOP_BIT } from './packet/header.js';
import { SendQueue } from './send-queue.js';
import type { TransferHost } from './transfer-host.js';
import type { ChannelTraffic, DataPiece } from './user.js';
import { ReceiveWindow, SendWindow } from './window.js';

/** A window held shut for so long is announced by RNR: then the other end knows that it is no fault. */
const RNR_AFTER_MS = 20_000;

/**
 * The longest that an acknowledgement waits for DATA of ours to ride on. Far below any T25, and long enough for the
 * answer to a command, which then needs no RR of its own.
 */
const ACKNOWLEDGE_WITHIN_MS = 1_000;

/** The least that a send queue takes before its user is asked to wait. */
const LEAST_QUEUE_OCTETS = 4096;

const SEGMENT_OCTETS = 64;

/** Octets per packet and packets per window, each way, as this end sees it. */
export interface FlowSizes {
  readonly sendSize: number;
  readonly sendWindow: number;
  readonly receiveSize: number;
  readonly receiveWindow: number;
}

/**
 * DATA, RR and RNR of one call in state d1: windows, queue and acknowledgements (X.25 §4.3, §4.4.1).
 * The path of every octet: it keeps numbers, not packet objects, and its timers T24, T25 and `shut` are not
 * restarted with every packet but look, when they run out, whether what they watch has moved meanwhile.
 */
export class DataFlow {
  readonly traffic: { -readonly [Total in keyof ChannelTraffic]: number } = {
    packetsSent: 0,
    packetsReceived: 0,
    octetsSent: 0,
    octetsReceived: 0,
    segmentsSent: 0,
    segmentsReceived: 0,
  };
  readonly #host: TransferHost;
  readonly #sizes: FlowSizes;
  readonly #queue: SendQueue;
  readonly #sent: SendWindow;
  readonly #received: ReceiveWindow;
  /** False while a reset is going on and when the call is over. */
  #isRunning = false;
  /** Counts the stops, to notice one that a user's answer to an event brought about. */
  #stops = 0;
  /** The user was asked to wait, and will be told. */
  #owesReady = false;
  /** The other end said RNR. */
  #isPeerBusy = false;
  /** We say RNR. */
  #isBusy = false;
  /** An acknowledgement may ride on DATA; a status must be said by RR or RNR. */
  #owed: 'nothing' | 'acknowledgement' | 'status' = 'nothing';
  /** Q of the sequence that is coming in. */
  #incomingQualified: boolean | undefined;
  #windowMovedAt = 0;
  #prToldAt = 0;
  #shutSince: number | undefined;

  constructor(host: TransferHost, sizes: FlowSizes) {
    this.#host = host;
    this.#sizes = sizes;
    this.#queue = new SendQueue(Math.max(2 * sizes.sendWindow * sizes.sendSize, LEAST_QUEUE_OCTETS));
    this.#sent = new SendWindow(host.modulo, sizes.sendWindow);
    this.#received = new ReceiveWindow(host.modulo, sizes.receiveWindow);
  }

  /** Enters d1: all numbers start at 0. What was queued since the last stop goes out now. */
  begin(now: number): void {
    this.#isRunning = true;
    this.#prToldAt = now;
    this.#host.startTimer('T24', this.#host.timing.t24, now);
    if (this.hasData) this.#host.wantData();
    this.#tellReady(now);
  }

  /** Leaves d1: whatever is on the way or waits to be sent is lost. */
  stop(): void {
    this.#isRunning = false;
    this.#stops++;
    this.#queue.clear();
    this.#sent.clear();
    this.#received.clear();
    this.#isPeerBusy = false;
    this.#isBusy = false;
    this.#owed = 'nothing';
    this.#incomingQualified = undefined;
    this.#shutSince = undefined;
    for (const timer of ['T24', 'T25', 'acknowledge', 'shut'] as const) this.#host.stopTimer(timer);
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
    return (
      this.#isRunning &&
      !this.#isPeerBusy &&
      this.#sent.isOpen &&
      this.#queue.nextLength(this.#sizes.sendSize) >= 0
    );
  }

  nextData(now: number): Uint8Array | undefined {
    if (!this.hasData) return undefined;
    const { modulo, number } = this.#host;
    const at = DATA_HEADER_LENGTH[modulo];
    const length = this.#queue.nextLength(this.#sizes.sendSize);
    const packet = new Uint8Array(at + length);
    const bits = this.#queue.takeNext(packet, at, length);
    if (this.#sent.inFlight === 0) this.#watchDelivery(now);
    writeDataHeader(packet, modulo, number, bits, this.#sent.next(length), this.#tellPr(now));
    if (this.#owed === 'acknowledgement') this.#owed = 'nothing';
    this.traffic.packetsSent++;
    this.traffic.octetsSent += length;
    this.traffic.segmentsSent += Math.ceil(length / SEGMENT_OCTETS);
    this.#tellReady(now);
    return packet;
  }

  #tellReady(now: number): void {
    if (!this.#owesReady || !this.#queue.isHalfEmpty) return;
    this.#owesReady = false;
    this.#host.user.ready(now);
  }

  /** Whether RR or RNR must go, because no DATA packet can carry P(R) now. */
  get hasStatus(): boolean {
    return this.#owed === 'status' || (this.#owed === 'acknowledgement' && !this.hasData);
  }

  nextStatus(now: number): Uint8Array | undefined {
    if (!this.hasStatus) return undefined;
    this.#owed = 'nothing';
    if (this.#isBusy) this.#host.count('rnrSent');
    const type = this.#isBusy ? 'rnr' : 'rr';
    return encodeFlow({ type, channel: this.#host.number, pr: this.#tellPr(now) }, this.#host.modulo);
  }

  #tellPr(now: number): number {
    this.#prToldAt = now;
    return this.#received.tell();
  }

  /**
   * Takes a DATA packet, tested in the order of X.25 table C-5.
   * @returns the diagnostic when it calls for a reset.
   */
  receiveData(packet: Uint8Array, now: number): number | undefined {
    const { modulo } = this.#host;
    const first = packet[0] ?? 0;
    const octets = packet.length - DATA_HEADER_LENGTH[modulo];
    if (octets < 0) return DIAGNOSTIC.tooShort;
    const qualified = (first & TOP_BIT) !== 0;
    const confirm = (first & D_BIT) !== 0;
    const pr = dataPr(packet, modulo);
    if (!this.#sent.isValid(pr)) return DIAGNOSTIC.invalidPr;
    if (!this.#received.accepts(dataPs(packet, modulo))) return DIAGNOSTIC.invalidPs;
    if (octets > this.#sizes.receiveSize) return DIAGNOSTIC.tooLong;
    if (this.#incomingQualified !== undefined && this.#incomingQualified !== qualified)
      return DIAGNOSTIC.inconsistentQ;
    const more = dataMore(packet, modulo) && !this.#endsUnmarked(octets, confirm);
    this.#incomingQualified = more ? qualified : undefined;
    this.#received.received(octets);
    this.traffic.packetsReceived++;
    this.traffic.octetsReceived += octets;
    this.traffic.segmentsReceived += Math.ceil(octets / SEGMENT_OCTETS);
    const stops = this.#stops;
    this.#acknowledged(pr, now);
    // Told of an acknowledgement, the user may have reset or cleared: then this packet is lost.
    if (this.#stops !== stops) return undefined;
    this.#host.user.data({ octets: packet.subarray(packet.length - octets), more, qualified, confirm }, now);
    if (this.#stops === stops) this.#considerWindow(now);
    return undefined;
  }

  /** For a network, M=1 with D=0 in a packet that is not full means M=0 (X.25 §4.3.4). */
  #endsUnmarked(octets: number, confirm: boolean): boolean {
    return this.#host.role === 'dce' && !confirm && octets < this.#sizes.receiveSize;
  }

  /** Takes RR or RNR. @returns the diagnostic when it calls for a reset. */
  receiveFlow(octets: Uint8Array, now: number): number | undefined {
    const packet = decodeFlow(octets, this.#host.modulo);
    if (!packet.ok) return FAULT_DIAGNOSTIC[packet.fault];
    if (!this.#sent.isValid(packet.value.pr)) return DIAGNOSTIC.invalidPr;
    const wasBusy = this.#isPeerBusy;
    this.#isPeerBusy = packet.value.type === 'rnr';
    // A slow receiver is no fault: T25 begins anew with its RR.
    if (this.#isPeerBusy) this.#host.stopTimer('T25');
    else if (wasBusy) this.#watchDelivery(now);
    this.#acknowledged(packet.value.pr, now);
    if (this.hasData) this.#host.wantData();
    return undefined;
  }

  #acknowledged(pr: number, now: number): void {
    const before = this.#sent.inFlight;
    const octets = this.#sent.acknowledge(pr);
    if (this.#sent.inFlight === before) return;
    this.#windowMovedAt = now;
    if (this.#sent.inFlight === 0) this.#host.stopTimer('T25');
    if (this.hasData) this.#host.wantData();
    if (octets > 0) this.#host.user.delivered(octets, now);
  }

  #watchDelivery(now: number): void {
    this.#host.startTimer('T25', this.#host.timing.t25, now);
  }

  consumed(octets: number, now: number): void {
    if (!this.#isRunning) return;
    this.#received.consumed(octets);
    this.#considerWindow(now);
  }

  /**
   * Whether to tell the other end of a new P(R). RR costs a packet, so it waits for DATA to carry P(R), or for half
   * a window: meanwhile the other half keeps the other end sending. It does not wait when the window is used up,
   * because then the other end does (with a window of 1 or 2: never), nor when we had said RNR.
   */
  #considerWindow(now: number): void {
    const { untold, isUsedUp, isShut } = this.#received;
    if (untold > 0 && this.#isBusy) {
      this.#isBusy = false;
      this.#owe('status');
    } else if (untold > 0 && (2 * untold >= this.#sizes.receiveWindow || isUsedUp))
      this.#owe('acknowledgement');
    else if (untold > 0 && !this.#host.timers.isRunning('acknowledge'))
      this.#host.startTimer('acknowledge', ACKNOWLEDGE_WITHIN_MS, now);
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

  /** @returns true when the other end acknowledged nothing for T25, although it may not be busy. */
  deliveryTimedOut(now: number): boolean {
    const left = this.#windowMovedAt + this.#host.timing.t25 - now;
    if (left > 0) this.#host.startTimer('T25', left, now);
    return left <= 0;
  }

  /** T24: the other end hears of our window at least so often. */
  statusTimedOut(now: number): void {
    const left = this.#prToldAt + this.#host.timing.t24 - now;
    if (left <= 0) this.#owe('status');
    this.#host.startTimer('T24', left > 0 ? left : this.#host.timing.t24, now);
  }

  acknowledgementTimedOut(): void {
    if (this.#received.untold > 0) this.#owe('acknowledgement');
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
