import { allocate, Counters } from '../core/index.js';
import { hasGoodFcs } from './fcs.js';
import {
  ESCAPE,
  ESCAPE_BIT,
  FCS_OCTETS,
  FLAG,
  type FramingOptions,
  SPECIAL,
  SPECIAL_WITH_XON_XOFF,
} from './framing.js';

export type FrameDecoderCounter =
  | 'framesReceived'
  /** As they came over the line, noise, flags and escapes included. */
  | 'lineOctetsReceived'
  | 'badFcs'
  /** Fewer octets between two flags than address, control and FCS, but not none. */
  | 'tooShort'
  | 'tooLong'
  /** Given up by the sender: an escape right before the flag. */
  | 'aborted'
  /** XON and XOFF that some modem put in between. */
  | 'flowControlDropped';

/** Address and control: nothing shorter is a frame (X.25 §2.3.5.3). */
const SHORTEST = 2;

/**
 * Finds the frames in what a start/stop line delivers, however it is cut into chunks.
 *
 * What is not a frame is dropped and counted. Memory is one buffer of the longest frame; nothing is allocated
 * but the frames handed out.
 */
export class FrameDecoder {
  readonly counters = new Counters<FrameDecoderCounter>();
  readonly #onFrame: (frame: Uint8Array) => void;
  /** For each octet, 1 when it is more than data. */
  readonly #special: Uint8Array;
  readonly #fcsOctets: number;
  /** What has come of the frame under way, without escapes. A frame that comes in one piece is never put here. */
  readonly #buffer: Uint8Array;
  #length = 0;
  /** The octet before was an escape. */
  #escape = false;
  /** Nothing counts until the next flag: none was seen yet, or the frame became too long. */
  #hunting = true;

  /** @param onFrame gets each good frame without FCS, in an array of its own. */
  constructor(options: FramingOptions, onFrame: (frame: Uint8Array) => void) {
    this.#onFrame = onFrame;
    this.#special = options.escapeXonXoff ? SPECIAL_WITH_XON_XOFF : SPECIAL;
    this.#fcsOctets = FCS_OCTETS[options.fcs];
    this.#buffer = new Uint8Array(options.maxFrameOctets + this.#fcsOctets);
  }

  /** Takes the next octets from the line and hands out the frames that end in them. */
  push(chunk: Uint8Array): void {
    this.counters.add('lineOctetsReceived', chunk.length);
    for (let at = 0; at < chunk.length; ) {
      if (this.#hunting) at = this.#skip(chunk, at);
      else if (this.#escape) at = this.#takeEscaped(chunk, at);
      else at = this.#take(chunk, at);
    }
  }

  /** Forgets the frame under way: the line was opened anew. */
  reset(): void {
    this.#hunting = true;
  }

  #skip(chunk: Uint8Array, at: number): number {
    const flag = chunk.indexOf(FLAG, at);
    if (flag < 0) return chunk.length;
    this.#begin();
    return flag + 1;
  }

  #begin(): void {
    this.#hunting = false;
    this.#escape = false;
    this.#length = 0;
  }

  /** Takes data up to the next octet that is more than data, and that one too. @returns where to go on. */
  #take(chunk: Uint8Array, from: number): number {
    const special = this.#special; // a local name: this loop sees every octet that a line delivers
    let at = from;
    while (at < chunk.length && special[chunk[at] ?? 0] === 0) at++;
    const isFlag = chunk[at] === FLAG;
    if (isFlag && this.#length === 0) this.#end(chunk, from, at);
    else if (!this.#hasRoomFor(at - from)) return at;
    else {
      this.#buffer.set(chunk.subarray(from, at), this.#length);
      this.#length += at - from;
      if (isFlag) this.#end(this.#buffer, 0, this.#length);
      else if (chunk[at] === ESCAPE) this.#escape = true;
      else if (at < chunk.length) this.counters.add('flowControlDropped');
    }
    return at + 1;
  }

  #takeEscaped(chunk: Uint8Array, at: number): number {
    const octet = chunk[at] ?? 0;
    if (octet === FLAG) {
      this.counters.add('aborted');
      this.#begin();
    } else if (octet !== ESCAPE && this.#special[octet] !== 0) this.counters.add('flowControlDropped');
    else if (this.#hasRoomFor(1)) {
      this.#escape = false;
      this.#buffer[this.#length++] = octet ^ ESCAPE_BIT;
    }
    return at + 1;
  }

  /** @returns false when the frame has become too long; what follows of it is skipped. */
  #hasRoomFor(octets: number): boolean {
    if (this.#length + octets <= this.#buffer.length) return true;
    this.counters.add('tooLong');
    this.#hunting = true;
    return false;
  }

  /** A flag has come: it ends the frame under way, which is in `octets`, and opens the next. */
  #end(octets: Uint8Array, start: number, end: number): void {
    this.#begin();
    const length = end - start;
    if (length === 0) return;
    if (length < SHORTEST + this.#fcsOctets) this.counters.add('tooShort');
    else if (length > this.#buffer.length) this.counters.add('tooLong');
    else if (this.#fcsOctets > 0 && !hasGoodFcs(octets, start, end)) this.counters.add('badFcs');
    else {
      this.counters.add('framesReceived');
      const frame = allocate(length - this.#fcsOctets);
      frame.set(octets.subarray(start, start + frame.length));
      this.#onFrame(frame);
    }
  }
}
