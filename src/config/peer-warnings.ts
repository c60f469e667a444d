import { haveLetters } from '../pad/index.js';
import type { Configuration, LinkConfiguration, PeerConfiguration } from './configuration.js';
import { channelsToCallOn } from './link-warnings.js';
import type { ProblemList } from './problem.js';
import { routerFor } from './routers.js';
import { formatDuration } from './units.js';

export function warnOfPeer(
  peer: PeerConfiguration,
  index: number,
  configuration: Configuration,
  problems: ProblemList,
): void {
  const its = configuration.links.filter(({ name }) => peer.links.includes(name));
  const channels = its.reduce((sum, link) => sum + channelsToCallOn(link), 0);
  if (channels > 0 && peer.maxCircuits > channels)
    problems.warn(
      ['peer', index, 'calls', 'max_circuits'],
      `${peer.maxCircuits} is more than its links have channels to call on, ${channels}`,
    );
  for (const link of its) {
    if (link.nua === peer.nua)
      problems.warn(['peer', index, 'nua'], `is our own number on link "${link.name}"`);
    warnOfTime(peer, index, link, problems);
    const obstacle = isCalled(peer, configuration) ? findObstacle(peer, link) : undefined;
    if (obstacle !== undefined)
      problems.warn(['peer', index, 'link'], `can't be called on link "${link.name}": ${obstacle}`);
  }
  warnOfFacilities(peer, index, its, problems);
  const { callRules } = peer;
  if (
    callRules !== undefined &&
    callRules.minMessages > 1 &&
    callRules.maxWaitMs >= configuration.queue.maxAgeMs
  )
    problems.warn(
      ['peer', index, 'calls', 'max_wait'],
      'is not less than queue.max_age: a message that is alone is returned without a call',
    );
  warnOfFetching(peer, index, configuration, problems);
  if ((peer.terms?.tls ?? 'none') !== 'none' && configuration.listen.tls === undefined)
    problems.warn(
      ['peer', index, 'tls'],
      'counts for our calls only: without [listen.tls] its calls come in the clear',
    );
  const same = configuration.peers.slice(0, index).find((other) => sharesCaller(other, peer));
  if (same !== undefined)
    problems.warn(
      ['peer', index],
      `its callers are taken for peer "${same.name}", which has the same number`,
    );
}

function warnOfFacilities(
  peer: PeerConfiguration,
  index: number,
  its: readonly LinkConfiguration[],
  problems: ProblemList,
): void {
  const pad = its.find(({ type }) => type === 'pad');
  peer.facilities.forEach((set, nth) => {
    const at = ['peer', index, 'facilities', nth];
    if (set.fastSelect === 'restricted')
      problems.warn(
        [...at, 'fast_select'],
        'a call with restricted fast select can not be accepted: no mail passes',
      );
    if (pad !== undefined && !haveLetters(set))
      problems.warn(at, `can't be asked for on link "${pad.name}": a PAD has no letters for it`);
  });
  const asksForSizes = peer.facilities.some(({ packetSize, windowSize }) => packetSize ?? windowSize);
  if (asksForSizes && its.length > 0 && its.every(({ type }) => type === 'pad'))
    problems.warn(
      ['peer', index, 'facilities'],
      'has no effect: a PAD can ask for neither packet nor window size',
    );
}

function warnOfFetching(
  { users, fetch }: PeerConfiguration,
  index: number,
  { relay, usersFile }: Configuration,
  problems: ProblemList,
): void {
  if (users.length > 0 && usersFile === undefined)
    problems.warn(['peer', index, 'users'], 'nobody can log in: there is no [auth]');
  if (fetch === undefined) return;
  if (relay.domains.length === 0)
    problems.warn(['peer', index, 'fetch'], 'what comes would be refused: relay.domains is empty');
  fetch.domains.forEach((domain, nth) => {
    if (!relay.domains.some((pattern) => pattern.match(domain) !== undefined))
      problems.warn(
        ['peer', index, 'fetch_domains', nth],
        `${domain} is not among relay.domains: its mail would come, be refused and be returned`,
      );
  });
}

/** Others only call us. */
function isCalled({ name }: PeerConfiguration, { routes, bridges }: Configuration): boolean {
  return (
    bridges.some(({ peer }) => peer === name) ||
    routes.some(({ target }) => target.type === 'peers' && target.peers.includes(name))
  );
}

function findObstacle({ nua }: PeerConfiguration, link: LinkConfiguration): string | undefined {
  if (link.type === 'modem' && link.dial === undefined && !link.callsOnAnswered)
    return 'it never dials, and calls_on_answered is false';
  if (link.type === 'xot' && routerFor(link, nua) === undefined) return `it has no router for ${nua}`;
  return undefined;
}

function warnOfTime(
  { timers }: PeerConfiguration,
  index: number,
  link: LinkConfiguration,
  problems: ProblemList,
): void {
  const [timer, limit] =
    link.type === 'pad' ? ['timers.call', link.timers.callMs] : ['T21', link.packet.timers.t21];
  if (limit > 0 && timers.callAcceptMs > limit)
    problems.warn(
      ['peer', index, 'timers', 'call_accept'],
      `never runs out: ${timer} of link "${link.name}" clears the call after ${formatDuration(limit)}`,
    );
}

function sharesCaller(one: PeerConfiguration, other: PeerConfiguration): boolean {
  const patterns = new Set(one.calling.map(({ text }) => text));
  return (
    one.links.some((link) => other.links.includes(link)) &&
    other.calling.some(({ text }) => patterns.has(text))
  );
}
