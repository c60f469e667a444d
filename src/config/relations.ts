import { type IncomingRule, numberToCall, type RouteRule } from '../routing/index.js';
import type { LinkConfiguration, PeerConfiguration } from './configuration.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { describeValue } from './read.js';

/** Something of the file that could be read by itself, and where it stands. */
export interface Placed<Value> {
  readonly path: KeyPath;
  readonly value: Value;
}

export interface Parts {
  readonly links: readonly Placed<LinkConfiguration>[];
  readonly peers: readonly Placed<PeerConfiguration>[];
  readonly incoming: readonly Placed<IncomingRule>[];
  readonly routes: readonly Placed<RouteRule>[];
}

const LONGEST_ADDRESS = 15; // digits, X.25 §5.2.1.1

/**
 * What holds between the parts of a file. Names are looked up as written, so that a link with a fault of its own does
 * not make every peer on it a fault as well.
 */
export function checkRelations(parts: Parts, problems: ProblemList): void {
  for (const list of ['link', 'peer', 'incoming']) refuseSame(list, 'name', problems);
  refuseSame('link', 'path', problems);
  for (const peer of parts.peers) {
    checkNames(peer.value.links, 'link', [...peer.path, 'link'], problems);
    for (const link of parts.links)
      if (peer.value.links.includes(link.value.name)) checkPeerOnLink(peer, link.value, problems);
  }
  for (const rule of parts.incoming) checkIncoming(rule, parts.links, problems);
  for (const { value, path } of parts.routes)
    if (value.target.type === 'peers') checkNames(value.target.peers, 'peer', [...path, 'peer'], problems);
}

function namesIn(list: string, problems: ProblemList): string[] {
  return valuesIn(list, 'name', problems).map(({ value }) => value);
}

function valuesIn(list: string, key: string, problems: ProblemList): Placed<string>[] {
  const entries = problems.found([list]);
  return (Array.isArray(entries) ? entries : []).flatMap((_, index) => {
    const path = [list, index, key];
    const value = problems.found(path);
    return typeof value === 'string' ? [{ path, value }] : [];
  });
}

function refuseSame(list: string, key: string, problems: ProblemList): void {
  const seen = new Set<string>();
  for (const { path, value } of valuesIn(list, key, problems)) {
    if (seen.has(value))
      problems.refuse(path, `found ${describeValue(value)} a second time; allowed: another for each ${list}`);
    seen.add(value);
  }
}

function checkNames(names: readonly string[], list: string, path: KeyPath, problems: ProblemList): void {
  const known = namesIn(list, problems);
  const all = known.length === 0 ? `a ${list}, but there is none` : known.map(describeValue).join(', ');
  for (const name of new Set(names)) {
    if (!known.includes(name)) problems.refuse(path, `found ${describeValue(name)}; allowed: ${all}`);
    if (names.filter((other) => other === name).length > 1)
      problems.refuse(
        path,
        `found ${describeValue(name)} twice; allowed: each once, in the order to try them`,
      );
  }
}

function checkPeerOnLink(
  peer: Placed<PeerConfiguration>,
  link: LinkConfiguration,
  problems: ProblemList,
): void {
  const { value, path } = peer;
  const on = `on link ${describeValue(link.name)}`;
  const digits = numberToCall(value.nua, link.prefixes);
  if (digits.length > LONGEST_ADDRESS)
    problems.refuse(
      [...path, 'nua'],
      `makes ${digits.length} digits with the prefix ${on}; allowed: ${LONGEST_ADDRESS}`,
    );
  value.facilities.forEach(({ packetSize, windowSize }, index) => {
    const at = [...path, 'facilities', index];
    const { negotiation, maxPacketSize, maxWindow } = link.packet;
    if (!negotiation && (packetSize !== undefined || windowSize !== undefined))
      problems.refuse(at, `asks for facilities that are never sent ${on}: packet.negotiation is false there`);
    if (packetSize !== undefined && packetSize.fromCalling > maxPacketSize)
      problems.refuse(
        [...at, 'packet_size'],
        `found ${packetSize.fromCalling}; allowed ${on}: up to its packet.max_size, ${maxPacketSize}`,
      );
    if (windowSize !== undefined && windowSize.fromCalling > maxWindow)
      problems.refuse(
        [...at, 'window'],
        `found ${windowSize.fromCalling}; allowed ${on}: up to its packet.max_window, ${maxWindow}`,
      );
  });
}

function checkIncoming(
  { value: rule, path }: Placed<IncomingRule>,
  links: readonly Placed<LinkConfiguration>[],
  problems: ProblemList,
): void {
  if (rule.link !== undefined) checkNames([rule.link], 'link', [...path, 'link'], problems);
  if (rule.action.type !== 'reject') return;
  const { cause } = rule.action;
  // X.25 §5.2.4: a DTE may send 00 and 80-FF only.
  const dte = links.find(
    ({ value }) => value.role === 'dte' && (rule.link === undefined || rule.link === value.name),
  );
  if (dte !== undefined && cause >= 0x01 && cause <= 0x7f)
    problems.refuse(
      [...path, 'cause'],
      `found ${hexOctet(cause)}; allowed on link ${describeValue(dte.value.name)}, which is a DTE: 0x00 and 0x80 to 0xFF`,
    );
}

function hexOctet(octet: number): string {
  return `0x${octet.toString(16).toUpperCase().padStart(2, '0')}`;
}
