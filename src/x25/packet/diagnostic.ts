import { type Decoded, decoded, fault } from '../../core/index.js';
import { HEADER_LENGTH, type Modulo, startPacket } from './header.js';
import { PACKET_TYPE } from './type.js';

/**
 * DIAGNOSTIC, from a DCE, on channel 0 (X.25 §5.6).
 *  3 | 1   1   1   1   0   0   0   1 |
 *  4 | diagnostic                    |
 *  5 | the first three octets of the packet that was wrong, as far as it had them |
 */
export interface DiagnosticPacket {
  readonly type: 'diagnostic';
  readonly channel: 0;
  readonly diagnostic: number;
  readonly explanation: Uint8Array;
}

const MOST_EXPLANATION = 3;

export function encodeDiagnostic(packet: DiagnosticPacket, modulo: Modulo): Uint8Array {
  const explanation = packet.explanation.subarray(0, MOST_EXPLANATION);
  const length = HEADER_LENGTH + 1 + explanation.length;
  const out = startPacket(modulo, 0, PACKET_TYPE.diagnostic, length);
  out[HEADER_LENGTH] = packet.diagnostic;
  out.set(explanation, HEADER_LENGTH + 1);
  return out;
}

export function decodeDiagnostic(packet: Uint8Array): Decoded<DiagnosticPacket, 'tooShort'> {
  const diagnostic = packet[HEADER_LENGTH];
  if (diagnostic === undefined) return fault('tooShort');
  const explanation = packet.slice(HEADER_LENGTH + 1, HEADER_LENGTH + 1 + MOST_EXPLANATION);
  return decoded({ type: 'diagnostic', channel: 0, diagnostic, explanation });
}
