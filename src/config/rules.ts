import {
  CALLER_REFUSED,
  DTE_ORIGINATED,
  type IncomingRule,
  type RouteRule,
  type RouteTarget,
} from '../routing/index.js';
import { isPad } from './entries.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { describeValue, readPart } from './read.js';
import { PAD_USER_DATA, SMTP_USER_DATA } from './schema/peer.js';
import {
  ACTIONS_OF_KEY,
  type IncomingSettings,
  incomingSchema,
  type RouteSettings,
  routeSchema,
  TARGETS,
} from './schema/rules.js';
import { isNotYetSupported } from './schema/unknown-key.js';
import { readServerTemplate, readTemplate } from './server-template.js';

/** `[[incoming]]` @param place counted from 1; names the rule where it has no name. */
export function readIncoming(path: KeyPath, place: number, problems: ProblemList): IncomingRule | undefined {
  refuseKeysOfOtherActions(path, problems);
  const settings = readPart(incomingSchema, path, problems);
  if (settings === undefined) return undefined;
  const action = actionOf(settings, path, problems);
  if (action === undefined) return undefined;
  const { link, calling, called, cug } = settings;
  const userData = settings.call_user_data ?? usualUserData(settings, problems);
  return {
    name: settings.name ?? `number ${place}`,
    ...(link !== undefined && { link }),
    ...(calling !== undefined && { calling }),
    ...(called !== undefined && { called }),
    ...(cug !== undefined && { closedUserGroups: cug }),
    ...(userData !== undefined && { userData }),
    action,
  };
}

function refuseKeysOfOtherActions(path: KeyPath, problems: ProblemList): void {
  const action = problems.found([...path, 'action']);
  const known: unknown[] = Object.values(ACTIONS_OF_KEY).flat();
  if (!known.includes(action)) return;
  for (const [key, actions] of Object.entries<readonly unknown[]>(ACTIONS_OF_KEY))
    if (!actions.includes(action) && problems.found([...path, key]) !== undefined)
      problems.refuse(
        [...path, key],
        `allowed only with action = ${actions.map(describeValue).join(' or ')}`,
      );
}

/** Only mail is received unless the rule says otherwise; what is rejected is rejected whatever it wants. */
function usualUserData({ action, link }: IncomingSettings, problems: ProblemList): Uint8Array | undefined {
  if (action === 'reject') return undefined;
  return link !== undefined && isPad(link, problems) ? PAD_USER_DATA : SMTP_USER_DATA;
}

function actionOf(
  settings: IncomingSettings,
  path: KeyPath,
  problems: ProblemList,
): IncomingRule['action'] | undefined {
  const { relay, smtp, identify, max_circuits: maxCircuits, reverse_charging: reverseCharging } = settings;
  const limits = {
    relay,
    ...(maxCircuits !== undefined && { maxCircuits }),
    ...(reverseCharging && { reverseCharging }),
  };
  switch (settings.action) {
    case 'engine':
      return { type: 'engine', ...limits };
    case 'bridge':
      if (smtp !== undefined) return { type: 'bridge', smtp, identify, ...limits };
      problems.refuse([...path, 'smtp'], 'missing; needed: a host and a port, such as "127.0.0.1:25"');
      return undefined;
    case 'reject':
      return {
        type: 'reject',
        cause: settings.cause ?? DTE_ORIGINATED,
        diagnostic: settings.diagnostic ?? CALLER_REFUSED,
      };
  }
}

/** `[[route]]` */
export function readRoute(path: KeyPath, problems: ProblemList): RouteRule | undefined {
  const keys = Object.keys(problems.found(path) ?? {});
  const given = TARGETS.filter((key) => keys.includes(key));
  // A way that this version does not know is refused by its key.
  if (given.length !== 1 && !keys.some((key) => isNotYetSupported(key, 'route')))
    problems.refuse(
      path,
      `found ${given.length === 0 ? 'no way to go' : given.join(' and ')}; needed: one of ${TARGETS.join(', ')}`,
    );
  const settings = readPart(routeSchema, path, problems);
  if (settings === undefined || given.length !== 1) return undefined;
  const target = targetOf(settings, path, problems);
  return target && { domain: settings.domain, target };
}

function targetOf(route: RouteSettings, path: KeyPath, problems: ProblemList): RouteTarget | undefined {
  const { domain, peer, smtp, error } = route;
  if (peer !== undefined) return { type: 'peers', peers: peer };
  if (smtp !== undefined) return smtpTarget(smtp, domain.groups, [...path, 'smtp'], problems);
  const [status = '', ...words] = (error ?? '').split(' ');
  const text = readTemplate(words.join(' '), domain.groups, [...path, 'error'], problems);
  return text && { type: 'refused', status, text };
}

function smtpTarget(
  smtp: string,
  groups: number,
  path: KeyPath,
  problems: ProblemList,
): RouteTarget | undefined {
  const server = readServerTemplate(smtp, { groups }, path, problems);
  if (server === 'notAServer')
    problems.refuse(path, `found ${describeValue(smtp)}; allowed: a host and a port, such as "127.0.0.1:25"`);
  return typeof server === 'object' ? { type: 'smtp', ...server } : undefined;
}
