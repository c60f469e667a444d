import type { Configuration } from '../config/index.js';
import { type Destination, parseDestination, type Router } from '../routing/index.js';

/** Who comes for mail, as far as it is proven. */
export interface Fetcher {
  /** The peer whose number the call came from, where the network vouches for it. */
  readonly peer?: string | undefined;
  /** Who logged in. */
  readonly login?: string | undefined;
}

/** Who somebody is, when it comes to mail. */
export interface Owner {
  /** Names of peers. */
  readonly peers: readonly string[];
  /** A user that routes name as who fetches. */
  readonly user?: string;
}

/**
 * Whose mail a client may fetch, or have brought: its own, that is what the routes that lead to it take there. Who a peer
 * is follows from its number where the network vouches for it, or from a login that the peer is known by.
 */
export class FetchRights {
  readonly #configuration: Configuration;
  readonly #router: Router;

  constructor(configuration: Configuration, router: Router) {
    this.#configuration = configuration;
    this.#router = router;
  }

  /** @returns undefined where nothing is proven, or nothing can be whoever it is. */
  ownerFor({ peer, login }: Fetcher): Owner | undefined {
    const { peers, routes } = this.#configuration;
    const byLogin = peers.filter(({ users }) => login !== undefined && users.includes(login));
    const names = new Set([...(peer === undefined ? [] : [peer]), ...byLogin.map(({ name }) => name)]);
    const isFetcher = routes.some(({ target }) => target.type === 'user' && target.user === login);
    if (names.size === 0 && !isFetcher) return undefined;
    return { peers: [...names], ...(isFetcher && login !== undefined && { user: login }) };
  }

  /** Whether mail for this domain is theirs. */
  ownDomain(owner: Owner, domain: string): boolean {
    const destination = this.#router.destinationOf(domain);
    return destination !== undefined && this.#leadsTo(destination, owner);
  }

  /** Whether what waits there is theirs. @param destination as the spool names it */
  ownDestination(owner: Owner, destination: string): boolean {
    const parsed = parseDestination(destination);
    return parsed !== undefined && this.#leadsTo(parsed, owner);
  }

  #leadsTo(destination: Destination, { peers: names, user }: Owner): boolean {
    if (destination.type === 'user') return destination.user === user;
    if (destination.type === 'peers') return destination.peers.some((name) => names.includes(name));
    if (destination.type !== 'nua') return false;
    const { nua, links } = destination;
    return this.#configuration.peers.some(
      (peer) =>
        names.includes(peer.name) && peer.nua === nua && peer.links.some((link) => links.includes(link)),
    );
  }
}
