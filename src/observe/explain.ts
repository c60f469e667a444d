/** Octets field by field, for whoever has them before them: all that they say, what is at which octet. */
import { toHex } from '../core/index.js';
import { decodeLapbFrame, type Modulo } from '../lapb/index.js';
import type { PacketFault } from '../x25/index.js';
import { describeFrame, describePacketOctets } from './describe.js';
import { explainPacket } from './explain-packet.js';
import { type Field, field } from './field.js';
import { type OctetKind, senderOfFrame } from './octet-kind.js';
import { readPacket } from './read-packet.js';
import type { Sender } from './traced-link.js';
import { describeUnreadType, placeOfFault } from './unread-packet.js';
import { count } from './words.js';

export interface Explanation {
  /** The whole in one line. */
  readonly words: string;
  readonly fields: readonly Field[];
  readonly fault?: ExplainedFault;
}

export interface ExplainedFault {
  /** From the beginning of what was given, counted from 1. */
  readonly octet: number;
  readonly words: string;
}

/**
 * @param sender `either`: not known; a frame mostly tells it, and where it does not the DTE's names are taken.
 * @returns one for each message: XOT may hold several.
 */
export function explain(octets: Uint8Array, kind: OctetKind, sender: Sender): Explanation[] {
  switch (kind) {
    case 'lapb':
      return [explainFrame(octets, 8, sender)];
    case 'lapb128':
      return [explainFrame(octets, 128, sender)];
    case 'x25':
      return [explainOnePacket(octets, 0, sender)];
    case 'xot':
      return [...explainXot(octets, sender)];
  }
}

/** Registration, and PVC SETUP, whose channel means nothing: nothing is wrong with them. */
const NAMED_ALL_THE_SAME: readonly PacketFault[] = ['unknownType', 'zeroChannel'];

function explainOnePacket(octets: Uint8Array, from: number, sender: Sender): Explanation {
  const packet = readPacket(octets);
  const words = describePacketOctets(octets, sender);
  const fields = explainPacket(octets, packet.ok ? packet.value : undefined, from);
  const isNamed =
    !packet.ok && NAMED_ALL_THE_SAME.includes(packet.fault) && describeUnreadType(octets) !== undefined;
  if (packet.ok || isNamed) return { words, fields };
  const { offset, words: why } = placeOfFault(octets, packet.fault);
  return { words, fields, fault: { octet: from + offset + 1, words: why } };
}

// ---------------------------------------------------------------- frames

const FRAME_FAULTS = {
  truncated: { octet: 1, words: 'a frame has an address and a control field: too short' },
  unknownAddress: { octet: 1, words: 'the address is neither A (03) nor B (01)' },
  wrongAddress: {
    octet: 1,
    words: 'a command with the address of a response, or a response with that of a command',
  },
  undefinedControl: { octet: 2, words: 'the control field is of no frame that there is' },
  informationNotPermitted: { octet: 3, words: 'an information field where none is permitted' },
} as const;

function explainFrame(octets: Uint8Array, modulo: Modulo, given: Sender): Explanation {
  const sender = given === 'either' ? senderOfFrame(octets, modulo) : given;
  const frame = decodeLapbFrame(octets, sender === 'dce' ? 'dte' : 'dce', modulo);
  const words = describeFrame(octets, sender, modulo);
  if (!frame.ok) return { words, fields: [], fault: FRAME_FAULTS[frame.fault] };
  const { value } = frame;
  const name = octets[0] === 0x03 ? 'A, the DTE' : 'B, the DCE';
  const isOneOctet = modulo === 8 || !('nr' in value);
  const control = octets.subarray(1, isOneOctet ? 2 : 3);
  const numbers = [
    ...('ns' in value ? [`N(S) ${value.ns}`] : []),
    ...('nr' in value ? [`N(R) ${value.nr}`] : []),
    ...(value.pollFinal ? [value.isCommand ? 'P' : 'F'] : []),
  ];
  const kind = value.isCommand ? 'command to' : 'response from';
  const doubt = sender === 'either' ? ', if the DTE sent it' : '';
  const fields: Field[] = [
    field(1, 1, 'address', `${toHex(octets.subarray(0, 1))} ${name}: ${kind} it${doubt}`),
    field(2, 1 + control.length, 'control', [`${toHex(control, ' ')} ${value.type}`, ...numbers].join(', ')),
  ];
  if (value.type === 'FRMR' && value.information !== undefined)
    fields.push(
      field(3, octets.length, 'rejected', describeFrame(octets, sender, modulo).replace(/^FRMR( F)? /, '')),
    );
  if (value.type !== 'I') return { words, fields };
  const packet = explainOnePacket(value.information, 1 + control.length, sender);
  return { ...packet, words, fields: [...fields, ...packet.fields] };
}

// ---------------------------------------------------------------- XOT

const XOT_HEADER = 4;

/** RFC 1613 §4.1: version, length, packet; again and again. */
function* explainXot(octets: Uint8Array, sender: Sender): Generator<Explanation> {
  for (let at = 0; at < octets.length; ) {
    const [v1 = 0, v2 = 0, high, low] = octets.subarray(at, at + XOT_HEADER);
    const words = `XOT, ${count(octets.length - at, 'octet')}`;
    if (high === undefined || low === undefined) {
      yield { words, fields: [], fault: { octet: octets.length + 1, words: 'the header is cut short' } };
      return;
    }
    if (v1 !== 0 || v2 !== 0) {
      yield {
        words,
        fields: [],
        fault: { octet: at + 1, words: `found version ${toHex(octets.subarray(at, at + 2))}; allowed: 0000` },
      };
      return;
    }
    const length = (high << 8) | low;
    const packet = octets.subarray(at + XOT_HEADER, at + XOT_HEADER + length);
    const header = field(
      at + 1,
      at + XOT_HEADER,
      'XOT header',
      `version 0, packet of ${count(length, 'octet')}`,
    );
    if (packet.length < length) {
      const why = `the header says ${count(length, 'octet')}, there are ${packet.length}`;
      yield { words, fields: [header], fault: { octet: octets.length + 1, words: why } };
      return;
    }
    const explained = explainOnePacket(packet, at + XOT_HEADER, sender);
    yield { ...explained, words: `XOT: ${explained.words}`, fields: [header, ...explained.fields] };
    at += XOT_HEADER + length;
  }
}
