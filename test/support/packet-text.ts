import { toHex } from '../../src/core/index.js';
import { decodePacket, moduloOf, type Packet } from '../../src/x25/index.js';

/** A packet of either numbering as traces print it: `CALL 16 700001`, `DATA 16 s3 r5 M 128`, `CLEAR 16 00/F1`. */
export function packetText(octets: Uint8Array): string {
  const packet = decodePacket(octets, moduloOf(octets[0] ?? 0) ?? 8);
  return packet.ok ? text(packet.value) : `${packet.fault} ${toHex(octets, ' ')}`;
}

const NAMES: Readonly<Record<Packet['type'], string>> = {
  callRequest: 'CALL',
  callAccepted: 'ACCEPT',
  clearRequest: 'CLEAR',
  clearConfirmation: 'CLEAR-CONF',
  data: 'DATA',
  rr: 'RR',
  rnr: 'RNR',
  rej: 'REJ',
  interrupt: 'INT',
  interruptConfirmation: 'INT-CONF',
  resetRequest: 'RESET',
  resetConfirmation: 'RESET-CONF',
  restartRequest: 'RESTART',
  restartConfirmation: 'RESTART-CONF',
  diagnostic: 'DIAG',
};

function text(packet: Packet): string {
  const channel = packet.channel === 0 ? [] : [packet.channel];
  return [NAMES[packet.type], ...channel, ...details(packet)].join(' ');
}

function details(packet: Packet): (string | number)[] {
  switch (packet.type) {
    case 'callRequest':
      return [packet.called, ...sizes(packet)];
    case 'callAccepted':
      return sizes(packet);
    case 'clearRequest':
    case 'resetRequest':
    case 'restartRequest':
      return [`${hexOctet(packet.cause)}/${packet.diagnostic}`];
    case 'diagnostic':
      return [packet.diagnostic, ...(packet.explanation.length > 0 ? [toHex(packet.explanation)] : [])];
    case 'data':
      return [`s${packet.ps}`, `r${packet.pr}`, ...bits(packet), packet.payload.length];
    case 'rr':
    case 'rnr':
    case 'rej':
      return [`r${packet.pr}`];
    case 'interrupt':
      return [packet.payload.length];
    default:
      return [];
  }
}

function bits({ more, qualified, confirm }: Packet & { type: 'data' }): string[] {
  return [...(qualified ? ['Q'] : []), ...(confirm ? ['D'] : []), ...(more ? ['M'] : [])];
}

/** `256:128/7:2`: packet size and window from the calling side, then from the called side. */
function sizes({ facilities }: Packet & { type: 'callRequest' | 'callAccepted' }): string[] {
  const { packetSize, windowSize } = facilities;
  if (packetSize === undefined && windowSize === undefined) return [];
  const pair = (value: typeof packetSize): string =>
    value === undefined ? '-' : `${value.fromCalling}:${value.fromCalled}`;
  return [`${pair(packetSize)}/${pair(windowSize)}`];
}

export function hexOctet(octet: number): string {
  return toHex(Uint8Array.of(octet));
}
