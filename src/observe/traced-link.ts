import type { TraceEvent } from '../circuit/index.js';
import type { Modulo, Role } from '../lapb/index.js';

/** The link that a trace event belongs to. */
export interface TracedLink {
  readonly name: string;
  /** Our own: it tells commands from responses and names packets. `either` where the line knows no roles (XOT). */
  readonly role: Role | 'either';
  /** Of its frames; 8 unless said. */
  readonly frameModulo?: Modulo;
}

/** Who sends a frame or packet: X.25 has two names for the same octets. `either`: nobody knows. */
export type Sender = Role | 'either';

/** The role of whoever sent what an event is about. */
export function senderOf(link: TracedLink, { direction }: Pick<TraceEvent, 'direction'>): Sender {
  if (link.role === 'either' || direction === 'sent') return link.role;
  return link.role === 'dte' ? 'dce' : 'dte';
}

/** The packet that an event is about, or that its frame carries; undefined for a frame without one. */
export function packetIn(
  { frameModulo = 8 }: TracedLink,
  { layer, octets }: TraceEvent,
): Uint8Array | undefined {
  if (layer === 'packet') return octets;
  const isInformation = octets.length > 1 && ((octets[1] ?? 0) & 1) === 0;
  return isInformation ? octets.subarray(frameModulo === 8 ? 2 : 3) : undefined;
}

/** The logical channel of that packet, readable or not; 0 when it is about the whole link. */
export function channelIn(link: TracedLink, event: TraceEvent): number | undefined {
  const [first, second] = packetIn(link, event) ?? [];
  return first === undefined || second === undefined ? undefined : ((first & 0x0f) << 8) | second;
}
