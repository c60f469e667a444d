import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import type { EnhancedReply } from '../smtp/index.js';
import { type Destination, destinationKey } from './destination.js';
import type { KnownRecipients } from './known-recipients.js';
import type { MailboxPath } from './mailbox-path.js';
import type { Captures, Pattern } from './pattern.js';
import type { Template } from './template.js';

/** Where mail for a domain goes. The first rule whose pattern fits decides. */
export interface RouteRule {
  readonly domain: Pattern;
  readonly target: RouteTarget;
  /** Who exists there; absent: nobody knows. */
  readonly recipients?: KnownRecipients;
}

/** A server whose host is made of what the pattern captured. */
export interface ServerTarget {
  readonly type: 'smtp' | 'lmtp';
  readonly host: Template;
  readonly port: number;
  /** Default: `USUAL_TERMS`. */
  readonly terms?: ServerTerms;
}

export type RouteTarget =
  /** Names of peers, tried in order. */
  | { readonly type: 'peers'; readonly peers: readonly string[] }
  | ServerTarget
  /** SMTP hosts, at least two, tried in order. */
  | { readonly type: 'hosts'; readonly hosts: readonly ServerTarget[] }
  /** Absolute path of the socket of an LMTP server. */
  | { readonly type: 'lmtpSocket'; readonly path: string }
  /** A number that is made of the domain, and the links it is called on, tried in order. */
  | { readonly type: 'nua'; readonly nua: Template; readonly links: readonly string[] }
  /** The servers that DNS names for the domain. `tls` is not `implicit`, and there is no login. */
  | { readonly type: 'mx'; readonly terms?: ServerTerms }
  /** An absolute path. Where it is not always the same, the route knows its recipients: else any address makes a mailbox. */
  | { readonly type: 'maildir'; readonly path: MailboxPath }
  /** It waits until this user fetches it. */
  | { readonly type: 'user'; readonly user: string }
  /** `status` is an enhanced status code, `5.1.2` or `4.3.0`. */
  | { readonly type: 'refused'; readonly status: string; readonly text: Template };

/** How an SMTP server is spoken to. */
export interface ServerTerms {
  readonly tls: TlsPolicy;
  /** File (PEM) of the signers whose certificates count, in place of those that the system knows. */
  readonly trusted?: string;
  /** Who we are there; the password is the first line of the file. Only where the host is always the same. */
  readonly login?: { readonly user: string; readonly passwordFile: string };
  /** What a domain says of its servers binds us (RFC 8461). Only with MX. */
  readonly sts?: boolean;
}

/**
 * From the loosest to the strictest.
 *
 *   none      never
 *   may       where it is offered; whoever answers will do (RFC 7435), and where it fails, in the clear
 *   must      no mail without it; whoever answers will do
 *   verify    no mail without it, nor to a server whose certificate does not prove that it has the name
 *   implicit  as `verify`, and TLS comes first of all (RFC 8314)
 */
export const TLS_POLICIES = ['none', 'may', 'must', 'verify', 'implicit'] as const;
export type TlsPolicy = (typeof TLS_POLICIES)[number];

export const USUAL_TERMS: ServerTerms = { tls: 'may' };

export type RouteDecision = Destination | { readonly type: 'refused'; readonly reply: EnhancedReply };

/** Domain -> destination. Knows nothing of who may send there: see `RelayPolicy`. */
export class Router {
  readonly #rules: readonly RouteRule[];

  constructor(rules: readonly RouteRule[]) {
    this.#rules = rules;
  }

  /** @param address without brackets; a report's way back is found the same way. */
  route(address: string): RouteDecision {
    const domain = domainOf(address);
    if (domain === undefined)
      return refused('5.1.3', `${address === '' ? 'an empty address' : address} has no domain`);
    for (const { domain: pattern, target, recipients } of this.#rules) {
      const captures = pattern.match(domain);
      if (captures === undefined) continue;
      if (recipients?.has(address) === false) return refused('5.1.1', `nobody known as ${address}`);
      return decide(target, captures, splitAt(address, domain));
    }
    return refused('5.1.2', `no route to ${domain}`);
  }

  /** As the spool names it; undefined where an address has no route. */
  keyFor(address: string): string | undefined {
    const decision = this.route(address);
    return decision.type === 'refused' ? undefined : destinationKey(decision);
  }

  /** Where mail for a domain goes, whoever exists there; undefined where it goes nowhere. */
  destinationOf(domain: string): Destination | undefined {
    for (const { domain: pattern, target } of this.#rules) {
      const captures = pattern.match(domain);
      if (captures === undefined) continue;
      const decision = decide(target, captures, { local: '', domain });
      return decision.type === 'refused' ? undefined : decision;
    }
    return undefined;
  }

  /**
   * How a server is spoken to, whichever route leads there: the strictest terms of all that can, since the queue remembers
   * where mail goes and not by which route. To the servers of a domain leads its own route.
   */
  termsFor(destination: Destination): ServerTerms {
    if (destination.type === 'mx') return this.#termsForMx(destination.domain);
    if (destination.type !== 'smtp' && destination.type !== 'lmtp') return USUAL_TERMS;
    const { type, host, port } = destination;
    const terms = this.#rules
      .flatMap(({ target }) => serversOf(target))
      .filter((server) => server.type === type && server.port === port && server.host.canMake(host))
      .map((server) => server.terms ?? USUAL_TERMS);
    const strictness = ({ tls }: ServerTerms): number => TLS_POLICIES.indexOf(tls);
    const strictest = terms.reduce(
      (one, other) => (strictness(other) > strictness(one) ? other : one),
      terms[0] ?? USUAL_TERMS,
    );
    const login = terms.find((each) => each.login !== undefined)?.login;
    return login === undefined ? strictest : { ...strictest, login };
  }

  #termsForMx(name: string): ServerTerms {
    for (const { domain, target } of this.#rules)
      if (target.type === 'mx' && domain.match(name) !== undefined) return target.terms ?? USUAL_TERMS;
    return USUAL_TERMS;
  }
}

/** The servers that a route names. */
export function serversOf(target: RouteTarget): readonly ServerTarget[] {
  switch (target.type) {
    case 'smtp':
    case 'lmtp':
      return [target];
    case 'hosts':
      return target.hosts;
    default:
      return [];
  }
}

/** What stands behind the last @, as written; undefined when there is nothing. */
export function domainOf(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  return at < 0 || at === address.length - 1 ? undefined : address.slice(at + 1);
}

interface AddressParts {
  readonly local: string;
  readonly domain: string;
}

function splitAt(address: string, domain: string): AddressParts {
  return { local: address.slice(0, -domain.length - 1), domain };
}

function decide(target: RouteTarget, captures: Captures, { local, domain }: AddressParts): RouteDecision {
  switch (target.type) {
    case 'peers':
    case 'lmtpSocket':
    case 'user':
      return target;
    case 'hosts': {
      const decisions = target.hosts.map((host) => decide(host, captures, { local, domain }));
      const hosts = decisions.flatMap((one) => (one.type === 'smtp' ? [{ ...one, type: one.type }] : []));
      const [refusal] = decisions.filter(({ type }) => type === 'refused');
      return refusal ?? { type: 'hosts', hosts };
    }
    case 'smtp':
    case 'lmtp': {
      const host = target.host.expand(captures);
      // What a template makes of a stranger's address is not a host until it looks like one.
      if (!isHost(host)) return refused('5.1.2', `no route to ${domain}`);
      return { type: target.type, host, port: target.port };
    }
    case 'nua': {
      const nua = target.nua.expand(captures);
      if (!/^\d{1,15}$/.test(nua)) return refused('5.1.2', `${domain} makes no X.25 number`);
      return { type: 'nua', nua, links: target.links };
    }
    case 'mx': {
      const found = mailDomain(domain);
      return found === undefined ? refused('5.1.2', `no route to ${domain}`) : { type: 'mx', domain: found };
    }
    case 'maildir': {
      const path = target.path.expand(captures, local);
      if (path === undefined) return refused('5.1.1', `nobody known as ${local}@${domain}`);
      return { type: 'maildir', path };
    }
    case 'refused':
      return refused(target.status, target.text.expand(captures));
  }
}

/** A domain as DNS knows it (RFC 6531 §3.2), or an address literal that holds an IP address; in lower case. */
function mailDomain(domain: string): string | undefined {
  const name = domain.toLowerCase();
  const [, ipv6, ipv4 = ''] = /^\[(?:ipv6:(.*)|(.*))\]$/.exec(name) ?? [];
  if (ipaddr.IPv4.isValidFourPartDecimal(ipv4) || (ipv6 !== undefined && ipaddr.IPv6.isValid(ipv6)))
    return name;
  // What is ASCII is no business of a function that reads URLs, where 0x7f.1 is an address.
  const ascii = /^[\0-\x7f]*$/.test(name) ? name : domainToASCII(name);
  return !ascii.includes(':') && isHost(ascii) ? ascii : undefined;
}

/** A host name, an IPv4 address, or an IPv6 address without brackets. */
export function isHost(text: string): boolean {
  if (text.includes(':')) return /^[0-9a-f:.]+$/i.test(text);
  return (
    text.length <= 253 && text.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/i.test(label))
  );
}

function refused(status: string, text: string): RouteDecision {
  return { type: 'refused', reply: { code: status.startsWith('4') ? 450 : 550, status, text } };
}
