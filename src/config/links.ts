import { resolve } from 'node:path';
import { deriveParameters, type LapbParameters } from '../lapb/index.js';
import type { ChannelRanges, PacketLayerParameters } from '../x25/index.js';
import type { LapbTimer, LinkConfiguration, SerialDevice, SerialServer } from './configuration.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { describeValue, readPart } from './read.js';
import { parseHostAndPort } from './schema/fields.js';
import { type LinkSettings, linkSchema } from './schema/link.js';
import { formatDuration, formatRoundedDuration } from './units.js';

const OTHER_KINDS: ReadonlySet<unknown> = new Set(['modem', 'pad', 'xot']);
/** 8 data bits between a start and a stop bit. */
const BITS_PER_OCTET = 10;
const DEFAULT_MAX_SIZE = 1024;
/** Longer than this, and a lost last frame is felt by people. */
const LONG_T1_MS = 20_000;

/** What a link takes from around it. */
export interface LinkSurroundings {
  /** The gateway's number: stands in where a link has none. */
  readonly nua: string | undefined;
  /** Where relative paths start. */
  readonly folder: string;
}

/** `[[link]]`: what is written, and what follows from it. */
export function readLink(
  path: KeyPath,
  surroundings: LinkSurroundings,
  problems: ProblemList,
): LinkConfiguration | undefined {
  if (isOfAnotherKind(path, problems)) return undefined;
  const settings = readPart(linkSchema, path, problems);
  if (settings === undefined) return undefined;
  const line = lineOf(settings, surroundings.folder, path, problems);
  const packet = packetLayerOf(settings, path, problems);
  const nua = settings.nua ?? surroundings.nua;
  if (nua === undefined && settings.address.calling === 'own')
    problems.refuse(
      [...path, 'address', 'calling'],
      'no number to give: set nua here or in [gateway], or address.calling = "none"',
    );
  const { lapb, asWritten } = lapbOf(settings, packet.maxPacketSize, path, problems);
  if (line === undefined) return undefined;
  return {
    name: settings.name,
    type: settings.type,
    line,
    role: settings.role,
    ...(nua !== undefined && { nua }),
    ...(nua !== undefined && settings.address.calling === 'own' && { calling: nua }),
    prefixes: settings.address.prefix,
    vouched: true,
    escapeXonXoff: settings.flow === 'xonxoff',
    lapb,
    lapbAsWritten: asWritten,
    packet,
  };
}

/** A kind of link that this version does not have: that alone is worth saying, not each key that comes with it. */
function isOfAnotherKind(path: KeyPath, problems: ProblemList): boolean {
  const type = problems.found([...path, 'type']);
  if (!OTHER_KINDS.has(type)) return false;
  problems.refuse(
    [...path, 'type'],
    `found ${describeValue(type)}, which this version does not support; allowed: "serial"`,
  );
  return true;
}

function lineOf(
  { path: device, baud, flow }: LinkSettings,
  folder: string,
  path: KeyPath,
  problems: ProblemList,
): SerialDevice | SerialServer | undefined {
  if (!device.startsWith('tcp://'))
    return { type: 'device', path: resolve(folder, device), baud, hardwareFlowControl: flow === 'rtscts' };
  const server = parseHostAndPort(device.slice('tcp://'.length));
  if (server === undefined || server.port === 0)
    problems.refuse(
      [...path, 'path'],
      `found ${JSON.stringify(device)}; allowed: a host and a port, such as "tcp://terminal-server:7001"`,
    );
  if (flow === 'rtscts')
    problems.refuse(
      [...path, 'flow'],
      'found "rtscts"; allowed with tcp://: "none" or "xonxoff"; RTS/CTS is set on the device server',
    );
  return server && { type: 'tcp', ...server, baud };
}

function packetLayerOf(
  { role, packet }: LinkSettings,
  path: KeyPath,
  problems: ProblemList,
): PacketLayerParameters {
  const at = [...path, 'packet'];
  const { size, max_size = Math.max(size, DEFAULT_MAX_SIZE), window, max_window } = packet;
  if (size > max_size)
    problems.refuse([...at, 'max_size'], `found ${max_size}; allowed: no less than size, which is ${size}`);
  if (window > max_window)
    problems.refuse(
      [...at, 'max_window'],
      `found ${max_window}; allowed: no less than window, which is ${window}`,
    );
  const usual = role === 'dte' ? 'highest' : 'lowest';
  return {
    role,
    modulo: packet.modulo,
    channels: channelsOf(packet.channels, [...at, 'channels'], problems),
    assign: packet.assign === 'auto' ? usual : packet.assign,
    defaultPacketSize: size,
    defaultWindow: window,
    maxPacketSize: max_size,
    maxWindow: max_window,
    negotiation: packet.negotiation,
    timers: packet.timers,
  };
}

/** X.25 Annex A: incoming below two-way below outgoing, none twice. */
function channelsOf(
  { incoming, two_way: twoWay, outgoing }: LinkSettings['packet']['channels'],
  path: KeyPath,
  problems: ProblemList,
): ChannelRanges {
  const given = [
    { key: 'incoming', range: incoming },
    { key: 'two_way', range: twoWay },
    { key: 'outgoing', range: outgoing },
  ].flatMap(({ key, range }) => (range === undefined ? [] : [{ key, range }]));
  if (given.length === 0) problems.refuse(path, 'no channels; needed: incoming, two_way or outgoing');
  given.reduce(
    (below, above) => {
      if (above.range[0] <= below.range[1])
        problems.refuse(
          [...path, above.key],
          `found "${above.range.join('-')}"; allowed: above ${below.key}, which ends at ${below.range[1]}`,
        );
      return above;
    },
    { key: '', range: [0, 0] },
  );
  return {
    ...(incoming !== undefined && { incoming }),
    ...(twoWay !== undefined && { twoWay }),
    ...(outgoing !== undefined && { outgoing }),
  };
}

/** What follows from the line, overruled by what is written. */
function lapbOf(
  settings: LinkSettings,
  maxPacketSize: number,
  path: KeyPath,
  problems: ProblemList,
): { lapb: LapbParameters; asWritten: readonly LapbTimer[] } {
  const at = [...path, 'lapb'];
  const { lapb: written, baud, role } = settings;
  const derived = deriveParameters({
    role,
    active: true,
    bitsPerSecond: baud,
    bitsPerOctet: BITS_PER_OCTET,
    packetSize: maxPacketSize,
    window: written.window,
  });
  const { t1: t1Ms = derived.t1Ms, t3: t3Ms = derived.t3Ms, n2 = derived.n2 } = written;
  // A T1 that someone made short takes T2 with it.
  const { t2: t2Ms = Math.min(derived.t2Ms, Math.floor(t1Ms / 4)) } = written;
  if (t2Ms >= t1Ms)
    problems.refuse(
      [...at, 't2'],
      `found "${formatDuration(t2Ms)}"; allowed: less than t1, "${formatDuration(t1Ms)}"`,
    );
  if (t3Ms !== 0 && t3Ms <= t1Ms)
    problems.refuse(
      [...at, 't3'],
      `found "${formatDuration(t3Ms)}"; allowed: more than t1, "${formatDuration(t1Ms)}", or "0s" for never`,
    );
  if (t1Ms < derived.t1Ms)
    problems.warn(
      [...at, 't1'],
      `is short for ${baud} bit/s, packets of ${maxPacketSize} and a window of ${written.window}: ` +
        `below "${formatRoundedDuration(derived.t1Ms)}" an answer that is only slow counts as lost`,
    );
  if (written.t1 === undefined && t1Ms > LONG_T1_MS)
    problems.warn(
      at,
      `T1 comes to "${formatRoundedDuration(t1Ms)}" at ${baud} bit/s: a smaller packet.max_size or lapb.window makes it shorter`,
    );
  const asWritten = (['t1', 't2', 't3', 'n2'] as const).filter((key) => written[key] !== undefined);
  return {
    lapb: { ...derived, t1Ms, t2Ms, t3Ms, n2 },
    asWritten: asWritten.map((key) => (key === 'n2' ? key : (`${key}Ms` as const))),
  };
}
