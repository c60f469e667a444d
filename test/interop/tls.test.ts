import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Postfix } from './support/postfix.js';
import { type Background, eventually, freePort, missing, titleWith } from './support/programs.js';
import { configured, runSite, X25MAIL } from './support/site.js';

const run = promisify(execFile);
const absent = missing('postfix', 'swaks');
const FILES = join(import.meta.dirname, '../fixtures/tls');

describe.skipIf(absent.length > 0)(
  titleWith('mail within TLS, from swaks by a gateway to Postfix', absent),
  () => {
    let folder: string;
    let postfix: Postfix;
    let gateway: Background;
    const ports = { smtp: 0, submission: 0 };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'x25mail-tls-'));
      postfix = await Postfix.start(join(folder, 'postfix'), 'site-b.example', {
        smtpd_tls_cert_file: join(FILES, 'cert.pem'),
        smtpd_tls_key_file: join(FILES, 'key.pem'),
        smtpd_tls_security_level: 'encrypt',
        smtpd_tls_received_header: 'yes',
      });
      ports.smtp = await freePort();
      ports.submission = await freePort();
      const config = await configured(folder, 'gw', toml());
      const passwd = spawnSync(process.execPath, [X25MAIL, 'passwd', 'anna', '-c', config], {
        input: 'secret\n',
      });
      expect(passwd.status).toBe(0);
      gateway = await runSite(folder, 'gw', toml());
    });

    afterAll(async () => {
      await gateway?.stop();
      await postfix?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const toml = (): string => `
[gateway]
hostname = "gw.example"
spool = "spool"
[listen]
smtp = ["127.0.0.1:${ports.smtp}"]
submission = ["127.0.0.1:${ports.submission}"]
[listen.tls]
cert = "${join(FILES, 'cert.pem')}"
key = "${join(FILES, 'key.pem')}"
[auth]
users = "users"
[[route]]
domain = "site-b.example"
smtp = "localhost:${postfix.port}"
tls = "verify"
tls_ca = "${join(FILES, 'ca.pem')}"
`;

    const swaks = (...more: string[]): Promise<string> =>
      run('swaks', [
        ...['--server', `127.0.0.1:${ports.submission}`, '--from', 'anna@a.example', '--timeout', '30'],
        ...['--to', 'you@site-b.example', ...more],
      ]).then(
        ({ stdout }) => stdout,
        (error: { stdout: string }) => error.stdout,
      );

    test('who logs in within TLS may send, and Postfix gets it within TLS, its certificate proved', async () => {
      const said = await swaks(
        '--tls',
        '--auth',
        'PLAIN',
        '--auth-user',
        'anna',
        '--auth-password',
        'secret',
      );
      expect(said).toMatch(/<~ {2}235 2\.7\.0/);
      await eventually(async () => (await postfix.messages()).length === 1, 'the message');
      const [message = ''] = await postfix.messages();
      expect(message).toMatch(/\(using TLSv1\.3 with cipher/);
      expect(message).toMatch(
        /Received: from [^\n]*\n\t\(TLSv1\.3, [^\n]*\n\tby gw\.example with ESMTPSA id/,
      );
    });

    test('who does not, or has another password, may not', async () => {
      expect(await swaks('--tls')).toMatch(/<~\* 530 5\.7\.0/);
      const wrong = ['--auth', 'LOGIN', '--auth-user', 'anna', '--auth-password', 'wrong'];
      expect(await swaks('--tls', ...wrong)).toMatch(/<~\* 535 5\.7\.8/);
      expect(await swaks(...wrong)).not.toMatch(/^<.. {1,2}(?:250.AUTH|235)/m);
      expect(await postfix.messages()).toHaveLength(1);
    });
  },
);
