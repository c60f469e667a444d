import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSpool } from '../../src/spool/index.js';
import { aSpool } from '../spool/support/compliance.js';
import { bodyOf, inShort, readAll } from '../spool/support/mail.js';
import { CUT_OFF } from './support/cut-off.js';
import { missing, titleWith } from './support/programs.js';
import { readTrace, type SystemCall } from './support/system-calls.js';

const SCRIPT = fileURLToPath(new URL('./support/spool-process.ts', import.meta.url));
const absent = missing('strace');

function place(): string {
  const directory = mkdtempSync(join(tmpdir(), 'x25mail-spool-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Runs a process that takes messages into `spool`, under strace. @returns what it said, line by line */
function run(directory: string, ...options: string[]): string[] {
  const program = [process.execPath, '--import', 'tsx', SCRIPT, join(directory, 'spool')];
  const trace = join(directory, 'trace');
  const { stdout, stderr, status } = spawnSync('strace', ['-f', '-o', trace, ...options, ...program]);
  expect([status, stderr.toString()]).toEqual([0, '']);
  return stdout.toString().trim().split('\n');
}

/** What was promised is there after a restart: messages, and the beginning of the one that was cut off. */
async function expectKept(directory: string, said: readonly string[]): Promise<void> {
  const spool = await openSpool({ directory: join(directory, 'spool') });
  try {
    const promised = said.findLast((line) => /^(checkpoint|355) /.test(line))?.split(' ')[1];
    if (promised !== undefined) {
      const transaction = await spool.partial(CUT_OFF, 60_000);
      const isFinished = said.some((line) => line.startsWith('250 ') && line.endsWith(' 150000'));
      if (isFinished || !('writer' in transaction)) expect(transaction.state).toBe('finished');
      else expect(transaction.writer.offset).toBeGreaterThanOrEqual(Number(promised));
    }
    for (const line of said) {
      const [code, id = '', size] = line.split(' ');
      if (code !== '250') continue;
      expect([id, (await spool.find(id)).map(({ destination }) => destination)]).toEqual([
        id,
        ['peer:b', 'peer:c'],
      ]);
      expect(await readAll(spool.readBody(id))).toBe(inShort(bodyOf(Number(size))));
    }
  } finally {
    await spool.close();
  }
}

describe.skipIf(absent.length > 0)(titleWith('the spool, by its system calls,', absent), () => {
  /** The last call of a kind before another, or -1. */
  function lastBefore(calls: readonly SystemCall[], end: number, is: (call: SystemCall) => boolean): number {
    return calls.slice(0, end).findLastIndex((call) => call.succeeded && is(call));
  }

  const isSync = ({ name }: SystemCall): boolean => name === 'fsync' || name === 'fdatasync';
  const isWrite = ({ name }: SystemCall): boolean => name === 'write' || name.startsWith('pwrite');

  test('says 250 and 355 only when everything is on stable storage', () => {
    const directory = place();
    const said = run(
      directory,
      '-y',
      '-s',
      '100',
      '-e',
      'trace=openat,mkdir,write,writev,pwrite64,pwritev,fsync,fdatasync,ftruncate',
    );
    expect(said.map((line) => line.split(' ')[0])).toEqual([
      ...['open', '250', '250', 'checkpoint', '355', '250'],
      ...Array<string>(9).fill('250'),
      'closed',
    ]);
    const calls = readTrace(join(directory, 'trace'));
    const spool = join(directory, 'spool');
    const log = join(spool, 'spool.db-wal');
    /** Whatever came last to this file was synced, and that before `end`. */
    const expectSynced = (path: string, end: number): number => {
      const written = lastBefore(calls, end, (call) => call.path === path && isWrite(call));
      const synced = lastBefore(calls, end, (call) => call.path === path && isSync(call));
      expect([path, written >= 0, synced > written]).toEqual([path, true, true]);
      return synced;
    };
    /** Since a name came into being, its directory was synced. */
    const expectNamed = (path: string, end: number): number => {
      const made = lastBefore(
        calls,
        end,
        ({ name, path: which, text }) => which === path && (name === 'mkdir' || text.includes('O_CREAT')),
      );
      const synced = lastBefore(calls, end, (call) => call.path === join(path, '..') && isSync(call));
      expect([path, made >= 0, synced > made]).toEqual([path, true, true]);
      return synced;
    };
    let files = 0;
    calls.forEach((call, answered) => {
      const [, what, id = '', size] = /"(250|checkpoint) (\w+) ?(\d*)/.exec(call.text) ?? [];
      if (call.name !== 'write' || what === undefined) return;
      const committed = expectSynced(log, answered);
      expectNamed(log, answered);
      expectNamed(join(spool, 'bodies'), answered);
      if (what === '250' && Number(size) <= 65_536) return;
      files++;
      const made = calls.findLast(
        ({ name, path, text }, i) =>
          i < answered &&
          name === 'openat' &&
          text.includes('O_CREAT') &&
          (what === '250' ? path.endsWith(id) : path.includes('/bodies/')),
      );
      const file = made?.path ?? '';
      // Before its row was: what a committed row names is there, whole and under its name.
      const whole = [
        expectSynced(file, answered),
        expectNamed(file, answered),
        expectNamed(join(file, '..'), answered),
      ];
      expect(Math.max(...whole)).toBeLessThan(committed);
    });
    expect(files).toBe(1 + 1 + 1 + 3);
  });

  const timesOf = (calls: string, error: string, ...times: string[]) =>
    times.map((when) => [calls, error, when] as const);

  /** Which calls fail, and when: the nth of a thread, and with a plus those after it too. */
  const FAULTS = [
    ...timesOf('fsync,fdatasync', 'EIO', '1', '2', '3', '4', '5+', '8+'),
    ...timesOf('pwrite64', 'ENOSPC', '1', '1+', '20', '40+', '80+'),
    ...timesOf('pwrite64', 'EIO', '2', '30', '60+'),
    ...timesOf('mkdir', 'ENOSPC', '2+'),
    ...timesOf('ftruncate', 'EIO', '1+'),
    ...timesOf('unlink', 'EROFS', '1+'),
  ];

  test.each(FAULTS)('keeps what it promised when %s say %s (call %s)', async (calls, error, when) => {
    const directory = place();
    await (await openSpool({ directory: join(directory, 'spool') })).close(); // so that it hits messages
    const said = run(directory, '-e', `trace=${calls}`, '-e', `inject=${calls}:error=${error}:when=${when}`);
    expect(readFileSync(join(directory, 'trace'), 'latin1')).toContain('(INJECTED)');
    for (const line of said) {
      expect(line).toMatch(
        /^(open|closed|(250|checkpoint|355) .*|4xx spool(Full|Write|Closed|Stopped|Corrupt)|not opened: spool\w+)$/,
      );
    }
    await expectKept(directory, said);
  });
});

describe('a spool whose files may not be written', () => {
  test.skipIf(process.getuid?.() === 0)('is refused, with what to do', async () => {
    const directory = place();
    await (await openSpool({ directory })).close();
    chmodSync(join(directory, 'spool.db'), 0o400);
    await expect(openSpool({ directory })).rejects.toMatchObject({
      code: 'spoolDirectory',
      temporary: false,
    });
    expect(existsSync(join(directory, 'spool.db'))).toBe(true);
  });
});

aSpool('a spool with its thread', async (checkpoints = {}) => {
  let now = 1000;
  const directory = place();
  const spool = await openSpool({ directory, wallTime: () => now, checkpoints });
  return {
    spool,
    pass: (ms) => {
      now += ms;
    },
  };
});
