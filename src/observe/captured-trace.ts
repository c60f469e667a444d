/** From the records of a capture to what passed on each link, as a running gateway would have told it. */
import type { TraceEvent } from '../circuit/index.js';
import { decodeLapbFrame, type LapbFrame, type Modulo, type Role } from '../lapb/index.js';
import { type CapturedRecord, type CaptureFault, readCapture } from './capture-reader.js';
import { type CapturedPacket, capturedPacket } from './captured-packet.js';
import { packetIn, senderOf, type TracedLink } from './traced-link.js';
import { type XotPacket, XotStreams } from './xot-streams.js';

export interface CapturedTrace {
  readonly links: readonly CapturedLink[];
  /** Records that are no X.25. */
  readonly others: number;
  /** Where the file could not be read any further. */
  readonly fault: CaptureFault | undefined;
}

export interface CapturedLink {
  readonly link: TracedLink;
  /** In the order of the capture. */
  readonly frames: readonly TraceEvent[];
  /** Captured by themselves; else those of the frames, each once however often its frame was repeated. */
  readonly packets: readonly TraceEvent[];
}

/** Reads a capture: ours, PDUs exported by Wireshark, LAPB with direction, and XOT in TCP. */
export function readTrace(capture: Uint8Array): CapturedTrace {
  const links = new Map<string, LinkReader>();
  const xot = new XotStreams();
  let others = 0;
  let fault: CaptureFault | undefined;
  const linkOf = (name: string): LinkReader => {
    const link = links.get(name) ?? new LinkReader(name);
    links.set(name, link);
    return link;
  };
  for (const item of readCapture(capture)) {
    if (!item.ok) {
      fault = item.fault;
      break;
    }
    const { record } = item;
    const packet = capturedPacket(record);
    const inTcp = packet === undefined ? xot.read(record) : undefined;
    if (packet !== undefined) linkOf(record.interface.name ?? 'the link').take(record, packet);
    else if (inTcp !== undefined) for (const each of inTcp) linkOf(each.connection).takeXot(record, each);
    else others++;
  }
  return { links: Array.from(links.values(), (link) => link.read()), others, fault };
}

/** The link of one interface, or one connection of XOT. */
class LinkReader {
  readonly #name: string;
  readonly #frames: TraceEvent[] = [];
  readonly #packets: TraceEvent[] = [];
  #role: TracedLink['role'] | undefined;
  #frameModulo: Modulo | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  take({ wallTime }: CapturedRecord, { layer, direction, role, frameModulo, octets }: CapturedPacket): void {
    const event: TraceEvent = { at: wallTime, wallTime, layer, direction, octets };
    this.#role ??= role;
    this.#frameModulo ??= frameModulo;
    (layer === 'frame' ? this.#frames : this.#packets).push(event);
  }

  takeXot({ wallTime }: CapturedRecord, { isFromCaller, octets }: XotPacket): void {
    this.#role = 'either';
    const direction = isFromCaller ? 'sent' : 'received';
    this.#packets.push({ at: wallTime, wallTime, layer: 'packet', direction, octets });
  }

  read(): CapturedLink {
    const frames = this.#frames;
    const role = this.#role ?? roleIn(frames) ?? 'either';
    const link: TracedLink = {
      name: this.#name,
      role,
      ...(frames.length > 0 && { frameModulo: this.#frameModulo ?? moduloIn(frames) }),
    };
    return { link, frames, packets: this.#packets.length > 0 ? this.#packets : packetsIn(link, frames) };
  }
}

/** Which role the side has that was captured: the address of commands and of responses tells. */
function roleIn(frames: readonly TraceEvent[]): Role | undefined {
  for (const { direction, octets } of frames) {
    // I frames and SABM, SABME, DISC are always commands, and read as nothing else; a RR may be either.
    const asDce = decodeLapbFrame(octets, 'dce', 8);
    const asDte = decodeLapbFrame(octets, 'dte', 8);
    const isCertain = asDce.ok !== asDte.ok;
    if (isCertain) return asDce.ok === (direction === 'sent') ? 'dte' : 'dce';
  }
  return undefined;
}

const SABME = 0x6f;
const POLL_FINAL = 0x10;

/** Modulo 128 is what SABME sets up; it has no other sign. */
function moduloIn(frames: readonly TraceEvent[]): Modulo {
  return frames.some(({ octets }) => ((octets[1] ?? 0) & ~POLL_FINAL) === SABME) ? 128 : 8;
}

/** The packets that the link layer passed on: of each direction the frames in sequence. */
function packetsIn(link: TracedLink, frames: readonly TraceEvent[]): TraceEvent[] {
  const modulo = link.frameModulo ?? 8;
  const next: Record<TraceEvent['direction'], number | undefined> = { sent: undefined, received: undefined };
  const packets: TraceEvent[] = [];
  for (const event of frames) {
    const frame = frameOf(link, event, modulo);
    if (frame?.type === 'SABM' || frame?.type === 'SABME') next.sent = next.received = 0;
    if (frame?.type !== 'I') continue;
    const expected = next[event.direction] ?? frame.ns;
    const octets = packetIn(link, event);
    if (frame.ns !== expected || octets === undefined) continue;
    next[event.direction] = (expected + 1) % modulo;
    packets.push({ ...event, layer: 'packet', octets });
  }
  return packets;
}

function frameOf(link: TracedLink, event: TraceEvent, modulo: Modulo): LapbFrame | undefined {
  const frame = decodeLapbFrame(event.octets, senderOf(link, event) === 'dce' ? 'dte' : 'dce', modulo);
  return frame.ok ? frame.value : undefined;
}
