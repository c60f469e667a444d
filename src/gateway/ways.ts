import type { Configuration } from '../config/index.js';
import type { Clock } from '../core/index.js';
import { parseDestination, type Router } from '../routing/index.js';
import type { CallLink } from './call-link.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';
import type { Checkpoints } from './checkpoints.js';
import type { Transport } from './dispatcher.js';
import { FallbackTransport } from './fallback-transport.js';
import { PeerCaller } from './peer-caller.js';
import { PeerTransport } from './peer-transport.js';
import { circuitClientOptions, tcpClientOptions } from './session-options.js';
import { type Connect, SmtpTransport } from './smtp-transport.js';

export interface WaysOptions {
  readonly clock: Clock;
  /** A link that peers may be called on; undefined when none of that name runs. */
  readonly linkNamed: (name: string) => CallLink | undefined;
  readonly watchCall: (call: CallStarted) => CallWatcher;
  readonly connect: Connect;
  readonly checkpoints: Checkpoints;
}

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
    const { clock, watchCall, linkNamed, checkpoints } = this.#options;
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
        this.#transports.get(peer.name) ?? new PeerTransport({ caller, session, clock, checkpoints }),
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
    if (parsed?.type === 'peers') {
      const ways = parsed.peers.flatMap((name) => this.#transports.get(name) ?? []);
      return ways.length > 1 ? new FallbackTransport(ways) : ways[0];
    }
    if (parsed?.type !== 'smtp') return undefined;
    const { clock, connect, checkpoints } = this.#options;
    const { host, port } = parsed;
    return new SmtpTransport({
      host,
      port,
      terms: this.#router.termsFor(parsed),
      clock,
      connect,
      checkpoints,
      session: tcpClientOptions(this.#configuration),
    });
  }
}
