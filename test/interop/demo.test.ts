import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasProgram } from './support/programs.js';

const run = promisify(execFile);
const X25MAIL = new URL('../../dist/cli/main.js', import.meta.url).pathname;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'x25mail-interop-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('x25mail demo, as a process', () => {
  test('delivers, shows the call, and ends by itself', async () => {
    const { stdout } = await run(process.execPath, [X25MAIL, 'demo'], { cwd: folder });
    expect(stdout).toMatch(
      /CALL REQUEST to 26245300040 from 23421000001, user data C0F70000 \(SMTP, RFC 1090\)/,
    );
    expect(stdout).toMatch(
      /<-- {2}network {2}CALL CONNECTED[\s\S]*220 gw-b\.example[\s\S]*221 2\.0\.0[\s\S]*CLEAR REQUEST/,
    );
    expect(stdout).toMatch(/Call record:\n.* completed: .*1 message sent/);
    expect(stdout).toMatch(/delivered, identical: \d{5,6} octets, SHA-256 [0-9a-f]{64}\n$/);
  });

  test('paces its lines, and says for programs what came of it', async () => {
    const { stdout } = await run(process.execPath, [X25MAIL, 'demo', '--line-speed', '1000000', '--json'], {
      cwd: folder,
    });
    const result = JSON.parse(stdout) as {
      identical: boolean;
      octets: number;
      call: { verdict: string; connectedMs: number };
    };
    expect(result).toMatchObject({ identical: true, call: { verdict: 'completed' } });
    // Ten bits an octet: the line alone needs this long.
    expect(result.call.connectedMs).toBeGreaterThan((result.octets * 10) / 1000);
  });

  test('wrong usage is status 2, with what is allowed', async () => {
    await expect(run(process.execPath, [X25MAIL, 'demo', '--line-speed', 'fast'])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('300 to 10000000'),
    });
  });

  test('a capture that can not be written is said, and the rest goes on', async () => {
    const { stdout, stderr } = await run(
      process.execPath,
      [X25MAIL, 'demo', '--capture', '/nonexistent/x.pcapng'],
      {
        cwd: folder,
      },
    );
    expect(stderr).toMatch(/capture/);
    expect(stdout).toContain('delivered, identical');
  });

  test.skipIf(!hasProgram('tshark'))(
    `its capture decodes in Wireshark${hasProgram('tshark') ? '' : ' (SKIPPED: tshark is not installed)'}`,
    async () => {
      const capture = join(folder, 'x25mail-demo.pcapng');
      expect((await stat(capture)).size).toBeGreaterThan(100_000);
      const tshark = (...args: string[]) => run('tshark', ['-r', capture, ...args]);
      const { stdout: malformed } = await tshark('-Y', '_ws.malformed');
      expect(malformed).toBe('');
      const { stdout: clears } = await tshark('-Y', 'x25.type == 0x13', '-T', 'fields', '-e', 'x25.lcn');
      expect(clears.trim().split('\n')).toHaveLength(1);
    },
  );
});
