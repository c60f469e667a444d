import { statSync, writeFileSync } from 'node:fs';
import * as fsPromises from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type FileSystem,
  openSpool,
  type Spool,
  type SpoolEvent,
  type SpoolOptions,
} from '../../src/spool/index.js';
import { WatchedDisk } from './support/disk.js';
import {
  bodyOf,
  deferred,
  delivered,
  envelope,
  inShort,
  readAll,
  settlement,
  store,
} from './support/mail.js';
import { tempDirectory } from './support/places.js';

const TO = envelope(['a > peer:b', 'b > peer:c']);
const MANY = { messages: 100, octets: 1_000_000 };
const NOW = 5000;

async function opened(options: SpoolOptions): Promise<Spool> {
  const spool = await openSpool({ wallTime: () => NOW, ...options });
  onTestFinished(() => spool.close());
  return spool;
}

const failing = (code: string) => async () => {
  throw Object.assign(new Error(`${code}: no`), { code });
};

describe('a spool', () => {
  test('brings a message from one end to the other, and keeps the rest over a restart', async () => {
    const directory = join(tempDirectory(), 'var', 'spool');
    const first = await opened({ directory, reserveOctets: 0 });
    expect([await first.hasRoom(1), await first.hasRoom(2 ** 60)]).toEqual([true, false]);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const short = await store(first, bodyOf(300), TO);
    const long = await store(first, bodyOf(100_000), envelope(['a > peer:b'], { received: 1001 }));
    expect(await first.destinations(NOW)).toEqual([
      { destination: 'peer:b', due: 2, waiting: 2, held: 0, nextDue: 1000, oldest: 1000 },
      { destination: 'peer:c', due: 1, waiting: 1, held: 0, nextDue: 1000, oldest: 1000 },
    ]);
    const claimed = await first.claim('peer:b', 'call 1', MANY, NOW + 1000);
    expect(claimed.map(({ message, size }) => [message, size])).toEqual([
      [short, 300],
      [long, 100_000],
    ]);
    expect(await first.claim('peer:b', 'call 2', MANY, NOW + 1000)).toEqual([]);
    expect(await readAll(first.readBody(long))).toBe(inShort(bodyOf(100_000)));
    await first.settle([
      settlement(short, 'a > peer:b', delivered),
      settlement(long, 'a > peer:b', deferred(NOW, false)),
    ]);
    await first.claim('peer:c', 'call 1', MANY, NOW + 1000);
    await first.close();

    const second = await opened({ directory });
    expect((await second.list(9)).map(({ message, destination }) => [message, destination])).toEqual([
      [short, 'peer:c'],
      [long, 'peer:b'],
    ]);
    expect(await second.claim('peer:c', 'call 1', MANY, NOW + 1000)).toHaveLength(1);
    expect(await readAll(second.readBody(long, 99_990))).toBe(inShort(bodyOf(100_000).subarray(99_990)));
    expect((await second.find(long))[0]?.recipients).toEqual([
      { address: 'a', attempts: 0, lastReason: '451 later' },
    ]);
  });

  test('makes one transaction of the messages that come together', async () => {
    const groups: SpoolEvent[] = [];
    const spool = await opened({
      directory: tempDirectory(),
      log: (event) => event.type === 'group' && event.wrote && groups.push(event),
    });
    await Promise.all(Array.from({ length: 60 }, (_, i) => store(spool, bodyOf(i), TO)));
    expect(await spool.list(1000)).toHaveLength(120);
    expect(groups.length).toBeGreaterThan(0);
    expect(groups.length).toBeLessThan(20);
  });

  test('holds claims for as long as they are renewed, and takes them back', async () => {
    let time = NOW;
    const spool = await opened({ directory: tempDirectory(), wallTime: () => time });
    await store(spool, bodyOf(1), TO);
    const claim = (owner: string) => spool.claim('peer:b', owner, MANY, time + 100);
    expect(await claim('call 1')).toHaveLength(1);
    time += 90;
    await spool.renew('call 1', time + 100);
    time += 90;
    expect(await claim('call 2')).toEqual([]);
    expect(await spool.overdue(NOW, 10)).toMatchObject([{ destination: 'peer:c' }]);
    await spool.release('call 1');
    expect(await spool.overdue(NOW, 10)).toHaveLength(2);
    expect(await claim('call 2')).toHaveLength(1);
  });

  test('settles when a writer does, and not when it fails', async () => {
    const spool = await opened({ directory: tempDirectory() });
    const id = await store(spool, bodyOf(1), envelope(['a > peer:b']));
    const failed = [settlement(id, 'a > peer:b', { type: 'failed', reason: '550 no' })];
    const aborted = await spool.receive();
    await aborted.abort();
    await expect(aborted.commit(TO, failed)).rejects.toThrow(/before/);
    expect(await spool.find(id)).toHaveLength(1);
    const report = await spool.receive();
    await report.commit(envelope(['from > smtp:c'], { sender: '' }), failed);
    expect((await spool.list(9)).map(({ message }) => message)).toEqual([report.id]);
  });
});

describe('room', () => {
  const withFree = (octets: number): FileSystem => ({
    ...fsPromises,
    statfs: (async () => ({ bavail: octets / 4096, bsize: 4096 })) as unknown as FileSystem['statfs'],
  });

  test('is what the disk has beyond its reserve', async () => {
    const options = { directory: tempDirectory(), files: withFree(409_600), reserveOctets: 400_000 };
    const spool = await opened(options);
    expect(await spool.hasRoom(9600)).toBe(true);
    expect(await spool.hasRoom(9601)).toBe(false);
  });
});

describe('opening', () => {
  test('is refused while the spool is open, in this process too', async () => {
    const directory = tempDirectory();
    const holder = await openSpool({ directory });
    await expect(openSpool({ directory })).rejects.toMatchObject({ code: 'spoolInUse', temporary: true });
    await store(holder, bodyOf(10), TO); // the holder has not noticed
    await holder.close();
  });

  test.each<[string, string, boolean, (directory: string) => Partial<SpoolOptions>]>([
    [
      'a file is in the way',
      'spoolDirectory',
      false,
      (directory) => ({ directory: join(directory, 'file', 'x') }),
    ],
    [
      'it may not be written to',
      'spoolDirectory',
      false,
      () => ({ files: { ...fsPromises, access: failing('EACCES') } }),
    ],
    [
      'it can not be made',
      'spoolDirectory',
      false,
      () => ({ files: { ...fsPromises, mkdir: failing('EROFS') } }),
    ],
    ['the disk is full', 'spoolFull', true, () => ({ files: { ...fsPromises, mkdir: failing('ENOSPC') } })],
    ['its database is damaged', 'spoolCorrupt', false, () => ({})],
  ])('says what to do when %s', async (_what, code, temporary, options) => {
    const directory = tempDirectory();
    writeFileSync(join(directory, 'file'), '');
    writeFileSync(join(directory, 'spool.db'), 'no database '.repeat(1000));
    const opening = openSpool({ directory, ...options(directory) });
    await expect(opening).rejects.toMatchObject({
      code,
      temporary,
      message: expect.stringMatching(/[:;] \w+/),
    });
  });
});

describe('opening on a disk in trouble', () => {
  test.each(['EIO', 'EROFS', 'ENOSPC', 'EACCES'])(
    '(%s) at any step says so, and the next opening finds all in order',
    async (code) => {
      const healthy = new WatchedDisk();
      const place = join(tempDirectory(), 'spool');
      await (await openSpool({ directory: place, files: healthy.files })).close();
      expect(healthy.steps.length).toBeGreaterThan(3);
      for (let failing = 1; failing <= healthy.steps.length; failing++) {
        const directory = join(tempDirectory(), 'spool');
        const disk = new WatchedDisk((_step, step) => {
          if (step === failing) throw Object.assign(new Error(`${code}: no`), { code });
        });
        await expect(openSpool({ directory, files: disk.files })).rejects.toMatchObject({
          code: code === 'ENOSPC' ? 'spoolFull' : 'spoolDirectory',
        });
        const second = await opened({ directory });
        const id = await store(second, bodyOf(100_000), TO);
        expect(await readAll(second.readBody(id))).toBe(inShort(bodyOf(100_000)));
      }
    },
  );
});

describe('closing', () => {
  test('finishes what was asked, then takes nothing more', async () => {
    const spool = await openSpool({ directory: tempDirectory() });
    const writer = await spool.receive();
    const commit = writer.commit(TO);
    const list = spool.list(9);
    const closed = spool.close();
    await expect(spool.receive()).rejects.toMatchObject({ code: 'spoolClosed', temporary: true });
    await commit;
    await list;
    await closed;
    await expect(spool.list(9)).rejects.toMatchObject({ code: 'spoolClosed', temporary: true });
    await spool.close();
  });
});
