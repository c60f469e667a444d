import ipaddr from 'ipaddr.js';
import { concat, fromAscii } from '../core/index.js';

/** Who calls whom, as the PROXY protocol tells it. */
export interface ProxiedCall {
  /** IPv6 addresses. */
  readonly source: string;
  readonly destination: string;
  /** The caller's number; v2 carries it as it is. */
  readonly nua: string;
}

const PORT = { source: 0, destination: 25 } as const;

/** PROXY protocol, version 1: one line of text. A call has no port of its own; 0 stands for it. */
export function proxyHeaderV1({ source, destination }: ProxiedCall): Uint8Array {
  return fromAscii(`PROXY TCP6 ${source} ${destination} ${PORT.source} ${PORT.destination}\r\n`);
}

export const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const VERSION_2_PROXY = 0x21;
const TCP_OVER_IPV6 = 0x21;
/** The first type that is free for applications (PP2_TYPE_MIN_CUSTOM). */
export const NUA_TYPE = 0xe0;

/**
 * PROXY protocol, version 2:
 *   1-12   signature
 *   13     version 2, command PROXY
 *   14     IPv6, stream
 *   15-16  length of what follows
 *   17-52  source address, destination address, source port, destination port
 *   53-    TLV E0: the caller's number in ASCII digits; empty when it gave none
 */
export function proxyHeaderV2({ source, destination, nua }: ProxiedCall): Uint8Array {
  const body = concat([
    addressOctets(source),
    addressOctets(destination),
    twoOctets(PORT.source),
    twoOctets(PORT.destination),
    Uint8Array.of(NUA_TYPE),
    twoOctets(nua.length),
    fromAscii(nua),
  ]);
  return concat([Uint8Array.of(...SIGNATURE, VERSION_2_PROXY, TCP_OVER_IPV6), twoOctets(body.length), body]);
}

function addressOctets(address: string): Uint8Array {
  return Uint8Array.from(ipaddr.IPv6.parse(address).toByteArray());
}

function twoOctets(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}
