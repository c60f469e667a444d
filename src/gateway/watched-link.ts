/** Links as those see them who watch the gateway. */
import type { LinkConfiguration } from '../config/index.js';
import type { WatchedLink } from '../console/index.js';
import type { TracedLink } from '../observe/index.js';
import type { GatewayLink } from './gateway-link.js';

export function watchedLink(link: GatewayLink, { type }: LinkConfiguration): WatchedLink {
  const { name, state, since, lastFailure, circuits, counters, modem } = link.status();
  const connection = modem?.connection;
  return {
    name,
    type,
    state,
    since: new Date(since).toISOString(),
    ...(lastFailure !== undefined && { lastFailure }),
    circuits,
    ...(connection !== undefined && { connection: `${connection.direction}: ${connection.message}` }),
    counters: { ...counters, ...(modem !== undefined && { modem: modem.counters }) },
  };
}

/** @returns undefined for a PAD: what passes there are no packets of ours. */
export function tracedLink(
  link: Pick<GatewayLink, 'connectedBy'>,
  configuration: LinkConfiguration,
): TracedLink | undefined {
  const { name, type } = configuration;
  switch (type) {
    case 'pad':
      return undefined;
    case 'xot':
      return { name, role: 'either' };
    case 'modem':
      // Who has dialled is often the DTE, whatever we are on connections of our own.
      return {
        name,
        role: link.connectedBy === 'answered' ? configuration.answerRole : configuration.role,
        frameModulo: configuration.lapb.modulo,
      };
    case 'serial':
      return { name, role: configuration.role, frameModulo: configuration.lapb.modulo };
  }
}
