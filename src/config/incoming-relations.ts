import { startsWith } from '../core/index.js';
import type { IncomingRule } from '../routing/index.js';
import type { LinkConfiguration } from './configuration.js';
import type { Placed } from './entries.js';
import type { ProblemList } from './problem.js';
import { describeValue } from './read.js';
import { PAD_USER_DATA } from './schema/peer.js';

/** What an incoming rule may say depends on the links whose calls it is for. */
export function checkIncoming(
  rule: Placed<IncomingRule>,
  links: readonly Placed<LinkConfiguration>[],
  problems: ProblemList,
): void {
  const { link, action } = rule.value;
  const its = links.map(({ value }) => value).filter(({ name }) => link === undefined || link === name);
  checkUserData(rule, its, problems);
  checkFacilities(rule, its, problems);
  if (action.type === 'reject') {
    checkCause(rule, action.cause, its, problems);
    return;
  }
  if (action.relay) checkRelay(rule, its, problems);
  if (action.type === 'bridge') checkIdentity(rule, action, problems);
}

/** X.25 §5.2.4: a DTE may send 00 and 80-FF only. A PAD sends neither cause nor diagnostic: CLR takes none. */
function checkCause(
  { value: rule, path }: Placed<IncomingRule>,
  cause: number,
  links: readonly LinkConfiguration[],
  problems: ProblemList,
): void {
  const dte = links.find(isDte);
  if (dte !== undefined && cause >= 0x01 && cause <= 0x7f)
    problems.refuse(
      [...path, 'cause'],
      `found ${hexOctet(cause)}; allowed ${on(dte)}, which is a DTE: 0x00 and 0x80 to 0xFF`,
    );
  const pad = links.find(({ type }) => type === 'pad');
  if (pad === undefined || rule.link === undefined) return;
  for (const key of ['cause', 'diagnostic'])
    if (problems.found([...path, key]) !== undefined)
      problems.refuse([...path, key], `not allowed ${on(pad)}: the PAD is only told to clear, not why`);
}

/** Also where we are a DTE on some connections only. On XOT there are no roles (RFC 1613 §5): any cause is passed on. */
function isDte(link: LinkConfiguration): boolean {
  switch (link.type) {
    case 'serial':
      return link.packet.role !== 'dce';
    case 'modem': {
      // The packet layer's role changes with the link layer's.
      const changes = link.modem.answerAfterRings > 0 && link.answerRole !== link.role;
      return link.packet.role !== 'dce' || changes;
    }
    case 'xot':
    case 'pad':
      return false;
  }
}

function checkRelay(
  { value: rule, path }: Placed<IncomingRule>,
  links: readonly LinkConfiguration[],
  problems: ProblemList,
): void {
  const at = [...path, 'relay'];
  const open = links.find(({ vouched }) => !vouched);
  const verified = links.find((link) => link.type === 'xot');
  if (rule.calling?.text === '' && verified !== undefined)
    problems.refuse(
      at,
      `found true; allowed only for callers with a number: ${on(verified)} it is all that can be verified`,
    );
  if (open === undefined) return;
  const why =
    open.type === 'xot'
      ? 'anyone can write any number, since verify_calling is false'
      : 'whoever dials in can give any number';
  const advice = rule.link === undefined ? '; name the link that it is for in link' : '';
  problems.refuse(
    at,
    `found true; allowed only where the network vouches for the calling number: ${on(open)} ${why}${advice}`,
  );
}

/** A mail server that trusts this machine would relay for every caller that it takes for this machine. */
function checkIdentity(
  { path }: Placed<IncomingRule>,
  { identify, relay }: IncomingRule['action'] & { readonly type: 'bridge' },
  problems: ProblemList,
): void {
  const at = [...path, 'identify'];
  if (identify === 'none' && !relay)
    problems.refuse(
      at,
      'found "none"; allowed only with relay = true: the mail server would take every caller for this machine',
    );
  if (identify !== 'none' && problems.found(['gateway', 'caller_network']) === undefined)
    problems.refuse(
      at,
      `${describeValue(identify)} needs caller_network in [gateway], such as "fd25::/64": the addresses that callers get`,
    );
}

function checkUserData(
  { value: { link: named, userData }, path }: Placed<IncomingRule>,
  links: readonly LinkConfiguration[],
  problems: ProblemList,
): void {
  const pad = links.find(({ type }) => type === 'pad');
  if (named === undefined || pad === undefined || userData === undefined) return;
  const at = [...path, 'call_user_data'];
  if (!startsWith(PAD_USER_DATA, userData))
    problems.refuse(
      at,
      `found ${describeValue(problems.found(at))}; allowed ${on(pad)}: "01000000", which is all that a PAD takes and shows`,
    );
}

function checkFacilities(
  { value: { link: named }, path }: Placed<IncomingRule>,
  links: readonly LinkConfiguration[],
  problems: ProblemList,
): void {
  const pad = links.find(({ type }) => type === 'pad');
  if (named === undefined || pad === undefined) return;
  for (const key of ['cug', 'reverse_charging'])
    if (problems.found([...path, key]) !== undefined)
      problems.refuse([...path, key], `not allowed ${on(pad)}: a PAD shows no facilities of a call`);
}

function on({ name }: LinkConfiguration): string {
  return `on link ${describeValue(name)}`;
}

function hexOctet(octet: number): string {
  return `0x${octet.toString(16).toUpperCase().padStart(2, '0')}`;
}
