import { DATA_HEADER_LENGTH, dataPr } from './packet/data.js';
import { DIAGNOSTIC } from './packet/diagnostic-code.js';
import { FAULT_DIAGNOSTIC } from './packet/fault.js';
import { decodeFlow } from './packet/flow.js';
import { D_BIT, TOP_BIT } from './packet/header.js';
import { Receiving } from './receiving.js';
import { Sending } from './sending.js';
import type { TransferHost } from './transfer-host.js';
import type { ChannelTraffic, DataPiece } from './user.js';

/** Octets per packet and packets per window, each way, as this end sees it. */
export interface FlowSizes {
  readonly sendSize: number;
  readonly sendWindow: number;
  readonly receiveSize: number;
  readonly receiveWindow: number;
}

/**
 * DATA, RR, RNR and REJ of one call in state d1, both ways: P(R) of what comes is for `Sending`, the rest for
 * `Receiving`. The path of every octet: it keeps numbers, not packet objects.
 */
export class DataFlow {
  readonly #host: TransferHost;
  readonly #sending: Sending;
  readonly #receiving: Receiving;
  #isRunning = false;
  /** Counts the stops, to notice one that a user's answer to an event brought about. */
  #stops = 0;

  constructor(host: TransferHost, sizes: FlowSizes) {
    this.#host = host;
    this.#sending = new Sending(host, sizes.sendSize, sizes.sendWindow);
    this.#receiving = new Receiving(host, sizes.receiveSize, sizes.receiveWindow);
  }

  get traffic(): ChannelTraffic {
    const { totals: sent } = this.#sending;
    const { totals: received } = this.#receiving;
    return {
      packetsSent: sent.packets,
      packetsReceived: received.packets,
      octetsSent: sent.octets,
      octetsReceived: received.octets,
      segmentsSent: sent.segments,
      segmentsReceived: received.segments,
    };
  }

  /** Enters d1: all numbers start at 0. What was queued since the last stop goes out now. */
  begin(now: number): void {
    this.#isRunning = true;
    this.#receiving.begin(now);
    this.#sending.begin(now);
  }

  /** Leaves d1: whatever is on the way or waits to be sent is lost. */
  stop(): void {
    this.#isRunning = false;
    this.#stops++;
    this.#sending.stop();
    this.#receiving.stop();
  }

  /** @returns false when the user should wait for `ready`. */
  send(piece: DataPiece): boolean {
    return this.#sending.send(piece);
  }

  get hasData(): boolean {
    return this.#sending.hasData;
  }

  nextData(now: number): Uint8Array | undefined {
    return this.#sending.hasData ? this.#sending.next(this.#receiving.prOnData(now), now) : undefined;
  }

  /** Whether RR, RNR or REJ must go, because no DATA packet can say it. */
  get hasStatus(): boolean {
    const { owed } = this.#receiving;
    return owed === 'status' || (owed === 'acknowledgement' && !this.#sending.hasData);
  }

  nextStatus(now: number): Uint8Array | undefined {
    return this.hasStatus ? this.#receiving.nextStatus(now) : undefined;
  }

  /**
   * Takes a DATA packet, tested in the order of X.25 table C-5.
   * @returns the diagnostic when it calls for a reset.
   */
  receiveData(packet: Uint8Array, now: number): number | undefined {
    const { modulo } = this.#host;
    const at = DATA_HEADER_LENGTH[modulo];
    if (packet.length < at) return DIAGNOSTIC.tooShort;
    const pr = dataPr(packet, modulo);
    if (!this.#sending.isValid(pr)) return DIAGNOSTIC.invalidPr;
    const judged = this.#receiving.take(packet);
    if (typeof judged === 'number') return judged;
    const stops = this.#stops;
    this.#sending.acknowledged(pr, now);
    // Told of an acknowledgement, the user may have reset or cleared: then this packet is lost.
    if (judged === 'again' || this.#stops !== stops) return undefined;
    const first = packet[0] ?? 0;
    this.#host.user.data(
      {
        octets: packet.subarray(at),
        more: this.#receiving.isContinued(packet),
        qualified: (first & TOP_BIT) !== 0,
        confirm: (first & D_BIT) !== 0,
      },
      now,
    );
    if (this.#stops === stops) this.#receiving.considerWindow(now);
    return undefined;
  }

  /** Takes RR, RNR or REJ. @returns the diagnostic when it calls for a reset. */
  receiveFlow(octets: Uint8Array, now: number): number | undefined {
    const packet = decodeFlow(octets, this.#host.modulo);
    if (!packet.ok) return FAULT_DIAGNOSTIC[packet.fault];
    const { type, pr } = packet.value;
    if (!this.#sending.isValid(pr)) return DIAGNOSTIC.invalidPr;
    this.#sending.status(type, pr, now);
    return undefined;
  }

  consumed(octets: number, now: number): void {
    if (this.#isRunning) this.#receiving.consumed(octets, now);
  }

  /** @returns the diagnostic when the timer calls for a reset. */
  timedOut(name: 'T24' | 'T25' | 'T27' | 'acknowledge' | 'shut', now: number): number | undefined {
    switch (name) {
      case 'T24':
        this.#receiving.statusTimedOut(now);
        return undefined;
      case 'T25':
        return this.#sending.timedOut(now) ? DIAGNOSTIC.timerData : undefined;
      case 'T27':
        return this.#receiving.rejectTimedOut() ? DIAGNOSTIC.timerReject : undefined;
      case 'acknowledge':
        this.#receiving.acknowledgementTimedOut();
        return undefined;
      case 'shut':
        this.#receiving.shutTimedOut(now);
        return undefined;
    }
  }
}
