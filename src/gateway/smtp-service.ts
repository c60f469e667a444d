import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { type Configuration, formatHostAndPort, type ListenerConfiguration } from '../config/index.js';
import { type Clock, describeError, GatewayError, type OctetStream } from '../core/index.js';
import { secure, TLS_VERSIONS } from '../line/index.js';
import type { MailPolicy } from '../routing/index.js';
import type { MechanismName, ServerOptions } from '../smtp/index.js';
import type { Spool } from '../spool/index.js';
import type { Inspector } from './authentication/index.js';
import type { Observe } from './events.js';
import type { FetchDesk } from './fetch-desk.js';
import { readProxied } from './proxied-client.js';
import type { Received } from './reception.js';
import { type Encrypted, ServerRunner } from './server-runner.js';
import { tcpClientOptions, tcpServerOptions } from './session-options.js';
import { SmtpListener } from './smtp-listener.js';
import { UsersFile } from './users-file.js';

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

/** What is read from files before it counts. */
export interface PreparedFiles {
  readonly tls: SecureContext | undefined;
  readonly users: UsersFile | undefined;
}

const HANDSHAKE_MS = 30_000;

const NO_LOGIN: readonly MechanismName[] = [];
const WITHOUT_CRAM_MD5: readonly MechanismName[] = ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'];
const WITH_CRAM_MD5: readonly MechanismName[] = ['SCRAM-SHA-256', 'PLAIN', 'LOGIN', 'CRAM-MD5'];

/** What a session is like, by what that depends on. */
interface SessionKind {
  readonly listener: ListenerConfiguration;
  readonly mechanisms: readonly MechanismName[];
  readonly isTrusted: boolean;
  readonly session: ServerOptions;
}

/** Takes mail by SMTP over TCP, on every address of `[listen]`. */
export class SmtpService {
  #options: SmtpServiceOptions;
  readonly #listeners: readonly SmtpListener[];
  #users: UsersFile | undefined;
  readonly #sessions = new Set<ServerRunner>();
  /** Connections of each client that are open. */
  readonly #clients = new Map<string, number>();
  /** Those of the configuration that counts now. */
  #kinds: SessionKind[] = [];
  #tls: SecureContext | undefined;
  #stopping = false;

  constructor(options: SmtpServiceOptions) {
    const { listen } = options.configuration;
    this.#options = options;
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

  /**
   * Reads the files that a configuration names, and changes nothing yet.
   * @throws GatewayError when the certificate or the users' file can't be used.
   */
  prepare({ listen, usersFile }: Configuration): PreparedFiles {
    const { observe } = this.#options;
    const users =
      usersFile === undefined
        ? undefined
        : new UsersFile(usersFile, (problem) => observe({ type: 'problem', problem }));
    users?.load();
    return { tls: listen.tls && readCertificate(listen.tls), users };
  }

  /** Counts for further sessions. @param configuration with the addresses that are listened on. */
  configure(
    terms: Pick<SmtpServiceOptions, 'configuration' | 'policy' | 'inspector'>,
    { tls, users }: PreparedFiles,
  ): void {
    this.#options = { ...this.#options, ...terms };
    this.#kinds = [];
    this.#tls = tls;
    this.#users = users;
  }

  /** @throws GatewayError when an address can't be listened on, or the certificate or the users' file can't be used. */
  async listen(): Promise<void> {
    const { configuration } = this.#options;
    this.configure(this.#options, this.prepare(configuration));
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

  async #client(connection: OctetStream, address: string, listener: ListenerConfiguration): Promise<void> {
    let [stream, client] = [connection, address];
    if (listener.proxy.some((network) => network.includes(address))) {
      const header = await readProxied(stream, this.#options.clock);
      if (!header.ok) return this.#problem(address, header.reason);
      stream = header.stream;
      if (header.proxied.type === 'client') client = header.proxied.address;
    }
    let encrypted: Encrypted | undefined;
    if (listener.tls === 'implicit') {
      const secured = await this.#secure(stream);
      if (typeof secured === 'string') return this.#problem(client, secured);
      encrypted = secured;
    }
    this.#serve(encrypted?.stream ?? stream, client, listener, encrypted);
  }

  #serve(
    stream: OctetStream,
    address: string,
    listener: ListenerConfiguration,
    encrypted: Encrypted | undefined,
  ): void {
    const { configuration, policy, inspector, spool, clock, fetchDesk, onReceived, observe } = this.#options;
    const session = this.#sessionFor(address, listener);
    const count = (this.#clients.get(address) ?? 0) + 1;
    this.#clients.set(address, count);
    const runner = new ServerRunner({
      stream,
      ...(encrypted !== undefined && { tls: encrypted.tls }),
      ...(this.#isTooMany(address, count) && { refusal: TOO_MANY_SESSIONS }),
      caller: { source: `smtp ${address}`, origin: address, protocol: 'TCP', address },
      session,
      policy,
      ...(inspector !== undefined && { inspector }),
      spool,
      priorities: {
        most: configuration.limits.maxPriority,
        isInHeader: listener.service === 'submission',
      },
      clock,
      upgrade: (below) => this.#secure(below),
      credentials: (user) => this.#users?.find(user),
      fetching: { desk: fetchDesk, session: tcpClientOptions(configuration) },
      onReceived,
      onMisdeed: (what) => observe({ type: 'misdeed', where: `smtp ${address}`, what }),
      onEnd: () => {
        this.#sessions.delete(runner);
        this.#forget(address);
      },
      onProblem: (problem) => this.#problem(address, problem),
    });
    this.#sessions.add(runner);
    runner.start();
    if (this.#stopping) runner.stop();
  }

  /** There are few kinds; to put one together for each client costs as much as to judge a recipient. */
  #sessionFor(address: string, listener: ListenerConfiguration): ServerOptions {
    const mechanisms = this.#mechanisms();
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
  #isTooMany(address: string, count: number): boolean {
    const { limits, relay } = this.#options.configuration;
    return count > limits.sessionsPerClient && !relay.networks.some((network) => network.includes(address));
  }

  #forget(address: string): void {
    const left = (this.#clients.get(address) ?? 1) - 1;
    if (left > 0) this.#clients.set(address, left);
    else this.#clients.delete(address);
  }

  /** CRAM-MD5 only where every user's password is kept for it: some clients choose it wherever it is offered. */
  #mechanisms(): readonly MechanismName[] {
    if (this.#users === undefined) return NO_LOGIN;
    return this.#users.allHavePasswords ? WITH_CRAM_MD5 : WITHOUT_CRAM_MD5;
  }

  async #secure(stream: OctetStream): Promise<Encrypted | string> {
    if (this.#tls === undefined) return 'no certificate';
    const secured = await secure(stream, { role: 'server', context: this.#tls }, HANDSHAKE_MS);
    if (!secured.ok) return secured.reason;
    const { protocol, cipher, servername } = secured.facts;
    const tls = { protocol, cipher, ...(servername !== undefined && { serverName: servername }) };
    return { stream: secured.stream, tls };
  }

  #problem(address: string, problem: string): void {
    this.#options.observe({ type: 'problem', problem: `smtp ${address}: ${problem}` });
  }
}

const TOO_MANY_SESSIONS = {
  code: 421,
  status: '4.7.0',
  text: 'too many sessions from you, try again later',
} as const;

/** @throws GatewayError that names the file. */
function readCertificate({ cert, key }: { readonly cert: string; readonly key: string }): SecureContext {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw unusable(file, error);
    }
  };
  const [certificate, privateKey] = [read(cert), read(key)];
  try {
    return createSecureContext({ cert: certificate, key: privateKey, ...TLS_VERSIONS });
  } catch (error) {
    throw unusable(`${cert} with ${key}`, error);
  }
}

function unusable(what: string, cause: unknown): GatewayError {
  return new GatewayError('tls', `listen.tls: ${what} can't be used: ${describeError(cause)}`, {
    temporary: false,
    cause,
  });
}
