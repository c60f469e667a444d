import { type Configuration, type PeerConfiguration, peerOfNumber } from '../config/index.js';
import { type Clock, RecentMap } from '../core/index.js';
import type { LookUp, LookUpMx } from '../line/index.js';
import {
  type Destination,
  numberToCall,
  parseDestination,
  type Router,
  type ServerTerms,
} from '../routing/index.js';
import type { ClientOptions } from '../smtp/index.js';
import type { CallBudgets } from './call-budgets.js';
import type { CallLink } from './call-link.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';
import { FallbackTransport } from './fallback-transport.js';
import { LargeTransport } from './large-transport.js';
import { Maildir } from './maildir.js';
import { MaildirTransport } from './maildir-transport.js';
import type { StsPolicy } from './mta-sts/index.js';
import { MxTransport } from './mx-transport.js';
import { type OwnHosts, ownHosts } from './own-hosts.js';
import { PeerCaller } from './peer-caller.js';
import { type Fetching, PeerTransport } from './peer-transport.js';
import { RefusingTransport } from './refusing-transport.js';
import { circuitClientOptions, tcpClientOptions } from './session-options.js';
import { type Connect, type ServerPlace, SmtpTransport } from './smtp-transport.js';
import type { Transport } from './transport.js';
import { UnreachableHosts } from './unreachable-hosts.js';

export interface WaysOptions {
  readonly clock: Clock;
  /** A link that peers may be called on; undefined when none of that name runs. */
  readonly linkNamed: (name: string) => CallLink | undefined;
  readonly watchCall: (call: CallStarted) => CallWatcher;
  readonly connect: Connect;
  readonly lookUp: LookUp;
  readonly lookUpMx: LookUpMx;
  /** What a domain says of its mail servers (RFC 8461). Never rejects. */
  readonly policyOf: (domain: string) => Promise<StsPolicy | undefined>;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
  readonly fetching: Fetching;
  readonly budgets: CallBudgets;
}

const SMTP: Pick<ClientOptions, 'lmtp'> = {};
const LMTP: Pick<ClientOptions, 'lmtp'> = { lmtp: true };
const WITHOUT_TLS: ServerTerms = { tls: 'none' };
const SMTP_PORT = 25;
/** Digits, X.25 §5.2.1.1. */
const LONGEST_ADDRESS = 15;
const MOST_NUMBERS = 1000;

/** The ways that mail leaves by: callers of the configured peers, and SMTP hosts. */
export class Ways {
  readonly #options: WaysOptions;
  #configuration: Configuration;
  #router: Router;
  #own: OwnHosts;
  #callers: ReadonlyMap<string, PeerCaller> = new Map();
  #transports: ReadonlyMap<string, PeerTransport> = new Map();
  /** To systems of which only the number is known, by destination. Addresses choose the numbers. */
  readonly #numbers = new RecentMap<string, PeerTransport>(MOST_NUMBERS);
  /** Servers of the Internet, which many domains share. */
  readonly #unreachable: UnreachableHosts;

  constructor(options: WaysOptions, configuration: Configuration, router: Router) {
    this.#options = options;
    this.#unreachable = new UnreachableHosts(options.clock);
    this.#configuration = configuration;
    this.#router = router;
    this.#own = ownHosts(configuration);
    this.configure(configuration, router);
  }

  /** A peer that stays keeps its circuits, and what was learnt of it. Mail for one that is gone waits. */
  configure(configuration: Configuration, router: Router): void {
    this.#configuration = configuration;
    this.#router = router;
    this.#own = ownHosts(configuration);
    const callers = new Map<string, PeerCaller>();
    const transports = new Map<string, PeerTransport>();
    for (const peer of configuration.peers) {
      const known = this.#callers.get(peer.name);
      known?.configure(peer, this.#linksOf(peer));
      const caller = known ?? this.#callerTo(peer);
      callers.set(peer.name, caller);
      transports.set(peer.name, this.#transports.get(peer.name) ?? this.#peerTransport(caller));
    }
    this.#numbers.clear();
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
      case 'user':
        return undefined;
      case 'peers': {
        const ways = parsed.peers.flatMap((name) => this.#transports.get(name) ?? []);
        const way = ways.length > 1 ? new FallbackTransport(ways) : ways[0];
        return parsed.large === true && way !== undefined ? this.#largeTransport(way, parsed.peers) : way;
      }
      case 'nua':
        return this.#transportToNumber(destination, parsed);
      case 'hosts':
        return new FallbackTransport(
          parsed.hosts.map((host) => this.#smtpTransport(host, this.#router.termsFor(host), SMTP)),
        );
      case 'smtp':
        return this.#smtpTransport(parsed, this.#router.termsFor(parsed), SMTP);
      case 'lmtpSocket':
        return this.#smtpTransport(parsed, WITHOUT_TLS, LMTP);
      case 'lmtp':
        return this.#smtpTransport(parsed, this.#router.termsFor(parsed), LMTP);
      case 'mx':
        return this.#mxTransport(parsed);
      case 'maildir':
        return this.#maildirTransport(parsed.path);
    }
  }

  /** Where there are no such hours any more, what waits goes as all else does. */
  #largeTransport(way: Transport, [first]: readonly string[]): Transport {
    const rules = this.#configuration.peers.find(({ name }) => name === first)?.large;
    return rules === undefined ? way : new LargeTransport(way, rules, this.#options.clock);
  }

  /** A peer that has this number on one of the links is called as the peer that it is. */
  #transportToNumber(key: string, { nua, links }: Destination & { type: 'nua' }): Transport | undefined {
    const configuration = this.#configuration;
    const isIt = (peer: PeerConfiguration): boolean =>
      peer.nua === nua && peer.links.some((link) => links.includes(link));
    const peer = configuration.peers.find(isIt);
    if (peer !== undefined) return this.#transports.get(peer.name);
    const its = links.flatMap((name) => configuration.links.find((link) => link.name === name) ?? []);
    if (its.length === 0) return undefined;
    if (its.some((link) => link.nua === nua))
      return new RefusingTransport(`554 5.4.6 ${nua} is our own number: mail would come back to us`);
    const callable = its.filter(({ prefixes }) => numberToCall(nua, prefixes).length <= LONGEST_ADDRESS);
    if (callable.length === 0)
      return new RefusingTransport(`550 5.1.2 ${nua} with the prefix of its link is too long for a number`);
    const transport =
      this.#numbers.get(key) ?? this.#peerTransport(this.#callerTo(peerOfNumber(nua, callable)));
    this.#numbers.put(key, transport);
    return transport;
  }

  #callerTo(peer: PeerConfiguration): PeerCaller {
    const { clock, watchCall, budgets } = this.#options;
    return new PeerCaller({ peer, links: this.#linksOf(peer), clock, watchCall, budgets });
  }

  #linksOf({ links }: PeerConfiguration): CallLink[] {
    return links.flatMap((name) => this.#options.linkNamed(name) ?? []);
  }

  #peerTransport(caller: PeerCaller): PeerTransport {
    const { clock, fetching } = this.#options;
    const session = circuitClientOptions(this.#configuration);
    return new PeerTransport({ caller, session, clock, fetching });
  }

  #maildirTransport(path: string): Transport {
    const { hostname } = this.#configuration.gateway;
    const wallTime = (): number => this.#options.clock.wallTime();
    return new MaildirTransport(new Maildir({ path, hostname, wallTime }));
  }

  #mxTransport(destination: Destination & { type: 'mx' }): Transport {
    const { lookUp, lookUpMx, policyOf, random } = this.#options;
    const terms = this.#router.termsFor(destination);
    return new MxTransport({
      domain: destination.domain,
      search: { lookUp, lookUpMx, random, own: this.#own },
      ...(terms.sts === true && { policyOf: (domain) => policyOf(domain) }),
      arrange: (servers) => this.#unreachable.putLast(servers),
      transportTo: ({ name, address }, mustProve) => {
        const place = { host: name, address, port: SMTP_PORT };
        const its: ServerTerms = mustProve ? { ...terms, tls: 'verify' } : terms;
        return this.#smtpTransport(place, its, SMTP, this.#connectToServer);
      },
    });
  }

  readonly #connectToServer: Connect = async (address, port) => {
    const opened = await this.#options.connect(address, port);
    this.#unreachable.tried(address, typeof opened !== 'string');
    return opened;
  };

  #smtpTransport(
    place: ServerPlace,
    terms: ServerTerms,
    protocol: Pick<ClientOptions, 'lmtp'>,
    connect = this.#options.connect,
  ): Transport {
    const { clock } = this.#options;
    const session = { ...tcpClientOptions(this.#configuration), ...protocol };
    return new SmtpTransport({ place, terms, clock, connect, session });
  }
}
