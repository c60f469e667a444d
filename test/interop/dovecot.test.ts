import { execFileSync } from 'node:child_process';
import { chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Dovecot, MAIL_OWNER, PASSWORD } from './support/dovecot.js';
import { type Background, eventually, freePort, missing, titleWith } from './support/programs.js';
import { runSite } from './support/site.js';

const absent = missing('dovecot', 'curl', 'swaks');

/** swaks -> x25mail -> a maildir that Dovecot reads, or LMTP to Dovecot; and out of the mailbox by IMAP and POP3. */
describe.skipIf(absent.length > 0)(titleWith('mail for users of Dovecot', absent), () => {
  let folder: string;
  let dovecot: Dovecot;
  let gateway: Background;
  let port: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x25mail-dovecot-'));
    dovecot = await Dovecot.start(join(folder, 'dovecot'));
    port = await freePort();
    await chown(folder, MAIL_OWNER, MAIL_OWNER);
    await writeFile(join(folder, 'users.txt'), 'anna\nbob\n');
    // Whoever owns the mailboxes runs the gateway.
    const asOwner = process.getuid?.() === 0 ? { uid: MAIL_OWNER, gid: MAIL_OWNER } : {};
    gateway = await runSite(
      folder,
      'gw',
      `
[gateway]
hostname = "gw.example"
spool = "spool"
postmaster = "root@maildir.example"
[listen]
smtp = ["127.0.0.1:${port}"]
[relay]
networks = ["127.0.0.0/8"]
[[route]]
domain = "maildir.example"
maildir = "${dovecot.mail}/{user}"
recipients = "users.txt"
[[route]]
domain = "lmtp.example"
lmtp = "127.0.0.1:${dovecot.ports.lmtp}"
[[route]]
domain = "socket.example"
lmtp = "${dovecot.lmtpSocket}"
[queue]
retry = ["1h"]
`,
      asOwner,
    );
  });

  afterAll(async () => {
    await gateway?.stop();
    await dovecot?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function send(to: string, subject: string, body = 'hello\n.dot\n'): void {
    const args = ['--server', `127.0.0.1:${port}`, '--helo', 'client.example', '--from', 'me@a.example'];
    execFileSync('swaks', [
      ...args,
      ...['--to', to, '--header', `Subject: ${subject}`, '--body', body, '--silent', '3'],
    ]);
  }

  const curl = (url: string, user: string, ...args: string[]): string =>
    execFileSync('curl', ['-sS', '--user', `${user}:${PASSWORD}`, ...args, url], { encoding: 'utf8' });
  const imap = (user: string, what: string, ...args: string[]): string =>
    curl(`imap://127.0.0.1:${dovecot.ports.imap}/${what}`, user, ...args);
  const pop3 = (user: string, what: string): string =>
    curl(`pop3://127.0.0.1:${dovecot.ports.pop3}/${what}`, user);

  test('what lies in the maildir is read by POP3 and by IMAP, octet for octet', async () => {
    send('Anna@maildir.example', 'one');
    await gateway.says(/anna.*delivered|delivered.*anna/i);
    const byPop3 = pop3('anna', '1');
    expect(byPop3).toMatch(
      /^Return-Path: <me@a\.example>\r\nDelivered-To: Anna@maildir\.example\r\nReceived: /,
    );
    expect(byPop3).toContain('\r\nSubject: one\r\n');
    expect(byPop3).toMatch(/\r\n\r\nhello\r\n\.dot\r\n/);
    expect(imap('anna', 'INBOX;MAILINDEX=1')).toBe(byPop3);
    expect(imap('anna', 'INBOX', '-X', 'STATUS INBOX (MESSAGES UNSEEN)')).toContain('MESSAGES 1');
  });

  test('a message that was read is moved by Dovecot, and the next one comes beside it', async () => {
    send('anna@maildir.example', 'two');
    await eventually(async () => pop3('anna', '').trim().split('\n').length === 2, 'a second message');
    const files = await Promise.all(
      ['new', 'cur', 'tmp'].map((name) => readdir(join(dovecot.mail, 'anna', name))),
    );
    expect(files.flat()).toHaveLength(2);
    for (const name of files.flat()) {
      const [, size] = /,S=(\d+)/.exec(name) ?? [];
      const place = files[0]?.includes(name) === true ? 'new' : 'cur';
      expect((await readFile(join(dovecot.mail, 'anna', place, name))).length).toBe(Number(size));
    }
  });

  test('who is not known has no mailbox made', async () => {
    expect(() => send('carol@maildir.example', 'three')).toThrow();
    expect(await readdir(dovecot.mail)).not.toContain('carol');
  });

  test.each([
    ['over TCP', 'lmtp.example', 'dave'],
    ['through its socket', 'socket.example', 'erin'],
  ])('LMTP %s: Dovecot puts it into the mailbox', async (_, domain, user) => {
    send(`${user}@${domain}`, 'by LMTP');
    await eventually(async () => pop3(user, '').trim() !== '', `mail for ${user}`);
    const text = pop3(user, '1');
    expect(text).toContain('\r\nSubject: by LMTP\r\n');
    expect(text).toMatch(/with LMTP\s+id/);
    expect(text).toMatch(/\r\n\r\nhello\r\n\.dot\r\n/);
  });

  test('LMTP answers for each recipient: one over quota is returned, the other has the message', async () => {
    const filler = `${'x'.repeat(70)}\n`.repeat(1000);
    send('frank@lmtp.example', 'filler', filler);
    await eventually(async () => pop3('frank', '').trim() !== '', 'mail for frank');
    send('frank@lmtp.example,grace@lmtp.example', 'both', filler);
    await eventually(async () => pop3('grace', '').trim() !== '', 'mail for grace');
    await gateway.says(/frank@lmtp\.example[\s\S]*(?:5\.2\.2|4\.2\.2)/);
    expect(pop3('frank', '').trim().split('\n')).toHaveLength(1);
    expect(pop3('grace', '1')).toContain('Subject: both');
  });
});
