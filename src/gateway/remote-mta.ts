import { isIP } from 'node:net';
import type { PeerConfiguration } from '../config/index.js';
import { parseDestination } from '../routing/index.js';

/**
 * What a report calls the other end of a destination (RFC 3464 §2.3.5).
 *
 * @returns undefined where there are several: the spool does not keep which of them it was.
 */
export function remoteMta(destination: string, peers: readonly PeerConfiguration[]): string | undefined {
  const parsed = parseDestination(destination);
  if (parsed !== undefined && 'host' in parsed) return `dns; ${nameOf(parsed.host)}`;
  if (parsed?.type === 'nua') return `x-x25; ${parsed.nua}`;
  if (parsed?.type !== 'peers') return undefined;
  const [name, ...others] = parsed.peers;
  const peer = peers.find((candidate) => candidate.name === name);
  return peer === undefined || others.length > 0 ? undefined : `x-x25; ${peer.nua}`;
}

/** RFC 5321 §4.1.3: an address literal where it is no name. */
function nameOf(host: string): string {
  const version = isIP(host);
  if (version === 0) return host;
  return version === 4 ? `[${host}]` : `[IPv6:${host}]`;
}
