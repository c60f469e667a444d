/** The fields of a packet, each with its octets. User data is shown: whoever asks has it before them. */
import { concat, toHex } from '../core/index.js';
import {
  decodeFacilities,
  diagnosticText,
  kindOf,
  moduloOf,
  type Packet,
  splitFacilities,
} from '../x25/index.js';
import { type NamedType, PACKET_NAMES, protocolOf, reason } from './describe-packet.js';
import { facilityWords } from './facility-words.js';
import { type Field, field } from './field.js';
import { describeUnreadType, hexPair, unreadFields } from './unread-packet.js';
import { count } from './words.js';

/**
 * @param packet undefined when it can't be read: then as far as the header goes.
 * @param before octets in front of the packet.
 */
export function explainPacket(octets: Uint8Array, packet: Packet | undefined, before: number): Field[] {
  const [first, second, type] = octets;
  if (first === undefined || second === undefined) return [];
  const modulo = moduloOf(first);
  const fields = [
    field(
      1,
      1,
      'general format',
      [modulo === undefined ? 'unknown' : `modulo ${modulo}`, ...bits(first, packet)].join(', '),
    ),
    field(1, 2, 'logical channel', String(((first & 0x0f) << 8) | second)),
    ...(type === undefined ? [] : [field(3, 3, 'packet type', `${hexPair(type)} ${typeWords(octets)}`)]),
    ...(packet === undefined ? unreadFields(octets) : bodyFields(octets, packet)),
  ];
  return fields.map(({ octets: [from, to], ...rest }) => ({ octets: [before + from, before + to], ...rest }));
}

function bits(first: number, packet: Packet | undefined): string[] {
  const isData = packet?.type === 'data';
  const top = (first & 0x80) === 0 ? [] : [isData ? 'Q' : 'A: addresses with type and numbering plan'];
  return [...top, ...((first & 0x40) === 0 ? [] : ['D'])];
}

/** The name that the DTE's packet has and, where it is another, the DCE's; of what can't be read, what it claims to be. */
function typeWords(octets: Uint8Array): string {
  const kind = kindOf(octets[2], moduloOf(octets[0] ?? 0) ?? 8);
  if (kind === 'data' || kind === 'rr' || kind === 'rnr' || kind === 'rej') return kind.toUpperCase();
  if (!(kind in PACKET_NAMES)) return describeUnreadType(octets)?.replace(/[:,].*/, '') ?? 'unknown';
  const { dte, dce } = PACKET_NAMES[kind as NamedType];
  return dte === dce ? dte : `${dte} from the DTE, ${dce} from the DCE`;
}

function bodyFields(octets: Uint8Array, packet: Packet): Field[] {
  const end = octets.length;
  switch (packet.type) {
    case 'data':
      return dataFields(octets, packet);
    case 'rr':
    case 'rnr':
    case 'rej':
      return [field(end === 3 ? 3 : 4, end, 'P(R)', String(packet.pr))];
    case 'callRequest':
    case 'callAccepted':
    case 'clearConfirmation':
      return callFields(octets, packet, 3);
    case 'clearRequest':
      return [...causeFields(octets, 'clear', packet), ...callFields(octets, packet, 5)];
    case 'resetRequest':
      return causeFields(octets, 'reset', packet);
    case 'restartRequest':
      return causeFields(octets, 'restart', packet);
    case 'diagnostic':
      return [
        field(4, 4, 'diagnostic', `${hexPair(packet.diagnostic)} ${diagnosticText(packet.diagnostic)}`),
        field(5, end, 'about', toHex(packet.explanation, ' ')),
      ];
    case 'interrupt':
      return [field(4, end, 'user data', shown(packet.payload))];
    default:
      return [];
  }
}

function dataFields(octets: Uint8Array, packet: Packet & { readonly type: 'data' }): Field[] {
  const isExtended = moduloOf(octets[0] ?? 0) === 128;
  const last = isExtended ? 4 : 3;
  return [
    field(3, 3, 'P(S)', String(packet.ps)),
    field(last, last, 'P(R)', String(packet.pr)),
    field(last, last, 'M', packet.more ? '1, the sequence goes on' : '0, the sequence ends'),
    ...(packet.payload.length === 0
      ? []
      : [field(last + 1, octets.length, 'user data', shown(packet.payload))]),
  ];
}

function causeFields(
  octets: Uint8Array,
  kind: 'clear' | 'reset' | 'restart',
  packet: { readonly cause: number; readonly diagnostic: number },
): Field[] {
  const words = reason(kind, { ...packet, diagnostic: 0 }).replace(/ \(.*/, '');
  const cause = field(4, 4, 'cause', `${hexPair(packet.cause)} ${words}`);
  if (octets.length < 5) return [cause];
  return [
    cause,
    field(5, 5, 'diagnostic', `${hexPair(packet.diagnostic)} ${diagnosticText(packet.diagnostic)}`),
  ];
}

type CallPacket = Packet & {
  readonly type: 'callRequest' | 'callAccepted' | 'clearRequest' | 'clearConfirmation';
};

/** Addresses, facilities and user data; the packet may end before any of them. @param at octets before the addresses. */
function callFields(octets: Uint8Array, packet: CallPacket, at: number): Field[] {
  const [lengths, second = 0] = octets.subarray(at);
  if (lengths === undefined) return [];
  const isTyped = ((octets[0] ?? 0) & 0x80) !== 0;
  const digitsAt = at + (isTyped ? 2 : 1);
  const digits = isTyped ? lengths + second : (lengths & 0x0f) + (lengths >> 4);
  const facilitiesAt = digitsAt + Math.ceil(digits / 2);
  const facilityOctets = octets[facilitiesAt] ?? 0;
  const userDataAt = facilitiesAt + 1 + facilityOctets;
  const address = (name: string, value: string, first: number, length: number): Field =>
    field(
      digitsAt + 1 + (first >> 1),
      digitsAt + ((first + Math.max(1, length) + 1) >> 1),
      name,
      (value || 'none') + (isTyped && length > 0 ? typeAndPlan(octets, 2 * digitsAt + first) : ''),
    );
  const [calledLength, callingLength] = isTyped ? [lengths, second] : [lengths & 0x0f, lengths >> 4];
  const isRead =
    facilitiesAt <= octets.length &&
    userDataAt <= octets.length + 1 &&
    packet.called.length + packet.calling.length === digits - (isTyped ? typedHalves(lengths, second) : 0);
  // What pads a clearing packet is no fault (see its decoder).
  if (!isRead) return [field(at + 1, octets.length, 'not read', toHex(octets.subarray(at), ' '))];
  return [
    field(at + 1, digitsAt, 'address lengths', `called ${calledLength}, calling ${callingLength}`),
    ...(calledLength === 0 ? [] : [address('called', packet.called, 0, calledLength)]),
    ...(callingLength === 0 ? [] : [address('calling', packet.calling, calledLength, callingLength)]),
    ...(facilitiesAt >= octets.length
      ? []
      : [field(facilitiesAt + 1, facilitiesAt + 1, 'facility length', String(facilityOctets))]),
    ...facilityFields(octets, facilitiesAt + 1, userDataAt),
    ...(packet.userData.length === 0
      ? []
      : [field(userDataAt + 1, octets.length, 'user data', userData(packet))]),
  ];
}

/** How many half-octets are type and plan: two of each address that is there. */
function typedHalves(called: number, calling: number): number {
  return (called > 0 ? 2 : 0) + (calling > 0 ? 2 : 0);
}

/** What stands behind a marker has its meaning from there. */
const MARKERS: Readonly<Record<number, string>> = {
  0: 'marker: facilities of the network follow',
  15: 'marker: facilities of the DTEs follow',
  255: 'marker: facilities of the remote network follow',
};

/** Each facility by itself. @param at octets before the first. */
function facilityFields(octets: Uint8Array, at: number, end: number): Field[] {
  const modulo = moduloOf(octets[0] ?? 0) ?? 8;
  let marker = new Uint8Array(0);
  let from = at;
  return (splitFacilities(octets.subarray(at, end)) ?? []).map((facility) => {
    const [code = 0, whose = 0] = facility;
    if (code === 0) marker = Uint8Array.from(facility);
    const read = decodeFacilities(concat([code === 0 ? new Uint8Array(0) : marker, facility]), modulo);
    const meaning = read.ok ? facilityWords(read.value).join(', ') : '';
    const words = code === 0 ? (MARKERS[whose] ?? 'marker') : meaning;
    from += facility.length;
    return field(from - facility.length + 1, from, 'facility', `${toHex(facility, ' ')} ${words}`);
  });
}

/** UNCLEAR X.25 §5.2.1: the values. */
const TYPES: Readonly<Record<number, string>> = {
  0: 'network dependent',
  1: 'international',
  2: 'national',
  5: 'alternative',
};
const PLANS: Readonly<Record<number, string>> = { 0: 'network dependent', 1: 'E.164', 3: 'X.121' };

/** @param at half-octets before the address. */
function typeAndPlan(octets: Uint8Array, at: number): string {
  const half = (place: number): number => {
    const octet = octets[place >> 1] ?? 0;
    return place % 2 === 0 ? octet >> 4 : octet & 0x0f;
  };
  const [type, plan] = [half(at), half(at + 1)];
  return ` (type ${TYPES[type] ?? type}, plan ${PLANS[plan] ?? plan})`;
}

function userData({ type, userData: octets }: CallPacket): string {
  const protocol = type === 'callRequest' ? protocolOf(octets) : undefined;
  return shown(octets) + (protocol === undefined ? '' : ` (${protocol})`);
}

const MOST_SHOWN = 64;

/** In hexadecimal, and as text where it is text. */
function shown(octets: Uint8Array): string {
  const some = octets.subarray(0, MOST_SHOWN);
  const rest = octets.length - some.length;
  const isText =
    some.length > 0 && some.every((octet) => (octet >= 0x20 && octet < 0x7f) || octet === 13 || octet === 10);
  const text = isText ? ` ${JSON.stringify(String.fromCharCode(...some))}` : '';
  return `${toHex(some, ' ')}${text}${rest > 0 ? ` and ${count(rest, 'octet')} more` : ''}`;
}
