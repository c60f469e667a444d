import {
  CALLER_REFUSED,
  DTE_ORIGINATED,
  type IncomingRule,
  isHost,
  type RouteRule,
  type RouteTarget,
  Template,
} from '../routing/index.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { describeValue, readPart } from './read.js';
import { SMTP_USER_DATA } from './schema/peer.js';
import { incomingSchema, KEYS_OF_ACTION, type RouteSettings, routeSchema, TARGETS } from './schema/rules.js';
import { isNotYetSupported } from './schema/unknown-key.js';

/** `[[incoming]]` @param place counted from 1; names the rule where it has no name. */
export function readIncoming(path: KeyPath, place: number, problems: ProblemList): IncomingRule | undefined {
  refuseKeysOfOtherAction(path, problems);
  const settings = readPart(incomingSchema, path, problems);
  if (settings === undefined) return undefined;
  const { link, calling, called, max_circuits: maxCircuits } = settings;
  // Only mail is received unless the rule says otherwise; what is rejected is rejected whatever it wants.
  const userData = settings.call_user_data ?? (settings.action === 'engine' ? SMTP_USER_DATA : undefined);
  return {
    name: settings.name ?? `number ${place}`,
    ...(link !== undefined && { link }),
    ...(calling !== undefined && { calling }),
    ...(called !== undefined && { called }),
    ...(userData !== undefined && { userData }),
    action:
      settings.action === 'engine'
        ? { type: 'engine', relay: settings.relay, ...(maxCircuits !== undefined && { maxCircuits }) }
        : {
            type: 'reject',
            cause: settings.cause ?? DTE_ORIGINATED,
            diagnostic: settings.diagnostic ?? CALLER_REFUSED,
          },
  };
}

function refuseKeysOfOtherAction(path: KeyPath, problems: ProblemList): void {
  const action = problems.found([...path, 'action']);
  if (action !== 'engine' && action !== 'reject') return;
  const other = action === 'engine' ? 'reject' : 'engine';
  for (const key of KEYS_OF_ACTION[other])
    if (problems.found([...path, key]) !== undefined)
      problems.refuse([...path, key], `allowed only with action = "${other}"`);
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
  const text = templateOf(words.join(' '), domain.groups, [...path, 'error'], problems);
  return text && { type: 'refused', status, text };
}

function smtpTarget(
  smtp: string,
  groups: number,
  path: KeyPath,
  problems: ProblemList,
): RouteTarget | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(smtp) ?? [];
  const port = Number(digits);
  const host = templateOf(bracketed ?? plain ?? '', groups, path, problems);
  if (host === undefined) return undefined;
  // What a pattern will put in is looked at when mail comes; here any word stands for it.
  const example = host.expand(Array.from({ length: groups + 1 }, () => 'x'));
  if (isHost(example) && port >= 1 && port <= 65_535) return { type: 'smtp', host, port };
  problems.refuse(path, `found ${describeValue(smtp)}; allowed: a host and a port, such as "127.0.0.1:25"`);
  return undefined;
}

function templateOf(
  text: string,
  groups: number,
  path: KeyPath,
  problems: ProblemList,
): Template | undefined {
  const template = Template.parse(text, groups);
  if (template.ok) return template.value;
  problems.refuse(path, template.fault);
  return undefined;
}
