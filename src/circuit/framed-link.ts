import { allocate, type Clock } from '../core/index.js';
import { encodeFrame, type Fcs, FrameDecoder, type FramingOptions } from '../hdlc/index.js';
import { LapbLink, type LapbParameters, type LapbUser } from '../lapb/index.js';
import type { TraceEvent } from './trace-event.js';

export interface FramedLinkOptions {
  readonly clock: Clock;
  readonly lapb: LapbParameters;
  /** The line takes octets 11 and 13 as XON and XOFF. */
  readonly escapeXonXoff: boolean;
  /** How damaged frames are known. Default: by an FCS of 16 bits. */
  readonly fcs?: Fcs;
  /** Sends octets; all are taken. False: the line has enough to do, `writable` is called when it has not. */
  readonly write: (octets: Uint8Array) => boolean;
  readonly trace?: (event: TraceEvent) => void;
  /** Whether anybody looks at the trace now. Default: always. */
  readonly isTraced?: () => boolean;
}

/** Address and control field of an I frame. */
const FRAME_HEADER = { 8: 2, 128: 3 } as const;

/**
 * Frames shorter than this share a write with the next one. Not more: what a frame acknowledges is decided when it
 * is taken from the link layer, and that shall be when the line can send it.
 */
const SMALL_WRITE = 64;

/** A frame that is too long by so much still reaches the link layer, which can then say so (FRMR, X.25 §2.3.5.3). */
const TOO_LONG_BUT_HEARD = 64;

/** The link layer on a start/stop line: frames are pulled when the line takes them, and no earlier. */
export class FramedLink {
  readonly lapb: LapbLink;
  readonly decoder: FrameDecoder;
  readonly #clock: Clock;
  readonly #framing: FramingOptions;
  readonly #write: (octets: Uint8Array) => boolean;
  readonly #trace: ((event: TraceEvent) => void) | undefined;
  readonly #isTraced: () => boolean;
  #lineTakes = false;
  /** The line has nothing to send: what it carries until our next frame may be noise. */
  #isIdle = true;

  constructor(options: FramedLinkOptions, user: LapbUser) {
    this.#clock = options.clock;
    this.#write = options.write;
    this.#trace = options.trace;
    this.#isTraced = options.isTraced ?? (() => options.trace !== undefined);
    this.#framing = {
      fcs: options.fcs ?? '16',
      escapeXonXoff: options.escapeXonXoff,
      maxFrameOctets:
        FRAME_HEADER[options.lapb.modulo] + options.lapb.maxInformationOctets + TOO_LONG_BUT_HEARD,
    };
    this.lapb = new LapbLink(options.lapb, this.#tracing(user));
    this.decoder = new FrameDecoder(this.#framing, (frame) => {
      this.#note('frame', 'received', frame);
      this.lapb.receive(frame, this.#clock.now());
    });
  }

  lineUp(): void {
    this.#lineTakes = true;
    this.#isIdle = true;
    this.decoder.reset();
    this.lapb.start(this.#clock.now());
  }

  lineDown(): void {
    this.#lineTakes = false;
    this.lapb.physicalDown(this.#clock.now());
  }

  received(octets: Uint8Array): void {
    this.decoder.push(octets);
  }

  writable(): void {
    this.#lineTakes = true;
  }

  /** Sends what there is, as far as the line takes it. */
  transmit(): void {
    while (this.#lineTakes) {
      const octets = this.#nextWrite();
      if (octets.length === 0) {
        this.#isIdle = true;
        return;
      }
      this.#lineTakes = false; // before the write: the line may call `writable` from within
      if (this.#write(octets)) this.#lineTakes = true;
    }
  }

  #nextWrite(): Uint8Array {
    const pieces: Uint8Array[] = [];
    let length = 0;
    while (length < SMALL_WRITE) {
      const frame = this.lapb.transmit(this.#clock.now());
      if (frame === undefined) break;
      this.#note('frame', 'sent', frame);
      // One flag between two frames is enough; after a pause a flag ends whatever noise there was (ISO 3309).
      const encoded = encodeFrame(frame, this.#framing, this.#isIdle);
      this.#isIdle = false;
      pieces.push(encoded);
      length += encoded.length;
    }
    return joined(pieces, length);
  }

  #tracing(user: LapbUser): LapbUser {
    if (this.#trace === undefined) return user;
    return {
      nextPacket: (now) => {
        const packet = user.nextPacket(now);
        if (packet !== undefined) this.#note('packet', 'sent', packet);
        return packet;
      },
      packet: (information, now) => {
        this.#note('packet', 'received', information);
        user.packet(information, now);
      },
      linkUp: (now) => user.linkUp(now),
      linkReset: (now) => user.linkReset(now),
      linkDown: (now, why) => user.linkDown(now, why),
    };
  }

  #note(layer: TraceEvent['layer'], direction: TraceEvent['direction'], octets: Uint8Array): void {
    if (!this.#isTraced()) return;
    this.#trace?.({
      at: this.#clock.now(),
      wallTime: this.#clock.wallTime(),
      layer,
      direction,
      octets,
    });
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const octets = allocate(length);
  let at = 0;
  for (const piece of pieces) {
    octets.set(piece, at);
    at += piece.length;
  }
  return octets;
}
