/** Routers by names made of numbers, on real sockets; the names are ours. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Mailbox } from '../../src/cli/demo/mailbox.js';
import { parseConfiguration } from '../../src/config/index.js';
import { SystemClock } from '../../src/core/index.js';
import { Gateway, type GatewayEvent } from '../../src/gateway/index.js';
import { eventually, freePort } from './support/programs.js';
import { NUMBERS, type SiteName, siteToml } from './support/site.js';

const NAMES = { a: '210.234.x25.example', b: '453.262.x25.example' };

interface Site {
  readonly gateway: Gateway;
  readonly smtp: number;
  readonly events: GatewayEvent[];
}

describe('routers by names that are made of numbers', () => {
  let folder: string;
  let mailbox: Mailbox;
  let arrived: string[];
  let sites: Site[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x25mail-names-'));
    arrived = [];
    sites = [];
    mailbox = new Mailbox('mailbox.example', new SystemClock(), (message) => {
      arrived.push(Buffer.from(message).toString());
    });
  });

  afterEach(async () => {
    await Promise.all(sites.map(({ gateway }) => gateway.stop()));
    await mailbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Both sites; `addresses` is what the names come to. */
  async function start(addresses: Readonly<Record<string, readonly string[]>>): Promise<[Site, Site]> {
    const mailboxPort = await mailbox.listen();
    const ports = { a: await freePort(), b: await freePort() };
    const run = async (name: SiteName): Promise<Site> => {
      const smtp = await freePort();
      const other = name === 'a' ? 'b' : 'a';
      const toml = siteToml(name, {
        smtpPort: smtp,
        mailboxPort,
        linkName: 'wan',
        link: `type = "xot"
listen = "127.0.0.1:${ports[name]}"
connect = "1s"
routers = [{ nua = '/^(...)(...)/', to = "$2.$1.x25.example:${ports[other]}" }]`,
        // Mail for elsewhere goes there by the other's mail server: it has to believe who calls.
        more: `
[[incoming]]
link = "wan"
calling = "${NUMBERS[other]}"
action = "engine"
relay = true
[[route]]
domain = "*"
${name === 'a' ? 'peer = "other"' : `smtp = "127.0.0.1:${mailboxPort}"`}`,
      });
      const result = parseConfiguration(toml, join(folder, `${name}.toml`));
      if (!result.ok) throw new Error(JSON.stringify(result.problems));
      const events: GatewayEvent[] = [];
      const gateway = await Gateway.start(result.configuration, {
        observe: (event) => events.push(event),
        lookUp: async (host) => ({ addresses: addresses[host] ?? [] }),
      });
      const site = { gateway, smtp, events };
      sites.push(site);
      return site;
    };
    return [await run('a'), await run('b')];
  }

  async function send({ smtp }: Site, to: string): Promise<void> {
    const transport = createTransport({ host: '127.0.0.1', port: smtp, secure: false, ignoreTLS: true });
    await transport.sendMail({ from: 'me@site-a.example', to, subject: `to ${to}`, text: 'hello' });
    transport.close();
  }

  test('the second address of a name answers; the caller is believed, and may send anywhere', async () => {
    const [a] = await start({
      [NAMES.b]: ['127.0.0.77', '127.0.0.1'],
      [NAMES.a]: ['192.0.2.1', '127.0.0.1'],
    });
    await send(a, 'you@site-b.example');
    await send(a, 'they@elsewhere.example');
    await eventually(() => arrived.length === 2, 'both messages');
    expect(arrived.map((message) => /Subject: (.*)/.exec(message)?.[1]).sort()).toEqual([
      'to they@elsewhere.example',
      'to you@site-b.example',
    ]);
  });

  test('a caller whose name is somewhere else is refused', async () => {
    const [a, b] = await start({ [NAMES.b]: ['127.0.0.1'], [NAMES.a]: ['192.0.2.1'] });
    await send(a, 'you@site-b.example');
    await eventually(() => b.events.some(({ type }) => type === 'callerRefused'), 'the refusal');
    expect(b.events.find(({ type }) => type === 'callerRefused')).toEqual({
      type: 'callerRefused',
      link: 'wan',
      caller: { calling: NUMBERS.a, called: NUMBERS.b, address: '127.0.0.1', verdict: 'refused' },
    });
    await eventually(() => a.events.some(({ type }) => type === 'settled'), 'the delay');
    expect(arrived).toEqual([]);
  });
});
