import { describeError } from '../core/index.js';
import type { LookUp, LookUpMx, NameAnswer } from '../line/index.js';
import { orderMx } from '../routing/index.js';
import type { OwnHosts } from './own-hosts.js';

/** One address of a server that takes mail for a domain. */
export interface MailServer {
  /** Its name in DNS, which its certificate has to prove; for an address literal, the address. */
  readonly name: string;
  readonly address: string;
}

export type FoundServers =
  | { readonly ok: true; readonly servers: readonly MailServer[] }
  /** `reason` is like a reply: a code and an enhanced code come first. */
  | { readonly ok: false; readonly permanent: boolean; readonly reason: string };

export interface MailServerSearch {
  readonly lookUpMx: LookUpMx;
  readonly lookUp: LookUp;
  readonly own: OwnHosts;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
}

/** RFC 5321 §5.1: whoever waits for the next server must get one in the end; so only these are tried. */
const MOST_ADDRESSES = 10;

/** Finds the servers of a domain, in the order in which they are to be tried (RFC 5321 §5.1). Never rejects. */
export async function findMailServers(domain: string, search: MailServerSearch): Promise<FoundServers> {
  const [, ipv6, ipv4] = /^\[(?:ipv6:(.*)|(.*))\]$/i.exec(domain) ?? [];
  const literal = ipv6 ?? ipv4;
  if (literal !== undefined)
    return search.own.isOurAddress(literal) ? loops(domain) : found([{ name: literal, address: literal }]);
  const { records, failure } = await search.lookUpMx(domain);
  if (failure !== undefined) return unknown(domain, failure);
  const order = orderMx(domain, records, search.own.isOurName, search.random);
  switch (order.type) {
    case 'noMail':
      return refused(`556 5.1.10 ${domain} takes no mail: that is what its MX record says`); // RFC 7505 §4.2
    case 'loop':
      return loops(domain);
    case 'servers':
      return addressesOf(domain, order.groups, search);
  }
}

/** RFC 5321 §5.1: a server is also known to be us by its address; then it ends the list, and its equals go with it. */
async function addressesOf(
  domain: string,
  groups: readonly (readonly string[])[],
  { lookUp, own, random }: MailServerSearch,
): Promise<FoundServers> {
  const servers: MailServer[] = [];
  let failure: string | undefined;
  let isLoop = false;
  for (const group of groups) {
    const answers = await Promise.all(group.map((name) => answerOf(name, lookUp)));
    failure ??= answers.find((answer) => answer.failure !== undefined)?.failure;
    isLoop = answers.some(({ addresses }) => addresses.some(own.isOurAddress));
    if (isLoop) break;
    for (const { name, addresses } of answers)
      servers.push(...inTurn(addresses, random).map((address) => ({ name, address })));
    if (servers.length >= MOST_ADDRESSES) break;
  }
  if (servers.length > 0) return found(servers.slice(0, MOST_ADDRESSES));
  if (failure !== undefined) return unknown(domain, failure);
  // RFC 5321 §5.1: with MX records that lead nowhere, the domain's own address does not count.
  return isLoop
    ? loops(domain)
    : refused(`550 5.1.2 ${domain} has no mail server: DNS knows no address of it`);
}

async function answerOf(name: string, lookUp: LookUp): Promise<NameAnswer & { readonly name: string }> {
  try {
    return { name, ...(await lookUp(name)) };
  } catch (error) {
    return { name, addresses: [], failure: describeError(error) };
  }
}

/** IPv6 and IPv4 by turns, each in any order: where one of the two does not work, the other is near. */
function inTurn(addresses: readonly string[], random: () => number): string[] {
  const shuffled = addresses
    .map((address) => ({ address, random: random() }))
    .toSorted((a, b) => a.random - b.random)
    .map(({ address }) => address);
  const ipv6 = shuffled.filter((address) => address.includes(':'));
  const ipv4 = shuffled.filter((address) => !address.includes(':'));
  return Array.from({ length: Math.max(ipv6.length, ipv4.length) }, (_, i) => [ipv6[i], ipv4[i]])
    .flat()
    .filter((address) => address !== undefined);
}

function found(servers: readonly MailServer[]): FoundServers {
  return { ok: true, servers };
}

function refused(reason: string): FoundServers {
  return { ok: false, permanent: true, reason };
}

function loops(domain: string): FoundServers {
  return refused(`554 5.4.6 mail for ${domain} loops back to this gateway`);
}

function unknown(domain: string, failure: string): FoundServers {
  return {
    ok: false,
    permanent: false,
    reason: `451 4.4.3 DNS does not tell where mail for ${domain} goes: ${failure}`,
  };
}
