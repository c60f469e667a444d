/**
 * Run as a process: a gateway, as it was built, that takes mail by TCP for a destination where nobody answers. `discard`:
 * with a spool that keeps nothing; else the directory of a durable one. Tells its port, and when asked what it has used.
 */
import { join } from 'node:path';
import type * as config from '../../src/config/index.js';
import type * as gateways from '../../src/gateway/index.js';
import { discardingSpool } from './discarding-spool.js';
import { answerQuestions } from './questions.js';

const built = (path: string): string => new URL(`../../dist/${path}/index.js`, import.meta.url).href;
const { parseConfiguration } = (await import(built('config'))) as typeof config;
const { Gateway } = (await import(built('gateway'))) as typeof gateways;

const [kept = 'discard'] = process.argv.slice(2);
const TOML = `
[gateway]
hostname = "gw.example"
spool = "spool"
[listen]
smtp = ["127.0.0.1:0"]
[limits]
sessions = 20000
sessions_per_client = 20000
[relay]
networks = ["127.0.0.0/8"]
domains = ["site-b.example"]
[[route]]
domain = "site-b.example"
smtp = "127.0.0.1:9"
`;

const result = parseConfiguration(TOML, join(kept, 'gateway.toml'));
if (!result.ok) throw new Error(JSON.stringify(result.problems));
const gateway = await Gateway.start(result.configuration, {
  connect: async () => 'not in this measurement',
  ...(kept === 'discard' && { openSpool: async () => discardingSpool() }),
});
answerQuestions(gateway.smtpPorts[0] ?? 0, () => gateway.stop());
