/** One line in words for each frame and packet that passes a link. */

import type { TraceEvent } from '../circuit/index.js';
import { decodeLapbFrame, describeLapbFrame } from '../lapb/index.js';
import { decodePacket } from '../x25/index.js';
import { describePacket, unreadable } from './describe-packet.js';
import { type Sender, senderOf, type TracedLink } from './traced-link.js';
import { count } from './words.js';

/** `dte > RR nr=3 P`, `dce > ch 1 DATA ps=0 pr=0 128 octets`; where there are no roles, `us >` and `peer >`. */
export function describeEvent(link: TracedLink, event: TraceEvent): string {
  const sender = senderOf(link, event);
  const name = sender === 'either' ? (event.direction === 'sent' ? 'us' : 'peer') : sender;
  const describe = event.layer === 'frame' ? describeFrame : describePacketOctets;
  return `${name} > ${describe(event.octets, sender)}`;
}

/** @param sender without a role the address can't tell a command from a response: the frame is taken as a DTE's. */
export function describeFrame(octets: Uint8Array, sender: Sender): string {
  const frame = decodeLapbFrame(octets, sender === 'dce' ? 'dte' : 'dce');
  if (!frame.ok) return `no frame (${frame.fault}), ${count(octets.length, 'octet')}`;
  const words = describeLapbFrame(frame.value);
  return frame.value.type === 'I'
    ? `${words} | ${describePacketOctets(frame.value.information, sender)}`
    : words;
}

/** A packet with its channel, unless it is about the whole link. */
export function describePacketOctets(octets: Uint8Array, sender: Sender): string {
  const packet = decodePacket(octets, 8);
  if (!packet.ok) return unreadable(packet.fault, octets);
  const words = describePacket(packet.value, sender);
  return packet.value.channel === 0 ? words : `ch ${packet.value.channel} ${words}`;
}
