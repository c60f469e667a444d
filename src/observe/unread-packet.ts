/**
 * Packets that the packet layer does not take: registration, which no link of ours subscribes to, the PVC SETUP of XOT,
 * and what is no packet at all.
 */
import { toHex } from '../core/index.js';
import { diagnosticText, FAULT_DIAGNOSTIC, type PacketFault } from '../x25/index.js';
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
