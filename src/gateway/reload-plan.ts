import {
  type BridgeConfiguration,
  type Configuration,
  type ConsoleConfiguration,
  formatHostAndPort,
  type LinkConfiguration,
  type ListenerConfiguration,
} from '../config/index.js';
import { toHex } from '../core/index.js';

/** What becomes of a configuration that is given to a gateway that runs. */
export interface ReloadPlan {
  /** The new one, but for what can't be changed under way: that is as it was. */
  readonly configuration: Configuration;
  /** What differs and counts only after a restart, in words. */
  readonly needsRestart: readonly string[];
}

/** Takes a wish down as one for a restart where it is not what there is. @returns the running value. */
type Keep = <Value>(what: string, is: Value, wish: Value) => Value;

/**
 * Links, addresses that are listened on, and files that are held open live as long as the gateway; everything else is
 * only asked when something begins: a session, a call, an attempt.
 */
export function planReload(running: Configuration, wanted: Configuration): ReloadPlan {
  const needsRestart: string[] = [];
  const keep: Keep = (what, is, wish) => {
    if (!isSame(is, wish)) needsRestart.push(what);
    return is;
  };
  const smtp = keepListeners('listen.smtp', running.listen.smtp, wanted.listen.smtp, needsRestart);
  const submission = keepListeners(
    'listen.submission',
    running.listen.submission,
    wanted.listen.submission,
    needsRestart,
  );
  const { callsFile } = running.log;
  if (callsFile !== wanted.log.callsFile) needsRestart.push('log.calls');
  const configuration: Configuration = {
    ...wanted,
    gateway: {
      ...wanted.gateway,
      hostname: keep('gateway.hostname', running.gateway.hostname, wanted.gateway.hostname),
      spool: keep('gateway.spool', running.gateway.spool, wanted.gateway.spool),
    },
    listen: { ...wanted.listen, smtp, submission },
    links: keepLinks(running.links, wanted.links, needsRestart),
    bridges: keepBridges(running.bridges, wanted.bridges, needsRestart),
    console: keepConsole(running.console, wanted.console, keep),
    log: { level: wanted.log.level, ...(callsFile !== undefined && { callsFile }) },
  };
  return { configuration, needsRestart };
}

function keepConsole(running: ConsoleConfiguration, wanted: ConsoleConfiguration, keep: Keep) {
  const socket = keep('console.socket', running.socket, wanted.socket);
  const http = keep('console.http', running.http, wanted.http);
  return { socket, ...(http !== undefined && { http }) };
}

/** What is said of an address that stays counts at once. */
function keepListeners(
  key: string,
  running: readonly ListenerConfiguration[],
  wanted: readonly ListenerConfiguration[],
  needsRestart: string[],
): ListenerConfiguration[] {
  const kept = byName(running, wanted, formatHostAndPort);
  needsRestart.push(
    ...kept.gone.map((name) => `${key}: ${name} is no longer wanted`),
    ...kept.added.map((name) => `${key}: ${name} is new`),
  );
  return kept.values;
}

function keepBridges(
  running: readonly BridgeConfiguration[],
  wanted: readonly BridgeConfiguration[],
  needsRestart: string[],
): BridgeConfiguration[] {
  const kept = byName(running, wanted, ({ listen }) => formatHostAndPort(listen));
  needsRestart.push(
    ...kept.gone.map((name) => `bridge: ${name} is no longer wanted`),
    ...kept.added.map((name) => `bridge: ${name} is new`),
  );
  return kept.values;
}

/** Prices, and how many circuits there may be, count for the next call; anything else of a link only when it is opened. */
function keepLinks(
  running: readonly LinkConfiguration[],
  wanted: readonly LinkConfiguration[],
  needsRestart: string[],
): readonly LinkConfiguration[] {
  const { gone, added, values } = byName(running, wanted, ({ name }) => name);
  const changed = running.filter(
    (link, index) => !isSame(withoutTerms(link), withoutTerms(values[index] ?? link)),
  );
  needsRestart.push(
    ...gone.map((name) => `link ${name} is no longer wanted`),
    ...added.filter((name) => wanted.some((link) => link.name === name)).map((name) => `link ${name} is new`),
    ...changed.map(({ name }) => `link ${name} is to be different`),
  );
  return running.map((link, index) => withTermsOf(values[index] ?? link, link));
}

function withTermsOf(wish: LinkConfiguration, link: LinkConfiguration): LinkConfiguration {
  const { tariff, maxCircuits } = wish;
  // On XOT it is what the circuits are made for.
  return link.type === 'xot' ? { ...link, tariff } : { ...link, tariff, maxCircuits };
}

function withoutTerms(link: LinkConfiguration): object {
  return { ...link, tariff: undefined, ...(link.type !== 'xot' && { maxCircuits: undefined }) };
}

/** `values` are as many as run, in their order: as they are wanted, or as they were. */
function byName<Value>(
  running: readonly Value[],
  wanted: readonly Value[],
  nameOf: (value: Value) => string,
): { readonly values: Value[]; readonly gone: string[]; readonly added: string[] } {
  const wishes = new Map(wanted.map((value) => [nameOf(value), value]));
  const names = new Set(running.map(nameOf));
  return {
    values: running.map((value) => wishes.get(nameOf(value)) ?? value),
    gone: [...names].filter((name) => !wishes.has(name)),
    added: [...wishes.keys()].filter((name) => !names.has(name)),
  };
}

/** Patterns, networks and templates are the same when they were written the same. */
function isSame(one: unknown, other: unknown): boolean {
  return written(one) === written(other);
}

function written(value: unknown): string {
  return (
    JSON.stringify(value, (_key, member: unknown) => {
      if (member instanceof Uint8Array) return toHex(member);
      return member instanceof Map || member instanceof Set ? [...member] : member;
    }) ?? ''
  );
}
