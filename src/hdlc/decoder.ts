import { allocate, Counters } from '../core/index.js';
import { hasGoodFcs } from './fcs.js';
import { ESCAPE, ESCAPE_BIT, FCS_OCTETS, FLAG, type FramingOptions, XOFF, XON } from './framing.js';

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
  readonly #dropsXonXoff: boolean;
  readonly #fcsOctets: number;
  /** The frame under way without escapes, FCS included. */
  readonly #buffer: Uint8Array;
  #length = 0;
  /** The octet before was an escape. */
  #escape = false;
  /** Nothing counts until the next flag: none was seen yet, or the frame became too long. */
  #hunting = true;

  /** @param onFrame gets each good frame without FCS, in an array of its own. */
  constructor(options: FramingOptions, onFrame: (frame: Uint8Array) => void) {
    this.#onFrame = onFrame;
    this.#dropsXonXoff = options.escapeXonXoff;
    this.#fcsOctets = FCS_OCTETS[options.fcs];
    this.#buffer = new Uint8Array(options.maxFrameOctets + this.#fcsOctets);
  }

  /** Takes the next octets from the line and hands out the frames that end in them. */
  push(chunk: Uint8Array): void {
    this.counters.add('lineOctetsReceived', chunk.length);
    for (let at = 0; at < chunk.length; ) at = this.#hunting ? this.#skip(chunk, at) : this.#take(chunk, at);
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

  /** Takes octets up to the end of this frame or of the chunk. @returns where to go on. */
  #take(chunk: Uint8Array, from: number): number {
    // Local names: this loop sees every octet that a line delivers.
    const buffer = this.#buffer;
    let length = this.#length;
    let escaping = this.#escape;
    const dropsXonXoff = this.#dropsXonXoff;
    for (let at = from; at < chunk.length; at++) {
      const octet = chunk[at] ?? 0;
      if (octet === FLAG) {
        this.#length = length;
        this.#end(escaping);
        return at + 1;
      }
      if (octet === ESCAPE && !escaping) {
        escaping = true;
        continue;
      }
      if (dropsXonXoff && (octet === XON || octet === XOFF)) {
        this.counters.add('flowControlDropped');
        continue;
      }
      if (length === buffer.length) {
        this.counters.add('tooLong');
        this.#hunting = true;
        return at + 1;
      }
      buffer[length++] = escaping ? octet ^ ESCAPE_BIT : octet;
      escaping = false;
    }
    this.#length = length;
    this.#escape = escaping;
    return chunk.length;
  }

  /** A flag has come: it ends the frame under way, and opens the next. */
  #end(aborted: boolean): void {
    const length = this.#length;
    this.#begin();
    if (aborted) this.counters.add('aborted');
    else if (length === 0) return;
    else if (length < SHORTEST + this.#fcsOctets) this.counters.add('tooShort');
    else if (this.#fcsOctets > 0 && !hasGoodFcs(this.#buffer, length)) this.counters.add('badFcs');
    else {
      this.counters.add('framesReceived');
      const frame = allocate(length - this.#fcsOctets);
      frame.set(this.#buffer.subarray(0, frame.length));
      this.#onFrame(frame);
    }
  }
}
