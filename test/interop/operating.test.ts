/** What an operator does from another process: messages handed in, the queue worked on, the configuration read again. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mailbox } from '../../src/cli/demo/mailbox.js';
import { SystemClock } from '../../src/core/index.js';
import { type Background, eventually, freePort } from './support/programs.js';
import { NUMBERS, runSite, siteToml, X25MAIL } from './support/site.js';

const run = promisify(execFile);

describe('a gateway and its operator', () => {
  let folder: string;
  let mailbox: Mailbox;
  let a: Background;
  let b: Background;
  let toml: string;
  let smtpPort: number;
  let httpPort: number;
  const arrived: string[] = [];

  const x25mail = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
    run(process.execPath, [X25MAIL, ...args], { cwd: folder });
  const sendmail = (words: string[], input: string): Promise<number | null> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [X25MAIL, 'sendmail', ...words], {
        cwd: folder,
        env: { ...process.env, X25MAIL_CONFIG: 'a.toml' },
        stdio: ['pipe', 'inherit', 'inherit'],
      });
      child.once('exit', (code) => resolve(code));
      child.stdin.end(input);
    });
  const metrics = async (): Promise<string> =>
    await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  const queue = async (...args: string[]): Promise<{ deliveries: { message: string; hold?: string }[] }> =>
    JSON.parse((await x25mail('queue', 'list', '--json', '-c', 'a.toml', ...args)).stdout);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x25mail-operating-'));
    mailbox = new Mailbox('mailbox.example', new SystemClock(), (message) => {
      arrived.push(Buffer.from(message).toString());
    });
    const mailboxPort = await mailbox.listen();
    smtpPort = await freePort();
    httpPort = await freePort();
    const [xotA, xotB] = [await freePort(), await freePort()];
    const xot = (own: number, other: 'a' | 'b', port: number): string =>
      `type = "xot"\nlisten = "127.0.0.1:${own}"\nrouters = [{ nua = "${NUMBERS[other]}", to = "127.0.0.1:${port}" }]\n`;
    const log = `[log]\ncalls = "calls.jsonl"\n[console]\nhttp = "127.0.0.1:${httpPort}"\n`;
    toml = siteToml('a', { smtpPort, mailboxPort, link: xot(xotA, 'b', xotB), more: log });
    a = await runSite(folder, 'a', toml);
    b = await runSite(
      folder,
      'b',
      siteToml('b', { smtpPort: await freePort(), mailboxPort, link: xot(xotB, 'a', xotA) }),
    );
  });

  afterAll(async () => {
    await Promise.all([a, b].map((site) => site.stop()));
    await mailbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('sendmail as cron calls it, and send that waits', async () => {
    const cron = 'From: root (Cron Daemon)\nTo: you@site-b.example\nSubject: Cron\n\nhello\n';
    expect(await sendmail(['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'you@site-b.example'], cron)).toBe(0);
    const { stdout } = await x25mail(
      'send',
      '-c',
      'a.toml',
      '--to',
      'you@site-b.example',
      '--subject',
      'waited for',
      '--wait',
      'a.toml',
    );
    expect(stdout).toMatch(
      /^In the queue as \w+\n<you@site-b\.example> delivered: 250 2\.0\.0 ok, \d+ octets queued as \w+\n$/,
    );
    await eventually(() => arrived.length === 2, 'both');
    expect(arrived.find((text) => text.includes('Subject: Cron'))).toMatch(
      /Received: by gw-a\.example \(from user \w+\) id/,
    );
  });

  test('who is refused: the status of sysexits', async () => {
    expect(await sendmail(['x@elsewhere.example'], 'x\n')).toBe(67);
    expect(await sendmail(['-t'], 'Subject: x\n\n')).toBe(64);
  });

  test('metrics: what a monitoring system reads', async () => {
    await eventually(async () => (await metrics()).includes('x25mail_calls_total'), 'a call that is over');
    const text = await metrics();
    expect(text).toContain('x25mail_link_state{link="line",type="xot",state="');
    expect(text).toContain('x25mail_recipients_settled_total{outcome="delivered"} 2');
    expect(text).toMatch(/^x25mail_calls_messages_total\{link="line",direction="outgoing",way="sent"\} 2$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    const status = await fetch(`http://127.0.0.1:${httpPort}/status`);
    expect(await status.json()).toMatchObject({ hostname: 'gw-a.example', links: [{ name: 'line' }] });
  });

  test('calls: the record of what was sent', async () => {
    await eventually(
      async () => (await readFile(join(folder, 'calls.jsonl'), 'utf8').catch(() => '')).includes('completed'),
      'a record',
    );
    const { stdout } = await x25mail('calls', '-c', 'a.toml', '--by', 'peer', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ peer: [{ name: 'other', messagesSent: 2 }] });
    expect((await x25mail('calls', '-c', 'a.toml')).stdout).toContain(
      `line to ${NUMBERS.b} (other) completed`,
    );
  });

  test('held, shown, released: the queue of a running gateway', async () => {
    await x25mail('queue', 'hold', '--future', '--peer', 'other', '--reason', 'too dear now', '-c', 'a.toml');
    await sendmail(['you@site-b.example'], 'Subject: kept\n\nhello\n');
    const [delivery] = (await queue()).deliveries;
    const id = delivery?.message ?? '';
    expect((await x25mail('queue', '-c', 'a.toml')).stdout).toMatch(
      /peer:other +1 +0 +0 .*on hold: too dear now/,
    );
    expect((await x25mail('queue', 'show', id, '-c', 'a.toml')).stdout).toContain(
      'you@site-b.example, not tried yet',
    );
    expect((await x25mail('queue', 'show', id, '--body', '-c', 'a.toml')).stdout).toBe('hello\r\n');
    await x25mail('queue', 'release', '--future', '--peer', 'other', '-c', 'a.toml');
    await eventually(() => arrived.length === 3, 'it goes');
    const nobody = x25mail('queue', 'delete', id, '-c', 'a.toml');
    await expect(nobody).rejects.toMatchObject({ code: 1, stderr: 'x25mail: no such message waits\n' });
  });

  /** Says a line, and waits for the whole reply. */
  async function say(socket: Socket, line: string): Promise<string> {
    let said = '';
    socket.write(line);
    for await (const piece of socket.iterator({ destroyOnReturn: false })) {
      said += String(piece);
      if (/(?:^|\n)\d\d\d .*\r\n$/.test(said)) break;
    }
    return said;
  }

  test('SIGHUP: new rules for the next session, the old one goes on; a bad configuration is refused', async () => {
    const open = connect(smtpPort, '127.0.0.1');
    await say(open, '');
    const rule = '[[access]]\nsender = "spam@*"\naction = "refuse"\ntext = "5.7.1 not from there"\n';
    await writeFile(join(folder, 'a.toml'), `${toml}${rule}`);
    a.process.kill('SIGHUP');
    await a.says(/a\.toml counts from now on/);

    const mail = async (socket: Socket): Promise<string> => {
      await say(socket, 'EHLO me\r\n');
      await say(socket, 'MAIL FROM:<spam@x.example>\r\n');
      return say(socket, 'RCPT TO:<you@site-b.example>\r\n');
    };
    expect(await mail(open)).toMatch(/^250 /);
    const next = connect(smtpPort, '127.0.0.1');
    await say(next, '');
    expect(await mail(next)).toMatch(/^\d\d\d 5\.7\.1 not from there/);
    open.destroy();
    next.destroy();

    await writeFile(join(folder, 'a.toml'), toml.replace('peer = "other"', 'peer = "nobody"'));
    const refused = x25mail('reload', '--socket', 'spool-a/control');
    await expect(refused).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nobody[\s\S]*refused: the old configuration goes on/) as string,
    });
    await writeFile(
      join(folder, 'a.toml'),
      toml.replace('hostname = "gw-a.example"', 'hostname = "new.example"'),
    );
    expect((await x25mail('reload', '-c', 'a.toml')).stdout).toBe(
      'The configuration counts from now on\nNeeds a restart: gateway.hostname\n',
    );
    await writeFile(join(folder, 'a.toml'), toml);
    await x25mail('reload', '-c', 'a.toml');
  });

  test('a gateway that was stopped: its queue takes mail and can be worked on, and goes when it runs again', async () => {
    await a.stop();
    expect(
      await sendmail(['you@site-b.example', 'other@site-b.example'], 'Subject: at rest\n\nhello\n'),
    ).toBe(0);
    await sendmail(['-f', 'me@site-a.example', 'you@site-b.example'], 'Subject: not wanted\n\nhello\n');
    const { deliveries } = await queue();
    expect(deliveries).toHaveLength(2);
    await x25mail('queue', 'delete', '--sender', 'me@site-a.example', '--yes', '-c', 'a.toml');
    expect((await queue()).deliveries).toHaveLength(1);
    a = await runSite(folder, 'a', toml);
    await eventually(() => arrived.some((text) => text.includes('Subject: at rest')), 'it goes');
    expect(arrived.some((text) => text.includes('not wanted'))).toBe(false);
  });
});
