import { Pattern } from '../routing/index.js';
import { callRulesOf } from './call-rules.js';
import type { LinkConfiguration, PeerConfiguration } from './configuration.js';
import { isPad } from './entries.js';
import { readFacilitySet } from './facility-set.js';
import type { KeyPath } from './locate.js';
import { outgoingOf } from './outgoing.js';
import type { ProblemList } from './problem.js';
import { readPart } from './read.js';
import { PAD_USER_DATA, type PeerSettings, peerSchema, SMTP_USER_DATA } from './schema/peer.js';

/** `[[peer]]` @param folder where relative paths begin. */
export function readPeer(
  path: KeyPath,
  folder: string,
  problems: ProblemList,
): PeerConfiguration | undefined {
  const settings = readPart(peerSchema, path, problems);
  if (settings === undefined) return undefined;
  const isPadOnly = settings.link.every((link) => isPad(link, problems));
  const facilities = settings.facilities.map((set, index) =>
    readFacilitySet(set, [...path, 'facilities', index], problems),
  );
  return {
    ...peerOf(settings, isPadOnly, facilities),
    ...fetchOf(settings, path, problems),
    ...termsOf(settings, path, folder, problems),
    ...callRulesOf(settings, path, problems),
  };
}

/** A system of which only the number is known: all else is as if its `[[peer]]` said nothing of it. */
export function peerOfNumber(nua: string, links: readonly LinkConfiguration[]): PeerConfiguration {
  const settings = peerSchema.parse({ name: `nua ${nua}`, nua, link: links.map(({ name }) => name) });
  const isPadOnly = links.every(({ type }) => type === 'pad');
  return peerOf(settings, isPadOnly, [{}]);
}

/** Behind PADs only, calls come with what a PAD writes; on other links too, that is left away where a PAD writes it. */
function peerOf(
  settings: PeerSettings,
  isPadOnly: boolean,
  facilities: PeerConfiguration['facilities'],
): PeerConfiguration {
  const { name, nua, timers } = settings;
  return {
    name,
    nua,
    calling: settings.calling ?? [exactly(nua)],
    links: settings.link,
    userData: settings.call_user_data ?? (isPadOnly ? PAD_USER_DATA : SMTP_USER_DATA),
    facilities,
    timers: {
      callAcceptMs: timers.call_accept,
      serviceReadyMs: timers.service_ready,
      replyMs: timers.reply,
      quitMs: timers.quit,
    },
    maxCircuits: settings.calls.max_circuits,
    users: settings.users,
  };
}

function termsOf(
  settings: PeerSettings,
  path: KeyPath,
  folder: string,
  problems: ProblemList,
): Pick<PeerConfiguration, 'terms'> {
  const { tls, tls_name: tlsName } = settings;
  if (tls === 'none' && settings.auth === undefined) return {};
  if (tls === 'verify' && tlsName === undefined)
    problems.refuse(
      [...path, 'tls_name'],
      'missing; needed with tls = "verify": the name in its certificate',
    );
  return {
    terms: { tls, ...(tlsName !== undefined && { tlsName }), ...outgoingOf(settings, folder) },
  };
}

function fetchOf(
  { fetch: how, fetch_domains: domains, fetch_every: everyMs }: PeerSettings,
  path: KeyPath,
  problems: ProblemList,
): Pick<PeerConfiguration, 'fetch'> {
  if (how === 'none') {
    for (const key of ['fetch_domains', 'fetch_every'])
      if (problems.found([...path, key]) !== undefined)
        problems.refuse([...path, key], 'allowed only with fetch = "etrn" or "atrn"');
    return {};
  }
  if (how === 'etrn' && domains.length === 0)
    problems.refuse(
      [...path, 'fetch_domains'],
      'missing; needed with fetch = "etrn": the domains to ask for',
    );
  return { fetch: { how, domains, ...(everyMs !== undefined && { everyMs }) } };
}

function exactly(nua: string): Pattern {
  const parsed = Pattern.parse(nua);
  if (!parsed.ok) throw new Error(`a number that is no pattern: ${nua}`);
  return parsed.value;
}
