import type { Configuration } from '../config/index.js';
import type { Clock, OctetStream } from '../core/index.js';
import type { MailCircuit } from '../rfc1090/index.js';
import type { MailPolicy } from '../routing/index.js';
import type { ClientOptions, DataRate, ServerOptions, TlsFacts } from '../smtp/index.js';
import type { Spool } from '../spool/index.js';
import type { Inspector } from './authentication/index.js';
import type { CallWatcher } from './call-watcher.js';
import { type SharedLink, slowestRate } from './circuit-rate.js';
import type { ClientSecurity } from './client-security.js';
import type { Observe } from './events.js';
import type { FetchDesk } from './fetch-desk.js';
import type { PriorityTerms, Received } from './reception.js';
import { ServerRunner } from './server-runner.js';
import { HANDSHAKE_MS, SLOWEST_DATA } from './session-options.js';

export interface CircuitReceptionOptions extends ReceptionTerms {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly fetchDesk: FetchDesk;
  readonly security: ClientSecurity;
  /** What a link is now; undefined for one of an unknown name. */
  readonly sharedLink: (name: string) => SharedLink | undefined;
  readonly onReceived: (message: Received) => void | Promise<void>;
  readonly observe: Observe;
}

/** What follows the configuration. */
export interface ReceptionTerms {
  readonly configuration: Pick<Configuration, 'peers' | 'links' | 'limits'>;
  readonly policy: MailPolicy;
  readonly inspector?: Inspector;
  readonly session: ServerOptions;
  readonly priorities: PriorityTerms;
  /** What a session is like in which we are the client of who has called (ATRN). */
  readonly turnedSession: ClientOptions;
}

export interface ReceivingCircuit {
  readonly circuit: MailCircuit;
  readonly watcher: CallWatcher;
  readonly link: string;
  /** The number at the other end; empty when it gave none. */
  readonly number: string;
  readonly peer?: string | undefined;
  readonly mayRelay: boolean;
  /** The number is the other end's own. */
  readonly isVouched: boolean;
}

interface SessionStream {
  readonly stream: OctetStream;
  /** It is within TLS already. */
  readonly tls?: TlsFacts | undefined;
}

/** Receives mail over circuits, whoever has placed the call. */
export class CircuitReception {
  #options: CircuitReceptionOptions;

  constructor(options: CircuitReceptionOptions) {
    this.#options = options;
  }

  /** Counts for further sessions. */
  configure(terms: ReceptionTerms): void {
    this.#options = { ...this.#options, ...terms };
  }

  /** @param of what of the circuit is this session's. @returns a session that is yet to be started. */
  session(over: ReceivingCircuit, { stream, tls }: SessionStream = { stream: over.circuit }): ServerRunner {
    const {
      turnedSession,
      fetchDesk,
      security,
      sharedLink: _,
      observe,
      onReceived,
      ...others
    } = this.#options;
    const { circuit, watcher, link, number, peer, mayRelay, isVouched } = over;
    const { id } = circuit.circuit;
    return new ServerRunner({
      ...others,
      stream,
      ...(tls !== undefined && { tls }),
      session: this.#sessionOver(over),
      upgrade: (below) => security.encrypt(below, HANDSHAKE_MS.circuit),
      credentials: (user) => security.credentials(user),
      caller: {
        source: `x25 ${number || 'unknown'} on ${link}`,
        origin: `X.25 ${number || 'without a number'} on ${link}`,
        protocol: 'X25',
        calling: number,
        mayRelay,
        isVouched,
        ...(peer !== undefined && { peer }),
      },
      fetching: { desk: fetchDesk, session: turnedSession },
      onDialogue: (event) => circuit.dialogue(event),
      onSent: () => watcher.messageSent(),
      onReceived: (message) => {
        watcher.messageReceived();
        return onReceived(message);
      },
      onRefused: (refused) => observe({ type: 'refused', refused }),
      onMisdeed: (what) => observe({ type: 'misdeed', where: id, what }),
      onProblem: (problem) => observe({ type: 'problem', problem: `${id}: ${problem}` }),
    });
  }

  /** TLS with a peer of which it is said; a login within it, or where nobody listens. */
  #sessionOver({ circuit, peer, link }: ReceivingCircuit): ServerOptions {
    const { session, security, configuration } = this.#options;
    const tls = configuration.peers.find(({ name }) => name === peer)?.terms?.tls ?? 'none';
    const startTls = tls !== 'none' && security.hasCertificate;
    const isPrivate = configuration.links.find(({ name }) => name === link)?.isPrivate === true;
    const { mechanisms } = security;
    const hasLogin = mechanisms.length > 0 && (startTls || isPrivate);
    const slowestData = this.#slowestOn(circuit, link);
    return {
      ...session,
      ...(slowestData !== undefined && { slowestData }),
      tlsRequired: startTls && tls !== 'may',
      offers: {
        ...session.offers,
        startTls,
        ...(hasLogin && { auth: { mechanisms, withoutTls: isPrivate } }),
      },
    };
  }

  /** By what the circuit can carry, which changes with the others on its link. */
  #slowestOn(circuit: MailCircuit, link: string): DataRate | undefined {
    const { sharedLink, configuration } = this.#options;
    const share = configuration.limits.slowestShare;
    if (share === 0) return undefined;
    const unknown: SharedLink = { bitsPerSecond: undefined, circuits: 1, isUp: true };
    return {
      overMs: SLOWEST_DATA.overMs,
      octetsPerSecond: () =>
        slowestRate(
          { direction: circuit.circuit.direction, agreed: circuit.agreed },
          sharedLink(link) ?? unknown,
          share,
        ),
      arrived: () => circuit.circuit.traffic.octetsReceived,
    };
  }
}
