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
