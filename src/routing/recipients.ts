import { destinationKey } from './destination.js';
import type { Network } from './network.js';
import type { Pattern } from './pattern.js';
import type { Refusal } from './refusal.js';
import { domainOf, type Router } from './router.js';

/** Who hands in mail. */
export interface RelayClient {
  /** IP address of an SMTP client; absent for a caller by X.25. */
  readonly address?: string;
  /** An X.25 caller whose incoming rule says `relay = true`, or a user who has logged in. */
  readonly peerRelay?: boolean;
}

/**
 * Who may send where. Some may send anywhere; everyone else only to the domains this gateway stands for. A route
 * alone opens nothing: a gateway to a paid network must not carry a stranger's mail because it knows the way.
 */
export class RelayPolicy {
  readonly #networks: readonly Network[];
  readonly #domains: readonly Pattern[];

  constructor(networks: readonly Network[], domains: readonly Pattern[]) {
    this.#networks = networks;
    this.#domains = domains;
  }

  mayRelay(client: RelayClient, recipientDomain: string): boolean {
    return this.isTrusted(client) || this.isOurs(recipientDomain);
  }

  /** Whether this client may send anywhere. */
  isTrusted({ address, peerRelay }: RelayClient): boolean {
    return (
      peerRelay === true ||
      (address !== undefined && this.#networks.some((network) => network.includes(address)))
    );
  }

  /** Whether the gateway stands for this domain: all may send to it. */
  isOurs(domain: string): boolean {
    return this.#domains.some((pattern) => pattern.match(domain) !== undefined);
  }
}

/** Fits the session engine's `Verdict` on a recipient. */
export type RecipientVerdict =
  | {
      readonly accept: true;
      /** Where it is sent; differs from what was asked only for postmaster. */
      readonly address: string;
      /** See `destinationKey`. */
      readonly destination: string;
    }
  | ({ readonly accept: false } & Refusal);

export interface OwnAddresses {
  readonly hostname: string;
  /** A full address: who reads what is sent to postmaster here. */
  readonly postmaster: string;
}

/** Answers RCPT: relay control first, then the route. */
export class Recipients {
  readonly #router: Router;
  readonly #relay: RelayPolicy;
  readonly #own: OwnAddresses;

  constructor(router: Router, relay: RelayPolicy, own: OwnAddresses) {
    this.#router = router;
    this.#relay = relay;
    this.#own = own;
  }

  judge(address: string, client: RelayClient): RecipientVerdict {
    // RFC 5321 §4.5.1: mail to postmaster is taken from everyone, also without a domain.
    if (this.#isPostmaster(address)) return this.#routed(this.#own.postmaster);
    const domain = domainOf(address);
    if (domain !== undefined && !this.#relay.mayRelay(client, domain))
      return {
        accept: false,
        by: 'relaying',
        reply: { code: 550, status: '5.7.1', text: `${domain} is not served here for you: relaying denied` },
      };
    return this.#routed(address);
  }

  #isPostmaster(address: string): boolean {
    const name = address.toLowerCase();
    return name === 'postmaster' || name === `postmaster@${this.#own.hostname.toLowerCase()}`;
  }

  #routed(address: string): RecipientVerdict {
    const decision = this.#router.route(address);
    return decision.type === 'refused'
      ? { accept: false, by: 'recipient', reply: decision.reply }
      : { accept: true, address, destination: destinationKey(decision) };
  }
}
