import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeError } from '../core/index.js';
import {
  CALLER_REFUSED,
  DTE_ORIGINATED,
  type IncomingRule,
  KnownRecipients,
  type RouteRule,
  type RouteTarget,
  type ServerTerms,
  USUAL_TERMS,
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
import { readServerTemplate, readTemplate, type ServerTemplate } from './server-template.js';

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

/** `[[route]]` @param folder where relative paths begin. */
export function readRoute(path: KeyPath, folder: string, problems: ProblemList): RouteRule | undefined {
  const keys = Object.keys(problems.found(path) ?? {});
  const given = TARGETS.filter((key) => keys.includes(key));
  // A way that this version does not know is refused by its key.
  if (given.length !== 1 && !keys.some((key) => isNotYetSupported(key, 'route')))
    problems.refuse(
      path,
      `found ${given.length === 0 ? 'no way to go' : given.join(' and ')}; needed: one of ${TARGETS.join(', ')}`,
    );
  if (!keys.includes('smtp'))
    for (const key of OF_SMTP_ROUTES)
      if (keys.includes(key)) problems.refuse([...path, key], 'allowed only with smtp');
  const settings = readPart(routeSchema, path, problems);
  if (settings === undefined || given.length !== 1) return undefined;
  const target = targetOf(settings, path, folder, problems);
  const recipients =
    settings.recipients === undefined
      ? undefined
      : readRecipients(resolve(folder, settings.recipients), [...path, 'recipients'], problems);
  return target && { domain: settings.domain, target, ...(recipients !== undefined && { recipients }) };
}

function readRecipients(file: string, path: KeyPath, problems: ProblemList): KnownRecipients | undefined {
  try {
    const recipients = KnownRecipients.parse(readFileSync(file, 'utf8'));
    if (recipients instanceof KnownRecipients) return recipients;
    problems.refuse(path, `${file}, ${recipients}`);
  } catch (error) {
    problems.refuse(path, `${file} can't be read: ${describeError(error)}`);
  }
  return undefined;
}

const OF_SMTP_ROUTES = ['tls', 'tls_ca', 'auth'] as const;

function targetOf(
  route: RouteSettings,
  path: KeyPath,
  folder: string,
  problems: ProblemList,
): RouteTarget | undefined {
  const { domain, peer, error } = route;
  if (peer !== undefined) return { type: 'peers', peers: peer };
  if (route.smtp !== undefined) return smtpTarget(route.smtp, route, path, folder, problems);
  const [status = '', ...words] = (error ?? '').split(' ');
  const text = readTemplate(words.join(' '), domain.groups, [...path, 'error'], problems);
  return text && { type: 'refused', status, text };
}

function smtpTarget(
  smtp: string,
  route: RouteSettings,
  path: KeyPath,
  folder: string,
  problems: ProblemList,
): RouteTarget | undefined {
  const at = [...path, 'smtp'];
  const server = readServerTemplate(smtp, { groups: route.domain.groups }, at, problems);
  if (server === 'notAServer')
    problems.refuse(at, `found ${describeValue(smtp)}; allowed: a host and a port, such as "127.0.0.1:25"`);
  if (typeof server !== 'object') return undefined;
  refuseLogin(route, server, path, problems);
  return { type: 'smtp', ...server, terms: termsOf(route, folder) };
}

/** A password goes neither over a line where it can be read nor to a host that a stranger's address names. */
function refuseLogin(
  { tls, auth }: RouteSettings,
  { host }: ServerTemplate,
  path: KeyPath,
  problems: ProblemList,
): void {
  if (auth === undefined) return;
  const at = [...path, 'auth'];
  if (tls === 'none')
    problems.refuse(
      at,
      'found a login; allowed only with TLS, and tls is "none": all would read the password',
    );
  if (!host.isFixed)
    problems.refuse(
      at,
      'found a login; allowed only with a host that is always the same: addresses choose it here',
    );
}

function termsOf(
  { tls = USUAL_TERMS.tls, tls_ca: trusted, auth }: RouteSettings,
  folder: string,
): ServerTerms {
  return {
    tls,
    ...(trusted !== undefined && { trusted: resolve(folder, trusted) }),
    ...(auth !== undefined && {
      login: { user: auth.user, passwordFile: resolve(folder, auth.password_file) },
    }),
  };
}
