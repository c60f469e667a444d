import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { readAccess } from './access.js';
import { checkDkim, readChecks, readDkim } from './authentication.js';
import { readBridge } from './bridges.js';
import type { Configuration, GatewayConfiguration } from './configuration.js';
import type { Placed } from './entries.js';
import { readIncoming } from './incoming.js';
import { readLink } from './links/read-link.js';
import { readListen } from './listeners.js';
import type { KeyPath } from './locate.js';
import { readPeer } from './peers.js';
import { readPolicy } from './policy.js';
import { type Problem, ProblemList } from './problem.js';
import { describeValue, readPart } from './read.js';
import { checkRelations, type Parts } from './relations.js';
import { readRewrite } from './rewrites.js';
import { readRoute } from './routes.js';
import {
  consoleSchema,
  fileSchema,
  gatewaySchema,
  logSchema,
  queueSchema,
  relaySchema,
} from './schema/gateway.js';
import { checkSocket, socketOf } from './socket.js';
import { parseToml } from './toml.js';
import { warnOf } from './warnings.js';

export type ConfigurationResult =
  | { readonly ok: true; readonly configuration: Configuration; readonly warnings: readonly Problem[] }
  /** All that is wrong, in the order of the file. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads and checks a configuration file. Opens nothing else than the modem profiles that it names. */
export function loadConfiguration(file: string): ConfigurationResult {
  let octets: Buffer;
  try {
    octets = readFileSync(file);
  } catch (error) {
    return { ok: false, problems: [{ file, key: '', message: describeReadError(error) }] };
  }
  const text = decodeUtf8(octets);
  if (text === undefined) return { ok: false, problems: [{ file, key: '', message: 'is not UTF-8 text' }] };
  return parseConfiguration(text, file);
}

function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function describeReadError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EACCES':
      return 'may not be read by this user';
    case 'EISDIR':
      return 'is a directory, not a file';
    default:
      return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Checks configuration text. @param file where it comes from: named in messages, and relative paths start beside it. */
export function parseConfiguration(text: string, file: string): ConfigurationResult {
  const toml = parseToml(text, file);
  if (!toml.ok) return { ok: false, problems: [toml.problem] };
  const problems = new ProblemList(file, text, toml.table);

  readPart(fileSchema, [], problems);
  const gateway = readPart(gatewaySchema, ['gateway'], problems);
  const listen = readListen(dirname(resolve(file)), problems);
  const relay = readPart(relaySchema, ['relay'], problems);
  const queue = readPart(queueSchema, ['queue'], problems);
  const console = readPart(consoleSchema, ['console'], problems);
  const log = readPart(logSchema, ['log'], problems);
  const gatewayNua = problems.found(['gateway', 'nua']);
  const folder = dirname(resolve(file));
  // A number that is written and wrong has its own message: links need not miss it as well.
  const surroundings = { nua: gatewayNua === undefined ? undefined : String(gatewayNua), folder };
  const parts: Parts = {
    links: readList('link', (path) => readLink(path, surroundings, problems), problems),
    peers: readList('peer', (path) => readPeer(path, folder, problems), problems),
    incoming: readList('incoming', (path, place) => readIncoming(path, place, problems), problems),
    bridges: readList('bridge', (path) => readBridge(path, problems), problems),
    rewrites: readList('rewrite', (path) => readRewrite(path, problems), problems),
    routes: readList('route', (path) => readRoute(path, folder, problems), problems),
  };
  const access = readList('access', (path, place) => readAccess(path, place, problems), problems);
  const policy = readPolicy(folder, problems);
  const checks = readChecks(problems);
  const dkim = readList('dkim', (path) => readDkim(path, folder, problems), problems);
  checkDkim(dkim, problems);
  checkRelations(parts, problems);
  if (gateway && console) checkSocket(socketOf(console, gateway, folder), console, problems);

  const isComplete = gateway && listen && relay && queue && console && log && policy && checks;
  if (problems.problems.length > 0 || !isComplete)
    return { ok: false, problems: problems.inOrder().problems };

  const configuration: Configuration = {
    file: resolve(file),
    gateway: gatewayOf(gateway, folder),
    listen,
    relay: {
      networks: relay.networks,
      domains: relay.domains,
      protectSenders: relay.protect_senders,
    },
    access: access.map(({ value }) => value),
    ...policy,
    checks,
    dkim: dkim.map(({ value }) => value),
    links: parts.links.map(({ value }) => value),
    peers: parts.peers.map(({ value }) => value),
    incoming: parts.incoming.map(({ value }) => value),
    bridges: parts.bridges.map(({ value }) => value),
    routes: parts.routes.map(({ value }) => value),
    rewrites: parts.rewrites.map(({ value }) => value),
    queue: {
      retryMs: queue.retry,
      maxAgeMs: queue.max_age,
      delayWarningMs: queue.delay_warning,
      maxMessageOctets: queue.max_message_size,
    },
    console: {
      socket: socketOf(console, gateway, folder),
      ...(console.http !== undefined && { http: console.http }),
    },
    log: { level: log.level, ...(log.calls !== undefined && { callsFile: resolve(folder, log.calls) }) },
  };
  warnOf(configuration, problems);
  return { ok: true, configuration, warnings: problems.inOrder().warnings };
}

function gatewayOf(
  {
    hostname,
    nua,
    spool,
    postmaster,
    greeting,
    caller_network: callerNetwork,
  }: z.output<typeof gatewaySchema>,
  folder: string,
): GatewayConfiguration {
  return {
    hostname,
    greeting,
    ...(nua !== undefined && { nua }),
    ...(callerNetwork !== undefined && { callerNetwork }),
    spool: resolve(folder, spool),
    postmaster: postmaster ?? `postmaster@${hostname}`,
  };
}

/** Reads each `[[name]]` by itself. @param read gets the path of an entry and its place, counted from 1. */
function readList<Value>(
  name: string,
  read: (path: KeyPath, place: number) => Value | undefined,
  problems: ProblemList,
): Placed<Value>[] {
  const entries = problems.found([name]) ?? [];
  if (!Array.isArray(entries)) {
    problems.refuse(
      [name],
      `found ${describeValue(entries)}; allowed: tables with two brackets, [[${name}]]`,
    );
    return [];
  }
  return entries.flatMap((_, index) => {
    const path = [name, index];
    const value = read(path, index + 1);
    return value === undefined ? [] : [{ path, value }];
  });
}
