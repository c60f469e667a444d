/**
 * X.25 packets in captured TCP (RFC 1613): Ethernet, Linux "any", raw IP and loopback; IPv4 and IPv6 without extension
 * headers. Segments are taken in the order of their numbers; what was lost to the capture loses the rest of its stream.
 */
import { concat } from '../core/index.js';
import type { CapturedRecord } from './capture-reader.js';

/** One XOT packet, and between whom. */
export interface XotPacket {
  /** `10.0.0.1:4000 > 10.0.0.2:1998`: the caller first. */
  readonly connection: string;
  /** Sent by whoever opened the connection. */
  readonly isFromCaller: boolean;
  readonly octets: Uint8Array;
}

export const XOT_PORT = 1998;

interface Segment {
  readonly from: string;
  readonly to: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly sequence: number;
  readonly isSyn: boolean;
  readonly payload: Uint8Array;
}

interface Stream {
  /** Number of the next octet. */
  next: number;
  /** What came and is not yet a whole packet. */
  rest: Uint8Array;
  /** Came too early, by number. */
  readonly early: Map<number, Uint8Array>;
  isLost: boolean;
}

const XOT_HEADER = 4;
/** Segments kept that came before their turn. */
const MOST_EARLY = 64;
/** A stream that is no XOT, or lost octets, is not followed any more. */
const LONGEST_PACKET = 4 + 4096;

/** Finds the XOT packets in captured TCP segments. */
export class XotStreams {
  readonly #streams = new Map<string, Stream>();

  /** @returns undefined when the record is no TCP segment from or to the XOT port. */
  read(record: CapturedRecord): XotPacket[] | undefined {
    const segment = segmentIn(record);
    if (segment === undefined || (segment.toPort !== XOT_PORT && segment.fromPort !== XOT_PORT))
      return undefined;
    const { from, to, fromPort, toPort } = segment;
    const isFromCaller = toPort === XOT_PORT;
    const [sender, receiver] = [`${from}:${fromPort}`, `${to}:${toPort}`];
    const connection = isFromCaller ? `${sender} > ${receiver}` : `${receiver} > ${sender}`;
    const stream = this.#streamOf(`${sender} ${receiver}`, segment);
    take(stream, segment);
    return packetsIn(stream).map((octets) => ({ connection, isFromCaller, octets }));
  }

  #streamOf(key: string, { sequence, isSyn }: Segment): Stream {
    const known = this.#streams.get(key);
    if (known !== undefined && !isSyn) return known;
    const next = isSyn ? (sequence + 1) >>> 0 : sequence;
    const stream: Stream = { next, rest: new Uint8Array(0), early: new Map(), isLost: false };
    this.#streams.set(key, stream);
    return stream;
  }
}

function take(stream: Stream, { sequence, payload }: Segment): void {
  if (payload.length === 0 || stream.isLost) return;
  // Numbers go round at 2^32: the difference, taken as signed, says which comes first.
  const ahead = (sequence - stream.next) | 0;
  if (ahead > 0) {
    stream.early.set(sequence, payload);
    if (stream.early.size > MOST_EARLY) stream.isLost = true;
    return;
  }
  if (payload.length + ahead <= 0) return; // repeated
  append(stream, payload.subarray(-ahead));
  for (let next = stream.early.get(stream.next); next !== undefined; next = stream.early.get(stream.next)) {
    stream.early.delete(stream.next);
    append(stream, next);
  }
}

function append(stream: Stream, octets: Uint8Array): void {
  stream.rest = concat([stream.rest, octets]);
  stream.next = (stream.next + octets.length) >>> 0;
}

/** Takes the packets that are whole out of a stream. */
function packetsIn(stream: Stream): Uint8Array[] {
  const packets: Uint8Array[] = [];
  while (stream.rest.length >= XOT_HEADER && !stream.isLost) {
    const [v1, v2, high = 0, low = 0] = stream.rest;
    const length = (high << 8) | low;
    if (v1 !== 0 || v2 !== 0 || length > LONGEST_PACKET) stream.isLost = true;
    if (stream.isLost || stream.rest.length < XOT_HEADER + length) break;
    packets.push(stream.rest.slice(XOT_HEADER, XOT_HEADER + length));
    stream.rest = stream.rest.subarray(XOT_HEADER + length);
  }
  return packets;
}

// ---------------------------------------------------------------- what is around TCP

/** Where IP begins, by link type. */
const IP_AT: Readonly<Record<number, number>> = {
  0: 4,
  1: 14,
  12: 0,
  14: 0,
  101: 0,
  113: 16,
  228: 0,
  229: 0,
  276: 20,
};
const ETHERNET = 1;
const VLAN = 0x8100;
const TCP = 6;

function segmentIn({ interface: { linkType }, octets }: CapturedRecord): Segment | undefined {
  const at = IP_AT[linkType];
  if (at === undefined) return undefined;
  const isTagged = linkType === ETHERNET && octets[12] === VLAN >> 8 && octets[13] === (VLAN & 0xff);
  const ip = octets.subarray(at + (isTagged ? 4 : 0));
  return (ip[0] ?? 0) >> 4 === 6 ? inIpv6(ip) : inIpv4(ip);
}

function inIpv4(ip: Uint8Array): Segment | undefined {
  const [first = 0, , high = 0, low = 0, , , fragment1 = 0, fragment2 = 0, , protocol] = ip;
  const headerLength = (first & 0x0f) * 4;
  // More fragments, or not the first.
  const isFragment = (((fragment1 << 8) | fragment2) & 0x3fff) !== 0;
  if (first >> 4 !== 4 || headerLength < 20 || protocol !== TCP || isFragment) return undefined;
  const address = (from: number): string => Array.from(ip.subarray(from, from + 4)).join('.');
  // A length of 0 is what a card that cuts segments itself has left there.
  const length = (high << 8) | low || ip.length;
  return inTcp(ip.subarray(headerLength, length), address(12), address(16));
}

function inIpv6(ip: Uint8Array): Segment | undefined {
  if (ip.length < 40 || ip[6] !== TCP) return undefined;
  const view = new DataView(ip.buffer, ip.byteOffset, ip.byteLength);
  const address = (from: number): string =>
    `[${Array.from({ length: 8 }, (_, i) => view.getUint16(from + 2 * i).toString(16)).join(':')}]`;
  return inTcp(ip.subarray(40, 40 + view.getUint16(4)), address(8), address(24));
}

function inTcp(tcp: Uint8Array, from: string, to: string): Segment | undefined {
  if (tcp.length < 20) return undefined;
  const view = new DataView(tcp.buffer, tcp.byteOffset, tcp.byteLength);
  const headerLength = (view.getUint8(12) >> 4) * 4;
  if (headerLength < 20) return undefined;
  return {
    from,
    to,
    fromPort: view.getUint16(0),
    toPort: view.getUint16(2),
    sequence: view.getUint32(4),
    isSyn: (view.getUint8(13) & 0x02) !== 0,
    payload: tcp.subarray(headerLength),
  };
}
