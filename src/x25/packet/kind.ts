import { flowTypeOf } from './flow.js';
import type { Modulo } from './header.js';
import type { Packet } from './packet.js';
import { isDataType, PACKET_TYPE } from './type.js';

/** What a packet claims to be, by its third octet alone: the rows of the state tables. */
export type PacketKind = Packet['type'] | 'registration' | 'noType' | 'unknownType';

const kinds = (modulo: Modulo): readonly PacketKind[] =>
  Array.from({ length: 256 }, (_, type) => kindOfType(type, modulo));
const KINDS: Readonly<Record<Modulo, readonly PacketKind[]>> = { 8: kinds(8), 128: kinds(128) };

function kindOfType(type: number, modulo: Modulo): PacketKind {
  if (isDataType(type)) return 'data';
  const flow = flowTypeOf(type, modulo);
  if (flow !== undefined) return flow;
  if (type === PACKET_TYPE.registrationRequest || type === PACKET_TYPE.registrationConfirmation)
    return 'registration';
  const known = Object.entries(PACKET_TYPE).find(([, value]) => value === type);
  return known === undefined ? 'unknownType' : (known[0] as Packet['type']);
}

/** @param type octet 3, undefined when the packet ends before it. */
export function kindOf(type: number | undefined, modulo: Modulo): PacketKind {
  return type === undefined ? 'noType' : (KINDS[modulo][type] ?? 'unknownType');
}
