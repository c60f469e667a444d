import type { z } from 'zod';
import type { RateLimit } from '../../routing/index.js';
import { parseDuration } from '../units.js';
import {
  addressPattern,
  choice,
  domainPattern,
  duration,
  list,
  matching,
  name,
  network,
  nuaPattern,
  parsed,
  size,
  table,
  whole,
  yesOrNo,
} from './fields.js';
import { amount } from './tariff.js';

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const MIB = 1_048_576;

/** `[[access]]` */
export const accessSchema = table('access', {
  name: name().optional(),
  client: list(network(), 'a list of networks').optional(),
  calling: nuaPattern().optional(),
  hello: domainPattern().optional(),
  sender: addressPattern().optional(),
  recipient: addressPattern().optional(),
  login: yesOrNo().optional(),
  action: choice(['allow', 'refuse', 'defer', 'hold']),
  text: matching(/^[\x20-\x7e]{1,300}$/, 'up to 300 printable ASCII characters').optional(),
});

/** `[aliases]` */
export const aliasesSchema = table('aliases', {
  file: matching(/./, 'a file as aliases(5) describes it'),
});

/** `[auth]` */
export const authSchema = table('auth', {
  users: matching(/./, 'a file that x25mail passwd has made'),
});

/** `[limits]` */
export const limitsSchema = table('limits', {
  sessions: whole(1, 20_000).default(500),
  sessions_per_client: whole(1, 20_000).default(50),
  calls: whole(1, 4095).optional(),
  etrn: duration(SECOND, DAY, { off: true }).default(5 * 60 * SECOND),
  max_priority: whole(0, 9).default(4),
  early_talkers: choice(['serve', 'refuse']).default('serve'),
  // RFC 5321 §4.5.3.1.8, §6.3, §4.5.3.1.6, §4.5.3.2.7: the least that is allowed.
  message_recipients: whole(100, 100_000).default(1_000),
  hops: whole(100, 1_000).default(100),
  header: size(16_384, 64 * MIB).default(MIB),
  text_line: whole(1_000, 16 * MIB).optional(),
  idle: duration(300 * SECOND, DAY).default(300 * SECOND),
  slowest_share: amount('a share of what a circuit can carry', 0.1).default(0.01),
  bare_line_ends: choice(['refuse', 'crlf']).optional(),
  errors: whole(1, 1_000).default(20),
  idle_commands: whole(10, 100_000).default(100),
  unknown_commands: whole(1, 1_000).default(10),
  refused_recipients: whole(1, 100_000).default(100),
  failed_logins: whole(1, 100).default(3),
  // RFC 5321 §4.5.3.1.4: 512 with the line end, and more with extensions.
  command_line: whole(1_000, 65_536).default(2_048),
  messages_per_session: whole(1, 100_000).optional(),
  connections: rate().optional(),
  messages: rate().optional(),
  recipients: rate().optional(),
});

export type LimitsSettings = z.output<typeof limitsSchema>;

function rate() {
  return parsed('a number and a time, such as "600/1h"', (text): RateLimit | undefined => {
    const [, count, time = ''] = /^(\d{1,7})\/(\d*[a-z]+)$/.exec(text) ?? [];
    const perMs = parseDuration(/^\d/.test(time) ? time : `1${time}`);
    return perMs === undefined || perMs === 0 || !(Number(count) > 0)
      ? undefined
      : { count: Number(count), perMs };
  });
}
