import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSpool, type Spool, type SpoolEvent } from '../../src/spool/index.js';
import { WatchedDisk } from './support/disk.js';
import { openInProcess } from './support/in-process.js';
import {
  bodyOf,
  delivered,
  envelope,
  inShort,
  readAll,
  settlement,
  store,
  writeBody,
} from './support/mail.js';
import { bodyFiles, tempDirectory } from './support/places.js';

const TO = envelope(['a > peer:b', 'b > peer:c']);
const LONG_BODY = bodyOf(200_000);
const AFTER_CRASH = () => 9_000_000;

/**
 * What is found when a directory is opened: the messages, each whole. Body files that no message has are removed by
 * then, and every long message has its own.
 */
async function reopened(directory: string): Promise<string[]> {
  const spool = await new Promise<Spool>((resolve) => {
    const opened: Spool = openInProcess(directory, {
      wallTime: AFTER_CRASH,
      log: (event) => event.type === 'leftovers' && setImmediate(() => resolve(opened)),
    });
  });
  const ids = [...new Set((await spool.list(1000)).map(({ message }) => message))].sort();
  const long: string[] = [];
  for (const id of ids) {
    const deliveries = await spool.find(id);
    const size = deliveries[0]?.size ?? -1;
    expect(await readAll(spool.readBody(id))).toBe(inShort(bodyOf(size)));
    expect(deliveries.map(({ destination }) => destination)).toEqual(['peer:b', 'peer:c']);
    if (size > 65_536) long.push(id);
  }
  await spool.close();
  expect(bodyFiles(directory)).toEqual(long);
  return ids;
}

describe('a power cut', () => {
  /** Runs `work`, and cuts the power before every step on the disk and around every commit. */
  async function cutEverywhere(work: (spool: Spool, note: (what: string) => void) => Promise<void>) {
    const directory = join(tempDirectory(), 'spool');
    const cuts: { after: string; directory: string }[] = [];
    let last = 'open';
    const cut = () => {
      const copy = tempDirectory();
      disk.powerCut(directory, copy);
      cuts.push({ after: last, directory: copy });
    };
    let armed = false;
    const disk = new WatchedDisk((step) => {
      if (armed) cut();
      last = step;
    });
    mkdirSync(directory);
    const log = (event: SpoolEvent) => {
      if (event.type !== 'group' || !event.wrote || !armed) return;
      last = 'COMMIT';
      cut();
    };
    const spool = openInProcess(directory, { files: disk.files, log });
    armed = true;
    await work(spool, (what) => {
      last = what;
      cut();
    });
    armed = false;
    await spool.close();
    return cuts;
  }

  test('while a long message comes in: it is there from the commit on, and never as half', async () => {
    let id = '';
    const cuts = await cutEverywhere(async (spool, note) => {
      const writer = await spool.receive();
      id = writer.id;
      await writeBody(writer, LONG_BODY);
      await writer.commit(TO);
      note('answered');
    });
    const found = [];
    for (const { after, directory } of cuts) found.push([after, (await reopened(directory)).length]);
    expect(found).toEqual([
      ['open', 0],
      ['mkdir', 0],
      ['open', 0],
      ['sync', 0],
      ['close', 0],
      ['open', 0],
      ['write', 0],
      ['write', 0],
      ['write', 0],
      ['write', 0],
      ['sync', 0],
      ['open', 0],
      ['sync', 0],
      ['close', 0],
      ['COMMIT', 1],
      ['answered', 1],
    ]);
    expect(await reopened(cuts.at(-1)?.directory ?? '')).toEqual([id]);
  });

  test('while a message goes: it is there until the commit, and its file is cleared away', async () => {
    const cuts = await cutEverywhere(async (spool, note) => {
      const id = await store(spool, LONG_BODY, TO);
      note('stored');
      await spool.settle([settlement(id, 'a > peer:b', delivered), settlement(id, 'b > peer:c', delivered)]);
      await new Promise((resolve) => setTimeout(resolve, 20)); // until that is on stable storage, and the file goes
    });
    const fromStored = cuts.slice(cuts.findIndex(({ after }) => after === 'stored'));
    const found = [];
    for (const { after, directory } of fromStored) found.push([after, (await reopened(directory)).length]);
    expect(found).toEqual([
      ['stored', 1],
      ['COMMIT', 0], // the file is still there; `reopened` has seen that it goes
      ['COMMIT', 0], // before the file is removed
    ]);
  });

  test('wherever the log ends: a message is there or not, with what was settled with it', async () => {
    const directory = tempDirectory();
    const spool = openInProcess(directory);
    const old = await store(spool, bodyOf(300), TO);
    const before = statSync(join(directory, 'spool.db-wal')).size;
    const report = await spool.receive();
    await writeBody(report, LONG_BODY);
    await report.commit(TO, [
      settlement(old, 'a > peer:b', delivered),
      settlement(old, 'b > peer:c', delivered),
    ]);
    const after = statSync(join(directory, 'spool.db-wal')).size;
    const found = new Set<string>();
    for (let size = before; size < after; size += Math.ceil((after - before) / 12)) {
      found.add((await reopened(cutLog(directory, size))).join());
    }
    expect([...found]).toEqual([old]);
    expect(await reopened(cutLog(directory, after))).toEqual([report.id]);
    await spool.close();
  });

  function cutLog(directory: string, size: number): string {
    const copy = tempDirectory();
    cpSync(directory, copy, { recursive: true });
    truncateSync(join(copy, 'spool.db-wal'), size);
    return copy;
  }
});

describe('another process', () => {
  /** A process that opens the spool, says so, and then stores messages until it is killed. */
  async function start(
    directory: string,
  ): Promise<{ child: ChildProcess; said: () => string[]; next(): Promise<string> }> {
    const script = fileURLToPath(new URL('./support/busy-process.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: string[] = [];
    const input = createInterface({ input: child.stdout });
    const waiting: (() => void)[] = [];
    input.on('line', (line) => {
      lines.push(line);
      waiting.shift()?.();
    });
    let read = 0;
    const next = async (): Promise<string> => {
      while (lines.length <= read) await new Promise<void>((resolve) => waiting.push(resolve));
      return lines[read++] ?? '';
    };
    return { child, said: () => lines, next };
  }

  test('that has the spool open keeps us out until it is killed, and what it was told is stored is there', async () => {
    const directory = tempDirectory();
    const { child, said, next } = await start(directory);
    expect(await next()).toBe('open');
    await expect(openSpool({ directory })).rejects.toMatchObject({ code: 'spoolInUse', temporary: true });
    for (let i = 0; i < 30; i++) await next();
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;

    const spool = await openSpool({ directory, wallTime: AFTER_CRASH });
    const stored = said().slice(1);
    expect(stored.length).toBeGreaterThanOrEqual(30);
    for (const id of stored) {
      const [delivery] = await spool.find(id);
      expect(await readAll(spool.readBody(id))).toBe(inShort(bodyOf(delivery?.size ?? -1)));
    }
    await spool.close();
  });
});
