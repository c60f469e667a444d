import type { z } from 'zod';
import {
  CLOSED_USER_GROUP,
  choice,
  closedUserGroup,
  hex,
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

export type IncomingSettings = z.output<typeof incomingSchema>;
