import type { Modulo } from './packet/header.js';
import { encodePacket, type Packet } from './packet/packet.js';

/** A packet ready to go. */
export interface OutgoingPacket {
  readonly type: Packet['type'];
  readonly octets: Uint8Array;
}

/** @throws RangeError when the packet holds what can't be written. */
export function outgoing(packet: Packet, modulo: Modulo): OutgoingPacket {
  return { type: packet.type, octets: encodePacket(packet, modulo) };
}

/** Packets of one channel, other than DATA, RR and RNR, that wait for the link to take them. */
export class Outbox {
  #packets: OutgoingPacket[] = [];

  get isEmpty(): boolean {
    return this.#packets.length === 0;
  }

  push(packet: OutgoingPacket): void {
    this.#packets.push(packet);
  }

  shift(): OutgoingPacket | undefined {
    return this.#packets.shift();
  }

  clear(): void {
    this.#packets.length = 0;
  }

  remove(...types: Packet['type'][]): void {
    this.#packets = this.#packets.filter(({ type }) => !types.includes(type));
  }

  keepOnly(type: Packet['type']): void {
    this.#packets = this.#packets.filter((packet) => packet.type === type);
  }
}
