import { type Decoded, decoded, fault } from '../../core/index.js';
import { channelOf, HEADER_LENGTH, type Modulo, startPacket } from './header.js';
import { PACKET_TYPE } from './type.js';

/** INTERRUPT (X.25 §5.3.2): 1 to 32 octets of user data after octet 3. */
export interface InterruptPacket {
  readonly type: 'interrupt';
  readonly channel: number;
  readonly payload: Uint8Array;
}

/** INTERRUPT CONFIRMATION (X.25 §5.3.3): three octets. */
export interface InterruptConfirmationPacket {
  readonly type: 'interruptConfirmation';
  readonly channel: number;
}

export const MOST_INTERRUPT_OCTETS = 32;

export function encodeInterrupt(packet: InterruptPacket, modulo: Modulo): Uint8Array {
  const length = HEADER_LENGTH + packet.payload.length;
  const out = startPacket(modulo, packet.channel, PACKET_TYPE.interrupt, length);
  out.set(packet.payload, HEADER_LENGTH);
  return out;
}

export function encodeInterruptConfirmation(packet: InterruptConfirmationPacket, modulo: Modulo): Uint8Array {
  return startPacket(modulo, packet.channel, PACKET_TYPE.interruptConfirmation);
}

export function decodeInterrupt(packet: Uint8Array): Decoded<InterruptPacket, 'tooShort' | 'tooLong'> {
  const [first = 0, second = 0] = packet;
  const payload = packet.slice(HEADER_LENGTH);
  if (payload.length === 0) return fault('tooShort');
  if (payload.length > MOST_INTERRUPT_OCTETS) return fault('tooLong');
  return decoded({ type: 'interrupt', channel: channelOf(first, second), payload });
}

export function decodeInterruptConfirmation(
  packet: Uint8Array,
): Decoded<InterruptConfirmationPacket, 'tooLong'> {
  const [first = 0, second = 0] = packet;
  if (packet.length > HEADER_LENGTH) return fault('tooLong');
  return decoded({ type: 'interruptConfirmation', channel: channelOf(first, second) });
}
