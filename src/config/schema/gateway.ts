import { z } from 'zod';
import { CallerNetwork } from '../../bridge/index.js';
import {
  choice,
  domainPattern,
  duration,
  list,
  listenAddress,
  matching,
  network,
  nua,
  parsed,
  size,
  table,
  yesOrNo,
} from './fields.js';

const SECOND = 1_000;
const DAY = 86_400_000;
const MIB = 1_048_576;

/** `[gateway]` */
export const gatewaySchema = table('gateway', {
  hostname: matching(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/i, 'the name of this host, such as "gw-a.example"'),
  nua: nua().optional(),
  spool: matching(/^(?![a-z]+:\/\/)./, 'a directory').default('spool'),
  postmaster: matching(/^[^\s@<>]+@[^\s@<>]+$/, 'a mail address, such as "root@site-a.example"').optional(),
  greeting: matching(/^[\x21-\x7e][\x20-\x7e]{0,199}$/, 'up to 200 printable ASCII characters').default(
    'ESMTP',
  ),
  caller_network: parsed('an IPv6 network of 64 bits, such as "fd25::/64"', (text) =>
    CallerNetwork.parse(text) === undefined ? undefined : text,
  ).optional(),
});

/** `[relay]` */
export const relaySchema = table('relay', {
  networks: list(network(), 'a list of networks').default([]),
  domains: list(domainPattern(), 'a list of domains').default([]),
  protect_senders: yesOrNo().default(true),
});

/** `[queue]` */
export const queueSchema = table('queue', {
  retry: list(duration(SECOND, 7 * DAY), 'a list of times, at least one')
    .min(1, { error: 'a list of times, at least one' })
    .default([60, 300, 900, 3_600, 14_400].map((seconds) => seconds * SECOND)),
  max_age: duration(60 * SECOND, 30 * DAY).default(5 * DAY),
  delay_warning: duration(60 * SECOND, 30 * DAY, { off: true }).default(14_400 * SECOND),
  max_message_size: size(65_536, 1_024 * MIB).default(32 * MIB),
});

/** `[console]` */
export const consoleSchema = table('console', {
  socket: matching(/./, 'a path').optional(),
  http: listenAddress().optional(),
});

/** `[log]` */
export const logSchema = table('log', {
  level: choice(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  calls: matching(/./, 'a file').optional(),
});

/** The whole file; what stands in each part is read part by part. */
export const fileSchema = table('', {
  gateway: z.unknown().optional(),
  listen: z.unknown().optional(),
  relay: z.unknown().optional(),
  access: z.unknown().optional(),
  rewrite: z.unknown().optional(),
  aliases: z.unknown().optional(),
  auth: z.unknown().optional(),
  limits: z.unknown().optional(),
  checks: z.unknown().optional(),
  dkim: z.unknown().optional(),
  link: z.unknown().optional(),
  peer: z.unknown().optional(),
  incoming: z.unknown().optional(),
  bridge: z.unknown().optional(),
  route: z.unknown().optional(),
  queue: z.unknown().optional(),
  console: z.unknown().optional(),
  log: z.unknown().optional(),
});
