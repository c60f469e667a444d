import { flowTypeOf } from './flow.js';
import type { Packet } from './packet.js';
import { isDataType, PACKET_TYPE } from './type.js';

/** What a packet claims to be, by its third octet alone: the rows of the state tables. */
export type PacketKind = Packet['type'] | 'registration' | 'noType' | 'unknownType';

const KINDS: readonly PacketKind[] = Array.from({ length: 256 }, (_, type) => kindOfType(type));

function kindOfType(type: number): PacketKind {
  if (isDataType(type)) return 'data';
  const flow = flowTypeOf(type);
  if (flow !== undefined) return flow;
  if (type === PACKET_TYPE.registrationRequest || type === PACKET_TYPE.registrationConfirmation)
    return 'registration';
  const known = Object.entries(PACKET_TYPE).find(([, value]) => value === type);
  return known === undefined ? 'unknownType' : (known[0] as Packet['type']);
}

/** @param type octet 3, undefined when the packet ends before it. */
export function kindOf(type: number | undefined): PacketKind {
  return type === undefined ? 'noType' : (KINDS[type] ?? 'unknownType');
}
