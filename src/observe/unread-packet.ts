/**
 * Packets that the packet layer does not take: registration, which no link of ours subscribes to, the PVC SETUP of XOT,
 * and what is no packet at all.
 */
import { toHex } from '../core/index.js';
import { diagnosticText, FAULT_DIAGNOSTIC, type PacketFault } from '../x25/index.js';
import { type Field, field } from './field.js';
import { count } from './words.js';

const REGISTRATION_REQUEST = 0xf3;
const REGISTRATION_CONFIRMATION = 0xf7;
const PVC_SETUP = 0xf5;

/** X.25 §5.7.2, table 5-7. */
const REGISTRATION_CAUSES: Readonly<Record<number, string>> = {
  3: 'invalid facility request',
  5: 'network congestion',
  19: 'local procedure error',
  127: 'registration/cancellation confirmed',
};

/** RFC 1613 §6.5; on the wire only 00 and those from 13 (hex) on. */
const PVC_STATUS: Readonly<Record<number, string>> = {
  0: 'waiting to connect',
  8: 'destination disconnected',
  9: 'PVC/TCP connection refused',
  10: 'PVC/TCP routing error',
  11: 'PVC/TCP connect timed out',
  16: 'trying to connect via TCP',
  17: 'awaiting PVC-SETUP reply',
  18: 'connected',
  19: 'no such destination interface',
  20: 'destination interface is not up',
  21: 'destination interface is not X.25',
  22: 'no such destination PVC',
  23: 'destination PVC configuration mismatch',
  24: 'mismatched flow control values',
  25: "can't support flow control values",
  26: 'PVC setup protocol error',
};

/** @returns undefined when the octets are no such packet. */
export function describeUnreadType(octets: Uint8Array): string | undefined {
  const [, , type, first = 0, second = 0] = octets;
  switch (type) {
    case REGISTRATION_REQUEST:
      return `REGISTRATION REQUEST, ${count(octets.length, 'octet')}`;
    case REGISTRATION_CONFIRMATION:
      return `REGISTRATION CONFIRMATION: ${registrationCause(first, second)}`;
    case PVC_SETUP:
      return `PVC SETUP: ${PVC_STATUS[second] ?? 'unknown status'} (${hexPair(second)})`;
    default:
      return undefined;
  }
}

function registrationCause(cause: number, diagnostic: number): string {
  const words = [REGISTRATION_CAUSES[cause] ?? 'unknown cause'];
  if (diagnostic !== 0) words.push(diagnosticText(diagnostic));
  return `${words.join(', ')} (${hexPair(cause)}/${hexPair(diagnostic)})`;
}

/** The fields of such a packet that follow its type; empty for any other. */
export function unreadFields(octets: Uint8Array): Field[] {
  const [, , type, cause = 0, diagnostic = 0] = octets;
  const { length } = octets;
  switch (type) {
    case REGISTRATION_REQUEST:
      return length > 3 ? [field(4, length, 'registration', toHex(octets.subarray(3), ' '))] : [];
    case REGISTRATION_CONFIRMATION:
      return length < 5
        ? []
        : [
            field(4, 4, 'cause', `${hexPair(cause)} ${REGISTRATION_CAUSES[cause] ?? 'unknown'}`),
            field(5, 5, 'diagnostic', `${hexPair(diagnostic)} ${diagnosticText(diagnostic)}`),
            ...(length > 5 ? [field(6, length, 'registration', toHex(octets.subarray(5), ' '))] : []),
          ];
    case PVC_SETUP:
      return length < PVC_NAMES ? [] : pvcFields(octets);
    default:
      return [];
  }
}

/** Octets of a PVC SETUP before the names of its two interfaces. */
const PVC_NAMES = 15;

function pvcFields(octets: Uint8Array): Field[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const octet = (at: number): number => view.getUint8(at - 1);
  const size = (at: number): string => (octet(at) <= 12 ? String(1 << octet(at)) : hexPair(octet(at)));
  const namesEnd = PVC_NAMES + octet(6) + octet(9);
  const name = (from: number, length: number): string =>
    JSON.stringify(String.fromCharCode(...octets.subarray(from, from + length)));
  const names = [name(PVC_NAMES, octet(6)), name(PVC_NAMES + octet(6), octet(9))];
  return [
    field(4, 4, 'version', hexPair(octet(4))),
    field(5, 5, 'status', `${hexPair(octet(5))} ${PVC_STATUS[octet(5)] ?? 'unknown'}`),
    field(7, 8, 'initiator channel', String(view.getUint16(6))),
    field(10, 11, 'responder channel', String(view.getUint16(9))),
    field(12, 13, 'windows', `incoming ${octet(12)}, outgoing ${octet(13)}`),
    field(14, 15, 'packet sizes', `incoming ${size(14)}, outgoing ${size(15)}`),
    ...(namesEnd > PVC_NAMES && namesEnd <= octets.length
      ? [field(PVC_NAMES + 1, namesEnd, 'interfaces', `initiator ${names[0]}, responder ${names[1]}`)]
      : []),
  ];
}

/** Where a packet can't be read, and why, in the words of the diagnostic that the fault has. */
export interface PacketFaultPlace {
  /** From 0. */
  readonly offset: number;
  readonly words: string;
}

/**
 * @param fault what decoding said. A fault of addresses or facilities is placed where that field begins.
 */
export function placeOfFault(octets: Uint8Array, fault: PacketFault): PacketFaultPlace {
  return { offset: offsetOf(octets, fault), words: diagnosticText(FAULT_DIAGNOSTIC[fault]) };
}

function offsetOf(octets: Uint8Array, fault: PacketFault): number {
  switch (fault) {
    case 'badFormat':
      return 0;
    case 'zeroChannel':
    case 'nonZeroChannel':
      return 1;
    case 'unknownType':
      return 2;
    case 'tooShort':
    case 'tooLong':
      return octets.length;
    default:
      return offsetInFields(octets, fault);
  }
}

const CLEAR_REQUEST = 0x13;

/** Of a field of a call set-up or clearing packet: addresses begin after the header, facilities behind them. */
function offsetInFields(octets: Uint8Array, fault: PacketFault): number {
  const addressesAt = octets[2] === CLEAR_REQUEST ? 5 : 3;
  if (fault === 'calledAddress' || fault === 'callingAddress') return addressesAt;
  const [first = 0, second = 0] = octets.subarray(addressesAt);
  const isTyped = ((octets[0] ?? 0) & 0x80) !== 0;
  const digits = isTyped ? first + second : (first >> 4) + (first & 0x0f);
  return Math.min(addressesAt + (isTyped ? 2 : 1) + Math.ceil(digits / 2) + 1, octets.length);
}

export function hexPair(octet: number): string {
  return toHex(Uint8Array.of(octet));
}
