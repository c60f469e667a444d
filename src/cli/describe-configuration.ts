import Table from 'cli-table3';
import {
  type Configuration,
  channelsToCallOn,
  formatHostAndPort,
  formatRoundedDuration,
  formatSize,
  type LapbTimer,
  type LinkConfiguration,
  type PeerConfiguration,
} from '../config/index.js';
import { toHex } from '../core/index.js';
import type { IncomingRule, RouteRule } from '../routing/index.js';
import type { Facilities, PacketTimers } from '../x25/index.js';

type Row = readonly string[];

/** What a configuration comes to, in the words of whoever runs the gateway. Ends with a line end. */
export function describeConfiguration(configuration: Configuration): string {
  return [
    section(`Gateway ${configuration.gateway.hostname}`, gatewayRows(configuration)),
    ...configuration.links.map((link) => section(`Link ${link.name}`, linkRows(link))),
    ...configuration.peers.map((peer) => section(`Peer ${peer.name}`, peerRows(peer))),
    section('Mail goes (first that fits)', routeRows(configuration.routes)),
    section('Calls come in (first that fits)', incomingRows(configuration)),
    section('What cannot be delivered', queueRows(configuration)),
  ].join('\n');
}

/** A heading, and rows in columns without lines around them. */
function section(title: string, rows: readonly Row[]): string {
  const none = Object.fromEntries(BORDERS.map((border) => [border, '']));
  const table = new Table({
    chars: { ...none, left: '  ' },
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return [title, ...table.toString().split('\n')].map((line) => `${line.trimEnd()}\n`).join('');
}

const BORDERS = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
  'middle',
];

function gatewayRows({ gateway, listen, relay, log }: Configuration): Row[] {
  return [
    ['X.25 number', gateway.nua ?? 'none'],
    ['SMTP on', commas(listen.smtp.map(formatHostAndPort), 'no port: mail comes in by X.25 only')],
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
    ['log', [log.level, ...(log.callsFile === undefined ? [] : [`calls in ${log.callsFile}`])].join(', ')],
  ];
}

function linkRows(link: LinkConfiguration): Row[] {
  const { packet, prefixes } = link;
  const prefix = prefixes.international ?? '';
  return [
    ['line', describeLine(link)],
    ['role', link.role.toUpperCase()],
    [
      'our number',
      link.nua === undefined
        ? 'none'
        : `${link.nua}${link.calling === undefined ? ', not given when we call' : ''}`,
    ],
    ...(prefix === ''
      ? []
      : [['international', `${prefix} before numbers we call, taken from numbers that call`]]),
    ['link layer', describeLapb(link)],
    ['packets', describePackets(packet)],
    ['channels', describeChannels(link)],
    ['timers', describeTimers(packet.timers, link.role)],
  ];
}

function describeLine({ line, escapeXonXoff }: LinkConfiguration): string {
  const where = line.type === 'device' ? line.path : `serial device server ${formatHostAndPort(line)}`;
  const hardware = line.type === 'device' && line.hardwareFlowControl ? ', RTS/CTS' : '';
  return `${where}, ${line.baud} bit/s${hardware}${escapeXonXoff ? ', XON/XOFF (11 and 13 escaped)' : ''}`;
}

function describeLapb({ lapb, lapbAsWritten }: LinkConfiguration): string {
  const value = (key: LapbTimer, text: string): string =>
    `${text}${lapbAsWritten.includes(key) ? ' (as written)' : ''}`;
  return [
    `LAPB modulo ${lapb.modulo}`,
    `window ${lapb.window}`,
    value('t1Ms', `T1 ${time(lapb.t1Ms)}`),
    value('t2Ms', `T2 ${time(lapb.t2Ms)}`),
    value('t3Ms', `T3 ${time(lapb.t3Ms)}`),
    value('n2', `N2 ${lapb.n2}`),
    `N1 ${lapb.maxInformationOctets} octets`,
  ].join(', ');
}

function describePackets(packet: LinkConfiguration['packet']): string {
  const usual = `modulo ${packet.modulo}, ${packet.defaultPacketSize} octets, window ${packet.defaultWindow}`;
  return packet.negotiation
    ? `${usual}; up to ${packet.maxPacketSize} octets, window ${packet.maxWindow}, when asked for`
    : `${usual}; never negotiated`;
}

function describeChannels(link: LinkConfiguration): string {
  const { channels, assign } = link.packet;
  const ranges = [
    { what: 'incoming', range: channels.incoming },
    { what: 'two-way', range: channels.twoWay },
    { what: 'outgoing', range: channels.outgoing },
  ].flatMap(({ what, range }) => (range === undefined ? [] : [`${what} ${range.join('-')}`]));
  const ours = channelsToCallOn(link);
  return `${ranges.join(', ')}; ${ours === 0 ? 'none to call on' : `we call on ${ours}, the ${assign} free one first`}`;
}

/** Those of our role, and those that both roles have. */
function describeTimers(timers: PacketTimers, role: 'dte' | 'dce'): string {
  const ours = role === 'dte' ? /^[tr]2/ : /^([tr]1|t2[456])/;
  return Object.entries(timers)
    .filter(([name]) => ours.test(name))
    .map(([name, value]) => `${name.toUpperCase()} ${name.startsWith('t') ? time(value) : value}`)
    .join(', ');
}

function peerRows({
  nua,
  links,
  calling,
  userData,
  facilities,
  timers,
  maxCircuits,
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
  ];
}

function describeFacilities({ packetSize, windowSize }: Facilities): string {
  const asked = [
    ...(packetSize === undefined ? [] : [`packets of ${packetSize.fromCalling}`]),
    ...(windowSize === undefined ? [] : [`window ${windowSize.fromCalling}`]),
  ];
  return commas(asked, 'no facilities');
}

function routeRows(routes: readonly RouteRule[]): Row[] {
  return [
    ...routes.map(({ domain, target }) => [domain.text, describeTarget(target)]),
    ...(routes.some(({ domain }) => domain.isCatchAll) ? [] : [['all other', 'refused: 550 5.1.2 no route']]),
  ];
}

function describeTarget(target: RouteRule['target']): string {
  switch (target.type) {
    case 'peers':
      return `to peer ${target.peers.join(', then ')}`;
    case 'smtp':
      return `to SMTP host ${formatHostAndPort({ host: target.host.text, port: target.port })}`;
    case 'refused':
      return `refused: ${target.status} ${target.text.text}`;
  }
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

/** Whether a caller can get past all rules: none of them rejects everybody. @param calling patterns; empty: no number. */
function isReached(incoming: readonly IncomingRule[], calling: readonly string[]): boolean {
  return !incoming.some(
    ({ link, calling: from, called, userData, action }) =>
      action.type === 'reject' &&
      (link ?? called ?? userData) === undefined &&
      (from === undefined || (from.isCatchAll && !calling.includes(''))),
  );
}

function describeConditions({ link, calling, called, userData }: IncomingRule): string {
  const conditions = [
    ...(link === undefined ? [] : [`on ${link}`]),
    ...(calling === undefined ? [] : [`from ${number(calling.text)}`]),
    ...(called === undefined ? [] : [`for ${number(called.text)}`]),
    ...(userData === undefined || userData.length === 0 ? [] : [`with ${toHex(userData, ' ')}`]),
  ];
  return conditions.join(' ') || 'every call';
}

function describeAction({ action }: IncomingRule): string {
  if (action.type === 'reject') return `refused: ${hexOctet(action.cause)}/${hexOctet(action.diagnostic)}`;
  return [
    'mail is received',
    action.relay ? 'for anywhere' : 'for the domains all may send to',
    ...(action.maxCircuits === undefined ? [] : [`at most ${action.maxCircuits} calls at a time`]),
  ].join(', ');
}

function queueRows({ queue }: Configuration): Row[] {
  const last = queue.retryMs.at(-1) ?? 0;
  return [
    ['is tried again', `after ${queue.retryMs.map(time).join(', ')}, then every ${time(last)}`],
    ['is returned', `after ${time(queue.maxAgeMs)}`],
    ['largest message', formatSize(queue.maxMessageOctets)],
  ];
}

function time(milliseconds: number): string {
  return milliseconds === 0 ? 'off' : formatRoundedDuration(milliseconds);
}

function number(pattern: string): string {
  return pattern === '' ? 'callers without a number' : pattern;
}

function hexOctet(octet: number): string {
  return octet.toString(16).toUpperCase().padStart(2, '0');
}

function commas(texts: readonly string[], none = ''): string {
  return texts.length === 0 ? none : texts.join(', ');
}
