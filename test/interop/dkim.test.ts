import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { DkimSigner } from '../../src/gateway/authentication/index.js';
import { ED25519, messageOf, RSA } from '../support/dkim-mail.js';
import { Postfix } from './support/postfix.js';
import { type Background, eventually, freePort, missing, titleWith } from './support/programs.js';
import { runSite } from './support/site.js';

const run = promisify(execFile);
/** Debian's, which finds Debian's modules. */
const PYTHON = '/usr/bin/python3';
const VERIFY = join(import.meta.dirname, 'support/verify-dkim.py');
const SMTPLIB = join(import.meta.dirname, 'support/smtplib-client.py');
const KEYS = JSON.stringify({
  'x25._domainkey.site-a.example': RSA.record,
  'ed._domainkey.site-a.example': ED25519.record,
});

const withoutDkimpy =
  spawnSync(PYTHON, ['-c', 'import dkim, nacl']).status === 0 ? [] : ['python3-dkim and python3-nacl'];

/** What dkimpy, which has nothing in common with us or mailauth, says of each signature. */
function judge(message: Buffer): string {
  const { stdout, stderr } = spawnSync(PYTHON, [VERIFY, KEYS], { input: message });
  return `${stdout}${stderr}`.trim();
}

describe.skipIf(withoutDkimpy.length > 0)(titleWith('DKIM signatures, to dkimpy', withoutDkimpy), () => {
  const signer = new DkimSigner(
    [
      { domain: 'site-a.example', selector: 'x25', privateKey: RSA.key },
      { domain: 'site-a.example', selector: 'ed', privateKey: ED25519.key },
    ],
    new VirtualClock(Date.now()),
  );

  test.each([
    ['plain', 'Good morning.\r\n'],
    ['with white space and empty lines', ' a  b \t\r\n\r\n.\r\n\r\n\r\n  \r\n'],
    ['empty', ''],
    ['8-bit', 'Gr\xfc\xdfe\r\n'],
    ['long', `${'All work and no play. '.repeat(40)}\r\n`.repeat(2000)],
  ])('hold, RSA and Ed25519, with a body that is %s; changed, they do not', async (_what, body) => {
    const message = Buffer.from(messageOf('ann@site-a.example', body), 'latin1');
    const { top } = await signer.sign(message);
    const received = 'Received: from x (y)\r\n\tby gw-a.example with ESMTP id 1\r\n';
    const whole = Buffer.concat([Buffer.from(top + received), message]);
    expect(judge(whole)).toBe('True True');
    expect(judge(Buffer.concat([whole, Buffer.from('More.\r\n')]))).toBe('False False');
    const second = Buffer.from('Subject: Another\r\n');
    expect(judge(Buffer.concat([Buffer.from(top), second, message]))).toBe('False False');
  });
});

const absent = [...missing('swaks', 'postfix'), ...withoutDkimpy];

/** swaks -> x25mail -> a Postfix that takes no 8-bit mail. */
describe.skipIf(absent.length > 0)(titleWith('swaks, x25mail and Postfix', absent), () => {
  const ports = { ours: 0, strangers: 0 };
  let folder: string;
  let postfix: Postfix;
  let ours: Background;
  let strangers: Background;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x25mail-dkim-'));
    postfix = await Postfix.start(join(folder, 'postfix'), 'site-b.example', {
      smtpd_discard_ehlo_keywords: '8bitmime',
    });
    for (const name of ['ours', 'strangers'] as const) ports[name] = await freePort();
    await writeFile(join(folder, 'rsa.pem'), RSA.privateKey, { mode: 0o600 });
    await writeFile(join(folder, 'ed25519.pem'), ED25519.privateKey, { mode: 0o600 });
    const keys = [
      ['x25', 'rsa.pem'],
      ['ed', 'ed25519.pem'],
    ].map(([selector, key]) => dkim(`${selector}`, `${key}`));
    ours = await runSite(folder, 'ours', toml('ours', 'networks = ["127.0.0.0/8"]', keys.join('')));
    strangers = await runSite(
      folder,
      'strangers',
      toml('strangers', 'domains = ["site-b.example"]', '[checks]\nmode = "enforce"\ntime = "2s"\n'),
    );
  });

  afterAll(async () => {
    await Promise.all([ours?.stop(), strangers?.stop()]);
    await postfix?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const dkim = (selector: string, key: string): string =>
    `[[dkim]]\ndomain = "site-a.example"\nselector = "${selector}"\nkey = "${key}"\n`;

  const toml = (name: keyof typeof ports, relay: string, more: string): string => `
[gateway]
hostname = "${name}.example"
spool = "spool-${name}"
[listen]
smtp = ["127.0.0.1:${ports[name]}"]
[relay]
${relay}
[[route]]
domain = "site-b.example"
smtp = "127.0.0.1:${postfix.port}"
${more}`;

  const messageWith = (subject: string, rest: string): string =>
    `From: ann@site-a.example\r\nTo: x@site-b.example\r\nSubject: ${subject}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n${rest}`;

  async function swaks(by: keyof typeof ports, message: string): Promise<void> {
    const file = join(folder, 'message.eml');
    await writeFile(file, `${message}.\r\n`, 'latin1');
    await run('swaks', [
      ...['--server', `127.0.0.1:${ports[by]}`, '--helo', 'swaks.example', '--timeout', '30'],
      ...['--from', 'ann@site-a.example', '--to', 'x@site-b.example'],
      ...['--no-data-fixup', '--data', `@${file}`],
    ]);
  }

  /** By a client that says what it sends, which swaks does not. */
  async function smtplib(by: keyof typeof ports, message: string): Promise<void> {
    const client = run(PYTHON, [SMTPLIB]);
    client.child.stdin?.end(
      JSON.stringify({
        ...{ host: '127.0.0.1', port: ports[by], hello: 'python.example', options: ['BODY=8BITMIME'] },
        ...{ sender: 'ann@site-a.example', recipient: 'x@site-b.example' },
        message: Buffer.from(message, 'latin1').toString('base64'),
      }),
    );
    await client;
  }

  /** What Postfix has delivered, in lines ended by CR LF. */
  async function arrived(subject: string): Promise<Buffer> {
    const find = async (): Promise<string | undefined> =>
      (await postfix.messages()).find((text) => text.includes(`\nSubject: ${subject}\n`));
    await eventually(async () => (await find()) !== undefined, subject);
    return Buffer.from(((await find()) ?? '').replace(/\n/g, '\r\n'), 'latin1');
  }

  test('a signature arrives whole', async () => {
    await swaks('ours', messageWith('plain', '\r\nGood  morning. \r\n\r\n'));
    expect(judge(await arrived('plain'))).toBe('True True');
  });

  test('8-bit mail is made 7-bit for Postfix, and its signatures hold there', async () => {
    const mime =
      'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n';
    await smtplib('ours', messageWith('greetings', `${mime}\r\nGr\xfc\xdfe\r\n`));
    const message = await arrived('greetings');
    expect(message.toString('latin1')).toContain('\r\nGr=FC=DFe\r\n');
    expect(judge(message)).toBe('True True');
  });

  // Whether this machine has name servers or none: either way nobody is refused for that.
  test('what a stranger sends is noted, and taken with or without DNS', async () => {
    await swaks('strangers', messageWith('stranger', '\r\nHello.\r\n'));
    expect((await arrived('stranger')).toString('latin1')).toMatch(
      /\r\nAuthentication-Results: strangers\.example;\r\n\tspf=\w+\r\n\t smtp\.mailfrom=site-a\.example;\r\n\tdkim=none;\r\n\tdmarc=\w+\r\n\t header\.from=site-a\.example\r\n/,
    );
  });
});
