import { type Pattern, Router, type ServerTarget, serversOf } from '../routing/index.js';
import type { BridgeConfiguration, Configuration } from './configuration.js';
import { isAnywhere, isThisMachine } from './hosts.js';
import { warnOfLink } from './link-warnings.js';
import { warnOfPeer } from './peer-warnings.js';
import type { ProblemList } from './problem.js';
import { takesMail } from './reach.js';
import { formatHostAndPort, type HostAndPort } from './schema/fields.js';

/** What is allowed and will hurt all the same. */
export function warnOf(configuration: Configuration, problems: ProblemList): void {
  warnOfRelaying(configuration, problems);
  if (takesMail(configuration)) warnOfMissingRoutes(configuration, problems);
  warnOfRoutes(configuration, problems);
  warnOfListeners(configuration, problems);
  configuration.links.forEach((link, index) => {
    warnOfLink(link, index, configuration, problems);
  });
  configuration.peers.forEach((peer, index) => {
    warnOfPeer(peer, index, configuration, problems);
  });
  warnOfIncoming(configuration, problems);
  configuration.bridges.forEach((bridge, index) => {
    warnOfBridge(bridge, index, problems);
  });
  const { http } = configuration.console;
  if (http !== undefined && !isThisMachine(http.host))
    problems.warn(
      ['console', 'http'],
      `${http.host} can be reached from elsewhere: whoever does may read who is called and what waits`,
    );
  const [firstRetry = 0] = configuration.queue.retryMs;
  if (firstRetry >= configuration.queue.maxAgeMs)
    problems.warn(
      ['queue', 'max_age'],
      'is over before the first of queue.retry: mail is tried once and returned',
    );
}

function warnOfRelaying({ relay, listen, routes }: Configuration, problems: ProblemList): void {
  if (relay.networks.some((network) => network.isEverything))
    problems.warn(
      ['relay', 'networks'],
      'holds every address: an open relay, which strangers will find and which pays for their mail',
    );
  if (listen.smtp.length > 0 && relay.networks.length === 0 && relay.domains.length === 0)
    problems.warn(['relay'], 'no networks and no domains: nobody may send anything by listen.smtp');
  const router = new Router(routes);
  relay.domains.forEach((domain, index) => {
    if (domain.isExact && router.route(`postmaster@${domain.text}`).type === 'refused')
      problems.warn(['relay', 'domains', index], `${domain.text} has no route: its mail is refused`);
  });
}

function warnOfMissingRoutes({ gateway, routes }: Configuration, problems: ProblemList): void {
  const { postmaster, hostname } = gateway;
  const decision = new Router(routes).route(postmaster);
  if (decision.type === 'refused')
    problems.warn(['gateway', 'postmaster'], `${postmaster} has no route: mail to postmaster is refused`);
  if (decision.type === 'mx' && decision.domain === hostname.toLowerCase())
    problems.warn(
      ['gateway', 'postmaster'],
      `${postmaster} is at our own host, and its route is mx: mail to postmaster would come back, and is refused`,
    );
  if (!routes.some(({ domain }) => domain.isCatchAll))
    problems.warn(['route'], 'no route for "*": mail for all other domains is refused with 550 5.1.2');
}

function warnOfListeners({ listen }: Configuration, problems: ProblemList): void {
  listen.submission.forEach(({ tls }, index) => {
    if (tls === 'none')
      problems.warn(
        ['listen', 'submission', index],
        'nobody can log in there, and so send anything: passwords go within TLS only, see [listen.tls]',
      );
  });
}

function warnOfRoutes({ routes, listen, usersFile }: Configuration, problems: ProblemList): void {
  const catchAll = routes.findIndex(({ domain }) => domain.isCatchAll);
  routes.forEach(({ target }, index) => {
    if (catchAll >= 0 && index > catchAll)
      problems.warn(['route', index], 'is never reached: the route "*" stands before it');
    const servers = serversOf(target);
    const own = servers
      .flatMap(fixedServerOf)
      .flatMap((server) => listen.smtp.find((address) => leadsTo(server, address)) ?? []);
    for (const address of own)
      problems.warn(
        ['route', index, 'smtp'],
        `is where we listen (${formatHostAndPort(address)}): mail would go in circles`,
      );
    for (const server of servers.slice(0, 1)) warnOfLogin(server, index, problems);
    if (target.type === 'user' && usersFile === undefined)
      problems.warn(['route', index, 'fetched_by'], 'nobody can log in to fetch it: there is no [auth]');
  });
}

function warnOfLogin({ terms }: ServerTarget, index: number, problems: ProblemList): void {
  if (terms?.login !== undefined && (terms.tls === 'may' || terms.tls === 'must'))
    problems.warn(
      ['route', index, 'auth'],
      'goes to whoever answers there: tls = "verify" makes sure that it is the server and nobody between',
    );
}

function fixedServerOf({ type, host, port }: ServerTarget): HostAndPort[] {
  return type === 'smtp' && host.isFixed ? [{ host: host.expand([]), port }] : [];
}

function leadsTo(server: HostAndPort, own: HostAndPort): boolean {
  const host = server.host.toLowerCase();
  return (
    server.port === own.port &&
    (host === own.host.toLowerCase() || (isAnywhere(own.host) && isThisMachine(host)))
  );
}

function warnOfIncoming({ incoming, listen, bridges }: Configuration, problems: ProblemList): void {
  const closed = incoming.findIndex(
    ({ link, calling, called, userData, closedUserGroups }) =>
      !(link ?? calling ?? called ?? userData ?? closedUserGroups),
  );
  const ours = [...listen.smtp, ...bridges.map((bridge) => bridge.listen)];
  incoming.forEach(({ action, calling }, index) => {
    if (closed >= 0 && index > closed)
      problems.warn(['incoming', index], `is never reached: rule ${incoming[closed]?.name} fits every call`);
    if (action.type !== 'reject' && action.relay && isAnyone(calling))
      problems.warn(['incoming', index, 'relay'], 'every caller may send anywhere: name who may in calling');
    if (action.type !== 'bridge') return;
    const own = ours.find((address) => leadsTo(action.smtp, address));
    if (own !== undefined)
      problems.warn(
        ['incoming', index, 'smtp'],
        `is where we listen (${formatHostAndPort(own)}): the call would come back to us`,
      );
  });
}

/** No condition, `*`, or no number at all. */
function isAnyone(calling: Pattern | undefined): boolean {
  return calling === undefined || calling.isCatchAll || calling.text === '';
}

function warnOfBridge({ listen, allow }: BridgeConfiguration, index: number, problems: ProblemList): void {
  if (!isThisMachine(listen.host) && allow.some((network) => network.isEverything))
    problems.warn(
      ['bridge', index, 'allow'],
      'holds every address, and others than this machine reach it: whoever does calls at our cost',
    );
}
