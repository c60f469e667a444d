import type { z } from 'zod';
import { CALL_TIMERS } from '../../rfc1090/index.js';
import { MOST_USER_DATA } from '../../x25/index.js';
import { callsSchema } from './calls.js';
import { facilitySetSchema } from './facilities.js';
import {
  choice,
  domain,
  duration,
  hex,
  list,
  name,
  nua,
  nuaPattern,
  oneOrMore,
  table,
  timer,
} from './fields.js';
import { outgoingKeys } from './outgoing.js';

/** X.25 §5.2.1: call user data of a call without fast select. */
export const MAX_CALL_USER_DATA = 16;
/** RFC 1090 §3. */
export const SMTP_USER_DATA = Uint8Array.of(0xc0, 0xf7, 0x00, 0x00);
/** X.29 §4.1: what a PAD writes into every call by itself, and takes no other call without. */
export const PAD_USER_DATA = Uint8Array.of(0x01, 0x00, 0x00, 0x00);

const timersSchema = table('peer.timers', {
  call_accept: timer(CALL_TIMERS.callAccept),
  service_ready: timer(CALL_TIMERS.serviceReady),
  reply: timer(CALL_TIMERS.reply),
  quit: timer(CALL_TIMERS.quit),
});

const FACILITY_SETS = 'a list of tables such as { packet_size = 512, window = 4 }';

/** `[[peer]]` */
export const peerSchema = table('peer', {
  // A comma would divide the destination keys of the spool.
  name: name(),
  nua: nua(),
  calling: oneOrMore(nuaPattern(), 'a pattern of digits, or a list of them').optional(),
  link: oneOrMore(name(), 'the name of a link, or a list of them'),
  call_user_data: hex(MOST_USER_DATA).optional(),
  facilities: list(facilitySetSchema, FACILITY_SETS)
    .min(1, { error: `${FACILITY_SETS}, at least one: {} asks for nothing` })
    .default([{}]),
  timers: timersSchema.prefault({}),
  users: oneOrMore(name(), 'the name of a user, or a list of them').default([]),
  tls: choice(['none', 'may', 'must', 'verify']).default('none'),
  tls_name: domain().optional(),
  ...outgoingKeys('peer'),
  fetch: choice(['none', 'etrn', 'atrn']).default('none'),
  fetch_domains: list(domain(), 'a list of domains').default([]),
  fetch_every: duration(60_000, 7 * 86_400_000).optional(),
  calls: callsSchema.prefault({}),
});

export type PeerSettings = z.output<typeof peerSchema>;
