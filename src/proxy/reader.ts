import ipaddr from 'ipaddr.js';
import { type Decoded, decoded, fault } from '../core/index.js';
import { NUA_TYPE, SIGNATURE } from './header.js';

/** What a proxy says of the connection that it passes on. */
export type Proxied =
  | {
      readonly type: 'client';
      /** An IPv4 or IPv6 address, as RFC 5952 writes it. */
      readonly address: string;
      readonly port: number;
      /** The X.25 number of the caller, where another x25mail has put it in. */
      readonly nua?: string;
    }
  /** The proxy speaks for itself (LOCAL, UNKNOWN): the connection's own address counts. */
  | { readonly type: 'itself' };

export interface ProxyHeader {
  readonly proxied: Proxied;
  /** Octets that the header takes up. */
  readonly length: number;
}

/** RFC-less, but written down: the PROXY protocol, §2.1 and §2.2. */
const MOST_V1_OCTETS = 107;
const V2_HEADER_OCTETS = 16;
/** More than the addresses and some TLVs is not waited for. */
const MOST_V2_BODY = 2048;

/**
 * Reads the header of either version from the first octets of a connection.
 * @returns undefined as long as more octets are needed; what is wrong, in words, when they are no such header.
 */
export function readProxyHeader(octets: Uint8Array): Decoded<ProxyHeader, string> | undefined {
  const known = Math.min(octets.length, SIGNATURE.length);
  const isV2 = SIGNATURE.slice(0, known).every((octet, i) => octet === octets[i]);
  if (isV2) return octets.length < V2_HEADER_OCTETS ? undefined : readV2(octets);
  return readV1(octets);
}

function readV1(octets: Uint8Array): Decoded<ProxyHeader, string> | undefined {
  const text = Buffer.from(octets.subarray(0, MOST_V1_OCTETS)).toString('latin1');
  const begin = 'PROXY ';
  if (!text.startsWith(begin.slice(0, text.length))) return fault('no PROXY header');
  const end = text.indexOf('\r\n');
  if (end < 0) return text.length < MOST_V1_OCTETS ? undefined : fault('PROXY line without an end');
  const length = end + 2;
  const words = text.slice(begin.length, end).split(' ');
  const [family = '', source = '', destination = '', port = ''] = words;
  if (family === 'UNKNOWN') return decoded({ proxied: { type: 'itself' }, length });
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined;
  if (isAddress === undefined || words.length !== 5 || !isAddress(source) || !isAddress(destination))
    return fault('bad PROXY line');
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return fault('bad port in the PROXY line');
  return decoded({ proxied: client(ipaddr.process(source), Number(port)), length });
}

function readV2(octets: Uint8Array): Decoded<ProxyHeader, string> | undefined {
  const [versionAndCommand = 0, family = 0, high = 0, low = 0] = octets.subarray(SIGNATURE.length);
  const bodyLength = (high << 8) | low;
  if (versionAndCommand >> 4 !== 2) return fault('unknown version of the PROXY protocol');
  if (bodyLength > MOST_V2_BODY) return fault(`PROXY header of ${bodyLength} octets`);
  const length = V2_HEADER_OCTETS + bodyLength;
  if (octets.length < length) return undefined;
  const body = octets.subarray(V2_HEADER_OCTETS, length);
  const command = versionAndCommand & 0x0f;
  if (command === 0) return decoded({ proxied: { type: 'itself' }, length });
  if (command !== 1) return fault('unknown command in the PROXY header');
  const addressOctets = ADDRESS_OCTETS[family >> 4];
  // §2.2: other families are passed over, and the connection's own address counts.
  if (addressOctets === undefined) return decoded({ proxied: { type: 'itself' }, length });
  const fixed = 2 * addressOctets + 4;
  if (body.length < fixed) return fault('PROXY header without its addresses');
  const address = ipaddr.fromByteArray([...body.subarray(0, addressOctets)]);
  const port = ((body[2 * addressOctets] ?? 0) << 8) | (body[2 * addressOctets + 1] ?? 0);
  return decoded({ proxied: client(address, port, numberIn(body.subarray(fixed))), length });
}

/** By the high half of the family octet: AF_INET, AF_INET6. */
const ADDRESS_OCTETS: Readonly<Record<number, number>> = { 1: 4, 2: 16 };

/** @param tlvs type, two octets of length, value; a value that is cut short ends them. */
function numberIn(tlvs: Uint8Array): string | undefined {
  for (let at = 0; at + 3 <= tlvs.length; ) {
    const length = ((tlvs[at + 1] ?? 0) << 8) | (tlvs[at + 2] ?? 0);
    const value = Buffer.from(tlvs.subarray(at + 3, at + 3 + length)).toString('latin1');
    if (tlvs[at] === NUA_TYPE && value.length === length && /^\d{0,15}$/.test(value)) return value;
    at += 3 + length;
  }
  return undefined;
}

function client(address: ipaddr.IPv4 | ipaddr.IPv6, port: number, nua?: string): Proxied {
  const plain =
    'isIPv4MappedAddress' in address && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
  const text = plain.kind() === 'ipv6' ? (plain as ipaddr.IPv6).toRFC5952String() : plain.toString();
  return { type: 'client', address: text, port, ...(nua !== undefined && { nua }) };
}

function isIPv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

function isIPv6(text: string): boolean {
  return ipaddr.IPv6.isValid(text);
}
