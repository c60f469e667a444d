import { deriveParameters, type LapbParameters } from '../../lapb/index.js';
import { type ChannelRanges, channelCount, type PacketLayerParameters } from '../../x25/index.js';
import type { AccessLineConfiguration, LapbTimer } from '../configuration.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';
import type { AccessSettings } from '../schema/link.js';
import { formatDuration, formatRoundedDuration } from '../units.js';
import { sizesOf } from './sizes.js';

/** 8 data bits between a start and a stop bit. */
const BITS_PER_OCTET = 10;
/** How long a peer with the defaults of Linux holds back its acknowledgements. */
const COMMON_T2_MS = 1_000;
/** Longer than this, and a lost last frame is felt by people. */
const LONG_T1_MS = 20_000;

type Layers = Pick<
  AccessLineConfiguration,
  'role' | 'escapeXonXoff' | 'lapb' | 'lapbAsWritten' | 'packet' | 'maxCircuits'
>;

/** LAPB and the packet layer: what is written, and what follows from it. */
export function layersOf(settings: AccessSettings, path: KeyPath, problems: ProblemList): Layers {
  const packet = packetLayerOf(settings, path, problems);
  const { max_circuits: maxCircuits } = settings;
  const channels = channelCount(packet.channels);
  if (maxCircuits !== undefined && maxCircuits > channels)
    problems.warn(
      [...path, 'max_circuits'],
      `is ${maxCircuits}, and the link has ${channels} channels: there will not be more circuits than these`,
    );
  return {
    ...(maxCircuits !== undefined && { maxCircuits }),
    role: settings.role,
    escapeXonXoff: settings.flow === 'xonxoff',
    ...lapbOf(settings, packet.maxPacketSize, path, problems),
    packet,
  };
}

function packetLayerOf(
  settings: AccessSettings,
  path: KeyPath,
  problems: ProblemList,
): PacketLayerParameters {
  const { packet } = settings;
  const at = [...path, 'packet'];
  const { role = settings.role } = packet;
  const usual = { dte: 'highest', dce: 'lowest', auto: 'auto' } as const;
  if (role === 'auto')
    for (const key of ['incoming', 'outgoing'] as const)
      if (packet.channels[key] !== undefined)
        problems.refuse(
          [...at, 'channels', key],
          'allowed with role "auto": two_way only; which end is the DTE comes out when the link is up',
        );
  return {
    role,
    modulo: packet.modulo,
    channels: channelsOf(packet.channels, [...at, 'channels'], problems),
    assign: packet.assign === 'auto' ? usual[role] : packet.assign,
    ...sizesOf(packet, at, problems),
    negotiation: packet.negotiation,
    reject: packet.reject,
    timers: packet.timers,
  };
}

/** X.25 Annex A: incoming below two-way below outgoing, none twice. */
function channelsOf(
  { incoming, two_way: twoWay, outgoing }: AccessSettings['packet']['channels'],
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
  settings: AccessSettings,
  maxPacketSize: number,
  path: KeyPath,
  problems: ProblemList,
): { lapb: LapbParameters; lapbAsWritten: readonly LapbTimer[] } {
  const at = [...path, 'lapb'];
  const { lapb: written, baud, role } = settings;
  const derived = deriveParameters({
    role,
    active: written.start === 'active',
    modulo: written.modulo,
    bitsPerSecond: baud,
    bitsPerOctet: BITS_PER_OCTET,
    packetSize: maxPacketSize,
    window: written.window,
  });
  if (written.window >= written.modulo)
    problems.refuse(
      [...at, 'window'],
      `found ${written.window}; allowed: 1 to ${written.modulo - 1} with modulo = ${written.modulo}`,
    );
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
        `below "${formatRoundedDuration(derived.t1Ms)}" an answer that is only slow counts as lost` +
        `${t1Ms <= COMMON_T2_MS ? ' (Linux acknowledges after 1s)' : ''}`,
    );
  if (written.t1 === undefined && t1Ms > LONG_T1_MS)
    problems.warn(
      at,
      `T1 comes to "${formatRoundedDuration(t1Ms)}" at ${baud} bit/s: a smaller packet.max_size or lapb.window makes it shorter`,
    );
  const asWritten = (['t1', 't2', 't3', 'n2'] as const).filter((key) => written[key] !== undefined);
  return {
    lapb: { ...derived, t1Ms, t2Ms, t3Ms, n2 },
    lapbAsWritten: asWritten.map((key) => (key === 'n2' ? key : (`${key}Ms` as const))),
  };
}
