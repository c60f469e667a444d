import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mailbox } from '../../src/cli/demo/mailbox.js';
import { SystemClock } from '../../src/core/index.js';
import { type Background, eventually, freePort } from './support/programs.js';
import { NUMBERS, runSite, type SiteName, siteToml } from './support/site.js';

interface Ports {
  readonly smtp: number;
  readonly xot: number;
}

describe('mail by XOT, two processes on loopback', () => {
  let folder: string;
  let mailbox: Mailbox;
  const arrived: string[] = [];
  const sites: Background[] = [];
  const ports: Record<'a' | 'b', Ports> = { a: { smtp: 0, xot: 0 }, b: { smtp: 0, xot: 0 } };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x25mail-xot-'));
    mailbox = new Mailbox('mailbox.example', new SystemClock(), (message) => {
      arrived.push(Buffer.from(message).toString());
    });
    const mailboxPort = await mailbox.listen();
    for (const name of ['a', 'b'] as const) ports[name] = { smtp: await freePort(), xot: await freePort() };
    for (const name of ['a', 'b'] as const)
      sites.push(await runSite(folder, name, toml(name, ports, mailboxPort)));
  });

  afterAll(async () => {
    await Promise.all(sites.map((site) => site.stop()));
    await mailbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  test.each([
    ['a', 'b'],
    ['b', 'a'],
  ] as const)('from %s to %s', async (from, to) => {
    const subject = `by XOT from ${from} to ${to}`;
    const transport = createTransport({
      host: '127.0.0.1',
      port: ports[from].smtp,
      secure: false,
      ignoreTLS: true,
    });
    await transport.sendMail({
      from: `me@site-${from}.example`,
      to: `you@site-${to}.example`,
      subject,
      text: 'hello\n'.repeat(5000),
    });
    transport.close();
    const here = (): string | undefined => arrived.find((message) => message.includes(`Subject: ${subject}`));
    await eventually(() => here() !== undefined, subject);
    expect(here()).toMatch(
      new RegExp(`Received: from gw-${from}.example \\(X\\.25 ${NUMBERS[from]} on wan\\)`),
    );
  });
});

describe('a caller by XOT whose number leads elsewhere', () => {
  let folder: string;
  const sites: Background[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x25mail-xot-'));
  });

  afterAll(async () => {
    await Promise.all(sites.map((site) => site.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  test('is refused, and told so in both logs; mail for the site that refuses it waits', async () => {
    const ports: Record<'a' | 'b', Ports> = {
      a: { smtp: await freePort(), xot: await freePort() },
      b: { smtp: await freePort(), xot: await freePort() },
    };
    const elsewhere = `{ nua = "99*", to = "127.0.0.1" }, { nua = "${NUMBERS.a}", to = "127.0.0.9" }`;
    const a = await runSite(folder, 'a', toml('a', ports, 1));
    sites.push(a);
    const b = await runSite(folder, 'b', toml('b', ports, 1, elsewhere));
    sites.push(b);
    const transport = createTransport({
      host: '127.0.0.1',
      port: ports.a.smtp,
      secure: false,
      ignoreTLS: true,
    });
    await transport.sendMail({
      from: 'me@site-a.example',
      to: 'you@site-b.example',
      subject: 'x',
      text: 'x',
    });
    transport.close();
    const [refusal] = await b.says(/.*its number does not lead to where it came from.*/);
    expect(refusal).toContain(NUMBERS.a);
    expect(refusal).toContain('127.0.0.1');
    await a.says(/deferred/);
  });
});

function toml(name: SiteName, ports: Record<SiteName, Ports>, mailboxPort: number, routers?: string): string {
  const other = name === 'a' ? 'b' : 'a';
  const first = '{ nua = "1*", to = "127.0.0.9" }, { nua = \'/^(..)77$/\', to = "$1.x25.example" }';
  const theirs = `{ nua = "${NUMBERS[other]}", to = "127.0.0.1:${ports[other].xot}" }`;
  return siteToml(name, {
    smtpPort: ports[name].smtp,
    mailboxPort,
    linkName: 'wan',
    link: `type = "xot"
listen = "127.0.0.1:${ports[name].xot}"
allow = ["127.0.0.0/8"]
routers = [${routers ?? `${first}, ${theirs}`}]`,
    facilities: '[{ packet_size = 1024, window = 7 }]',
  });
}
