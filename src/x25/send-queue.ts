import type { DataBits } from './packet/data.js';
import type { DataPiece } from './user.js';

/**
 * Pieces that wait to be sent, cut into packets only when one can go: then it is known whether more follows.
 *
 * A run of octets that ends with a sequence (M=0) or with a piece sent with D=1 is cut into packets by itself. All
 * its packets but the last are full and carry M=1, D=0; the last one says how the run ended (X.25 §4.3.4, §4.3.5:
 * category A packets, then one of category B). A run whose end is not known yet gives full packets only.
 */
export class SendQueue {
  readonly #bound: number;
  readonly #pieces: Required<DataPiece>[] = [];
  /** Octets of the first piece that are gone already. */
  #offset = 0;
  #octets = 0;
  /** The run at the head: its octets, and whether its end is in the queue. */
  #headOctets = 0;
  #headEnds = false;
  /** Q of the sequence that the next piece continues; undefined between sequences. */
  #openQualifier: boolean | undefined;
  /** Nothing of the sequence that the next piece continues held an octet so far. */
  #isOpenEmpty = true;

  /** @param bound what it should hold at most; the sender is asked to wait beyond it. */
  constructor(bound: number) {
    this.#bound = bound;
  }

  get isFull(): boolean {
    return this.#load >= this.#bound;
  }

  get isHalfEmpty(): boolean {
    return this.#load < this.#bound / 2;
  }

  /** A piece counts for one octet more than it has, so that empty ones can't pile up. */
  get #load(): number {
    return this.#octets + this.#pieces.length;
  }

  /** @throws RangeError when Q changes within a sequence: only the caller can get that wrong. */
  push({ octets, more, qualified = false, confirm = false }: DataPiece): void {
    if (this.#openQualifier !== undefined && this.#openQualifier !== qualified)
      throw new RangeError('all pieces of a sequence have the same Q');
    const isEmpty = octets.length === 0;
    // A flood of empty packets, passed on, must not fill the memory; what is lost with them is nothing.
    const isSpared = isEmpty && (more || this.#isOpenEmpty) && (this.isFull || (more && !confirm));
    this.#openQualifier = more ? qualified : undefined;
    this.#isOpenEmpty = !more || (this.#isOpenEmpty && isEmpty);
    if (isSpared) return;
    this.#pieces.push({ octets, more, qualified, confirm });
    this.#octets += octets.length;
    if (!this.#headEnds) this.#extendHead(octets.length, !more || confirm);
  }

  #extendHead(octets: number, ends: boolean): void {
    this.#headOctets += octets;
    this.#headEnds = ends;
  }

  /** Octets of user data of the next packet, 0 included; -1 when none can go yet. */
  nextLength(packetSize: number): number {
    if (this.#headEnds) return Math.min(this.#headOctets, packetSize);
    return this.#headOctets >= packetSize ? packetSize : -1;
  }

  /** Moves the next packet's user data to `out`, from `at` on. @param length as `nextLength` said. */
  takeNext(out: Uint8Array, at: number, length: number): DataBits {
    const isLast = this.#headEnds && this.#headOctets === length;
    const qualified = this.#pieces[0]?.qualified ?? false;
    this.#headOctets -= length;
    this.#octets -= length;
    let ending: Required<DataPiece> | undefined;
    while (length > 0 || (isLast && !isEnding(ending))) {
      const piece = this.#pieces[0];
      if (piece === undefined) break;
      const taken = Math.min(length, piece.octets.length - this.#offset);
      out.set(
        taken === piece.octets.length
          ? piece.octets
          : piece.octets.subarray(this.#offset, this.#offset + taken),
        at,
      );
      at += taken;
      length -= taken;
      this.#offset += taken;
      if (this.#offset < piece.octets.length) break;
      this.#pieces.shift();
      this.#offset = 0;
      ending = piece;
    }
    if (!isLast || ending === undefined) return { more: true, qualified, confirm: false };
    this.#findHead();
    return ending;
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#offset = 0;
    this.#octets = 0;
    this.#headOctets = 0;
    this.#headEnds = false;
    this.#openQualifier = undefined;
    this.#isOpenEmpty = true;
  }

  /** The head run is gone: counts the next one. */
  #findHead(): void {
    this.#headOctets = 0;
    this.#headEnds = false;
    for (const piece of this.#pieces) {
      this.#extendHead(piece.octets.length, isEnding(piece));
      if (this.#headEnds) return;
    }
  }
}

function isEnding(piece: Required<DataPiece> | undefined): boolean {
  return piece !== undefined && (!piece.more || piece.confirm);
}
