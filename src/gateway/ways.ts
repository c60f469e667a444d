import type { Configuration } from '../config/index.js';
import type { Clock } from '../core/index.js';
import type { LookUp, LookUpMx } from '../line/index.js';
import { type Destination, parseDestination, type Router, type ServerTerms } from '../routing/index.js';
import type { CallLink } from './call-link.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';
import type { Checkpoints } from './checkpoints.js';
import type { Transport } from './dispatcher.js';
import { FallbackTransport } from './fallback-transport.js';
import { MxTransport } from './mx-transport.js';
import { ownHosts } from './own-hosts.js';
import { PeerCaller } from './peer-caller.js';
import { type Fetching, PeerTransport } from './peer-transport.js';
import { circuitClientOptions, tcpClientOptions } from './session-options.js';
import { type Connect, SmtpTransport } from './smtp-transport.js';

export interface WaysOptions {
  readonly clock: Clock;
  /** A link that peers may be called on; undefined when none of that name runs. */
  readonly linkNamed: (name: string) => CallLink | undefined;
  readonly watchCall: (call: CallStarted) => CallWatcher;
  readonly connect: Connect;
  readonly lookUp: LookUp;
  readonly lookUpMx: LookUpMx;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
  readonly checkpoints: Checkpoints;
  readonly fetching: Fetching;
}

const SMTP_PORT = 25;

/** The ways that mail leaves by: callers of the configured peers, and SMTP hosts. */
export class Ways {
  readonly #options: WaysOptions;
  #configuration: Configuration;
  #router: Router;
  #callers: ReadonlyMap<string, PeerCaller> = new Map();
  #transports: ReadonlyMap<string, PeerTransport> = new Map();

  constructor(options: WaysOptions, configuration: Configuration, router: Router) {
    this.#options = options;
    this.#configuration = configuration;
    this.#router = router;
    this.configure(configuration, router);
  }

  /** A peer that stays keeps its circuits, and what was learnt of it. Mail for one that is gone waits. */
  configure(configuration: Configuration, router: Router): void {
    const { clock, watchCall, linkNamed, checkpoints, fetching } = this.#options;
    this.#configuration = configuration;
    this.#router = router;
    const session = circuitClientOptions(configuration);
    const callers = new Map<string, PeerCaller>();
    const transports = new Map<string, PeerTransport>();
    for (const peer of configuration.peers) {
      const links = peer.links.flatMap((name) => linkNamed(name) ?? []);
      const known = this.#callers.get(peer.name);
      known?.configure(peer, links);
      const caller = known ?? new PeerCaller({ peer, links, clock, watchCall });
      callers.set(peer.name, caller);
      transports.set(
        peer.name,
        this.#transports.get(peer.name) ??
          new PeerTransport({ caller, session, clock, checkpoints, fetching }),
      );
    }
    this.#callers = callers;
    this.#transports = transports;
  }

  callerOf(peer: string): PeerCaller | undefined {
    return this.#callers.get(peer);
  }

  /** @returns undefined when nothing is known by that name any more. */
  transportFor(destination: string): Transport | undefined {
    const parsed = parseDestination(destination);
    switch (parsed?.type) {
      case undefined:
        return undefined;
      case 'peers': {
        const ways = parsed.peers.flatMap((name) => this.#transports.get(name) ?? []);
        return ways.length > 1 ? new FallbackTransport(ways) : ways[0];
      }
      case 'smtp':
        return this.#smtpTransport(parsed, this.#router.termsFor(parsed));
      case 'mx':
        return this.#mxTransport(parsed);
    }
  }

  #mxTransport(destination: Destination & { type: 'mx' }): Transport {
    const { lookUp, lookUpMx, random } = this.#options;
    const terms = this.#router.termsFor(destination);
    return new MxTransport({
      domain: destination.domain,
      search: { lookUp, lookUpMx, random, own: ownHosts(this.#configuration) },
      transportTo: ({ name, address }) =>
        this.#smtpTransport({ host: name, address, port: SMTP_PORT }, terms),
    });
  }

  #smtpTransport(server: { host: string; address?: string; port: number }, terms: ServerTerms): Transport {
    const { clock, connect, checkpoints } = this.#options;
    const session = tcpClientOptions(this.#configuration);
    return new SmtpTransport({ ...server, terms, clock, connect, checkpoints, session });
  }
}
