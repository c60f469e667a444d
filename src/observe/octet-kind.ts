import { decodeLapbFrame, type Modulo, type Role } from '../lapb/index.js';
import { moduloOf } from '../x25/index.js';
import { readPacket } from './read-packet.js';
import type { Sender } from './traced-link.js';

/** What octets can be taken for: frames of modulo 8 or 128, a packet, XOT messages one behind the other. */
export const OCTET_KINDS = ['lapb', 'lapb128', 'x25', 'xot'] as const;
export type OctetKind = (typeof OCTET_KINDS)[number];

export interface Recognised {
  readonly kind: OctetKind;
  /** What tells, in words. */
  readonly because: string;
}

/** The addresses of a single link: no general format identifier of a packet begins like that. */
const ADDRESSES: readonly number[] = [0x01, 0x03];
const XOT_HEADER = 4;

/** What octets most likely are. @returns undefined when they are nothing that we know. */
export function recognise(octets: Uint8Array): Recognised | undefined {
  const [first, second] = octets;
  if (first === undefined) return undefined;
  if (first === 0 && second === 0 && octets.length >= XOT_HEADER)
    return { kind: 'xot', because: 'begins with version 0 of XOT' };
  if (ADDRESSES.includes(first)) return recogniseFrame(octets);
  const modulo = moduloOf(first);
  return modulo && { kind: 'x25', because: `begins with the general format identifier of modulo ${modulo}` };
}

function recogniseFrame(octets: Uint8Array): Recognised {
  const because = 'begins with address A or B of LAPB';
  const of8 = fitsAs(octets, 8);
  const of128 = fitsAs(octets, 128);
  if (of8 || !of128) return { kind: 'lapb', because };
  return { kind: 'lapb128', because: `${because}, and can be read in modulo 128 only` };
}

/** Whether a frame, and the packet in it, can be read in this numbering by one side or the other. */
function fitsAs(octets: Uint8Array, modulo: Modulo): boolean {
  return (['dte', 'dce'] as const).some((receiver) => {
    const frame = decodeLapbFrame(octets, receiver, modulo);
    return frame.ok && (frame.value.type !== 'I' || readPacket(frame.value.information).ok);
  });
}

/** Who sends a frame, when its address and type leave no doubt: a RR may be a command of one or a response of the other. */
export function senderOfFrame(octets: Uint8Array, modulo: Modulo): Sender {
  const isTo = (receiver: Role): boolean => decodeLapbFrame(octets, receiver, modulo).ok;
  const [toDte, toDce] = [isTo('dte'), isTo('dce')];
  if (toDte === toDce) return 'either';
  return toDce ? 'dte' : 'dce';
}
