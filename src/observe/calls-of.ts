/** Takes a trace of a link apart into its calls. */

import type { TraceEvent } from '../circuit/index.js';
import { readPacket } from './read-packet.js';

export interface TracedCall {
  /** Logical channel. */
  readonly channel: number;
  readonly events: readonly TraceEvent[];
}

interface OpenCall extends TracedCall {
  readonly events: TraceEvent[];
  /** Who has asked for it to be cleared. */
  readonly clearedBy: Set<TraceEvent['direction']>;
  isOver: boolean;
}

/**
 * Calls in the order in which they begin, each with its packets; frames are left out. A RESTART ends all calls and
 * belongs to each of them. Packets that come before any CALL REQUEST on their channel make a call without a
 * beginning: the trace began in its middle.
 */
export function callsOf(events: Iterable<TraceEvent>): TracedCall[] {
  const calls: OpenCall[] = [];
  /** The latest call on each channel. */
  const byChannel = new Map<number, OpenCall>();
  for (const event of events) {
    if (event.layer !== 'packet') continue;
    const channel = channelOf(event.octets);
    const packet = readPacket(event.octets);
    const type = packet.ok ? packet.value.type : undefined;
    if (type === 'restartRequest') endAll(byChannel.values(), event);
    if (channel === undefined || channel === 0) continue;
    let call = byChannel.get(channel);
    if (call === undefined || type === 'callRequest') {
      call = { channel, events: [], clearedBy: new Set(), isOver: false };
      calls.push(call);
      byChannel.set(channel, call);
    }
    call.events.push(event);
    if (type === 'clearRequest') call.clearedBy.add(event.direction);
    // Two clear requests that cross confirm each other (X.25 §4.1.8).
    if (type === 'clearConfirmation' || call.clearedBy.size === 2) call.isOver = true;
  }
  return calls.map(({ channel, events: own }) => ({ channel, events: own }));
}

function endAll(calls: Iterable<OpenCall>, event: TraceEvent): void {
  for (const call of calls) {
    if (!call.isOver) call.events.push(event);
    call.isOver = true;
  }
}

/** Of any packet, readable or not, that has one. */
function channelOf([first, second]: Uint8Array): number | undefined {
  return first === undefined || second === undefined ? undefined : ((first & 0x0f) << 8) | second;
}
