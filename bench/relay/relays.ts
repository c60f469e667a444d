import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Postfix } from '../../test/interop/support/postfix.js';
import { Background, freePort } from '../../test/interop/support/programs.js';
import { configured, X25MAIL } from '../../test/interop/support/site.js';

/** Something that takes mail by SMTP and brings it to a sink by SMTP, its queue on disk. */
export interface Relay {
  readonly name: string;
  readonly port: number;
  /** Its only process, or the one whose children are the others. */
  readonly pid: number;
  stop(): Promise<unknown>;
}

/** Of recipients; mail for it goes to the sink. */
export const DOMAIN = 'site-b.example';

/** `x25mail run`, as an operator runs it. */
export async function startGateway(folder: string, sinkPort: number): Promise<Relay> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const toml = `
[gateway]
hostname = "gw.example"
spool = "spool"
[listen]
smtp = ["127.0.0.1:${port}"]
[limits]
sessions = 1000
[relay]
networks = ["127.0.0.0/8"]
[[route]]
domain = "${DOMAIN}"
smtp = "127.0.0.1:${sinkPort}"
`;
  const file = await configured(folder, 'gateway', toml);
  const site = new Background(process.execPath, [...nodeOptions(), X25MAIL, 'run', '-c', file]);
  await site.says(/is running/);
  return { name: 'x25mail', port, pid: site.process.pid ?? 0, stop: () => site.stop() };
}

/** Those that its first line gives to Node. */
function nodeOptions(): string[] {
  const [first = ''] = readFileSync(X25MAIL, 'utf8').split('\n', 1);
  return first.split(' ').slice(3);
}

/** Postfix with its defaults, and this one way out. */
export async function startPostfix(folder: string, sinkPort: number): Promise<Relay> {
  const postfix = await Postfix.start(folder, DOMAIN, {
    virtual_mailbox_domains: '',
    relayhost: `[127.0.0.1]:${sinkPort}`,
  });
  const pid = Number(readFileSync(join(folder, 'queue', 'pid', 'master.pid'), 'latin1'));
  return { name: 'Postfix', port: postfix.port, pid, stop: () => postfix.stop() };
}
