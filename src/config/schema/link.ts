import { z } from 'zod';
import { LAPB_PARAMETERS } from '../../lapb/index.js';
import { type ChannelRange, PACKET_TIMERS, type PacketTimers, type TimerEntry } from '../../x25/index.js';
import { choice, duration, matching, name, nua, table, timer, whole, yesOrNo } from './fields.js';
import { tariffSchema } from './tariff.js';

/** What kinds of links have in common; each kind takes what it has of it. */

export const LINK_KINDS = ['serial', 'modem', 'pad', 'xot'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** Keys of every link. */
export function linkKeys<const Kind extends LinkKind>(kind: Kind) {
  return {
    name: name(),
    type: z.literal(kind),
    nua: nua().optional(),
    private: yesOrNo().default(false),
    tariff: tariffSchema.optional(),
  };
}

/** Keys of a link on a line of start/stop characters. */
export const LINE_KEYS = {
  path: matching(
    /^(?![a-z]+:\/\/)[^\0]+$|^tcp:\/\/.+$/,
    'a device such as "/dev/ttyUSB0", or "tcp://host:port" of a serial device server',
  ),
  baud: whole(50, 4_000_000).default(9_600),
};

const PACKET_SIZES = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

export function packetSize() {
  const error = `one of ${PACKET_SIZES.join(', ')}`;
  return z.int({ error }).refine((octets) => PACKET_SIZES.includes(octets), { error });
}

/** The numbering that it has to fit is checked where both are known. */
export function window() {
  return whole(1, 127);
}

function modulo() {
  return z.literal([8, 128], { error: '8 or 128' }).default(8);
}

/** `"1-16"`, or one channel alone: `"5"`. */
function channelRange() {
  const allowed = 'channels from 1 to 4095, lowest first, such as "1-16"';
  return z.string({ error: allowed }).transform((text, context): ChannelRange => {
    const [, low, high = low] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(text) ?? [];
    const range = [Number(low), Number(high)] as const;
    if (range[0] >= 1 && range[0] <= range[1] && range[1] <= 4095) return range;
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
}

type TimerSchema = z.ZodDefault<z.ZodType<number>>;

/** T10 .. T27 as times, R10 .. R23 as counts: the packet layer's own table says which, and how far. */
function timerSchema(key: string, entry: TimerEntry): TimerSchema {
  return key.startsWith('r') ? whole(...entry.range).default(entry.default) : timer(entry);
}

/** @param misplaced timers that a kind of link does not have, and why. */
export function packetTimers<Timer extends keyof PacketTimers>(
  timers: readonly Timer[],
  misplaced: Readonly<Record<string, string>> = {},
) {
  const shape = Object.fromEntries(timers.map((key) => [key, timerSchema(key, PACKET_TIMERS[key])]));
  return table('link.packet.timers', shape as Record<Timer, TimerSchema>, misplaced);
}

/** Keys of `[link.packet]` wherever there is a packet layer. */
export const PACKET_KEYS = {
  modulo: modulo(),
  window: window().default(2),
  size: packetSize().default(128),
  max_size: packetSize().optional(),
  max_window: window().optional(),
};

const { window: k, t1Ms, t2Ms, t3Ms, n2 } = LAPB_PARAMETERS;

/** What is left out follows from the line. */
const lapbSchema = table('link.lapb', {
  modulo: modulo(),
  window: whole(k.min, k.max).default(k.default),
  t1: duration(t1Ms.min, t1Ms.max).optional(),
  t2: duration(1, t2Ms.max, { off: true }).optional(),
  t3: duration(1, t3Ms.max, { off: true }).optional(),
  n2: whole(n2.min, n2.max).optional(),
  start: choice(['active', 'passive']).default('active'),
});

const packetSchema = table('link.packet', {
  ...PACKET_KEYS,
  role: choice(['dte', 'dce', 'auto']).optional(),
  channels: table('link.packet.channels', {
    incoming: channelRange().optional(),
    two_way: channelRange().optional(),
    outgoing: channelRange().optional(),
  }).default({ two_way: [1, 16] }),
  assign: choice(['auto', 'highest', 'lowest']).default('auto'),
  negotiation: yesOrNo().default(true),
  reject: yesOrNo().default(false),
  timers: packetTimers(Object.keys(PACKET_TIMERS) as (keyof PacketTimers)[]).prefault({}),
});

const ADDRESS_KEYS = {
  prefix: table('link.address.prefix', {
    international: matching(/^\d{0,4}$/, 'up to 4 digits').default(''),
  }).prefault({}),
};

/** `[link.address]` where calls carry the address that we put in. */
export const addressSchema = table('link.address', {
  calling: choice(['own', 'none', 'subaddress']).default('own'),
  subaddress: matching(/^\d{1,4}$/, '1 to 4 digits').optional(),
  ...ADDRESS_KEYS,
});

/** `[link.address]` where the network puts it in. */
export const prefixSchema = table('link.address', ADDRESS_KEYS, {
  calling: 'has no place on a PAD: the network puts the calling address in',
});

/** Keys of a line with LAPB and the packet layer on it. */
export const ACCESS_KEYS = {
  ...LINE_KEYS,
  max_circuits: whole(1, 4095).optional(),
  flow: choice(['none', 'rtscts', 'xonxoff']).default('none'),
  role: choice(['dte', 'dce']).default('dte'),
  lapb: lapbSchema.prefault({}),
  packet: packetSchema.prefault({}),
  address: addressSchema.prefault({}),
};

const ACCESS_SCHEMA = z.object(ACCESS_KEYS);
export type AccessSettings = z.output<typeof ACCESS_SCHEMA>;
