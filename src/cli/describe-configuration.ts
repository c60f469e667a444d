import { CallerNetwork } from '../bridge/index.js';
import {
  type Configuration,
  formatHostAndPort,
  formatSize,
  isReached,
  type ListenerConfiguration,
  type PeerConfiguration,
} from '../config/index.js';
import { toHex } from '../core/index.js';
import { facilityWords, money } from '../observe/index.js';
import {
  type IncomingRule,
  type RewriteRule,
  type RouteRule,
  type ServerTerms,
  type TlsPolicy,
  USUAL_TERMS,
} from '../routing/index.js';
import type { Facilities, PerDirection } from '../x25/index.js';
import { linkRows } from './describe-link.js';
import { policyRows } from './describe-policy.js';
import { commas, type Row, section, time } from './section.js';

/** What a configuration comes to, in the words of whoever runs the gateway. Ends with a line end. */
export function describeConfiguration(configuration: Configuration): string {
  return [
    section(`Gateway ${configuration.gateway.hostname}`, gatewayRows(configuration)),
    ...configuration.links.map((link) => section(`Link ${link.name}`, linkRows(link))),
    ...configuration.peers.map((peer) => section(`Peer ${peer.name}`, peerRows(peer))),
    section('Mail is taken', policyRows(configuration)),
    section('Mail goes (first that fits)', routeRows(configuration.routes)),
    ...(configuration.rewrites.length === 0
      ? []
      : [section('Names of domains, for sites and for others', rewriteRows(configuration.rewrites))]),
    section('Calls come in (first that fits)', incomingRows(configuration)),
    ...(configuration.bridges.length === 0
      ? []
      : [section('Connections become calls', bridgeRows(configuration))]),
    section('What cannot be delivered', queueRows(configuration)),
  ].join('\n');
}

function gatewayRows({ gateway, listen, relay, console, log, peers }: Configuration): Row[] {
  return [
    ['X.25 number', gateway.nua ?? 'none'],
    ...callerNetworkRows(gateway.callerNetwork, gateway.nua ?? peers[0]?.nua ?? ''),
    ['SMTP on', commas(listen.smtp.map(describeListener), 'no port: mail comes in by X.25 only')],
    ...(listen.submission.length === 0
      ? []
      : [['submission on', commas(listen.submission.map(describeListener), '')] satisfies Row]),
    ['greeting', `220 ${gateway.hostname} ${gateway.greeting}`],
    [
      'may send anywhere',
      commas(
        relay.networks.map(({ text }) => text),
        'nobody by TCP',
      ),
    ],
    [
      'all may send to',
      commas(
        relay.domains.map(({ text }) => text),
        'nowhere',
      ),
    ],
    ['postmaster', gateway.postmaster],
    ['queue in', gateway.spool],
    ['control socket', console.socket],
    ...(console.http === undefined
      ? []
      : [['metrics and status on', `http://${formatHostAndPort(console.http)}`] satisfies Row]),
    ['log', [log.level, ...(log.callsFile === undefined ? [] : [`calls in ${log.callsFile}`])].join(', ')],
  ];
}

function describeListener(listener: ListenerConfiguration): string {
  const { tls, proxy, xclient } = listener;
  const more = [
    ...(tls === 'none' ? [] : [tls === 'implicit' ? 'within TLS' : 'STARTTLS']),
    ...(proxy.length === 0 ? [] : [`behind proxies at ${proxy.map(({ text }) => text).join(', ')}`]),
    ...(xclient.length === 0 ? [] : [`XCLIENT from ${xclient.map(({ text }) => text).join(', ')}`]),
  ];
  const address = formatHostAndPort(listener);
  return more.length === 0 ? address : `${address} (${more.join('; ')})`;
}

/** @param example a number whose address shows how they are made. */
function callerNetworkRows(text: string | undefined, example: string): Row[] {
  const network = text === undefined ? undefined : CallerNetwork.parse(text);
  if (text === undefined || network === undefined) return [];
  return [['callers appear in', `${text}, ${example || 'no number'} as ${network.addressOf(example)}`]];
}

function peerRows({
  nua,
  links,
  calling,
  userData,
  facilities,
  timers,
  maxCircuits,
  callRules,
  large,
  users,
  fetch,
  terms,
}: PeerConfiguration): Row[] {
  return [
    ['number', `${nua} on ${links.join(', then ')}`],
    ['calls us from', commas(calling.map((pattern) => number(pattern.text)))],
    ['call user data', userData.length === 0 ? 'none' : toHex(userData, ' ')],
    ['asks for', facilities.map(describeFacilities).join('; then ')],
    [
      'waits',
      `${time(timers.callAcceptMs)} for the call, ${time(timers.serviceReadyMs)} for the 220, ` +
        `${time(timers.replyMs)} for a reply, ${time(timers.quitMs)} after QUIT`,
    ],
    ['calls at a time', String(maxCircuits)],
    ...callRuleRows(callRules),
    ...largeRows(large),
    ...(terms === undefined ? [] : [['is spoken to', describeTerms(terms)] as const]),
    ...(users.length === 0 ? [] : [['may log in as', users.join(', ')] as const]),
    ...(fetch === undefined ? [] : [['brings us', describeFetch(fetch)] as const]),
  ];
}

function describeFetch({ how, domains, everyMs }: NonNullable<PeerConfiguration['fetch']>): string {
  const whose = domains.length === 0 ? 'all that is ours' : `mail for ${domains.join(', ')}`;
  const what = how === 'atrn' ? 'over our calls' : 'when our calls ask for it';
  return `${whose}, ${what}${everyMs === undefined ? '' : `, asked at least every ${time(everyMs)}`}`;
}

function largeRows(rules: PeerConfiguration['large']): Row[] {
  if (rules === undefined) return [];
  const { octets, windows, zone, notice } = rules;
  const times = windows?.windows.map(({ text }) => text).join(', ');
  const when = times === undefined ? 'only when it asks' : `at ${times} (${zone.name}), or when it asks`;
  return [
    [`over ${formatSize(octets)}`, `${when}; recipients are ${notice ? '' : 'not '}told that it waits`],
  ];
}

function callRuleRows(rules: PeerConfiguration['callRules']): Row[] {
  if (rules === undefined) return [];
  const { windows, zone, minMessages, maxWaitMs, budget } = rules;
  const limits = [
    ...(budget?.minutes === undefined ? [] : [`${budget.minutes} minutes`]),
    ...(budget?.cost === undefined ? [] : [money(budget.cost)]),
  ];
  return [
    ...(windows === undefined
      ? []
      : [['is called', `${windows.windows.map(({ text }) => text).join(', ')} (${zone.name})`]]),
    ...(minMessages === 1
      ? []
      : [['for', `${minMessages} messages, or one that waits for ${time(maxWaitMs)}`]]),
    ...(budget === undefined
      ? []
      : [
          [
            'budget',
            `${limits.join(' and ')} a ${budget.period} (${zone.name}), told at ${budget.warn * 100} %`,
          ],
        ]),
  ];
}

function describeFacilities({ packetSize, windowSize, ...others }: Facilities): string {
  const asked = [
    ...(packetSize === undefined ? [] : [`packets of ${outAndIn(packetSize)}`]),
    ...(windowSize === undefined ? [] : [`window ${outAndIn(windowSize)}`]),
    ...facilityWords(others),
  ];
  return commas(asked, 'no facilities');
}

function outAndIn({ fromCalling, fromCalled }: PerDirection): string {
  return fromCalling === fromCalled ? `${fromCalling}` : `${fromCalling} out and ${fromCalled} in`;
}

function rewriteRows(rewrites: readonly RewriteRule[]): Row[] {
  return rewrites.map(({ domains, peers, signed }) => [
    domains.inside,
    domains.outside,
    [
      peers === undefined ? 'all peers and numbers are sites' : `sites: ${peers.join(', ')}`,
      ...(signed ? ['headers that are signed are rewritten as well'] : []),
    ].join(', '),
  ]);
}

function routeRows(routes: readonly RouteRule[]): Row[] {
  return [
    ...routes.map(({ domain, target, recipients }) => [
      domain.text,
      recipients === undefined
        ? describeTarget(target)
        : `${describeTarget(target)}, for the ${recipients.size} recipients known there`,
    ]),
    ...(routes.some(({ domain }) => domain.isCatchAll) ? [] : [['all other', 'refused: 550 5.1.2 no route']]),
  ];
}

function describeTarget(target: RouteRule['target']): string {
  switch (target.type) {
    case 'peers':
      return `to peer ${target.peers.join(', then ')}`;
    case 'nua':
      return `to the number ${target.nua.text} on link ${target.links.join(', then ')}`;
    case 'lmtpSocket':
      return `to the LMTP server on ${target.path}`;
    case 'hosts':
      return target.hosts.map(describeTarget).join(', then ');
    case 'smtp':
    case 'lmtp':
      return `to ${target.type.toUpperCase()} host ${formatHostAndPort({ host: target.host.text, port: target.port })}, ${describeTerms(target.terms)}`;
    case 'mx':
      return `to the mail servers that DNS names, ${describeTerms(target.terms)}`;
    case 'maildir':
      return `into the maildir ${target.path.text}`;
    case 'user':
      return `waits until user ${target.user} fetches it`;
    case 'refused':
      return `refused: ${target.status} ${target.text.text}`;
  }
}

const TLS_IN_WORDS: Readonly<Record<TlsPolicy, string>> = {
  none: 'without TLS',
  may: 'TLS where offered',
  must: 'only with TLS',
  verify: 'only with TLS and a certificate that proves its name',
  implicit: 'within TLS from the start, and a certificate that proves its name',
};

function describeTerms({ tls, trusted, login, sts }: ServerTerms = USUAL_TERMS): string {
  return [
    TLS_IN_WORDS[tls],
    ...(trusted === undefined ? [] : [`signers in ${trusted}`]),
    ...(login === undefined ? [] : [`logged in as ${login.user}`]),
    ...(sts === true ? ['MTA-STS obeyed'] : []),
  ].join(', ');
}

function incomingRows({ incoming, peers }: Configuration): Row[] {
  const known = peers.filter(({ calling }) =>
    isReached(
      incoming,
      calling.map(({ text }) => text),
    ),
  );
  return [
    ...incoming.map((rule) => [rule.name, describeConditions(rule), describeAction(rule)]),
    ...(known.length === 0
      ? []
      : [
          [
            `peers ${known.map(({ name }) => name).join(', ')}`,
            'with their number and call user data',
            'mail is received',
          ],
        ]),
    ...(isReached(incoming, [''])
      ? [['all other', 'every call', 'refused: 00/F5, or 00/F9 for their call user data']]
      : []),
  ];
}

function describeConditions({ link, calling, called, closedUserGroups, userData }: IncomingRule): string {
  const conditions = [
    ...(link === undefined ? [] : [`on ${link}`]),
    ...(calling === undefined ? [] : [`from ${number(calling.text)}`]),
    ...(called === undefined ? [] : [`for ${number(called.text)}`]),
    ...(closedUserGroups === undefined ? [] : [`in closed user group ${closedUserGroups.join(' or ')}`]),
    ...(userData === undefined || userData.length === 0 ? [] : [`with ${toHex(userData, ' ')}`]),
  ];
  return conditions.join(' ') || 'every call';
}

function describeAction({ action }: IncomingRule): string {
  if (action.type === 'reject') return `refused: ${hexOctet(action.cause)}/${hexOctet(action.diagnostic)}`;
  return [
    ...(action.type === 'engine' ? describeEngine(action) : describeBridge(action)),
    ...(action.reverseCharging === true ? ['at our cost where the caller asks for it'] : []),
    ...(action.maxCircuits === undefined ? [] : [`at most ${action.maxCircuits} calls at a time`]),
  ].join(', ');
}

function describeEngine({ relay }: { readonly relay: boolean }): string[] {
  return ['mail is received', relay ? 'for anywhere' : 'for the domains all may send to'];
}

function describeBridge({ smtp, identify, relay }: IncomingRule['action'] & { type: 'bridge' }): string[] {
  const told = {
    xclient: `told who calls by XCLIENT${relay ? ', with LOGIN' : ''}`,
    proxy: 'told who calls by the PROXY protocol',
    none: 'not told who calls',
  };
  return [`joined to mail server ${formatHostAndPort(smtp)}`, told[identify]];
}

function bridgeRows({ bridges }: Configuration): Row[] {
  return bridges.map(({ listen, allow, peer }) => [
    `on ${formatHostAndPort(listen)}`,
    `from ${commas(allow.map(({ text }) => text))}`,
    `to peer ${peer}`,
  ]);
}

function queueRows({ queue }: Configuration): Row[] {
  const last = queue.retryMs.at(-1) ?? 0;
  return [
    ['is tried again', `after ${queue.retryMs.map(time).join(', ')}, then every ${time(last)}`],
    ['sender is told', queue.delayWarningMs === 0 ? 'never' : `after ${time(queue.delayWarningMs)}`],
    ['is returned', `after ${time(queue.maxAgeMs)}`],
    ['largest message', formatSize(queue.maxMessageOctets)],
  ];
}

function number(pattern: string): string {
  return pattern === '' ? 'callers without a number' : pattern;
}

function hexOctet(octet: number): string {
  return octet.toString(16).toUpperCase().padStart(2, '0');
}
