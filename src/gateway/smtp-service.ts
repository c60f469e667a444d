import { type Configuration, formatHostAndPort, type ListenerConfiguration } from '../config/index.js';
import { type Clock, type OctetStream, Tally } from '../core/index.js';
import type { TcpStream } from '../line/index.js';
import { type MailPolicy, RateLimiter, siteOf } from '../routing/index.js';
import type { EnhancedReply, MechanismName, ServerOptions } from '../smtp/index.js';
import type { Spool } from '../spool/index.js';
import type { Inspector } from './authentication/index.js';
import { ClientSecurity, type PreparedFiles } from './client-security.js';
import type { Observe } from './events.js';
import type { FetchDesk } from './fetch-desk.js';
import { readProxied } from './proxied-client.js';
import type { Received } from './reception.js';
import { type Encrypted, ServerRunner } from './server-runner.js';
import { HANDSHAKE_MS, SLOWEST_DATA, tcpClientOptions, tcpServerOptions } from './session-options.js';
import { SmtpListener } from './smtp-listener.js';

export interface SmtpServiceOptions {
  readonly configuration: Configuration;
  readonly policy: MailPolicy;
  readonly inspector?: Inspector;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly fetchDesk: Pick<FetchDesk, 'etrn' | 'atrn'>;
  readonly onReceived: (message: Received) => void | Promise<void>;
  readonly observe: Observe;
}

/** What a session is like, by what that depends on. */
interface SessionKind {
  readonly listener: ListenerConfiguration;
  readonly mechanisms: readonly MechanismName[];
  readonly isTrusted: boolean;
  readonly session: ServerOptions;
}

interface AcceptedClient {
  readonly connection: TcpStream;
  /** What follows what a proxy says of it. */
  readonly stream: OctetStream;
  readonly encrypted: Encrypted | undefined;
}

/** Takes mail by SMTP over TCP, on every address of `[listen]`. */
export class SmtpService {
  readonly security: ClientSecurity;
  #options: SmtpServiceOptions;
  readonly #listeners: readonly SmtpListener[];
  readonly #sessions = new Set<ServerRunner>();
  /** Connections of each client that are open. */
  readonly #clients = new Tally<string>();
  /** How often each client connects. */
  #rate: RateLimiter | undefined;
  /** Those of the configuration that counts now. */
  #kinds: SessionKind[] = [];
  #stopping = false;

  constructor(options: SmtpServiceOptions) {
    const { listen } = options.configuration;
    this.#options = options;
    this.security = new ClientSecurity((problem) => this.#options.observe({ type: 'problem', problem }));
    this.#listeners = [...listen.smtp, ...listen.submission].map((listener) => this.#makeListener(listener));
  }

  /** The ports that it listens on, in the order of the configuration: those of `smtp`, then those of `submission`. */
  get ports(): readonly number[] {
    return this.#listeners.map(({ port }) => port);
  }

  /** Sessions that are open. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Counts for further sessions. @param configuration with the addresses that are listened on. */
  configure(
    terms: Pick<SmtpServiceOptions, 'configuration' | 'policy' | 'inspector'>,
    files: PreparedFiles,
  ): void {
    this.#options = { ...this.#options, ...terms };
    const { connections } = this.#options.configuration.limits;
    this.#rate = connections && new RateLimiter(connections);
    this.#kinds = [];
    this.security.use(files);
  }

  /** @throws GatewayError when an address can't be listened on, or the certificate or the users' file can't be used. */
  async listen(): Promise<void> {
    const { configuration } = this.#options;
    this.configure(this.#options, this.security.prepare(configuration));
    const { smtp, submission } = configuration.listen;
    for (const listener of this.#listeners) await listener.listen();
    [...smtp, ...submission].forEach((address, i) => {
      const port = this.#listeners[i]?.port ?? address.port;
      this.#options.observe({ type: 'listening', address: formatHostAndPort({ ...address, port }) });
    });
  }

  /** Takes no further connections; sessions end with 421 at their next good moment. */
  stop(): void {
    this.#stopping = true;
    for (const listener of this.#listeners) listener.stopListening();
    for (const session of this.#sessions) session.stop();
  }

  /** Drops whoever is still connected. */
  close(): void {
    for (const listener of this.#listeners) listener.close();
  }

  #makeListener(listener: ListenerConfiguration): SmtpListener {
    const { gateway } = this.#options.configuration;
    const where = formatHostAndPort(listener);
    return new SmtpListener({
      ...listener,
      maxSessions: () => this.#options.configuration.limits.sessions,
      hostname: gateway.hostname,
      onClient: (stream, address) => void this.#client(stream, address, this.#now(listener)),
      onTurnedAway: () => this.#options.observe({ type: 'turnedAway', where }),
    });
  }

  /** What is said of an address now. */
  #now(listener: ListenerConfiguration): ListenerConfiguration {
    const { host, port, service } = listener;
    const isIt = (other: ListenerConfiguration): boolean => other.host === host && other.port === port;
    return this.#options.configuration.listen[service].find(isIt) ?? listener;
  }

  async #client(connection: TcpStream, address: string, listener: ListenerConfiguration): Promise<void> {
    let [stream, client]: [OctetStream, string] = [connection, address];
    if (listener.proxy.some((network) => network.includes(address))) {
      const header = await readProxied(stream, this.#options.clock);
      if (!header.ok) return this.#problem(address, header.reason);
      stream = header.stream;
      if (header.proxied.type === 'client') client = header.proxied.address;
    }
    let encrypted: Encrypted | undefined;
    if (listener.tls === 'implicit') {
      const secured = await this.security.encrypt(stream, HANDSHAKE_MS.tcp);
      if (typeof secured === 'string') return this.#problem(client, secured);
      encrypted = secured;
    }
    this.#serve({ connection, stream, encrypted }, client, listener);
  }

  #serve(
    { connection, stream, encrypted }: AcceptedClient,
    address: string,
    listener: ListenerConfiguration,
  ): void {
    const { configuration, policy, inspector, spool, clock, fetchDesk, onReceived, observe } = this.#options;
    const session = {
      ...this.#sessionFor(address, listener),
      slowestData: { ...SLOWEST_DATA, arrived: () => connection.octetsReceived },
    };
    const count = this.#clients.add(address);
    const source = `smtp ${address}`;
    const refusal = this.#refusalOf(address, count);
    if (refusal !== undefined)
      observe({ type: 'refused', refused: { by: 'connections', reply: refusal, source } });
    const runner = new ServerRunner({
      stream: encrypted?.stream ?? stream,
      ...(encrypted !== undefined && { tls: encrypted.tls }),
      ...(refusal !== undefined && { refusal }),
      caller: { source, origin: address, protocol: 'TCP', address },
      session,
      policy,
      ...(inspector !== undefined && { inspector }),
      spool,
      priorities: {
        most: configuration.limits.maxPriority,
        isInHeader: listener.service === 'submission',
      },
      clock,
      upgrade: (below) => this.security.encrypt(below, HANDSHAKE_MS.tcp),
      credentials: (user) => this.security.credentials(user),
      fetching: { desk: fetchDesk, session: tcpClientOptions(configuration) },
      onReceived,
      onRefused: (refused) => observe({ type: 'refused', refused }),
      onMisdeed: (what) => observe({ type: 'misdeed', where: source, what }),
      onEnd: () => {
        this.#sessions.delete(runner);
        this.#clients.add(address, -1);
      },
      onProblem: (problem) => this.#problem(address, problem),
    });
    this.#sessions.add(runner);
    runner.start();
    if (this.#stopping) runner.stop();
  }

  /** There are few kinds; to put one together for each client costs as much as to judge a recipient. */
  #sessionFor(address: string, listener: ListenerConfiguration): ServerOptions {
    const { mechanisms } = this.security;
    const isTrusted = listener.xclient.some((network) => network.includes(address));
    const known = this.#kinds.find(
      (kind) => kind.listener === listener && kind.mechanisms === mechanisms && kind.isTrusted === isTrusted,
    );
    if (known !== undefined) return known.session;
    const session = tcpServerOptions(this.#options.configuration, {
      service: listener.service,
      startTls: listener.tls === 'starttls',
      mechanisms,
      isTrusted,
    });
    this.#kinds.push({ listener, mechanisms, isTrusted, session });
    return session;
  }

  /** Whoever may send anywhere may do so as often as there is room. */
  #refusalOf(address: string, count: number): EnhancedReply | undefined {
    const { configuration, clock } = this.#options;
    const { limits, relay } = configuration;
    if (relay.networks.some((network) => network.includes(address))) return undefined;
    if (count > limits.sessionsPerClient) return TOO_MANY_SESSIONS;
    return this.#rate?.take(siteOf(address), clock.now()) === false ? TOO_OFTEN : undefined;
  }

  #problem(address: string, problem: string): void {
    this.#options.observe({ type: 'problem', problem: `smtp ${address}: ${problem}` });
  }
}

const TOO_OFTEN = {
  code: 421,
  status: '4.7.0',
  text: 'you connect too often, try again later',
} as const;

const TOO_MANY_SESSIONS = {
  code: 421,
  status: '4.7.0',
  text: 'too many sessions from you, try again later',
} as const;
