/** A running gateway is watched from other processes, over its control socket. */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mailbox } from '../../src/cli/demo/mailbox.js';
import type { GatewayStatus } from '../../src/console/index.js';
import { SystemClock } from '../../src/core/index.js';
import { Background, eventually, freePort } from './support/programs.js';
import { openTcpLine } from './support/serial.js';
import { NUMBERS, runSite, type SiteName, serialLink, siteToml, X25MAIL } from './support/site.js';

const run = promisify(execFile);
const hasTshark = spawnSync('tshark', ['--version']).status === 0;

describe('a gateway watched by others', () => {
  let folder: string;
  let line: Awaited<ReturnType<typeof openTcpLine>>;
  let mailbox: Mailbox;
  let arrived = 0;
  let smtpPort = 0;
  const sites = new Map<SiteName, Background>();
  const tomls = new Map<SiteName, string>();

  const x25mail = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
    run(process.execPath, [X25MAIL, ...args], { cwd: folder });
  const status = async (site: SiteName): Promise<GatewayStatus> =>
    JSON.parse((await x25mail('status', '--json', '-c', `${site}.toml`)).stdout) as GatewayStatus;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'x25mail-watch-'));
    line = await openTcpLine();
    mailbox = new Mailbox('mailbox.example', new SystemClock(), () => {
      arrived++;
    });
    const mailboxPort = await mailbox.listen();
    for (const name of ['a', 'b'] as const) {
      const port = await freePort();
      if (name === 'a') smtpPort = port;
      const link = serialLink(name, `tcp://127.0.0.1:${line.port}`, 115_200);
      tomls.set(name, siteToml(name, { smtpPort: port, mailboxPort, link }));
      sites.set(name, await runSite(folder, name, tomls.get(name) ?? ''));
    }
    await eventually(async () => (await status('a')).links[0]?.state === 'ready', 'the link is up');
  });

  afterAll(async () => {
    await Promise.all([...sites.values()].map((site) => site.stop()));
    await mailbox.close();
    line.server.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function send(lines: number): Promise<void> {
    const transport = createTransport({ host: '127.0.0.1', port: smtpPort, secure: false, ignoreTLS: true });
    const addresses = { from: 'me@site-a.example', to: 'you@site-b.example' };
    await transport.sendMail({ ...addresses, subject: 'x', text: `${'x'.repeat(70)}\n`.repeat(lines) });
    transport.close();
  }

  test('a capture holds a call from beginning to end; it is decoded here, and by tshark without a malformed packet', async () => {
    const capture = new Background(process.execPath, [X25MAIL, 'capture', 'x.pcapng', '-c', 'a.toml'], {
      cwd: folder,
    });
    await capture.says(/capturing to x\.pcapng/);
    await send(300);
    await eventually(() => arrived === 1, 'the message');
    await eventually(async () => (await status('a')).circuits.length === 0, 'the call is over');
    expect(await capture.stop('SIGINT')).toEqual({ code: 0, signal: null });
    expect(capture.output).toMatch(/[1-9]\d* packets written to x\.pcapng, none lost/);
    expect((await stat(join(folder, 'x.pcapng'))).mode & 0o777).toBe(0o600);

    const { stdout } = await x25mail('decode', 'x.pcapng');
    expect(stdout).toMatch(/^Link line, seen by the DTE: \d+ frames of modulo 8, \d+ packets$/m);
    expect(stdout).toContain(`CALL REQUEST to ${NUMBERS.b} from ${NUMBERS.a}`);
    expect(stdout).toMatch(/\d+ DATA, 2[0-9]{4} octets/);
    expect(stdout).toMatch(/CLEAR REQUEST: DTE originated, disconnection, normal \(00\/F1\)/);
    expect(stdout).not.toContain('Subject');

    if (!hasTshark) return; // the test of captures says that it is missing
    const fields = ['-T', 'fields', '-e', '_ws.malformed', '-e', 'frame.comment'];
    const tshark = await run('tshark', ['-n', '-r', join(folder, 'x.pcapng'), ...fields]);
    const rows = tshark.stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    expect(rows.filter(([malformed]) => malformed !== '')).toEqual([]);
    expect(
      rows.some(([, comment]) => /^sent on line, circuit line-\d+: dte > I ns=/.test(comment ?? '')),
    ).toBe(true);
  });

  test('to standard output, so many packets', async () => {
    const capturing = run(
      process.execPath,
      [X25MAIL, 'capture', '-', '--count', '5', '--layer', 'packets', '-c', 'a.toml'],
      { cwd: folder, encoding: 'buffer' },
    );
    await once(capturing.child.stderr as Readable, 'data'); // it says that it has begun
    await send(1);
    const { stdout, stderr } = await capturing;
    expect(stdout.readUInt32BE(0)).toBe(0x0a0d0d0a);
    expect(stderr.toString()).toContain('5 packets written, none lost');
  });

  test('status for people, and the circuits', async () => {
    const { stdout } = await x25mail('status', '-c', 'a.toml');
    expect(stdout).toMatch(/^Link line \(serial\)$/m);
    expect(stdout).toMatch(/^ {2}state +ready since /m);
    expect(stdout).toMatch(/^ +frames +[1-9]\d* +[1-9]\d*$/m);
    expect((await x25mail('circuits', '-c', 'a.toml')).stdout).toMatch(/^(No circuits|Circuits, 1)$/m);
  });

  test('nothing runs there: what to do, and status 1', async () => {
    const failed = await x25mail('status', '--socket', join(folder, 'nowhere')).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('start it with x25mail run') as string,
    });
  });

  test('a gateway that was killed leaves its socket, and the next one takes the place', async () => {
    await sites.get('b')?.stop('SIGKILL');
    await expect(status('b')).rejects.toThrow('no gateway runs there any more');
    sites.set('b', await runSite(folder, 'b', tomls.get('b') ?? ''));
    expect((await status('b')).hostname).toBe('gw-b.example');
  });
});
