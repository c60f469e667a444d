/** One line in words for each frame and packet that passes a link. */

import type { TraceEvent } from '../circuit/index.js';
import { decodeLapbFrame, describeLapbFrame, type Modulo } from '../lapb/index.js';
import { describePacket, unreadable } from './describe-packet.js';
import { readPacket } from './read-packet.js';
import { type Sender, senderOf, type TracedLink } from './traced-link.js';
import { count } from './words.js';

/** `dte > RR nr=3 P`, `dce > ch 1 DATA ps=0 pr=0 128 octets`; where there are no roles, `us >` and `peer >`. */
export function describeEvent(link: TracedLink, event: TraceEvent): string {
  const sender = senderOf(link, event);
  const name = sender === 'either' ? (event.direction === 'sent' ? 'us' : 'peer') : sender;
  const words =
    event.layer === 'frame'
      ? describeFrame(event.octets, sender, link.frameModulo)
      : describePacketOctets(event.octets, sender);
  return `${name} > ${words}`;
}

/** @param sender without a role the address can't tell a command from a response: the frame is taken as a DTE's. */
export function describeFrame(octets: Uint8Array, sender: Sender, modulo: Modulo = 8): string {
  const frame = decodeLapbFrame(octets, sender === 'dce' ? 'dte' : 'dce', modulo);
  if (!frame.ok) return `no frame (${frame.fault}), ${count(octets.length, 'octet')}`;
  const words = describeLapbFrame(frame.value, modulo);
  return frame.value.type === 'I'
    ? `${words} | ${describePacketOctets(frame.value.information, sender)}`
    : words;
}

/** A packet with its channel, unless it is about the whole link. */
export function describePacketOctets(octets: Uint8Array, sender: Sender): string {
  const packet = readPacket(octets);
  if (!packet.ok) return unreadable(packet.fault, octets);
  const words = describePacket(packet.value, sender);
  return packet.value.channel === 0 ? words : `ch ${packet.value.channel} ${words}`;
}
