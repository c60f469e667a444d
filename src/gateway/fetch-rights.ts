import type { Configuration } from '../config/index.js';
import { type Destination, parseDestination, type Router } from '../routing/index.js';

/** Who comes for mail, as far as it is proven. */
export interface Fetcher {
  /** The peer whose number the call came from, where the network vouches for it. */
  readonly peer?: string | undefined;
  /** Who logged in. */
  readonly login?: string | undefined;
}

/**
 * Whose mail a client may fetch, or have brought: a peer's own, that is what the routes that lead to it take there. Who a peer
 * is follows from its number where the network vouches for it, or from a login that the peer is known by.
 */
export class FetchRights {
  readonly #configuration: Configuration;
  readonly #router: Router;

  constructor(configuration: Configuration, router: Router) {
    this.#configuration = configuration;
    this.#router = router;
  }

  /** Names of the peers that it is; none where nothing is proven. */
  peersOf({ peer, login }: Fetcher): readonly string[] {
    const byLogin = this.#configuration.peers.filter(
      ({ users }) => login !== undefined && users.includes(login),
    );
    return [...new Set([...(peer === undefined ? [] : [peer]), ...byLogin.map(({ name }) => name)])];
  }

  /** Whether mail for this domain is theirs. */
  ownDomain(peers: readonly string[], domain: string): boolean {
    const destination = this.#router.destinationOf(domain);
    return destination !== undefined && this.#leadsTo(destination, peers);
  }

  /** Whether what waits there is theirs. @param destination as the spool names it */
  ownDestination(peers: readonly string[], destination: string): boolean {
    const parsed = parseDestination(destination);
    return parsed !== undefined && this.#leadsTo(parsed, peers);
  }

  #leadsTo(destination: Destination, names: readonly string[]): boolean {
    if (destination.type === 'peers') return destination.peers.some((name) => names.includes(name));
    if (destination.type !== 'nua') return false;
    const { nua, links } = destination;
    return this.#configuration.peers.some(
      (peer) =>
        names.includes(peer.name) && peer.nua === nua && peer.links.some((link) => links.includes(link)),
    );
  }
}
