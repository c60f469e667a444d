/**
 * From trace events to the blocks of a capture that Wireshark opens, after its section header. Pure: whoever holds
 * the file writes them.
 */

import type { TraceEvent } from '../circuit/index.js';
import { type Dissector, exportedPdu, LINKTYPE_WIRESHARK_UPPER_PDU } from './exported-pdu.js';
import { enhancedPacketBlock, interfaceDescriptionBlock } from './pcapng.js';
import { senderOf, type TracedLink } from './traced-link.js';

/** The links and packets of one section; each link is an interface, numbered in the order of introduction. */
export class CaptureEncoder {
  readonly #interfaces = new Map<string, number>();

  /** The block that must come before the first packet of this link; undefined when the link is known already. */
  introduce(link: TracedLink): Uint8Array | undefined {
    if (this.#interfaces.has(link.name)) return undefined;
    this.#interfaces.set(link.name, this.#interfaces.size);
    return interfaceDescriptionBlock({
      name: link.name,
      description: describeLink(link),
      linkType: LINKTYPE_WIRESHARK_UPPER_PDU,
    });
  }

  /** @param comment a note for the reader of the capture, shown with the packet. */
  encode(link: TracedLink, event: TraceEvent, comment?: string): Uint8Array {
    const interfaceId = this.#interfaces.get(link.name);
    if (interfaceId === undefined) throw new Error(`link ${link.name} was not introduced to the capture`);
    const sender = senderOf(link, event);
    return enhancedPacketBlock({
      interfaceId,
      wallTime: event.wallTime,
      direction: event.direction,
      octets: exportedPdu({
        dissector: dissectorFor(link, event),
        ...(sender !== 'either' && { sender }),
        octets: event.octets,
      }),
      ...(comment !== undefined && { comment }),
    });
  }
}

/** Says of an interface that its frames are of modulo 128: nothing else in a capture does. */
export const MODULO_128_FRAMES = 'frames of modulo 128';

function describeLink({ role, frameModulo }: TracedLink): string {
  const words = ['X.25 link'];
  if (role !== 'either') words.push(`we are the ${role.toUpperCase()}`);
  if (frameModulo === 128) words.push(MODULO_128_FRAMES);
  return words.join(', ');
}

function dissectorFor({ frameModulo }: TracedLink, { layer, octets }: TraceEvent): Dissector {
  if (layer === 'packet') return 'x.25';
  const isUnnumbered = ((octets[1] ?? 0) & 0b11) === 0b11;
  return frameModulo === 128 && !isUnnumbered ? 'data' : 'lapb';
}
