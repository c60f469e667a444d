import { type Pattern, type RouteRule, Router } from '../routing/index.js';
import type { Configuration, LinkConfiguration, PeerConfiguration } from './configuration.js';
import type { ProblemList } from './problem.js';
import { formatHostAndPort } from './schema/fields.js';
import { formatDuration } from './units.js';

/** What is allowed and will hurt all the same. */
export function warnOf(configuration: Configuration, problems: ProblemList): void {
  warnOfRelaying(configuration, problems);
  warnOfRoutes(configuration, problems);
  configuration.links.forEach((link, index) => {
    warnOfLink(link, index, configuration, problems);
  });
  configuration.peers.forEach((peer, index) => {
    warnOfPeer(peer, index, configuration, problems);
  });
  warnOfIncoming(configuration, problems);
  const [firstRetry = 0] = configuration.queue.retryMs;
  if (firstRetry >= configuration.queue.maxAgeMs)
    problems.warn(
      ['queue', 'max_age'],
      'is over before the first of queue.retry: mail is tried once and returned',
    );
}

function warnOfRelaying({ relay, listen, gateway, routes }: Configuration, problems: ProblemList): void {
  if (relay.networks.some((network) => network.isEverything))
    problems.warn(
      ['relay', 'networks'],
      'holds every address: an open relay, which strangers will find and which pays for their mail',
    );
  if (listen.smtp.length > 0 && relay.networks.length === 0 && relay.domains.length === 0)
    problems.warn(['relay'], 'no networks and no domains: nobody may send anything by listen.smtp');
  const router = new Router(routes);
  if (router.route(gateway.postmaster).type === 'refused')
    problems.warn(
      ['gateway', 'postmaster'],
      `${gateway.postmaster} has no route: mail to postmaster is refused`,
    );
  relay.domains.forEach((domain, index) => {
    if (domain.isExact && router.route(`postmaster@${domain.text}`).type === 'refused')
      problems.warn(['relay', 'domains', index], `${domain.text} has no route: its mail is refused`);
  });
}

function warnOfRoutes({ routes, listen }: Configuration, problems: ProblemList): void {
  const catchAll = routes.findIndex(({ domain }) => domain.isCatchAll);
  if (catchAll < 0)
    problems.warn(['route'], 'no route for "*": mail for all other domains is refused with 550 5.1.2');
  routes.forEach((route, index) => {
    if (catchAll >= 0 && index > catchAll)
      problems.warn(['route', index], 'is never reached: the route "*" stands before it');
    const own = listen.smtp.find((address) => isLoop(route, address));
    if (own !== undefined)
      problems.warn(
        ['route', index, 'smtp'],
        `is where we listen (${formatHostAndPort(own)}): mail would go in circles`,
      );
  });
}

const LOOPBACK = /^(localhost|127\..*|::1)$/i;
const EVERYWHERE = /^(0\.0\.0\.0|::)$/;

function isLoop({ target }: RouteRule, own: { host: string; port: number }): boolean {
  if (target.type !== 'smtp' || !target.host.isFixed || target.port !== own.port) return false;
  const host = target.host.expand([]).toLowerCase();
  return host === own.host.toLowerCase() || (EVERYWHERE.test(own.host) && LOOPBACK.test(host));
}

function warnOfLink(
  link: LinkConfiguration,
  index: number,
  { peers, incoming }: Configuration,
  problems: ProblemList,
): void {
  const isCalled = peers.some((peer) => peer.links.includes(link.name));
  const isAnswered = incoming.some(
    ({ link: name, action }) => action.type === 'engine' && (name === undefined || name === link.name),
  );
  if (!isCalled && !isAnswered)
    problems.warn(['link', index], 'no peer and no incoming rule uses it: every call on it is refused');
  if (isCalled && channelsToCallOn(link) === 0)
    problems.warn(
      ['link', index, 'packet', 'channels'],
      `a ${link.role.toUpperCase()} can't call on them, and peers are on this link`,
    );
}

/** How many calls of ours fit on a link: two-way channels, and those that are one-way for us. */
export function channelsToCallOn({ role, packet: { channels } }: LinkConfiguration): number {
  const ours = role === 'dte' ? channels.outgoing : channels.incoming;
  return [channels.twoWay, ours].reduce((sum, range) => sum + (range ? range[1] - range[0] + 1 : 0), 0);
}

function warnOfPeer(
  peer: PeerConfiguration,
  index: number,
  { links, peers }: Configuration,
  problems: ProblemList,
): void {
  const its = links.filter(({ name }) => peer.links.includes(name));
  const channels = its.reduce((sum, link) => sum + channelsToCallOn(link), 0);
  if (channels > 0 && peer.maxCircuits > channels)
    problems.warn(
      ['peer', index, 'calls', 'max_circuits'],
      `${peer.maxCircuits} is more than its links have channels to call on, ${channels}`,
    );
  for (const { name, nua, packet } of its) {
    if (nua === peer.nua) problems.warn(['peer', index, 'nua'], `is our own number on link "${name}"`);
    const { t21 } = packet.timers;
    if (t21 > 0 && peer.timers.callAcceptMs > t21)
      problems.warn(
        ['peer', index, 'timers', 'call_accept'],
        `never runs out: T21 of link "${name}" clears the call after ${formatDuration(t21)}`,
      );
  }
  const same = peers.slice(0, index).find((other) => sharesCaller(other, peer));
  if (same !== undefined)
    problems.warn(
      ['peer', index],
      `its callers are taken for peer "${same.name}", which has the same number`,
    );
}

function sharesCaller(one: PeerConfiguration, other: PeerConfiguration): boolean {
  const patterns = new Set(one.calling.map(({ text }) => text));
  return (
    one.links.some((link) => other.links.includes(link)) &&
    other.calling.some(({ text }) => patterns.has(text))
  );
}

function warnOfIncoming({ incoming }: Configuration, problems: ProblemList): void {
  const closed = incoming.findIndex(
    ({ link, calling, called, userData }) => !(link ?? calling ?? called ?? userData),
  );
  incoming.forEach(({ action, calling }, index) => {
    if (closed >= 0 && index > closed)
      problems.warn(['incoming', index], `is never reached: rule ${incoming[closed]?.name} fits every call`);
    if (action.type === 'engine' && action.relay && isAnyone(calling))
      problems.warn(['incoming', index, 'relay'], 'every caller may send anywhere: name who may in calling');
  });
}

/** No condition, `*`, or no number at all. */
function isAnyone(calling: Pattern | undefined): boolean {
  return calling === undefined || calling.isCatchAll || calling.text === '';
}
