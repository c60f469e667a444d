/**
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng), as far as a capture of ours needs them. Pure: octets out.
 * All numbers are little-endian, as the byte-order magic of the section header says.
 *
 *     +--------------------+
 *     | block type         |
 *     | total length       |
 *     | body, options      |  each padded with zeros to 32 bits
 *     | total length again |  so that a file can be read backwards
 *     +--------------------+
 */
import { concat } from '../core/index.js';

const BLOCK = { sectionHeader: 0x0a0d0d0a, interfaceDescription: 1, enhancedPacket: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const MAJOR_VERSION = 1;
const MINOR_VERSION = 0;
/** A section that is written as it comes does not know its length. */
const LENGTH_UNKNOWN = 0xffff_ffff;
const NO_SNAP_LIMIT = 0;

const OPTION = {
  end: 0,
  comment: 1,
  hardware: 2, // in a section header
  application: 4,
  name: 2, // in an interface description
  description: 3,
  timestampResolution: 9,
  flags: 2, // in an enhanced packet
} as const;
const LONGEST_OPTION = 0xffff;
/** if_tsresol: time stamps count units of 10^-6 s. */
const MICROSECONDS = 6;
const DIRECTION_FLAGS = { received: 1, sent: 2 } as const;

export interface SectionDescription {
  /** What the capture was made on. */
  readonly hardware: string;
  /** What made it, with its version. */
  readonly application: string;
}

export interface InterfaceDescription {
  readonly name: string;
  readonly description: string;
  /** From the list of link-layer header types. */
  readonly linkType: number;
}

export interface CapturedPacket {
  /** Position of its interface description in the section, from 0. */
  readonly interfaceId: number;
  /** Milliseconds since 1970-01-01 UTC, fractions allowed. */
  readonly wallTime: number;
  readonly direction: 'sent' | 'received';
  readonly octets: Uint8Array;
  readonly comment?: string;
}

/** Section Header Block: the first of a file. */
export function sectionHeaderBlock(section: SectionDescription): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, BYTE_ORDER_MAGIC, true);
  view.setUint16(4, MAJOR_VERSION, true);
  view.setUint16(6, MINOR_VERSION, true);
  view.setUint32(8, LENGTH_UNKNOWN, true);
  view.setUint32(12, LENGTH_UNKNOWN, true);
  return block(BLOCK.sectionHeader, body, [
    textOption(OPTION.hardware, section.hardware),
    textOption(OPTION.application, section.application),
  ]);
}

/** Interface Description Block: one per link, before the first packet that names it. */
export function interfaceDescriptionBlock(description: InterfaceDescription): Uint8Array {
  const body = new Uint8Array(8);
  const view = new DataView(body.buffer);
  view.setUint16(0, description.linkType, true);
  view.setUint32(4, NO_SNAP_LIMIT, true);
  return block(BLOCK.interfaceDescription, body, [
    textOption(OPTION.name, description.name),
    textOption(OPTION.description, description.description),
    option(OPTION.timestampResolution, Uint8Array.of(MICROSECONDS)),
  ]);
}

/** Enhanced Packet Block. */
export function enhancedPacketBlock(packet: CapturedPacket): Uint8Array {
  const { octets } = packet;
  const body = new Uint8Array(20 + padded(octets.length));
  const view = new DataView(body.buffer);
  const microseconds = Math.round(packet.wallTime * 1000);
  view.setUint32(0, packet.interfaceId, true);
  view.setUint32(4, Math.floor(microseconds / 2 ** 32), true);
  view.setUint32(8, microseconds % 2 ** 32, true);
  view.setUint32(12, octets.length, true); // captured
  view.setUint32(16, octets.length, true); // on the line
  body.set(octets, 20);
  const flags = new Uint8Array(4);
  new DataView(flags.buffer).setUint32(0, DIRECTION_FLAGS[packet.direction], true);
  const options = [option(OPTION.flags, flags)];
  if (packet.comment !== undefined) options.push(textOption(OPTION.comment, packet.comment));
  return block(BLOCK.enhancedPacket, body, options);
}

function block(type: number, body: Uint8Array, options: readonly Uint8Array[]): Uint8Array {
  const content = concat([body, ...options, option(OPTION.end, new Uint8Array(0))]);
  const out = new Uint8Array(content.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, out.length, true);
  out.set(content, 8);
  view.setUint32(8 + content.length, out.length, true);
  return out;
}

function textOption(code: number, text: string): Uint8Array {
  return option(code, new TextEncoder().encode(text));
}

function option(code: number, value: Uint8Array): Uint8Array {
  if (value.length > LONGEST_OPTION) throw new RangeError(`option of ${value.length} octets`);
  const out = new Uint8Array(4 + padded(value.length));
  const view = new DataView(out.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  out.set(value, 4);
  return out;
}

/** Rounded up to 32 bits. */
function padded(length: number): number {
  return (length + 3) & ~3;
}
