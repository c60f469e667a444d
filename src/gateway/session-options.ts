import type { Configuration } from '../config/index.js';
import type { ClientOptions, MechanismName, Offers, ServerOptions } from '../smtp/index.js';

/** Who feeds a message by the octet holds a session for ever; over this time any line is quicker. */
export const SLOWEST_DATA = { octetsPerSecond: 10, overMs: 5 * 60_000 };

/** How long TLS may take to be agreed on: a slow line takes its time for certificates. */
export const HANDSHAKE_MS = { tcp: 30_000, circuit: 5 * 60_000 };

/** RFC 5321 §4.5.3.2. */
const TCP_CLIENT_TIMEOUTS = {
  greetingMs: 5 * 60_000,
  commandMs: 5 * 60_000,
  dataMs: 3 * 60_000,
  endOfDataMs: 10 * 60_000,
};

/** On a circuit the timers of RFC 1090 watch the other end; the engine's own only catch what they can't see. */
const NO_TIMEOUT_MS = 7 * 24 * 3_600_000;
const CIRCUIT_CLIENT_TIMEOUTS = {
  greetingMs: NO_TIMEOUT_MS,
  commandMs: NO_TIMEOUT_MS,
  dataMs: NO_TIMEOUT_MS,
  endOfDataMs: NO_TIMEOUT_MS,
};

const OFFERS: Offers = {
  pipelining: true,
  eightBitMime: true,
  size: true,
  enhancedStatusCodes: true,
  smtpUtf8: true,
  chunking: true,
  binaryMime: true,
  dsn: true,
  deliverBy: { leastSeconds: 0 },
  priority: {},
  limits: {},
};

/** What a session on a circuit is like: patient, and able to go on where another was cut off. */
export function circuitServerOptions(configuration: Configuration): ServerOptions {
  return {
    ...common(configuration),
    lineEnds: 'learn',
    bareLineEnd: configuration.limits.bareLineEnd ?? 'crlf',
    idleTimeoutMs: NO_TIMEOUT_MS,
    offers: { ...offersOf(configuration), checkpoint: true, etrn: true, atrn: true },
  };
}

export interface TcpService {
  readonly service: 'smtp' | 'submission';
  readonly startTls: boolean;
  /** Empty: nobody can log in. */
  readonly mechanisms: readonly MechanismName[];
  /** The client may say for whom it speaks. */
  readonly isTrusted: boolean;
}

export function tcpServerOptions(
  configuration: Configuration,
  { service, startTls, mechanisms, isTrusted }: TcpService,
): ServerOptions {
  const { peers, routes } = configuration;
  const hasFetchers =
    peers.some(({ users }) => users.length > 0) || routes.some(({ target }) => target.type === 'user');
  return {
    ...common(configuration),
    lineEnds: 'crlf',
    bareLineEnd: configuration.limits.bareLineEnd ?? 'refuse',
    idleTimeoutMs: configuration.limits.idleMs,
    authRequired: service === 'submission',
    earlyTalkers: configuration.limits.earlyTalkers,
    offers: {
      ...offersOf(configuration),
      startTls,
      xclient: isTrusted,
      xforward: isTrusted,
      // By TCP only a login tells whose mail it is.
      ...(mechanisms.length > 0 && {
        auth: { mechanisms, withoutTls: false },
        checkpoint: true,
        etrn: hasFetchers,
        atrn: hasFetchers,
      }),
    },
  };
}

/** RFC 9422: a client is told how many messages a session may have. */
function offersOf({ limits: { messagesPerSession: messages } }: Configuration): Offers {
  return messages === undefined ? OFFERS : { ...OFFERS, limits: { messages } };
}

function common({ gateway, queue, limits }: Configuration) {
  return {
    hostname: gateway.hostname,
    greeting: gateway.greeting,
    maxMessageSize: queue.maxMessageOctets,
    maxRecipients: limits.messageRecipients,
    maxErrors: limits.errors,
    maxIdleCommands: limits.idleCommands,
    maxUnknownCommands: limits.unknownCommands,
    maxRefusedRecipients: limits.refusedRecipients,
    maxFailedLogins: limits.failedLogins,
    maxCommandLine: limits.commandLine,
    ...(limits.textLine !== undefined && { maxTextLine: limits.textLine }),
  };
}

export function circuitClientOptions({ gateway }: Configuration): ClientOptions {
  return { hostname: gateway.hostname, pipelining: true, timeouts: CIRCUIT_CLIENT_TIMEOUTS };
}

/** For who speaks to the server at once; TLS and login are for its terms to say. */
export function tcpClientOptions({ gateway }: Configuration): ClientOptions {
  return { hostname: gateway.hostname, pipelining: true, timeouts: TCP_CLIENT_TIMEOUTS };
}
