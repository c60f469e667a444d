import type { z } from 'zod';
import { TLS_POLICIES } from '../../routing/index.js';
import {
  CLOSED_USER_GROUP,
  choice,
  closedUserGroup,
  domainPattern,
  hex,
  matching,
  name,
  nuaPattern,
  octet,
  oneOrMore,
  server,
  table,
  whole,
  yesOrNo,
} from './fields.js';
import { MAX_CALL_USER_DATA } from './peer.js';

export const ACTIONS = ['engine', 'bridge', 'reject'] as const;

/** `[[incoming]]` */
export const incomingSchema = table('incoming', {
  name: name().optional(),
  link: name().optional(),
  calling: nuaPattern().optional(),
  called: nuaPattern().optional(),
  cug: oneOrMore(closedUserGroup(), `${CLOSED_USER_GROUP}, or a list of them`).optional(),
  call_user_data: hex(MAX_CALL_USER_DATA).optional(),
  action: choice(ACTIONS, ' ("switch" is not supported by this version)'),
  relay: yesOrNo().default(false),
  smtp: server().optional(),
  identify: choice(['xclient', 'proxy', 'none']).default('xclient'),
  max_circuits: whole(1, 4095).optional(),
  reverse_charging: yesOrNo().default(false),
  cause: octet().optional(),
  diagnostic: octet().optional(),
});

export type Action = (typeof ACTIONS)[number];

/** Keys that make sense for some actions only. */
export const ACTIONS_OF_KEY: Readonly<Record<string, readonly Action[]>> = {
  relay: ['engine', 'bridge'],
  max_circuits: ['engine', 'bridge'],
  reverse_charging: ['engine', 'bridge'],
  smtp: ['bridge'],
  identify: ['bridge'],
  cause: ['reject'],
  diagnostic: ['reject'],
};

/** `[[route]]` */
export const routeSchema = table('route', {
  domain: domainPattern(),
  peer: oneOrMore(name(), 'the name of a peer, or a list of them').optional(),
  smtp: matching(/./, 'a host and a port, such as "127.0.0.1:25"').optional(),
  recipients: matching(/./, 'a file with an address or a local part in each line').optional(),
  tls: choice(TLS_POLICIES).optional(),
  tls_ca: matching(/./, 'a file with the certificates of signers (PEM)').optional(),
  auth: table('route.auth', {
    user: matching(/^\P{Cc}{1,255}$/u, 'a name, up to 255 characters'),
    password_file: matching(/./, 'a file whose first line is the password'),
  }).optional(),
  error: matching(
    /^[45]\.\d{1,3}\.\d{1,3} [\x20-\x7e]{1,300}$/,
    'an enhanced status code and a text, such as "5.1.2 no mail for this domain"',
  ).optional(),
});

/** Where a route leads: exactly one of them. */
export const TARGETS = ['peer', 'smtp', 'error'] as const;

export type IncomingSettings = z.output<typeof incomingSchema>;
export type RouteSettings = z.output<typeof routeSchema>;
