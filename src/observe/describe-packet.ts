/** Packets in words. What a message says is never among them: of user data there is only the number of octets. */
import { startsWith, toHex } from '../core/index.js';
import { type CauseKind, causeText, diagnosticText, type Packet, type PacketFault } from '../x25/index.js';
import { addressWords } from './address-words.js';
import { facilityWords } from './facility-words.js';
import type { Sender } from './traced-link.js';
import { describeUnreadType, hexPair, placeOfFault } from './unread-packet.js';
import { count } from './words.js';

export type NamedType = Exclude<Packet['type'], 'data' | 'rr' | 'rnr' | 'rej'>;

/** X.25 table 5-2, DTE to DCE and DCE to DTE. */
export const PACKET_NAMES: Readonly<Record<NamedType, { readonly dte: string; readonly dce: string }>> = {
  callRequest: { dte: 'CALL REQUEST', dce: 'INCOMING CALL' },
  callAccepted: { dte: 'CALL ACCEPTED', dce: 'CALL CONNECTED' },
  clearRequest: { dte: 'CLEAR REQUEST', dce: 'CLEAR INDICATION' },
  clearConfirmation: { dte: 'CLEAR CONFIRMATION', dce: 'CLEAR CONFIRMATION' },
  interrupt: { dte: 'INTERRUPT', dce: 'INTERRUPT' },
  interruptConfirmation: { dte: 'INTERRUPT CONFIRMATION', dce: 'INTERRUPT CONFIRMATION' },
  resetRequest: { dte: 'RESET REQUEST', dce: 'RESET INDICATION' },
  resetConfirmation: { dte: 'RESET CONFIRMATION', dce: 'RESET CONFIRMATION' },
  restartRequest: { dte: 'RESTART REQUEST', dce: 'RESTART INDICATION' },
  restartConfirmation: { dte: 'RESTART CONFIRMATION', dce: 'RESTART CONFIRMATION' },
  diagnostic: { dte: 'DIAGNOSTIC', dce: 'DIAGNOSTIC' },
};

/** What the first octets of call user data announce. */
const PROTOCOLS: readonly (readonly [Uint8Array, string])[] = [
  [Uint8Array.of(0xc0, 0xf7, 0, 0), 'SMTP, RFC 1090'],
  [Uint8Array.of(1, 0, 0, 0), 'X.29, a PAD'],
  [Uint8Array.of(3, 1, 1, 0), 'ISO transport'],
  [Uint8Array.of(0xff, 0, 0, 0), 'PSI Mail'],
  [Uint8Array.of(0xcc), 'IP, RFC 1356'],
  [Uint8Array.of(0xcf), 'PPP, RFC 1598'],
];
/** More than the protocol identifier may be somebody's text. */
const SHOWN_USER_DATA = 4;

/** A packet without its channel number, in words: `CALL REQUEST to 26245300040 from 23421000001, ...`. */
export function describePacket(packet: Packet, sender: Sender): string {
  switch (packet.type) {
    case 'callRequest':
    case 'callAccepted':
      return [
        nameOf(packet.type, sender) + addresses(packet),
        ...(packet.confirmDelivery ? ['D bit wanted'] : []),
        ...fields(packet),
      ].join(', ');
    case 'clearRequest':
      return clearing(nameOf(packet.type, sender), reason('clear', packet), fields(packet));
    case 'clearConfirmation':
      return [nameOf(packet.type, sender), ...fields(packet)].join(', ');
    case 'resetRequest':
      return `${nameOf(packet.type, sender)}: ${reason('reset', packet)}`;
    case 'restartRequest':
      return `${nameOf(packet.type, sender)}: ${reason('restart', packet)}`;
    case 'diagnostic':
      return describeDiagnostic(packet);
    case 'interrupt':
      return `INTERRUPT, ${count(packet.payload.length, 'octet')}`;
    case 'data':
      return describeData(packet);
    case 'rr':
    case 'rnr':
    case 'rej':
      return `${packet.type.toUpperCase()} pr=${packet.pr}`;
    default:
      return nameOf(packet.type, sender);
  }
}

/** What is said of octets that are no packet which we know. */
export function unreadable(fault: PacketFault, octets: Uint8Array): string {
  const known = fault === 'badFormat' ? undefined : describeUnreadType(octets);
  if (known !== undefined) return known;
  const { offset, words } = placeOfFault(octets, fault);
  return `no packet, ${count(octets.length, 'octet')}: ${words} (at octet ${offset + 1})`;
}

/** `DATA ps=3 pr=5 M 128 octets`. */
function describeData(packet: Packet & { readonly type: 'data' }): string {
  const bits = `${packet.qualified ? ' Q' : ''}${packet.confirm ? ' D' : ''}${packet.more ? ' M' : ''}`;
  return `DATA ps=${packet.ps} pr=${packet.pr}${bits} ${count(packet.payload.length, 'octet')}`;
}

function describeDiagnostic({ diagnostic, explanation }: Packet & { readonly type: 'diagnostic' }): string {
  return `DIAGNOSTIC: ${diagnosticText(diagnostic)} (${hexPair(diagnostic)}), about ${toHex(explanation, ' ')}`;
}

function nameOf(type: NamedType, sender: Sender): string {
  return PACKET_NAMES[type][sender === 'dce' ? 'dce' : 'dte'];
}

type CallPacket = Packet & {
  readonly type: 'callRequest' | 'callAccepted' | 'clearRequest' | 'clearConfirmation';
};

function addresses({ called, calling, addressTypes }: CallPacket): string {
  return (
    addressWords('to', called, addressTypes?.called) + addressWords('from', calling, addressTypes?.calling)
  );
}

function fields({ type, userData, facilities }: CallPacket): string[] {
  const words = facilityWords(facilities);
  if (userData.length === 0) return words;
  // Only a call request begins with a protocol identifier; elsewhere the octets may say anything.
  const text =
    type === 'callRequest' ? callUserData(userData) : `user data, ${count(userData.length, 'octet')}`;
  return [text, ...words];
}

/** What call user data announces, if anything that we know. */
export function protocolOf(userData: Uint8Array): string | undefined {
  return PROTOCOLS.find(([prefix]) => startsWith(userData, prefix))?.[1];
}

function callUserData(userData: Uint8Array): string {
  const shown = toHex(userData.subarray(0, SHOWN_USER_DATA));
  const rest = userData.length - SHOWN_USER_DATA;
  const protocol = protocolOf(userData);
  const more = rest > 0 ? ` and ${count(rest, 'octet')}` : '';
  return `user data ${shown}${more}${protocol === undefined ? '' : ` (${protocol})`}`;
}

function clearing(name: string, why: string, more: readonly string[]): string {
  return [`${name}: ${why}`, ...more].join(', ');
}

/** `number busy (01/00)`, `DTE originated, disconnection, normal (00/F1)`. */
export function reason(
  kind: CauseKind,
  packet: { readonly cause: number; readonly diagnostic: number },
): string {
  const { cause, diagnostic } = packet;
  const words = [causeText(kind, cause), ...(diagnostic === 0 ? [] : [diagnosticText(diagnostic)])].join(
    ', ',
  );
  return `${words} (${hexPair(cause)}/${hexPair(diagnostic)})`;
}
