import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeError } from '../core/index.js';
import {
  KnownRecipients,
  MailboxPath,
  type RouteRule,
  type RouteTarget,
  type ServerTarget,
  type ServerTerms,
  USUAL_TERMS,
} from '../routing/index.js';
import type { KeyPath } from './locate.js';
import { outgoingOf } from './outgoing.js';
import type { ProblemList } from './problem.js';
import { describeValue, readPart } from './read.js';
import { type RouteSettings, routeSchema, TARGETS, TARGETS_OF_KEY } from './schema/route.js';
import { isNotYetSupported } from './schema/unknown-key.js';
import { readServerTemplate, readTemplate } from './server-template.js';

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
  for (const [key, targets] of Object.entries<readonly string[]>(TARGETS_OF_KEY))
    if (keys.includes(key) && !targets.some((target) => keys.includes(target)))
      problems.refuse([...path, key], `allowed only with ${targets.join(' or ')}`);
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

const SERVER = {
  smtp: 'a host and a port, such as "127.0.0.1:25"',
  lmtp: 'a host and a port, such as "127.0.0.1:24", or the path of a socket',
} as const;

function targetOf(
  route: RouteSettings,
  path: KeyPath,
  folder: string,
  problems: ProblemList,
): RouteTarget | undefined {
  const { domain, peer, error } = route;
  if (peer !== undefined) return { type: 'peers', peers: peer };
  if (route.nua !== undefined) return nuaTarget(route.nua, route, path, problems);
  if (route.smtp !== undefined) return smtpTarget(route.smtp, route, path, folder, problems);
  if (route.lmtp !== undefined) return lmtpTarget(route.lmtp, route, path, folder, problems);
  if (route.maildir !== undefined) return maildirTarget(route.maildir, route, path, folder, problems);
  if (route.fetched_by !== undefined) return { type: 'user', user: route.fetched_by };
  if (route.mx !== undefined) return mxTarget(route, path, folder, problems);
  const [status = '', ...words] = (error ?? '').split(' ');
  const text = readTemplate(words.join(' '), domain.groups, [...path, 'error'], problems);
  return text && { type: 'refused', status, text };
}

/** RFC 2033 §5: never on port 25, where it could be taken for SMTP. */
function lmtpTarget(
  lmtp: string,
  route: RouteSettings,
  path: KeyPath,
  folder: string,
  problems: ProblemList,
): RouteTarget | undefined {
  if (lmtp.includes('/')) {
    for (const key of ['tls', 'tls_ca', 'auth'] as const)
      if (route[key] !== undefined)
        problems.refuse([...path, key], 'allowed only with a host: a socket is on this machine');
    return { type: 'lmtpSocket', path: resolve(folder, lmtp) };
  }
  const target = serverTarget('lmtp', lmtp, route, [...path, 'lmtp'], folder, problems);
  if (target?.type === 'lmtp' && target.port === 25)
    problems.refuse(
      [...path, 'lmtp'],
      `found ${describeValue(lmtp)}; allowed: any port but 25, which is for SMTP`,
    );
  if (target !== undefined) refuseLogin(route, [target], path, problems);
  return target;
}

function smtpTarget(
  smtp: readonly string[],
  route: RouteSettings,
  path: KeyPath,
  folder: string,
  problems: ProblemList,
): RouteTarget | undefined {
  const isList = Array.isArray(problems.found([...path, 'smtp']));
  const hosts = smtp.map((text, index) =>
    serverTarget('smtp', text, route, [...path, 'smtp', ...(isList ? [index] : [])], folder, problems),
  );
  const all = hosts.filter((host) => host !== undefined);
  if (all.length < hosts.length) return undefined;
  refuseLogin(route, all, path, problems);
  return all.length === 1 ? all[0] : { type: 'hosts', hosts: all };
}

/** @param at where the server stands. */
function serverTarget(
  type: 'smtp' | 'lmtp',
  text: string,
  route: RouteSettings,
  at: KeyPath,
  folder: string,
  problems: ProblemList,
): ServerTarget | undefined {
  const server = readServerTemplate(text, { groups: route.domain.groups }, at, problems);
  if (server === 'notAServer') problems.refuse(at, `found ${describeValue(text)}; allowed: ${SERVER[type]}`);
  if (typeof server !== 'object') return undefined;
  return { type, ...server, terms: termsOf(route, folder) };
}

function nuaTarget(
  nua: string,
  { domain, link }: RouteSettings,
  path: KeyPath,
  problems: ProblemList,
): RouteTarget | undefined {
  const at = [...path, 'nua'];
  const template = readTemplate(nua, domain.groups, at, problems);
  // What addresses will put in is looked at when they do; here any digit stands for it.
  const example = template?.expand(Array.from({ length: domain.groups + 1 }, () => '1')) ?? '1';
  if (!/^\d{1,15}$/.test(example))
    problems.refuse(at, `found ${describeValue(nua)}; allowed: 1 to 15 digits, and $1 to $9`);
  if (link === undefined)
    problems.refuse([...path, 'link'], 'missing; needed with nua: the name of a link, or a list of them');
  return template && link && { type: 'nua', nua: template, links: link };
}

function maildirTarget(
  maildir: string,
  { domain, recipients }: RouteSettings,
  path: KeyPath,
  folder: string,
  problems: ProblemList,
): RouteTarget | undefined {
  const parsed = MailboxPath.parse(resolve(folder, maildir), domain.groups);
  if (!parsed.ok) problems.refuse([...path, 'maildir'], parsed.fault);
  else if (!parsed.value.isFixed && recipients === undefined)
    problems.refuse(
      [...path, 'recipients'],
      'missing; needed where the address makes the path: a file of who exists, or anybody could make mailboxes',
    );
  return parsed.ok ? { type: 'maildir', path: parsed.value } : undefined;
}

/** RFC 8314 is for the submission of mail: between servers TLS is asked for by STARTTLS. */
function mxTarget(
  route: RouteSettings,
  path: KeyPath,
  folder: string,
  problems: ProblemList,
): RouteTarget | undefined {
  const { tls, mta_sts: sts = tls !== 'none' } = route;
  if (sts && tls === 'none')
    problems.refuse(
      [...path, 'mta_sts'],
      'found true; allowed only with TLS, and tls is "none": no server could prove that it has its name',
    );
  if (tls !== 'implicit') return { type: 'mx', terms: { ...termsOf(route, folder), sts } };
  problems.refuse(
    [...path, 'tls'],
    'found "implicit"; allowed with mx: "none" or "may" or "must" or "verify", since the mail servers of the Internet begin in the clear',
  );
  return undefined;
}

/** A password goes neither over a line where it can be read nor to a host that a stranger's address names. */
function refuseLogin(
  { tls, auth }: RouteSettings,
  servers: readonly ServerTarget[],
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
  if (!servers.every(({ host }) => host.isFixed))
    problems.refuse(
      at,
      'found a login; allowed only with a host that is always the same: addresses choose it here',
    );
}

function termsOf({ tls = USUAL_TERMS.tls, ...settings }: RouteSettings, folder: string): ServerTerms {
  return { tls, ...outgoingOf(settings, folder) };
}
