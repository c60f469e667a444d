import { TimeWindows, Zone } from '../tariff/index.js';
import type { CallRules, PeerConfiguration } from './configuration.js';
import { valuesIn } from './entries.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import type { PeerSettings } from './schema/peer.js';

/** What of `calls` of a `[[peer]]` says when it is called. @param path of the peer. */
export function callRulesOf(
  { calls, link }: Pick<PeerSettings, 'calls' | 'link'>,
  path: KeyPath,
  problems: ProblemList,
): Pick<PeerConfiguration, 'callRules' | 'large'> {
  const { windows, min_messages: minMessages, max_wait: maxWaitMs } = calls;
  const zone = calls.timezone ?? zoneOfLinks(link, problems) ?? Zone.ofThisMachine();
  const isRead = windows !== undefined || calls.budget !== undefined || calls.large !== undefined;
  if (calls.timezone !== undefined && !isRead)
    problems.refuse(
      [...path, 'calls', 'timezone'],
      'allowed only with windows, budget or large, which are read by it',
    );
  const budget = budgetOf(calls, [...path, 'calls', 'budget'], problems);
  const large = largeOf(calls, zone);
  if (windows === undefined && minMessages === 1 && budget === undefined) return large;
  return {
    ...large,
    callRules: {
      zone,
      ...(windows !== undefined && { windows: new TimeWindows(windows, zone) }),
      minMessages,
      maxWaitMs,
      ...(budget !== undefined && { budget }),
    },
  };
}

function largeOf({ large }: PeerSettings['calls'], zone: Zone): Pick<PeerConfiguration, 'large'> {
  if (large === undefined) return {};
  const { size: octets, windows, notice } = large;
  return {
    large: {
      octets,
      ...(windows !== undefined && { windows: new TimeWindows(windows, zone) }),
      zone,
      notice,
    },
  };
}

function budgetOf(
  { budget }: PeerSettings['calls'],
  path: KeyPath,
  problems: ProblemList,
): CallRules['budget'] {
  if (budget === undefined) return undefined;
  const { minutes, cost, warn, period } = budget;
  if (minutes === undefined && cost === undefined)
    problems.refuse(path, 'limits nothing; needed: minutes, or cost, or both');
  return {
    ...(minutes !== undefined && { minutes }),
    ...(cost !== undefined && { cost }),
    warn,
    period,
  };
}

/** Of the first tariff that has one: the network's hours are what windows are chosen by. */
function zoneOfLinks(links: readonly string[], problems: ProblemList): Zone | undefined {
  const named = valuesIn('link', 'name', problems);
  for (const name of links) {
    const link = named.find(({ value }) => value === name);
    const zone = link && problems.found([...link.path.slice(0, -1), 'tariff', 'timezone']);
    const parsed = typeof zone === 'string' ? Zone.parse(zone) : undefined;
    if (parsed !== undefined) return parsed;
  }
  return undefined;
}
