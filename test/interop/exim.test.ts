import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mailbox } from '../../src/cli/demo/mailbox.js';
import { SystemClock } from '../../src/core/index.js';
import { BASIC_OFFERS } from '../../src/smtp/index.js';
import { Exim, missingExim } from './support/exim.js';
import { type Background, eventually, freePort, missing, titleWith } from './support/programs.js';
import { configured, runSite, X25MAIL } from './support/site.js';

const run = promisify(execFile);
const absent = [...missing('python3'), ...missingExim()];
const FILES = join(import.meta.dirname, '../fixtures/tls');
const CA = join(FILES, 'ca.pem');
const SMTPLIB = join(import.meta.dirname, 'support/smtplib-client.py');
const PASSWORD = 'open-sesame';

/** smtplib -> x25mail -> Exim, and smtplib -> Exim -> x25mail -> a mailbox; each logs in at the other, within TLS. */
describe.skipIf(absent.length > 0).each(['PLAIN', 'CRAM-MD5'] as const)(
  titleWith('Exim as the next hop and as a client, logged in by %s', absent),
  (mechanism) => {
    const arrived: string[] = [];
    const ports = { smtp: 0, submission: 0 };
    let folder: string;
    let mailbox: Mailbox;
    let gateway: Background;
    let exim: Exim;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'x25mail-exim-'));
      mailbox = new Mailbox(
        'mailbox.example',
        new SystemClock(),
        (message) => arrived.push(Buffer.from(message).toString('latin1')),
        { ...BASIC_OFFERS, smtpUtf8: true, chunking: true },
      );
      for (const service of ['smtp', 'submission'] as const) ports[service] = await freePort();
      exim = await Exim.start(join(folder, 'exim'), {
        domain: 'site-b.example',
        relay: { host: 'localhost', port: ports.submission, certificates: CA },
        certificate: join(FILES, 'cert.pem'),
        key: join(FILES, 'key.pem'),
        login: { user: 'berta', password: PASSWORD, mechanism },
      });
      await writeFile(join(folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 });
      const toml = gatewayToml(await mailbox.listen());
      const config = await configured(folder, 'gw', toml);
      const passwd = spawnSync(process.execPath, [X25MAIL, 'passwd', 'berta', '--cram-md5', '-c', config], {
        input: `${PASSWORD}\n`,
      });
      expect(passwd.status).toBe(0);
      gateway = await runSite(folder, 'gw', toml);
    });

    afterAll(async () => {
      await gateway?.stop();
      await exim?.stop();
      await mailbox?.close();
      await rm(folder, { recursive: true, force: true });
    });

    const gatewayToml = (mailboxPort: number): string => `
[gateway]
hostname = "gw.example"
spool = "spool"
postmaster = "root@site-a.example"
[listen]
smtp = ["127.0.0.1:${ports.smtp}"]
submission = ["127.0.0.1:${ports.submission}"]
[listen.tls]
cert = "${join(FILES, 'cert.pem')}"
key = "${join(FILES, 'key.pem')}"
[auth]
users = "users"
[relay]
networks = ["127.0.0.0/8"]
[[route]]
domain = "site-b.example"
smtp = "localhost:${exim.port}"
tls = "verify"
tls_ca = "${CA}"
auth = { user = "berta", password_file = "password" }
[[route]]
domain = "site-a.example"
smtp = "127.0.0.1:${mailboxPort}"
`;

    async function send(port: number, message: string, asked: object): Promise<void> {
      const sent = run('python3', [SMTPLIB]);
      const octets = Buffer.from(message, 'latin1').toString('base64');
      sent.child.stdin?.end(
        JSON.stringify({ host: 'localhost', port, hello: 'python.example', message: octets, ...asked }),
      );
      expect((await sent).stdout).toMatch(/^250 /);
    }

    /** Of those that arrived: the one that has it. */
    async function one(messages: () => Promise<string[]> | string[], what: string): Promise<string> {
      const find = async (): Promise<string | undefined> =>
        (await messages()).find((text) => text.includes(what));
      await eventually(async () => (await find()) !== undefined, what, 15_000).catch(
        async (error: unknown) => {
          throw new Error(`${error}\n${gateway.output}\n${await exim.log()}`);
        },
      );
      return (await find()) ?? '';
    }

    const atExim = (what: string): Promise<string> => one(() => exim.messages(), what);
    const atMailbox = (what: string): Promise<string> => one(() => arrived, what);

    /** What Exim notes of a message in or out. */
    async function noted(direction: '<=' | '=>', address: string): Promise<string> {
      const lines = (await exim.log()).split('\n');
      return lines.findLast((line) => line.includes(` ${direction} `) && line.includes(`${address}`)) ?? '';
    }

    const authenticator = mechanism === 'PLAIN' ? 'plain' : 'cram';

    test('mail goes to Exim in chunks, within TLS, logged in; octet for octet', async () => {
      const sent = mail('to exim', LONG);
      await send(ports.smtp, sent, { ...TO_EXIM, options: ['BODY=8BITMIME'] });
      expect(contentOf(await atExim('Subject: to exim'))).toBe(sent.replaceAll('\r\n', '\n'));
      // L: commands came in batches (with a minus: they did not; the dot is of another extension); K: CHUNKING.
      expect(await noted('<=', 'you@site-b.example')).toMatch(
        new RegExp(` P=esmtpsa L\\.? X=TLS1\\.3:.* A=${authenticator}:berta K `),
      );
    });

    test('Exim sends so too, and proves our certificate', async () => {
      const sent = mail('from exim', LONG);
      await send(exim.port, sent, { ...FROM_EXIM, options: ['BODY=8BITMIME'] });
      expect(contentOf(await atMailbox('Subject: from exim'))).toBe(sent);
      await eventually(async () => (await noted('=>', 'me@site-a.example')) !== '', 'Exim notes it');
      expect(await noted('=>', 'me@site-a.example')).toMatch(
        new RegExp(` X=TLS1\\.3:.* CV=yes A=${authenticator} L K C="250 2\\.0\\.0 ok, `),
      );
    });

    test('what the sender asks for is handed on to Exim, which reports', async () => {
      await send(ports.smtp, mail('reported by exim'), { ...TO_EXIM, ...asking('you@site-b.example') });
      const report = await atMailbox('Reporting-MTA: dns; mta.site-b.example');
      expect(report).toMatch(/^Original-Envelope-ID: E\+2B1\r$/m); // as it came: Exim does not decode it
      expect(report).toMatch(/^Original-Recipient: rfc822;you@site-b\.example\r\nAction: delivered\r$/m);
      expect(report).toMatch(/^Content-type: text\/rfc822-headers\r$/m);
    });

    test('and what Exim hands on is reported by us where it goes no further', async () => {
      await send(exim.port, mail('reported by us'), { ...FROM_EXIM, ...asking('me@site-a.example') });
      const report = await atExim('Reporting-MTA: dns; gw.example');
      expect(report).toMatch(/^Original-Envelope-Id: E\+1$/m);
      expect(report).toMatch(/^Original-Recipient: rfc822; me@site-a\.example\n(?:.*\n)*?Action: relayed$/m);
    });

    test('addresses in UTF-8 go both ways', async () => {
      const options = ['SMTPUTF8', 'BODY=8BITMIME'];
      const [chinese, german] = ['\u7528\u6237@site-b.example', 'j\u00fcrgen@site-a.example'];
      await send(ports.smtp, mail('utf8 to exim'), { sender: german, recipient: chinese, options });
      const there = await atExim('Subject: utf8 to exim');
      expect(Buffer.from(there, 'latin1').toString()).toContain(`for ${chinese}`);
      expect(there).toContain(' with utf8esmtpsa ');
      await send(exim.port, mail('utf8 from exim'), { sender: chinese, recipient: german, options });
      expect(await atMailbox('Subject: utf8 from exim')).toContain('by gw.example with UTF8SMTPSA id ');
    });
  },
);

const TO_EXIM = { sender: 'me@site-a.example', recipient: 'you@site-b.example' };
const FROM_EXIM = { sender: 'you@site-b.example', recipient: 'me@site-a.example' };
/** Many times what either holds in memory at once. */
const LONG = 'y'.repeat(72).concat('\r\n').repeat(20_000);

function asking(recipient: string): object {
  return {
    options: ['BODY=8BITMIME', 'RET=HDRS', 'ENVID=E+2B1'],
    recipient_options: ['NOTIFY=SUCCESS', `ORCPT=rfc822;${recipient}`],
  };
}

/** Without the fields that those on the way have put on top. */
function contentOf(message: string): string {
  return message.slice(message.indexOf('From: '));
}

/** Lines of all kinds, UTF-8 among them, one character per octet. */
function mail(subject: string, more = ''): string {
  const utf8 = Buffer.from('\u00e4\u00f6\u00fc \u20ac').toString('latin1');
  return [
    'From: me@site-a.example',
    'Date: Tue, 24 Nov 2026 12:00:00 +0000',
    `Message-ID: <${subject.replaceAll(' ', '-')}@a.example>`,
    `Subject: ${subject}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    ...['.', '..', '. x', '.x.', '', 'From me', utf8, 'x'.repeat(998), '', '.', more],
  ].join('\r\n');
}
