import { startsWith } from '../core/index.js';
import type { IncomingRule } from '../routing/index.js';
import type { Configuration, LinkConfiguration, XotLinkConfiguration } from './configuration.js';
import { isThisMachine } from './hosts.js';
import type { ProblemList } from './problem.js';
import { PAD_USER_DATA } from './schema/peer.js';

export function warnOfLink(
  link: LinkConfiguration,
  index: number,
  { peers, incoming, routes }: Configuration,
  problems: ProblemList,
): void {
  const hasPeers = peers.some((peer) => peer.links.includes(link.name));
  const isRouted = routes.some(({ target }) => target.type === 'nua' && target.links.includes(link.name));
  if (!hasPeers && !isRouted && !incoming.some((rule) => welcomes(rule, link)))
    problems.warn(['link', index], 'no peer and no incoming rule uses it: every call on it is refused');
  if (link.type === 'xot') warnOfXot(link, index, problems);
  else if (link.type !== 'pad' && (hasPeers || isRouted) && channelsForRole(link) === 0)
    problems.warn(
      ['link', index, 'packet', 'channels'],
      `a ${link.packet.role.toUpperCase()} can't call on them, and ${hasPeers ? 'peers are on this link' : 'routes lead there'}`,
    );
}

function welcomes({ link, userData, action }: IncomingRule, { name, type }: LinkConfiguration): boolean {
  return (
    action.type !== 'reject' &&
    (link === undefined || link === name) &&
    // A PAD shows no other user data than its own.
    (type !== 'pad' || userData === undefined || startsWith(PAD_USER_DATA, userData))
  );
}

function warnOfXot(
  { listen, allow, routers, verifiesCallers }: XotLinkConfiguration,
  index: number,
  problems: ProblemList,
): void {
  if (listen !== undefined && allow.length === 0)
    problems.warn(
      ['link', index, 'listen'],
      routers.length === 0
        ? 'nobody may connect to it: neither allow nor routers'
        : 'nobody may connect to it: no allow, and no router is given by its address',
    );
  if (listen !== undefined && allow.length > 0 && verifiesCallers && routers.length === 0)
    problems.warn(
      ['link', index, 'verify_calling'],
      'no routers, by which a number could be verified: every call that has one is refused',
    );
  const isOpen = allow.some((network) => network.isEverything) && !verifiesCallers;
  if (listen !== undefined && !isThisMachine(listen.host) && isOpen)
    problems.warn(
      ['link', index, 'allow'],
      'holds every address, and others than this machine reach it: anyone may call, by any number',
    );
  const catchAll = routers.findIndex(({ nua }) => nua.isCatchAll);
  if (catchAll >= 0 && catchAll < routers.length - 1)
    problems.warn(
      ['link', index, 'routers', catchAll + 1],
      `is never reached: the router for "${routers[catchAll]?.nua.text}" stands before it`,
    );
}

type AccessLink = Exclude<LinkConfiguration, { readonly type: 'pad' | 'xot' }>;

/** How many calls of ours fit on a link at a time. */
export function channelsToCallOn(link: LinkConfiguration): number {
  switch (link.type) {
    case 'pad':
      return 1;
    case 'xot':
      return link.routers.length === 0 ? 0 : link.maxCircuits;
    case 'modem':
      return link.dial === undefined && !link.callsOnAnswered ? 0 : channelsForRole(link);
    case 'serial':
      return channelsForRole(link);
  }
}

/** Two-way channels, and those that are one-way for us. */
function channelsForRole(link: AccessLink): number {
  const { maxCircuits = Number.POSITIVE_INFINITY } = link;
  const { role, channels } = link.packet;
  const ours = role === 'dce' ? channels.incoming : channels.outgoing;
  const sizes = [channels.twoWay, ours].map((range) => (range ? range[1] - range[0] + 1 : 0));
  return Math.min(
    maxCircuits,
    sizes.reduce((sum, size) => sum + size, 0),
  );
}
