import type { PacketTimers } from '../../x25/index.js';
import {
  duration,
  list,
  matching,
  network,
  nuaPattern,
  parsed,
  parseHostAndPort,
  table,
  whole,
  yesOrNo,
} from './fields.js';
import { addressSchema, linkKeys, PACKET_KEYS, packetTimers } from './link.js';

/** RFC 1613 §4. */
export const XOT_PORT = 1998;

/** Both ends are DTEs (RFC 1613 §5), and calls are all there is: nothing is restarted. */
const TIMERS = ['t21', 't22', 't24', 't25', 't26', 'r22'] as const satisfies readonly (keyof PacketTimers)[];

const NO_REJECT = 'has no place on XOT: REJ is never sent (RFC 1613 §6.4)';

const MISPLACED_TIMERS = Object.fromEntries([
  ...['t10', 't11', 't12', 't13', 'r10', 'r12', 'r13'].map((timer) => [
    timer,
    'has no place on XOT: a timer of the DCE, and both ends are DTEs',
  ]),
  ...['t20', 'r20'].map((timer) => [timer, 'has no place on XOT: there is no restart']),
  ...['t23', 'r23'].map((timer) => [
    timer,
    'has no place on XOT: a clear that is not confirmed within seconds ends with its connection',
  ]),
  ...['t27', 'r25', 'r27'].map((timer) => [timer, NO_REJECT]),
]);

const packetSchema = table(
  'link.packet',
  { ...PACKET_KEYS, timers: packetTimers(TIMERS, MISPLACED_TIMERS).prefault({}) },
  {
    channels: 'has no place on XOT: each circuit has a connection of its own; max_circuits says how many',
    reject: NO_REJECT,
    role: 'has no place on XOT: both ends are DTEs (RFC 1613 §5)',
    assign: 'has no place on XOT: each circuit has a connection of its own',
    negotiation: 'has no place on XOT: packet and window size are always negotiated (RFC 1613 §6.1)',
  },
);

/** Where a router is; its host may be made of the number. */
const routerSchema = table('link.routers', {
  nua: nuaPattern(),
  to: matching(/./, 'a host, with a port unless it is 1998, such as "10.1.1.1"'),
});

const SECOND = 1_000;
const HOUR = 3_600_000;

/** Keys of a `[[link]]` of type `xot`. */
export const XOT_KEYS = {
  ...linkKeys('xot'),
  listen: parsed('an address, with a port unless it is 1998, such as "0.0.0.0" or "[::1]:1998"', (text) =>
    parseHostAndPort(text, XOT_PORT),
  ).optional(),
  allow: list(network(), 'a list of networks').optional(),
  verify_calling: yesOrNo().optional(),
  routers: list(routerSchema, 'a list of tables with nua and to').default([]),
  max_circuits: whole(1, 4095).default(64),
  connect: duration(SECOND, 60 * SECOND).default(10 * SECOND),
  keepalive: duration(10 * SECOND, 2 * HOUR, { off: true }).default(60 * SECOND),
  idle: duration(60 * SECOND, 7 * 24 * HOUR, { off: true }).default(HOUR),
  packet: packetSchema.prefault({}),
  address: addressSchema.prefault({}),
};
