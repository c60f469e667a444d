import { concat } from '../core/index.js';
import type { CircuitTraffic, Piece } from './circuit.js';

/** Segments as networks charge them, octets. */
const SEGMENT = 64;

/** What a piece would be as DATA packets, and how many of them may be unacknowledged at once. */
export class SendWindow {
  readonly #packetSize: number;
  readonly #window: number;
  readonly #transmit: (packet: Piece) => void;
  #waiting: Piece[] = [];
  /** The end of a piece that is continued: only full packets carry M without D (X.25 §4.3.4). */
  #partial: Piece | undefined;
  #outstanding = 0;
  #stopped = false;
  #senderWaits = false;

  constructor(packetSize: number, window: number, transmit: (packet: Piece) => void) {
    this.#packetSize = packetSize;
    this.#window = window;
    this.#transmit = transmit;
  }

  /** @returns false when more than the window allows waits now. */
  push(piece: Piece): boolean {
    const size = this.#packetSize;
    const octets = this.#partial === undefined ? piece.octets : concat([this.#partial.octets, piece.octets]);
    this.#partial = undefined;
    let at = 0;
    for (; octets.length - at > size; at += size)
      this.#waiting.push({ ...piece, octets: octets.subarray(at, at + size), more: true, confirm: false });
    const last: Piece = { ...piece, octets: octets.subarray(at) };
    if (piece.more && piece.confirm !== true && last.octets.length < size) this.#partial = last;
    else this.#waiting.push(last);
    this.#pump();
    this.#senderWaits ||= this.#waiting.length > 0;
    return this.#waiting.length === 0;
  }

  /** @returns true when a sender that waits may go on. */
  acknowledge(packets: number): boolean {
    this.#outstanding -= packets;
    this.#pump();
    return this.#release();
  }

  /** Nothing goes out until `restart`. */
  stop(): void {
    this.#waiting = [];
    this.#partial = undefined;
    this.#outstanding = 0;
    this.#stopped = true;
  }

  /** @returns true when a sender that waits may go on. */
  restart(): boolean {
    this.#stopped = false;
    this.#pump();
    return this.#release();
  }

  #release(): boolean {
    if (!this.#senderWaits || this.#waiting.length > 0) return false;
    this.#senderWaits = false;
    return true;
  }

  #pump(): void {
    while (!this.#stopped && this.#outstanding < this.#window) {
      const packet = this.#waiting.shift();
      if (packet === undefined) return;
      this.#outstanding++;
      this.#transmit(packet);
    }
  }
}

/** Packets that the consumer has not used up; a packet is acknowledged when its last octet is. */
export class ReceiveWindow {
  #sizes: number[] = [];
  #usedOfFirst = 0;

  arrived(packet: Piece): void {
    this.#sizes.push(packet.octets.length);
  }

  /**
   * More than came is ignored: what a listener uses up of the time before a reset does not count after it.
   * @returns what can be acknowledged now.
   */
  consumed(octets: number): { packets: number; octets: number } {
    this.#usedOfFirst += octets;
    const acknowledged = { packets: 0, octets: 0 };
    for (let size = this.#sizes[0]; size !== undefined && size <= this.#usedOfFirst; size = this.#sizes[0]) {
      this.#sizes.shift();
      this.#usedOfFirst -= size;
      acknowledged.packets++;
      acknowledged.octets += size;
    }
    if (this.#sizes.length === 0) this.#usedOfFirst = 0;
    return acknowledged;
  }

  reset(): void {
    this.#sizes = [];
    this.#usedOfFirst = 0;
  }
}

export class TrafficMeter {
  #sent = { packets: 0, octets: 0, segments: 0 };
  #received = { packets: 0, octets: 0, segments: 0 };

  sent({ octets }: Piece): void {
    count(this.#sent, octets.length);
  }

  received({ octets }: Piece): void {
    count(this.#received, octets.length);
  }

  get traffic(): CircuitTraffic {
    return {
      packetsSent: this.#sent.packets,
      packetsReceived: this.#received.packets,
      octetsSent: this.#sent.octets,
      octetsReceived: this.#received.octets,
      segmentsSent: this.#sent.segments,
      segmentsReceived: this.#received.segments,
    };
  }
}

function count(total: { packets: number; octets: number; segments: number }, octets: number): void {
  total.packets++;
  total.octets += octets;
  total.segments += Math.ceil(octets / SEGMENT);
}
