import { isDeepStrictEqual } from 'node:util';
import { startsWith } from '../core/index.js';
import {
  type IncomingRule,
  numberToCall,
  type RewriteRule,
  type RouteRule,
  type ServerTerms,
  serversOf,
} from '../routing/index.js';
import type { PerDirection } from '../x25/index.js';
import { checkAddresses } from './addresses.js';
import type { BridgeConfiguration, LinkConfiguration, PeerConfiguration } from './configuration.js';
import { namesIn, type Placed, valuesIn } from './entries.js';
import { checkIncoming } from './incoming-relations.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { describeValue } from './read.js';
import { formatHostAndPort } from './schema/fields.js';
import { MAX_CALL_USER_DATA, PAD_USER_DATA } from './schema/peer.js';

export interface Parts {
  readonly links: readonly Placed<LinkConfiguration>[];
  readonly peers: readonly Placed<PeerConfiguration>[];
  readonly incoming: readonly Placed<IncomingRule>[];
  readonly bridges: readonly Placed<BridgeConfiguration>[];
  readonly routes: readonly Placed<RouteRule>[];
  readonly rewrites: readonly Placed<RewriteRule>[];
}

const LONGEST_ADDRESS = 15; // digits, X.25 §5.2.1.1

/**
 * What holds between the parts of a file. Names are looked up as written, so that a link with a fault of its own does
 * not make every peer on it a fault as well.
 */
export function checkRelations(parts: Parts, problems: ProblemList): void {
  for (const list of ['link', 'peer', 'incoming']) refuseSame(list, 'name', problems);
  refuseSame('link', 'path', problems);
  checkAddresses(problems);
  for (const peer of parts.peers) {
    checkUserDataLength(peer, problems);
    checkNames(peer.value.links, 'link', [...peer.path, 'link'], problems);
    const links = parts.links.filter(({ value }) => peer.value.links.includes(value.name));
    for (const link of links) checkPeerOnLink(peer, link.value, problems);
    checkLogin(peer, links, problems);
    checkBudget(
      peer,
      links.map(({ value }) => value),
      problems,
    );
  }
  for (const rule of parts.incoming) {
    const { link } = rule.value;
    if (link !== undefined) checkNames([link], 'link', [...rule.path, 'link'], problems);
    checkIncoming(rule, parts.links, problems);
  }
  for (const { value, path } of parts.bridges) checkNames([value.peer], 'peer', [...path, 'peer'], problems);
  checkServers(parts.routes, problems);
  for (const { value, path } of parts.rewrites)
    checkNames(value.peers ?? [], 'peer', [...path, 'peer'], problems);
  for (const { value, path } of parts.routes) {
    const { target } = value;
    if (target.type === 'peers') checkNames(target.peers, 'peer', [...path, 'peer'], problems);
    if (target.type === 'nua') checkNames(target.links, 'link', [...path, 'link'], problems);
  }
}

function refuseSame(list: string, key: string, problems: ProblemList): void {
  const seen = new Set<string>();
  for (const { path, value } of valuesIn(list, key, problems)) {
    if (seen.has(value))
      problems.refuse(path, `found ${describeValue(value)} a second time; allowed: another for each ${list}`);
    seen.add(value);
  }
}

/** The queue remembers where mail goes, not by which route: so all that lead to a server speak to it alike. */
function checkServers(routes: readonly Placed<RouteRule>[], problems: ProblemList): void {
  const first = new Map<string, { readonly terms: ServerTerms | undefined; readonly path: KeyPath }>();
  for (const { value, path } of routes)
    for (const { type, host, port, terms } of serversOf(value.target)) {
      const server = `${type} ${formatHostAndPort({ host: host.text.toLowerCase(), port })}`;
      const other = first.get(server);
      if (other === undefined) first.set(server, { terms, path });
      else if (!isDeepStrictEqual(other.terms, terms))
        problems.refuse(
          [...path, type],
          `is spoken to in another way by ${problems.describe(other.path)}; allowed: tls, tls_ca and auth alike in all routes to a server`,
        );
      else if (other.path === path)
        problems.refuse([...path, type], `${host.text}:${port} stands there twice`);
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

/** X.25 §5.2.2, §6.16: more goes out with fast select only, whichever set of facilities is tried. */
function checkUserDataLength({ value, path }: Placed<PeerConfiguration>, problems: ProblemList): void {
  const { length } = value.userData;
  if (length > MAX_CALL_USER_DATA && !value.facilities.every(({ fastSelect }) => fastSelect !== undefined))
    problems.refuse(
      [...path, 'call_user_data'],
      `found ${length} octets; allowed: ${MAX_CALL_USER_DATA}, more only with fast_select in each of facilities`,
    );
}

function checkPeerOnLink(
  peer: Placed<PeerConfiguration>,
  link: LinkConfiguration,
  problems: ProblemList,
): void {
  const { value, path } = peer;
  const digits = numberToCall(value.nua, link.prefixes);
  if (digits.length > LONGEST_ADDRESS)
    problems.refuse(
      [...path, 'nua'],
      `makes ${digits.length} digits with the prefix ${on(link)}; allowed: ${LONGEST_ADDRESS}`,
    );
  if (link.type === 'pad') checkUserDataOnPad(peer, link, problems);
  else checkFacilities(peer, link, problems);
}

/** What is spent is summed up: by one unit, and none of it unseen. */
function checkBudget(
  { value, path }: Placed<PeerConfiguration>,
  links: readonly LinkConfiguration[],
  problems: ProblemList,
): void {
  if (value.callRules?.budget?.cost === undefined) return;
  const at = [...path, 'calls', 'budget', 'cost'];
  const [first, ...others] = links;
  for (const link of links)
    if (link.tariff === undefined)
      problems.refuse(at, `needs prices: ${describeValue(link.name)} among its links has no [link.tariff]`);
  const other = others.find(({ tariff }) => tariff?.currency !== first?.tariff?.currency);
  if (first !== undefined && other !== undefined)
    problems.refuse(
      at,
      `its links ${describeValue(first.name)} and ${describeValue(other.name)} have different currencies; allowed: one`,
    );
}

/** A password goes over no line on which others can read it. */
function checkLogin(
  { value: { terms }, path }: Placed<PeerConfiguration>,
  links: readonly Placed<LinkConfiguration>[],
  problems: ProblemList,
): void {
  const open = links.find(({ value }) => !value.isPrivate);
  if (terms?.login === undefined || terms.tls !== 'none' || open === undefined) return;
  problems.refuse(
    [...path, 'auth'],
    `found a login; allowed only with tls, or on links with private = true, which ${describeValue(open.value.name)} is not`,
  );
}

function checkFacilities(
  { value, path }: Placed<PeerConfiguration>,
  link: Exclude<LinkConfiguration, { readonly type: 'pad' }>,
  problems: ProblemList,
): void {
  const { maxPacketSize, maxWindow } = link.packet;
  const isNegotiated = link.type === 'xot' || link.packet.negotiation;
  value.facilities.forEach(({ packetSize, windowSize }, index) => {
    const at = [...path, 'facilities', index];
    if (!isNegotiated && (packetSize !== undefined || windowSize !== undefined))
      problems.refuse(
        at,
        `asks for facilities that are never sent ${on(link)}: packet.negotiation is false there`,
      );
    const size = largest(packetSize);
    if (size > maxPacketSize)
      problems.refuse(
        [...at, 'packet_size'],
        `found ${size}; allowed ${on(link)}: up to its packet.max_size, ${maxPacketSize}`,
      );
    const window = largest(windowSize);
    if (window > maxWindow)
      problems.refuse(
        [...at, 'window'],
        `found ${window}; allowed ${on(link)}: up to its packet.max_window, ${maxWindow}`,
      );
  });
}

function largest(value: PerDirection | undefined): number {
  return Math.max(value?.fromCalling ?? 0, value?.fromCalled ?? 0);
}

/** A `+` would end the selection, CR as well. */
const WRITTEN_BY_TERMINAL = /^[ -*,-~]*$/;

/** What a PAD writes by itself may stand in the file or not, where other links want something else there. */
function checkUserDataOnPad(
  { value, path }: Placed<PeerConfiguration>,
  link: LinkConfiguration,
  problems: ProblemList,
): void {
  const at = [...path, 'call_user_data'];
  const written = problems.found(at);
  const { userData, links } = value;
  const isShort = userData.length <= MAX_CALL_USER_DATA;
  const isAsPadWrites = startsWith(userData, PAD_USER_DATA) || written === undefined || links.length > 1;
  const rest = String.fromCharCode(...userData.subarray(PAD_USER_DATA.length));
  if (!isShort)
    problems.refuse(at, `found ${userData.length} octets; allowed ${on(link)}: ${MAX_CALL_USER_DATA}`);
  else if (!isAsPadWrites || !WRITTEN_BY_TERMINAL.test(rest))
    problems.refuse(
      at,
      `found ${describeValue(written)}; allowed ${on(link)}: "01000000", which a PAD writes by itself, and printable characters but "+" behind it`,
    );
}

function on({ name }: LinkConfiguration): string {
  return `on link ${describeValue(name)}`;
}
