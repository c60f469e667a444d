import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mailbox } from '../../src/cli/demo/mailbox.js';
import { SystemClock } from '../../src/core/index.js';
import { BASIC_OFFERS } from '../../src/smtp/index.js';
import { Postfix } from './support/postfix.js';
import { type Background, eventually, freePort, missing, titleWith } from './support/programs.js';
import { configured, runSite, X25MAIL } from './support/site.js';

const run = promisify(execFile);
const FILES = join(import.meta.dirname, '../fixtures/tls');
const CA = join(FILES, 'ca.pem');
const SMTPLIB = join(import.meta.dirname, 'support/smtplib-client.py');
const PASSWORD = 'sesame, open';

/** Where clients connect: as anybody, to log in, as a host that speaks for others, through a proxy, within TLS from the start. */
const SERVICES = ['smtp', 'submission', 'xclient', 'proxy', 'implicit'] as const;

/** A client of another make -> x25mail in a process of its own -> a mailbox, which shows what arrives to the octet. */
class Setting {
  readonly ports = { smtp: 0, submission: 0, xclient: 0, proxy: 0, implicit: 0 };
  readonly arrived: string[] = [];
  folder = '';
  gateway: Background | undefined;
  #mailbox: Mailbox | undefined;
  #config = '';

  async start(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'x25mail-clients-'));
    this.#mailbox = new Mailbox(
      'mailbox.example',
      new SystemClock(),
      (message) => this.arrived.push(Buffer.from(message).toString('latin1')),
      { ...BASIC_OFFERS, smtpUtf8: true, chunking: true },
    );
    for (const service of SERVICES) this.ports[service] = await freePort();
    const toml = this.#toml(await this.#mailbox.listen());
    this.#config = await configured(this.folder, 'gw', toml);
    this.passwd('anna');
    this.passwd('berta', '--cram-md5');
    this.gateway = await runSite(this.folder, 'gw', toml);
  }

  passwd(user: string, ...more: string[]): void {
    const input = `${PASSWORD}\n`;
    const set = spawnSync(process.execPath, [X25MAIL, 'passwd', user, '-c', this.#config, ...more], {
      input,
    });
    if (set.status !== 0) throw new Error(`${set.stderr}`);
  }

  async stop(): Promise<void> {
    await this.gateway?.stop();
    await this.#mailbox?.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What arrived with this subject, and the Received fields on top of it apart. */
  async message(subject: string): Promise<{ received: string; message: string }> {
    const find = (): string | undefined =>
      this.arrived.find((text) => text.includes(`\r\nSubject: ${subject}\r\n`));
    await eventually(() => find() !== undefined, subject);
    const [top = ''] = /^(?:Received:.*\r\n(?:[\t ].*\r\n)*)*/.exec(find() ?? '') ?? [];
    return { received: top, message: (find() ?? '').slice(top.length) };
  }

  /** @returns what the gateway replied last. */
  async smtplib(service: (typeof SERVICES)[number], message: string, asked: object): Promise<string> {
    const request = {
      host: 'localhost',
      port: this.ports[service],
      hello: 'python.example',
      sender: 'me@elsewhere.example',
      recipient: 'you@site-b.example',
      message: Buffer.from(message, 'latin1').toString('base64'),
      ...asked,
    };
    const sent = run('python3', [SMTPLIB]);
    sent.child.stdin?.end(JSON.stringify(request));
    return (await sent).stdout.trim();
  }

  /** @returns the dialogue, whatever came of it. */
  async swaks(service: (typeof SERVICES)[number], message: string, ...more: string[]): Promise<string> {
    const file = join(this.folder, 'swaks.eml');
    await writeFile(file, `${message.replace(/^\./gm, '..')}.\r\n`, 'latin1');
    return said('swaks', [
      ...['--server', `127.0.0.1:${this.ports[service]}`, '--helo', 'swaks.example', '--timeout', '30'],
      ...['--from', 'me@elsewhere.example', '--to', 'you@site-b.example'],
      ...['--no-data-fixup', '--data', `@${file}`, ...more],
    ]);
  }

  /** @returns the dialogue, whatever came of it. */
  curl(message: string, ...more: string[]): Promise<string> {
    return this.curlTo(`smtp://localhost:${this.ports.submission}`, message, ...more);
  }

  async curlTo(url: string, message: string, ...more: string[]): Promise<string> {
    const file = join(this.folder, 'curl.eml');
    await writeFile(file, message, 'latin1');
    return said('curl', [
      ...['-sv', '--url', `${url}/curl.example`, '--cacert', CA],
      ...['--mail-from', 'me@elsewhere.example', '--mail-rcpt', 'you@site-b.example', '--upload-file', file],
      ...more,
    ]);
  }

  #toml(mailboxPort: number): string {
    const at = (service: (typeof SERVICES)[number], more: string): string =>
      `{ address = "127.0.0.1:${this.ports[service]}", ${more} }`;
    return `
[gateway]
hostname = "gw.example"
spool = "spool"
[listen]
smtp = [
  "127.0.0.1:${this.ports.smtp}",
  ${at('xclient', 'xclient = ["127.0.0.0/8"]')},
  ${at('proxy', 'proxy = ["127.0.0.0/8"]')},
  ${at('implicit', 'tls = "implicit"')},
]
submission = ["127.0.0.1:${this.ports.submission}"]
[listen.tls]
cert = "${join(FILES, 'cert.pem')}"
key = "${join(FILES, 'key.pem')}"
[auth]
users = "users"
[relay]
domains = ["site-b.example"]
[queue]
max_message_size = "64KiB"
[[route]]
domain = "site-b.example"
smtp = "127.0.0.1:${mailboxPort}"
`;
  }
}

function said(program: string, args: readonly string[]): Promise<string> {
  return run(program, args).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
}

/** Lines of all kinds, UTF-8 among them, one character per octet. */
function mail(subject: string, ...more: string[]): string {
  const utf8 = Buffer.from('\u00e4\u00f6\u00fc \u20ac').toString('latin1');
  return [
    'From: me@elsewhere.example',
    'To: you@site-b.example',
    'Date: Tue, 24 Nov 2026 12:00:00 +0000',
    `Message-ID: <${subject.replaceAll(/[^a-z0-9]/gi, '-')}@elsewhere.example>`,
    `Subject: ${subject}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    ...['.', '..', '. x', '.x.', '', 'From me', ' ', utf8, 'x'.repeat(998), ...more, '', '.', ''],
  ].join('\r\n');
}

const LONG = 'y'.repeat(20_000);
const TOO_LARGE = mail('too large', ...new Array(1000).fill('z'.repeat(78)));

const absentForPython = missing('python3');
const absentForCurl = missing('curl');
const absentForSwaks = missing('swaks');
const absentForPostfix = [...missing('postfix'), ...absentForPython];
const hasScram = spawnSync('sh', ['-c', 'ls /usr/lib/*/sasl2/libscram.so*']).status === 0;
const absentForScram = hasScram ? [] : ["Cyrus SASL's plugin for SCRAM (Debian: libsasl2-modules)"];

describe('clients of other makes', () => {
  const setting = new Setting();
  beforeAll(() => setting.start());
  afterAll(() => setting.stop());

  describe.skipIf(absentForPython.length > 0)(titleWith("Python's smtplib", absentForPython), () => {
    const login = (mechanism: string, user = 'anna'): object => ({
      tls: CA,
      login: { user, password: PASSWORD, mechanism },
    });

    test.each([
      ['PLAIN', 'anna'],
      ['LOGIN', 'anna'],
    ])('logs in by %s within TLS, and sends lines of all kinds', async (mechanism, user) => {
      const sent = mail(`smtplib ${mechanism}`, LONG);
      const reply = await setting.smtplib('submission', sent, {
        ...login(mechanism, user),
        options: ['BODY=8BITMIME', `SIZE=${sent.length}`],
      });
      expect(reply).toMatch(/^250 2\.0\.0 ok, /);
      const { received, message } = await setting.message(`smtplib ${mechanism}`);
      expect(message).toBe(sent);
      expect(received).toMatch(
        /^Received: from python\.example .*\r\n\t\(TLSv1\.3, .*\r\n\tby gw\.example with ESMTPSA /,
      );
    });

    test('logs in by CRAM-MD5 where every password is kept for it', async () => {
      const passwd = (...more: string[]): void => setting.passwd('anna', ...more);
      const sent = mail('smtplib CRAM-MD5');
      expect(await setting.smtplib('submission', sent, login('CRAM-MD5', 'berta'))).not.toMatch(/^250/);
      passwd('--cram-md5');
      expect(await setting.smtplib('submission', sent, login('CRAM-MD5', 'berta'))).toMatch(
        /^250 2\.0\.0 ok, /,
      );
      expect((await setting.message('smtplib CRAM-MD5')).message).toBe(sent);
      passwd();
    });

    test('with a wrong password may not', async () => {
      const wrong = { ...login('PLAIN'), login: { user: 'anna', password: 'x', mechanism: 'PLAIN' } };
      expect(await setting.smtplib('submission', mail('never'), wrong)).toMatch(/^535 5\.7\.8 /);
    });

    test('sends between addresses in UTF-8, to a server that takes them too', async () => {
      const subject = Buffer.from('smtplib \u65e5\u672c').toString('latin1');
      const sent = mail(subject);
      const reply = await setting.smtplib('smtp', sent, {
        sender: 'j\u00fcrgen@b\u00fccher.example',
        recipient: '\u7528\u6237@site-b.example',
        options: ['SMTPUTF8', 'BODY=8BITMIME'],
      });
      expect(reply).toMatch(/^250 2\.0\.0 ok, /);
      expect((await setting.message(subject)).message).toBe(sent);
    });

    test.each(['batch', 'chunks'])('pipelines: %s', async (how) => {
      const sent = mail(`smtplib ${how}`, LONG);
      expect(await setting.smtplib('smtp', sent, { how, options: ['BODY=8BITMIME'] })).toMatch(
        /^250 2\.0\.0 ok, /,
      );
      expect((await setting.message(`smtplib ${how}`)).message).toBe(sent);
    });

    test('is told at MAIL that a message is too large, and at the end of data where it did not say so', async () => {
      const options = [`SIZE=${TOO_LARGE.length}`];
      expect(await setting.smtplib('smtp', TOO_LARGE, { options })).toMatch(/^552 5\.3\.4 /);
      expect(await setting.smtplib('smtp', TOO_LARGE, {})).toMatch(/^552 5\.3\.4 /);
      expect(await setting.smtplib('smtp', TOO_LARGE, { how: 'chunks' })).toMatch(/^552 5\.3\.4 /);
    });
  });

  describe.skipIf(absentForCurl.length > 0)(titleWith('curl', absentForCurl), () => {
    test.each(['PLAIN', 'LOGIN'])(
      'logs in by %s within TLS, and sends lines of all kinds',
      async (mechanism) => {
        const sent = mail(`curl ${mechanism}`, LONG);
        const user = ['--user', `anna:${PASSWORD}`, '--login-options', `AUTH=${mechanism}`];
        const dialogue = await setting.curl(sent, '--ssl-reqd', ...user);
        expect(dialogue).toMatch(/^< 235 2\.7\.0 /m);
        expect(dialogue).toMatch(/^< 250 2\.0\.0 ok, /m);
        expect((await setting.message(`curl ${mechanism}`)).message).toBe(sent);
      },
    );

    test('says how large a message is, and is refused at once', async () => {
      const user = ['--user', `anna:${PASSWORD}`, '--login-options', 'AUTH=PLAIN'];
      const dialogue = await setting.curl(TOO_LARGE, '--ssl-reqd', ...user);
      expect(dialogue).toMatch(/^> MAIL FROM:<me@elsewhere\.example> SIZE=\d+\r?\n(?:.*\n)*?< 552 5\.3\.4 /m);
    });

    test('sends within TLS from the first octet', async () => {
      const sent = mail('curl implicit');
      const dialogue = await setting.curlTo(`smtps://localhost:${setting.ports.implicit}`, sent);
      expect(dialogue).not.toContain('STARTTLS');
      expect(dialogue).toMatch(/^< 250 2\.0\.0 ok, /m);
      const { received, message } = await setting.message('curl implicit');
      expect(message).toBe(sent);
      expect(received).toMatch(/\r\n\t\(TLSv1\.3, .*\r\n\tby gw\.example with ESMTPS /);
    });

    test('sends between addresses in UTF-8', async () => {
      const sent = mail('curl utf8');
      const addresses = [
        '--mail-from',
        'j\u00fcrgen@elsewhere.example',
        '--mail-rcpt',
        '\u7528\u6237@site-b.example',
      ];
      const dialogue = await setting.curlTo(`smtp://localhost:${setting.ports.smtp}`, sent, ...addresses);
      expect(dialogue).toMatch(/^> MAIL FROM:<j\u00fcrgen@elsewhere\.example>.* SMTPUTF8\r?$/m);
      expect(dialogue).toMatch(/^< 250 2\.0\.0 ok, /m);
      expect((await setting.message('curl utf8')).received).toContain(' with UTF8SMTP ');
    });

    test('comes through a proxy, as it says itself', async () => {
      const url = `smtp://127.0.0.1:${setting.ports.proxy}`;
      const sent = mail('curl proxy');
      expect(await setting.curlTo(url, sent, '--haproxy-protocol')).toMatch(/^< 250 2\.0\.0 ok, /m);
      expect((await setting.message('curl proxy')).message).toBe(sent);
      expect(await setting.curlTo(url, mail('never'), '--max-time', '1')).not.toMatch(/^< 2/m); // without it nobody is greeted
    });

    test('is offered no login in the clear', async () => {
      const dialogue = await setting.curl(mail('never'), '--user', `anna:${PASSWORD}`);
      expect(dialogue).not.toMatch(/^(?:< 250.AUTH|> AUTH)/m);
      expect(dialogue).toMatch(/^< 530 5\.7\.0 /m);
    });
  });

  describe.skipIf(absentForSwaks.length > 0)(titleWith('swaks', absentForSwaks), () => {
    test.each(['PLAIN', 'LOGIN'])('logs in by %s within TLS', async (mechanism) => {
      const sent = mail(`swaks ${mechanism}`, LONG);
      const user = ['--auth', mechanism, '--auth-user', 'anna', '--auth-password', PASSWORD];
      expect(await setting.swaks('submission', sent, '--tls', ...user)).toMatch(/<~ {2}250 2\.0\.0 ok, /);
      expect((await setting.message(`swaks ${mechanism}`)).message).toBe(sent);
    });

    test('pipelines', async () => {
      const sent = mail('swaks pipeline', LONG);
      expect(await setting.swaks('smtp', sent, '--pipeline')).toMatch(/<- {2}250 2\.0\.0 ok, /);
      expect((await setting.message('swaks pipeline')).message).toBe(sent);
    });

    test('speaks for another client by XCLIENT, where its word is taken', async () => {
      const xclient = ['--xclient-addr', '192.0.2.7', '--xclient-helo', 'behind.example'];
      const dialogue = await setting.swaks('xclient', mail('swaks xclient'), ...xclient);
      expect(dialogue).toMatch(/-> XCLIENT .*ADDR=192\.0\.2\.7.*\n<- {2}220 /);
      const { received } = await setting.message('swaks xclient');
      expect(received).toMatch(/^Received: from swaks\.example \(192\.0\.2\.7\)/);
      expect(await setting.swaks('smtp', mail('never'), ...xclient)).not.toMatch(
        /250.XCLIENT|<- {2}220 .*\n(?:.*\n)*<- {2}220 /,
      );
    });

    test.each(['1', '2'])('comes through a proxy, version %s of its protocol', async (version) => {
      const proxy = [
        ...['--proxy-version', version, '--proxy-family', version === '1' ? 'TCP4' : 'AF_INET'],
        ...['--proxy-source', '192.0.2.8', '--proxy-source-port', '4321'],
        ...['--proxy-dest', '127.0.0.1', '--proxy-dest-port', '25'],
      ];
      const subject = `swaks proxy ${version}`;
      expect(await setting.swaks('proxy', mail(subject), ...proxy)).toMatch(/<- {2}250 2\.0\.0 ok, /);
      expect((await setting.message(subject)).received).toContain('(192.0.2.8)');
    });
  });

  describe.skipIf(absentForPostfix.length > 0)(titleWith('Postfix as a client', absentForPostfix), () => {
    let postfix: Postfix;

    const start = (port: number, settings: Record<string, string>): Promise<Postfix> =>
      Postfix.start(join(setting.folder, `postfix-${port}`), 'site-a.example', {
        relayhost: `[127.0.0.1]:${port}`,
        smtputf8_enable: 'yes',
        smtpd_relay_restrictions: 'permit_mynetworks, reject',
        ...settings,
      });

    /** Through Postfix. */
    const send = (message: string, asked: object = {}): Promise<string> =>
      setting.smtplib('smtp', message, { port: postfix.port, options: ['BODY=8BITMIME'], ...asked });

    /** Between the two of ours: the field that Postfix puts on top. */
    const throughPostfix = async (subject: string): Promise<string> => {
      const { received, message } = await setting.message(subject);
      expect(received.match(/^Received: /gm)).toHaveLength(2);
      return message;
    };

    const scram = titleWith('logs in by SCRAM-SHA-256 within TLS, its certificate proved', absentForScram);
    test.skipIf(absentForScram.length > 0)(scram, async () => {
      postfix = await start(setting.ports.submission, {
        smtp_tls_security_level: 'secure',
        smtp_tls_secure_cert_match: 'gw.example',
        smtp_tls_CAfile: CA,
        smtp_sasl_auth_enable: 'yes',
        smtp_sasl_password_maps: `inline:{{[127.0.0.1]:${setting.ports.submission}=anna:${PASSWORD}}}`,
        smtp_sasl_mechanism_filter: 'scram-sha-256',
        smtp_sasl_security_options: 'noanonymous',
      });
      try {
        const sent = mail('postfix scram');
        expect(await send(sent)).toMatch(/^250 /);
        expect(await throughPostfix('postfix scram').catch(async () => postfix.log())).toBe(sent);
        expect((await setting.message('postfix scram')).received).toMatch(
          /^Received: from mta\.site-a\.example .*\r\n.*\r\n\tby gw\.example with ESMTPSA /,
        );
      } finally {
        await postfix.stop();
      }
    });

    test('pipelines and sends UTF-8 addresses; tells by XFORWARD where a message came from', async () => {
      postfix = await start(setting.ports.xclient, {
        smtp_send_xforward_command: 'yes',
        debug_peer_list: '127.0.0.1', // its log has the dialogue
      });
      try {
        const sent = mail('postfix utf8');
        const utf8 = { recipient: '\u7528\u6237@site-b.example', options: ['SMTPUTF8', 'BODY=8BITMIME'] };
        expect(await send(sent, utf8)).toMatch(/^250 /);
        expect(await throughPostfix('postfix utf8').catch(async () => postfix.log())).toBe(sent);
        const log = await postfix.log();
        expect(log).toMatch(/> 127\.0\.0\.1\S* XFORWARD .*ADDR=127\.0\.0\.1/);
        expect(log).toMatch(/> 127\.0\.0\.1\S* MAIL FROM:.* SMTPUTF8/);
        expect(log).toMatch(/status=sent \(250 2\.0\.0 ok, /);
      } finally {
        await postfix.stop();
      }
    });
  });
});
