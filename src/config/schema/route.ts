import { z } from 'zod';
import { TLS_POLICIES } from '../../routing/index.js';
import { choice, domainPattern, matching, name, oneOrMore, table, yesOrNo } from './fields.js';
import { outgoingKeys } from './outgoing.js';

const SMTP_HOST = 'a host and a port, such as "127.0.0.1:25"';

/** `[[route]]` */
export const routeSchema = table('route', {
  domain: domainPattern(),
  peer: oneOrMore(name(), 'the name of a peer, or a list of them').optional(),
  smtp: oneOrMore(matching(/./, SMTP_HOST), `${SMTP_HOST}, or a list of them`).optional(),
  nua: matching(
    /./,
    'digits, or a template that makes digits of what domain captures, such as "$2$1"',
  ).optional(),
  link: oneOrMore(name(), 'the name of a link, or a list of them').optional(),
  mx: z.literal(true, { error: 'true' }).optional(),
  maildir: matching(/^[^\0]+$/, 'a path, such as "/var/mail/{user}"').optional(),
  lmtp: matching(/^[^\0]+$/, 'a host and a port, such as "127.0.0.1:24", or the path of a socket').optional(),
  fetched_by: matching(/^[^\s:#][^\s:]{0,127}$/, 'the name of a user').optional(),
  recipients: matching(/./, 'a file with an address or a local part in each line').optional(),
  tls: choice(TLS_POLICIES).optional(),
  mta_sts: yesOrNo().optional(),
  ...outgoingKeys('route'),
  error: matching(
    /^[45]\.\d{1,3}\.\d{1,3} [\x20-\x7e]{1,300}$/,
    'an enhanced status code and a text, such as "5.1.2 no mail for this domain"',
  ).optional(),
});

/** Where a route leads: exactly one of them. */
export const TARGETS = ['peer', 'nua', 'smtp', 'mx', 'lmtp', 'maildir', 'fetched_by', 'error'] as const;
type Target = (typeof TARGETS)[number];

/** Keys that make sense for some ways only. */
export const TARGETS_OF_KEY: Readonly<Record<string, readonly Target[]>> = {
  link: ['nua'],
  tls: ['smtp', 'mx', 'lmtp'],
  tls_ca: ['smtp', 'mx', 'lmtp'],
  auth: ['smtp', 'lmtp'],
  mta_sts: ['mx'],
};

export type RouteSettings = z.output<typeof routeSchema>;
