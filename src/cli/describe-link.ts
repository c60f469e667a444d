import {
  channelsToCallOn,
  formatHostAndPort,
  formatRoundedDuration,
  type LapbTimer,
  type LinkConfiguration,
} from '../config/index.js';
import { money } from '../observe/index.js';
import type { PacketTimers } from '../x25/index.js';
import { commas, type Row, time } from './section.js';

type Link<Type extends LinkConfiguration['type']> = Extract<LinkConfiguration, { readonly type: Type }>;
type AccessLink = Link<'serial' | 'modem'>;

/** What a link comes to. */
export function linkRows(link: LinkConfiguration): Row[] {
  return [...kindRows(link), ...tariffRows(link)];
}

function kindRows(link: LinkConfiguration): Row[] {
  switch (link.type) {
    case 'serial':
      return [
        ...lineRows(link),
        ...framingRows(link),
        ['role', describeRole(link)],
        ...numberRows(link),
        ...layerRows(link),
      ];
    case 'modem':
      return [...lineRows(link), ...modemRows(link), ...numberRows(link), ...layerRows(link)];
    case 'pad':
      return [...lineRows(link), ...padRows(link), ...numberRows(link)];
    case 'xot':
      return [...xotRows(link), ...numberRows(link), ...xotPacketRows(link)];
  }
}

function tariffRows({ tariff }: LinkConfiguration): Row[] {
  if (tariff === undefined) return [];
  const { call, minute, incrementMs, segment, windows, zone, currency } = tariff;
  const prices = [
    ...(call === 0 ? [] : [`${money(call, currency)} each`]),
    ...(minute === 0 ? [] : [`${money(minute, currency)} a minute, charged by ${time(incrementMs)}`]),
    ...(segment === 0 ? [] : [`${money(segment, currency)} a segment`]),
  ];
  const factors = windows.map(({ at, factor }) => [`times ${factor}`, `${at.text} (${zone.name})`]);
  return [['calls cost', prices.join(', ')], ...factors];
}

function lineRows(link: Link<'serial' | 'modem' | 'pad'>): Row[] {
  const { line } = link;
  const where = line.type === 'device' ? line.path : `serial device server ${formatHostAndPort(line)}`;
  const hardware = line.type === 'device' && line.hardwareFlowControl ? ', RTS/CTS' : '';
  const escapes = link.type !== 'pad' && link.escapeXonXoff ? ', XON/XOFF (11 and 13 escaped)' : '';
  return [['line', `${where}, ${line.baud} bit/s${hardware}${escapes}`]];
}

/** What is not as usual. */
function framingRows({ fcs, watchesCarrier }: Link<'serial'>): Row[] {
  return [
    ...(fcs === 'none' ? [['frames', 'without FCS']] : []),
    ...(watchesCarrier ? [['carrier', 'watched: without DCD the link is down']] : []),
  ];
}

function numberRows(link: LinkConfiguration): Row[] {
  const { type, nua, calling, prefixes } = link;
  const prefix = prefixes.international ?? '';
  const isSubaddress = calling !== undefined && calling !== nua;
  const ours = isSubaddress ? `, given as subaddress ${calling} when we call` : '';
  const given = calling === undefined && type !== 'pad' ? ', not given when we call' : ours;
  const doubt = describeDoubt(link);
  return [
    ['our number', nua === undefined ? 'none' : `${nua}${given}`],
    ...(prefix === ''
      ? []
      : [['international', `${prefix} before numbers we call, taken from numbers that call`]]),
    ...(doubt === undefined ? [] : [['their numbers', doubt]]),
  ];
}

function describeDoubt(link: LinkConfiguration): string | undefined {
  if (link.type === 'xot' && link.verifiesCallers)
    return link.listen && 'verified: each must lead, by the routers, to where its call comes from';
  if (!link.vouched) return 'nobody vouches for them: they give no right to relay';
  if (link.type === 'modem' && link.modem.answerAfterRings > 0)
    return 'nobody vouches for them where we have answered: they give no right to relay there';
  return undefined;
}

function layerRows(link: AccessLink): Row[] {
  const { packet, maxCircuits } = link;
  return [
    ['link layer', describeLapb(link)],
    ['packets', describePackets(packet)],
    ['channels', describeChannels(link)],
    ...(maxCircuits === undefined ? [] : [['circuits', `at most ${maxCircuits}`]]),
    ['timers', describeTimers(packet.timers, timersOf(packet))],
  ];
}

function modemRows(link: Link<'modem'>): Row[] {
  const { modem, dial, role } = link;
  return [
    ['modem', `${link.profile}: ${modem.init.join(', ')}`],
    ['dials', dial === undefined ? 'never' : `${modem.dialCommand}${dial}, as ${role.toUpperCase()}`],
    ['answers', describeAnswering(link)],
    ['hangs up', describeHangingUp(link)],
    ['modem times', times(modem.times)],
  ];
}

function describeAnswering({ modem, answerRole, callsOnAnswered }: Link<'modem'>): string {
  const { answerAfterRings: rings } = modem;
  if (rings === 0) return 'never';
  const calls = callsOnAnswered ? 'we call on it too' : 'we never call on it';
  return `after ${rings} ${rings === 1 ? 'ring' : 'rings'}, as ${answerRole.toUpperCase()}; ${calls}`;
}

function describeHangingUp({ modem, dial, idleHangUpMs, answeredIdleHangUpMs }: Link<'modem'>): string {
  const waits = [
    ...(dial === undefined ? [] : [`${time(idleHangUpMs)} after the last call`]),
    ...(modem.answerAfterRings === 0
      ? []
      : [`${time(answeredIdleHangUpMs)} after the last call where we have answered`]),
  ];
  const by = modem.hangUpBy === 'dtr' ? 'DTR' : `${modem.escapeSequence} and ${modem.hangUpCommand}`;
  return `by ${by}, ${waits.join(', ')}`;
}

function describeLapb(link: AccessLink): string {
  const { lapb, lapbAsWritten } = link;
  const value = (key: LapbTimer, text: string): string =>
    `${text}${lapbAsWritten.includes(key) ? ' (as written)' : ''}`;
  const adapts = link.type === 'modem' && link.adaptsT1 ? ' (more where CONNECT tells a slower speed)' : '';
  return [
    `LAPB modulo ${lapb.modulo}`,
    `window ${lapb.window}`,
    value('t1Ms', `T1 ${time(lapb.t1Ms)}${adapts}`),
    value('t2Ms', `T2 ${time(lapb.t2Ms)}`),
    value('t3Ms', `T3 ${time(lapb.t3Ms)}`),
    value('n2', `N2 ${lapb.n2}`),
    `N1 ${lapb.maxInformationOctets} octets`,
    ...(lapb.active ? [] : ['set up by the other end']),
  ].join(', ');
}

function describePackets(packet: Omit<AccessLink['packet'], 'role' | 'channels' | 'assign'>): string {
  const rejects = packet.reject ? ', lost ones asked for by REJ' : '';
  const usual = `modulo ${packet.modulo}, ${packet.defaultPacketSize} octets, window ${packet.defaultWindow}${rejects}`;
  return packet.negotiation
    ? `${usual}; up to ${packet.maxPacketSize} octets, window ${packet.maxWindow}, when asked for`
    : `${usual}; never negotiated`;
}

function describeChannels(link: AccessLink): string {
  const { channels, assign } = link.packet;
  const ranges = [
    { what: 'incoming', range: channels.incoming },
    { what: 'two-way', range: channels.twoWay },
    { what: 'outgoing', range: channels.outgoing },
  ].flatMap(({ what, range }) => (range === undefined ? [] : [`${what} ${range.join('-')}`]));
  const ours = channelsToCallOn(link);
  const first = assign === 'auto' ? 'a DTE the highest, a DCE the lowest' : `the ${assign}`;
  return `${ranges.join(', ')}; ${ours === 0 ? 'none to call on' : `we call on ${ours}, ${first} free one first`}`;
}

function describeRole({ role, packet }: AccessLink): string {
  if (packet.role === role) return role.toUpperCase();
  const packetRole = packet.role === 'auto' ? 'as each restart has it' : packet.role.toUpperCase();
  return `${role.toUpperCase()}; packet layer: ${packetRole}`;
}

/** Those of our role, and those that both roles have. */
const DTE_TIMERS = /^[tr]2[0-6]/;
const DCE_TIMERS = /^([tr]1|t2[456])/;
const REJECT_TIMERS = /^([tr]27|r25)/;

function timersOf({ role, reject }: AccessLink['packet']): (name: string) => boolean {
  const ofRole = role === 'dce' ? DCE_TIMERS : DTE_TIMERS;
  return (name) => (REJECT_TIMERS.test(name) ? reject : ofRole.test(name));
}
/** Calls and resets are all there is; how long a clear waits is not ours to say. */
const XOT_TIMERS = /^(t2[12456]|r22)$/;

function describeTimers(timers: PacketTimers, which: (name: string) => boolean): string {
  return Object.entries(timers)
    .filter(([name]) => which(name))
    .map(([name, value]) => `${name.toUpperCase()} ${name.startsWith('t') ? time(value) : value}`)
    .join(', ');
}

function padRows({ clearing, serviceRequest, userDataMark, parameters, timers }: Link<'pad'>): Row[] {
  const how = { break: 'by a break and CLR', dtr: 'by DTR', escape: 'by DLE and CLR' };
  return [
    ['calls are cleared', how[clearing]],
    ...(serviceRequest === undefined ? [] : [['is woken by', JSON.stringify(serviceRequest)]]),
    ...(userDataMark === undefined ? [] : [['before user data', userDataMark]]),
    ...(parameters.size === 0
      ? []
      : [['parameters', commas([...parameters].map(([key, value]) => `${key}:${value}`))]]),
    ['times', times(timers)],
  ];
}

function xotRows(link: Link<'xot'>): Row[] {
  const { listen, allow, routers, maxCircuits } = link;
  return [
    ['listens on', listen === undefined ? 'no port: nobody calls us here' : formatHostAndPort(listen)],
    ...(listen === undefined
      ? []
      : [
          [
            'connections from',
            commas(
              allow.map(({ text }) => text),
              'nobody',
            ),
          ],
        ]),
    ...routers.map(({ nua, host, port }) => [
      `${nua.text} is at`,
      formatHostAndPort({ host: host.text, port }),
    ]),
    ['circuits', `at most ${maxCircuits}`],
    ['connections', describeConnections(link)],
  ];
}

function describeConnections({ connectMs, keepAliveMs, idleMs }: Link<'xot'>): string {
  return [
    `${time(connectMs)} to answer`,
    keepAliveMs === 0 ? 'never probed' : `probed after ${time(keepAliveMs)} of silence`,
    idleMs === 0 ? 'calls may be silent for ever' : `calls cleared after ${time(idleMs)} of silence`,
  ].join(', ');
}

function xotPacketRows({ packet }: Link<'xot'>): Row[] {
  return [
    ['packets', describePackets({ ...packet, negotiation: true, reject: false })],
    ['timers', describeTimers(packet.timers, (name) => XOT_TIMERS.test(name))],
  ];
}

/** `ringGapMs` as `ring gap`. */
function times(table: Readonly<Record<string, number>>): string {
  const words = (name: string): string =>
    name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return commas(
    Object.entries(table).map(([name, value]) => `${words(name)} ${formatRoundedDuration(value)}`),
  );
}
