import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Mailbox } from '../../src/cli/demo/mailbox.js';
import { SystemClock } from '../../src/core/index.js';
import { type Background, eventually, freePort, missing, titleWith } from './support/programs.js';
import { SerialPair } from './support/serial.js';
import { runSite, type SiteName, serialLink, siteToml } from './support/site.js';

const absent = missing('socat');

describe.skipIf(absent.length > 0)(titleWith('serial ports that come and go', absent), () => {
  let folder: string;
  let mailbox: Mailbox;
  let mailboxPort: number;
  let arrived: string[];
  const sites: Background[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x25mail-ports-'));
    arrived = [];
    mailbox = new Mailbox('mailbox.example', new SystemClock(), (message) => {
      arrived.push(Buffer.from(message).toString());
    });
    mailboxPort = await mailbox.listen();
  });

  afterEach(async () => {
    await Promise.all(sites.splice(0).map((site) => site.stop()));
    await mailbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(name: 'a' | 'b'): Promise<{ site: Background; port: number }> {
    const port = await freePort();
    const site = await runSite(folder, name, toml(name, join(folder, `tty-${name}`), port, mailboxPort));
    sites.push(site);
    return { site, port };
  }

  test('a port that is not there is said so, and opened when it is', async () => {
    const { site } = await start('a');
    await site.says(/line lost: cannot open serial port .*tty-a: is the adapter plugged in.*again in 1 s/);
    const pair = await SerialPair.open(folder);
    await site.says(/line opened/);
    await site.says(/the port has no carrier signal: taken as there/);
    await pair.close();
  });

  test('a port that vanishes ends its calls; mail waits, and crosses when it is back', async () => {
    let pair = await SerialPair.open(folder);
    const a = await start('a');
    const b = await start('b');
    await submit(a.port, 'first');
    await eventually(() => arrived.length === 1, 'the first message');

    await pair.close();
    await a.site.says(/line lost/);
    await b.site.says(/line lost/);
    await submit(a.port, 'second');
    await a.site.says(/deferred/);
    expect(arrived).toHaveLength(1);

    pair = await SerialPair.open(folder);
    await eventually(() => arrived.length === 2, 'the second message');
    expect(arrived[1]).toContain('Subject: second');
    await pair.close();
  });
});

async function submit(port: number, subject: string): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
  await transport.sendMail({ from: 'from@site-a.example', to: 'to@site-b.example', subject, text: 'hello' });
  transport.close();
}

function toml(name: SiteName, path: string, smtpPort: number, mailboxPort: number): string {
  return siteToml(name, {
    smtpPort,
    mailboxPort,
    link: serialLink(name, path, 115_200, 'carrier = "watch"\n'),
    more: '[queue]\nretry = ["1s"]\n',
  });
}
