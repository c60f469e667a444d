/** Mail that is fetched, between real processes: over an X.25 call that turns, and by a client of another make that logs in. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mailbox } from '../../src/cli/demo/mailbox.js';
import { SystemClock } from '../../src/core/index.js';
import { type Background, eventually, freePort, missing, titleWith } from './support/programs.js';
import { configured, NUMBERS, runSite, type SiteName, siteToml, X25MAIL } from './support/site.js';

const FILES = join(import.meta.dirname, '../fixtures/tls');
const PASSWORD = 'sesame, open';
const run = promisify(execFile);
const absentForPython = missing('python3');

describe('mail that waits at a hub (b), which can not call the site (a) that it is for', () => {
  const arrived: string[] = [];
  const sites: Background[] = [];
  const ports = { a: { smtp: 0, xot: 0 }, b: { smtp: 0, xot: 0 } };
  let folder: string;
  let mailbox: Mailbox;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x25mail-fetching-'));
    mailbox = new Mailbox('mailbox.example', new SystemClock(), (message) => {
      arrived.push(Buffer.from(message).toString());
    });
    const mailboxPort = await mailbox.listen();
    for (const name of ['a', 'b'] as const) ports[name] = { smtp: await freePort(), xot: await freePort() };
    const nowhere = await freePort();
    const a = toml('a', mailboxPort, ports.b.xot).replace(
      'link = "wan"',
      'link = "wan"\nfetch = "atrn"\nfetch_domains = ["site-a.example"]',
    );
    // Its number leads to where a is, but nobody takes calls on that port.
    const b = toml('b', mailboxPort, nowhere)
      .replace('link = "wan"', 'link = "wan"\nusers = "customer"')
      .replace('domains = ["site-b.example"]', 'domains = ["site-b.example", "dialup.example"]')
      .concat(`[[route]]
domain = "dialup.example"
fetched_by = "dialup"
[listen.tls]
cert = "${join(FILES, 'cert.pem')}"
key = "${join(FILES, 'key.pem')}"
[auth]
users = "users"
`);
    const config = await configured(folder, 'b', b);
    for (const user of ['customer', 'stranger', 'dialup']) {
      const set = spawnSync(process.execPath, [X25MAIL, 'passwd', user, '-c', config], {
        input: `${PASSWORD}\n`,
      });
      if (set.status !== 0) throw new Error(`${set.stderr}`);
    }
    sites.push(await runSite(folder, 'b', b), await runSite(folder, 'a', a));
  });

  afterAll(async () => {
    await Promise.all(sites.map((site) => site.stop()));
    await mailbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  function toml(name: SiteName, mailboxPort: number, otherXot: number): string {
    const other = name === 'a' ? 'b' : 'a';
    return siteToml(name, {
      smtpPort: ports[name].smtp,
      mailboxPort,
      linkName: 'wan',
      link: `type = "xot"
listen = "127.0.0.1:${ports[name].xot}"
allow = ["127.0.0.0/8"]
routers = [{ nua = "${NUMBERS[other]}", to = "127.0.0.1:${otherXot}" }]`,
      more: `[log]\ncalls = "calls-${name}.jsonl"\n`,
    });
  }

  async function send(at: SiteName, to: string, subject: string): Promise<void> {
    const port = ports[at].smtp;
    const transport = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
    await transport.sendMail({ from: `me@elsewhere.example`, to, subject, text: 'hello\n'.repeat(50) });
    transport.close();
  }

  const calls = (name: SiteName): { messagesSent: number; messagesReceived: number; direction: string }[] =>
    readFileSync(join(folder, `calls-${name}.jsonl`), 'utf8')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));

  const odmr = async (asked: object) => {
    const fetched = run('python3', [join(import.meta.dirname, 'support/odmr-client.py')]);
    fetched.child.stdin?.end(
      JSON.stringify({
        host: 'localhost',
        port: ports.b.smtp,
        tls: join(FILES, 'ca.pem'),
        password: PASSWORD,
        domains: ['site-a.example'],
        ...asked,
      }),
    );
    return JSON.parse((await fetched).stdout) as {
      offered: boolean;
      reply: string;
      dialogue: string[];
      messages: string[];
    };
  };

  test('comes over the call that the site places for its own mail: one call, both ways', async () => {
    await send('b', 'you@site-a.example', 'for a');
    await sites[0]?.says(/deferred/);
    await send('a', 'you@site-b.example', 'for b');
    const here = (subject: string): boolean => arrived.some((text) => text.includes(`Subject: ${subject}`));
    await eventually(() => here('for a') && here('for b'), 'both messages');
    await eventually(() => calls('a').length === 1, 'the record of the call');
    expect(calls('a')).toMatchObject([{ direction: 'outgoing', messagesSent: 1, messagesReceived: 1 }]);
    expect(arrived.find((text) => text.includes('Subject: for a'))).toMatch(
      /by gw-a\.example via X25 with ESMTP id .*\r\n.*\r\nReceived: .*\r\n\tby gw-b\.example/,
    );
  });

  test.skipIf(absentForPython.length > 0)(
    titleWith("is fetched by Python's smtplib with a login, by TCP (ODMR)", absentForPython),
    async () => {
      expect(await odmr({ user: 'customer' })).toMatchObject({
        offered: true,
        reply: '453 4.0.0 You have no mail',
      });
      await send('b', 'you@site-a.example', 'by tcp');
      const { reply, dialogue, messages } = await odmr({ user: 'customer' });
      expect(reply).toMatch(/^250 2\.0\.0 /);
      expect(dialogue).toEqual([
        'EHLO gw-b.example',
        'MAIL FROM:<me@elsewhere.example>',
        'RCPT TO:<you@site-a.example>',
        'DATA',
        'QUIT',
      ]);
      expect(messages).toHaveLength(1);
      expect(messages[0]).toContain('\r\nSubject: by tcp\r\n');
      expect((await odmr({ user: 'customer' })).reply).toMatch(/^453 /);
    },
  );

  test.skipIf(absentForPython.length > 0)(
    titleWith('of a user without X.25 waits until he comes', absentForPython),
    async () => {
      await send('b', 'you@dialup.example', 'for a user');
      const { reply, messages } = await odmr({ user: 'dialup', domains: [] });
      expect([reply.slice(0, 3), messages.length]).toEqual(['250', 1]);
      expect(messages[0]).toContain('\r\nSubject: for a user\r\n');
    },
  );

  test.skipIf(absentForPython.length > 0)(titleWith('is given to nobody else', absentForPython), async () => {
    await send('b', 'you@site-a.example', 'not for strangers');
    expect((await odmr({ user: 'stranger' })).reply).toMatch(/^530 5\.7\.0 /);
    expect((await odmr({})).reply).toMatch(/^530 5\.7\.0 /);
    expect((await odmr({ user: 'customer', domains: ['site-a.example', 'site-b.example'] })).reply).toMatch(
      /^450 /,
    );
  });
});
