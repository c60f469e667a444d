import type { z } from 'zod';
import {
  choice,
  domainPattern,
  hex,
  matching,
  name,
  nuaPattern,
  octet,
  oneOrMore,
  table,
  whole,
  yesOrNo,
} from './fields.js';
import { MAX_CALL_USER_DATA } from './peer.js';

/** `[[incoming]]` */
export const incomingSchema = table('incoming', {
  name: name().optional(),
  link: name().optional(),
  calling: nuaPattern().optional(),
  called: nuaPattern().optional(),
  call_user_data: hex(MAX_CALL_USER_DATA).optional(),
  action: choice(['engine', 'reject']),
  relay: yesOrNo().default(false),
  max_circuits: whole(1, 4095).optional(),
  cause: octet().optional(),
  diagnostic: octet().optional(),
});

/** Keys that make sense for one action only. */
export const KEYS_OF_ACTION = {
  engine: ['relay', 'max_circuits'],
  reject: ['cause', 'diagnostic'],
} as const;

/** `[[route]]` */
export const routeSchema = table('route', {
  domain: domainPattern(),
  peer: oneOrMore(name(), 'the name of a peer, or a list of them').optional(),
  smtp: matching(/./, 'a host and a port, such as "127.0.0.1:25"').optional(),
  error: matching(
    /^[45]\.\d{1,3}\.\d{1,3} [\x20-\x7e]{1,300}$/,
    'an enhanced status code and a text, such as "5.1.2 no mail for this domain"',
  ).optional(),
});

/** Where a route leads: exactly one of them. */
export const TARGETS = ['peer', 'smtp', 'error'] as const;

export type IncomingSettings = z.output<typeof incomingSchema>;
export type RouteSettings = z.output<typeof routeSchema>;
