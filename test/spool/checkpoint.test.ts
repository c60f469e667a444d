import { mkdirSync, truncateSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CheckpointWriter, Spool, SpoolEvent, TransactionKey } from '../../src/spool/index.js';
import { WatchedDisk } from './support/disk.js';
import { type InProcessOptions, openInProcess } from './support/in-process.js';
import { bodyOf, envelope, inShort, readAll } from './support/mail.js';
import { bodyFiles, tempDirectory } from './support/places.js';

const TO = envelope(['a > peer:b']);
const KEY: TransactionKey = { peer: '26245300040', hello: 'gw-b.example', id: '<1.2@gw-b.example>' };
const PREFIX = Buffer.from('Received: from gw-b.example\r\n');
const BODY = bodyOf(180_000);
const LATER = () => 9_000_000;

function open(directory: string, options: InProcessOptions = {}): Spool {
  const spool = openInProcess(directory, options);
  onTestFinished(() => spool.close());
  return spool;
}

async function writerOf(spool: Spool): Promise<CheckpointWriter> {
  const transaction = await spool.partial(KEY, 60_000);
  if (!('writer' in transaction)) throw new Error(`it is ${transaction.state}`);
  if (transaction.state === 'new') await transaction.writer.begin(TO, PREFIX);
  return transaction.writer;
}

/** Goes on with the message, or finds it finished. @returns where it went on */
async function bringToEnd(spool: Spool): Promise<number | 'finished'> {
  const transaction = await spool.partial(KEY, 60_000);
  let from: number | 'finished' = 'finished';
  if ('writer' in transaction) {
    const { writer } = transaction;
    if (transaction.state === 'new') await writer.begin(TO, PREFIX);
    from = writer.offset;
    await writer.write(BODY.subarray(from));
    await writer.commit(TO, '250 ok');
  }
  const waiting = await spool.list(9);
  expect(waiting).toHaveLength(1);
  const whole = inShort(Buffer.concat([PREFIX, BODY]));
  expect(await readAll(spool.readBody(waiting[0]?.message ?? ''))).toBe(whole);
  return from;
}

const fault = (code: string) => Object.assign(new Error(`${code}: the disk says no`), { code });

describe('a power cut', () => {
  test('at any moment: what was promised is there, and the message arrives once', async () => {
    const directory = join(tempDirectory(), 'spool');
    mkdirSync(directory);
    let promised: number | 'finished' = 0;
    const cuts: { promised: number | 'finished'; directory: string }[] = [];
    let armed = false;
    const cut = () => {
      if (!armed) return;
      const copy = tempDirectory();
      disk.powerCut(directory, copy);
      cuts.push({ promised, directory: copy });
    };
    const disk = new WatchedDisk(cut);
    const spool = open(directory, { files: disk.files, log: cut });
    armed = true;
    const first = await writerOf(spool);
    await first.write(BODY.subarray(0, 70_000));
    promised = await first.checkpoint();
    await first.write(BODY.subarray(70_000, 140_000));
    await first.suspend();
    const second = await writerOf(spool);
    promised = second.offset;
    await second.write(BODY.subarray(promised));
    await second.commit(TO, '250 ok');
    promised = 'finished';
    cut();
    armed = false;
    const found = new Set<number | 'finished'>();
    for (const { promised, directory } of cuts) {
      const reopened = openInProcess(directory, { wallTime: LATER });
      const from = await bringToEnd(reopened);
      found.add(from);
      if (from !== 'finished')
        expect(from).toBeGreaterThanOrEqual(promised === 'finished' ? Infinity : promised);
      await reopened.close();
    }
    expect([...found]).toEqual([0, 70_000, 140_000, 'finished']);
  });
});

describe('a disk in trouble', () => {
  /** Brings the message in two sessions, whatever the disk says, and then to its end. */
  async function bring(disk: WatchedDisk, spool: Spool, healthy: () => void): Promise<void> {
    let promised = 0;
    const problems: unknown[] = [];
    for (const end of [90_000, 170_000]) {
      try {
        const writer = await writerOf(spool);
        expect(writer.offset).toBeGreaterThanOrEqual(promised);
        try {
          await writer.write(BODY.subarray(writer.offset, end - 10_000));
          promised = await writer.checkpoint();
          await writer.write(BODY.subarray(end - 10_000, end));
        } finally {
          await writer.suspend();
        }
      } catch (error) {
        problems.push(error);
      }
    }
    for (const problem of problems) {
      expect(problem).toMatchObject({ code: expect.stringMatching(/^spool(Full|Write)$/), temporary: true });
    }
    expect(problems.length).toBeLessThan(2); // it fails once
    healthy();
    expect(await bringToEnd(spool)).toBeGreaterThanOrEqual(promised);
    expect(disk.steps.length).toBeGreaterThan(0);
  }

  test.each(['ENOSPC', 'EIO', 'EROFS', 'partial write'])(
    '(%s) at any step: what was promised stays, and the message arrives',
    { timeout: 60_000 },
    async (code) => {
      let steps = Number.POSITIVE_INFINITY;
      for (let failing = 1; failing <= steps; failing++) {
        let isArmed = true;
        const disk = new WatchedDisk((step, count) => {
          if (!isArmed || count !== failing) return undefined;
          if (code !== 'partial write') throw fault(code);
          return step === 'write' ? 1000 : undefined;
        });
        const directory = tempDirectory();
        const spool = openInProcess(directory, { files: disk.files });
        await bring(disk, spool, () => {
          isArmed = false;
        });
        steps = disk.steps.length;
        await spool.close();
        const reopened = openInProcess(directory, { wallTime: LATER });
        expect(await bringToEnd(reopened)).toBe('finished');
        await reopened.close();
      }
    },
  );
});

describe('the file of an interrupted message', () => {
  async function interrupted(): Promise<{ directory: string; id: string }> {
    const directory = tempDirectory();
    const spool = openInProcess(directory);
    const writer = await writerOf(spool);
    await writer.write(BODY.subarray(0, 100_000));
    await spool.close(); // which suspends it
    return { directory, id: writer.id };
  }

  /** Opens, and waits until what a crash left behind is gone. */
  async function settled(directory: string, log: (event: SpoolEvent) => void = () => {}): Promise<Spool> {
    return new Promise((resolve) => {
      const spool = open(directory, {
        wallTime: LATER,
        log: (event) => {
          log(event);
          if (event.type === 'leftovers') setImmediate(() => resolve(spool));
        },
      });
    });
  }

  test('outlives a restart, and is no leftover', async () => {
    const { directory, id } = await interrupted();
    const spool = await settled(directory);
    expect(bodyFiles(directory)).toEqual([id]);
    expect(await bringToEnd(spool)).toBe(100_000);
  });

  test('goes when it was kept long enough', async () => {
    const { directory } = await interrupted();
    const spool = open(directory, { wallTime: () => 1001 + 48 * 3_600_000 });
    await spool.tidy();
    await spool.close();
    expect(bodyFiles(directory)).toEqual([]);
  });

  test.each([
    ['gone', (path: string) => unlinkSync(path), /ENOENT/],
    ['cut off', (path: string) => truncateSync(path, 50_000), /50000 of 100029 octets/],
  ])('that is %s: the message begins anew, and it is told', async (_what, damage, words) => {
    const { directory, id } = await interrupted();
    damage(join(directory, 'bodies', id.slice(-2), id));
    const events: SpoolEvent[] = [];
    const spool = await settled(directory, (event) => events.push(event));
    expect(await bringToEnd(spool)).toBe(0);
    expect(events).toContainEqual({ type: 'partialLost', message: id, reason: expect.stringMatching(words) });
  });

  test('that can not be read now: it is tried again later', async () => {
    const { directory } = await interrupted();
    let failing = true;
    const disk = new WatchedDisk((step) => {
      if (failing && step === 'truncate') throw fault('EIO');
    });
    const spool = open(directory, { wallTime: LATER, files: disk.files });
    await expect(spool.partial(KEY, 60_000)).rejects.toMatchObject({ code: 'spoolWrite', temporary: true });
    failing = false;
    expect(await bringToEnd(spool)).toBe(100_000);
  });
});

describe('a commit in doubt', () => {
  test('is known after the next one: finished, or to be gone on with', async () => {
    for (const happened of [true, false]) {
      let failing = false;
      const spool = open(tempDirectory(), {
        wrapStore: (store) => {
          const commit = store.commit.bind(store);
          store.commit = () => {
            if (happened || !failing) commit();
            if (failing) throw fault('EIO');
          };
          return store;
        },
      });
      const writer = await writerOf(spool);
      await writer.write(BODY.subarray(0, 100_000));
      await writer.checkpoint();
      await writer.write(BODY.subarray(100_000));
      failing = true;
      await expect(writer.commit(TO, '250 ok')).rejects.toMatchObject({
        code: 'spoolWrite',
        temporary: true,
      });
      failing = false;
      await writer.suspend();
      expect(await bringToEnd(spool)).toBe(happened ? 'finished' : 100_000);
    }
  });
});
