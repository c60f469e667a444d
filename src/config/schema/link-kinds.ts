import type { z } from 'zod';
import { choice, table } from './fields.js';
import { ACCESS_KEYS, LINK_KINDS, type LinkKind, linkKeys } from './link.js';
import { MODEM_KEYS } from './modem.js';
import { PAD_KEYS } from './pad.js';
import { XOT_KEYS } from './xot.js';

const SERIAL_KEYS = {
  ...linkKeys('serial'),
  ...ACCESS_KEYS,
  fcs: choice(['16', 'none']).default('16'),
  carrier: choice(['watch', 'ignore']).default('ignore'),
};

const KEYS: Readonly<Record<LinkKind, z.ZodRawShape>> = {
  serial: SERIAL_KEYS,
  modem: MODEM_KEYS,
  pad: PAD_KEYS,
  xot: XOT_KEYS,
};

/** Better told why than only where else a key belongs. */
const REASONS: Readonly<Record<LinkKind, Readonly<Record<string, string>>>> = {
  serial: {},
  modem: {
    fcs: 'has no place on a modem: a telephone line damages octets, so frames always have an FCS of 16 bits',
    carrier: 'has no place on a modem: its carrier is always watched',
  },
  pad: {
    lapb: 'has no place on a PAD: LAPB runs on the line of the PAD to the network, not on ours',
    packet:
      'has no place on a PAD: packets are made by the PAD, their size and window belong to its own line',
    fcs: 'has no place on a PAD: there are no frames on our line to it',
    max_circuits: 'has no place on a PAD: there is one circuit on a line to it',
    role: 'has no place on a PAD: we are its terminal, neither DTE nor DCE of X.25',
  },
  xot: {
    path: 'has no place on XOT: it runs over TCP; listen and routers say where',
    baud: 'has no place on XOT: TCP has no speed that timers could follow',
    flow: 'has no place on XOT: TCP has its own flow control',
    fcs: 'has no place on XOT: TCP has its own check',
    carrier: 'has no place on XOT: it runs over TCP',
    lapb: 'has no place on XOT: TCP does what LAPB does on a line',
    role: 'has no place on XOT: both ends are DTEs (RFC 1613 §5)',
  },
};

/** Why keys that only other kinds have are refused in this one. */
function misplacedIn(kind: LinkKind): Record<string, string> {
  const others = new Set(LINK_KINDS.flatMap((other) => Object.keys(KEYS[other])));
  const reasons = [...others]
    .filter((key) => !(key in KEYS[kind]))
    .map((key) => [key, REASONS[kind][key] ?? `allowed only with type = ${kindsWith(key)}`]);
  return Object.fromEntries(reasons) as Record<string, string>;
}

function kindsWith(key: string): string {
  return LINK_KINDS.filter((kind) => key in KEYS[kind])
    .map((kind) => JSON.stringify(kind))
    .join(' or ');
}

/** `[[link]]`, by its type. */
export const serialSchema = table('link', SERIAL_KEYS, misplacedIn('serial'));
export const modemSchema = table('link', MODEM_KEYS, misplacedIn('modem'));
export const padSchema = table('link', PAD_KEYS, misplacedIn('pad'));
export const xotSchema = table('link', XOT_KEYS, misplacedIn('xot'));

export type ModemLinkSettings = z.output<typeof modemSchema>;
export type PadSettings = z.output<typeof padSchema>;
export type XotSettings = z.output<typeof xotSchema>;
