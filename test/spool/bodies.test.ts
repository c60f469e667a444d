import { mkdirSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Spool, SpoolEvent } from '../../src/spool/index.js';
import type { Store } from '../../src/spool/store.js';
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

const TO = envelope(['a > peer:b']);
const LONG = 200_000;
const LONG_BODY = bodyOf(LONG);

function opened(spool: Spool): Spool {
  onTestFinished(() => spool.close());
  return spool;
}

function pathOf(directory: string, id: string): string {
  return join(directory, 'bodies', id.slice(-2), id);
}

describe('where a body is kept', () => {
  test.each([
    [0, 0],
    [1, 0],
    [65_536, 0],
    [65_537, 1],
    [LONG, 1],
  ])('%i octets make %i files, and come back from every offset', async (size, files) => {
    const directory = tempDirectory();
    const spool = opened(openInProcess(directory));
    const body = bodyOf(size);
    const id = await store(spool, body, TO);
    expect(bodyFiles(directory)).toHaveLength(files);
    expect((await spool.find(id))[0]?.size).toBe(size);
    for (const offset of [0, 1, 65_535, 65_536, size, size + 1]) {
      expect(await readAll(spool.readBody(id, offset))).toBe(inShort(body.subarray(offset)));
    }
  });

  test('it comes in chunks of at most 64 KiB that the reader may keep', async () => {
    const spool = opened(openInProcess(tempDirectory()));
    const body = LONG_BODY;
    const id = await store(spool, body, TO);
    const chunks: Uint8Array[] = [];
    for await (const chunk of spool.readBody(id)) chunks.push(chunk);
    expect(Math.max(...chunks.map(({ length }) => length))).toBe(65_536);
    expect(inShort(Buffer.concat(chunks))).toBe(inShort(body));
  });

  test('a reader may stop early', async () => {
    const disk = new WatchedDisk();
    const spool = opened(openInProcess(tempDirectory(), { files: disk.files }));
    const id = await store(spool, LONG_BODY, TO);
    disk.steps.length = 0;
    for await (const _chunk of spool.readBody(id)) break;
    expect(disk.steps).toEqual(['open', 'close']);
  });

  test('whatever the pieces it came in', async () => {
    const spool = opened(openInProcess(tempDirectory()));
    const body = LONG_BODY;
    for (const piece of [777, 4096, 65_536, 65_537, LONG]) {
      const writer = await spool.receive();
      await writeBody(writer, body, piece);
      await writer.commit(TO);
      expect(await readAll(spool.readBody(writer.id))).toBe(inShort(body));
    }
  });

  test('the octets of a chunk may be used again once it was taken', async () => {
    const spool = opened(openInProcess(tempDirectory()));
    const writer = await spool.receive();
    const chunk = new Uint8Array(1000);
    for (const octet of [1, 2, 3]) await writer.write(chunk.fill(octet));
    await writer.commit(TO);
    const expected = Uint8Array.from({ length: 3000 }, (_, i) => 1 + Math.floor(i / 1000));
    expect(await readAll(spool.readBody(writer.id))).toBe(inShort(expected));
  });
});

describe('memory', () => {
  test('a writer holds no more than 64 KiB: the rest is in the file as it comes', async () => {
    const directory = tempDirectory();
    const spool = opened(openInProcess(directory));
    const writer = await spool.receive();
    for (let sent = 0; sent < 1_000_000; sent += 10_000) {
      await writer.write(new Uint8Array(10_000));
      const stored = sent + 10_000 <= 65_536 ? 0 : statSync(pathOf(directory, writer.id)).size;
      expect(sent + 10_000 - stored).toBeLessThanOrEqual(65_536);
    }
    await writer.commit(TO);
  });

  test('a long body does not go through the database', async () => {
    const handed: (number | undefined)[] = [];
    const wrapStore = (inner: Store): Store => {
      const receive = inner.receive.bind(inner);
      inner.receive = (message, settling) => {
        handed.push(message.body?.length);
        return receive(message, settling);
      };
      return inner;
    };
    const spool = opened(openInProcess(tempDirectory(), { wrapStore }));
    await store(spool, bodyOf(65_536), TO);
    await store(spool, bodyOf(65_537), TO);
    expect(handed).toEqual([65_536, undefined]);
  });
});

describe('files go', () => {
  test('with the last recipient', async () => {
    const directory = tempDirectory();
    const spool = openInProcess(directory);
    const id = await store(spool, LONG_BODY, envelope(['a > peer:b', 'b > peer:c']));
    await spool.settle([settlement(id, 'a > peer:b', delivered)]);
    expect(bodyFiles(directory)).toEqual([id]);
    await spool.settle([settlement(id, 'b > peer:c', delivered)]);
    await spool.close();
    expect(bodyFiles(directory)).toEqual([]);
  });

  test('with the failure that a report settles', async () => {
    const directory = tempDirectory();
    const spool = openInProcess(directory);
    const id = await store(spool, LONG_BODY, TO);
    const report = await spool.receive();
    await report.commit(envelope(['from > smtp:c']), [settlement(id, 'a > peer:b', delivered)]);
    await spool.close();
    expect(bodyFiles(directory)).toEqual([]);
  });

  test('with an aborted message', async () => {
    const directory = tempDirectory();
    const spool = opened(openInProcess(directory));
    const writer = await spool.receive();
    await writeBody(writer, LONG_BODY);
    expect(bodyFiles(directory)).toEqual([writer.id]);
    await writer.abort();
    expect(bodyFiles(directory)).toEqual([]);
  });

  test('with a message that nobody finished, when the spool is closed', async () => {
    const directory = tempDirectory();
    const spool = openInProcess(directory);
    await writeBody(await spool.receive(), LONG_BODY);
    await spool.close();
    expect(bodyFiles(directory)).toEqual([]);
  });

  test('a body that is being read is read to its end', async () => {
    const spool = opened(openInProcess(tempDirectory()));
    const body = LONG_BODY;
    const id = await store(spool, body, TO);
    const chunks: Uint8Array[] = [];
    for await (const chunk of spool.readBody(id)) {
      if (chunks.length === 0) await spool.settle([settlement(id, 'a > peer:b', delivered)]);
      chunks.push(chunk);
    }
    expect(inShort(Buffer.concat(chunks))).toBe(inShort(body));
  });
});

describe('what a crash left behind', () => {
  const LATER = () => 2_000_000;

  async function reopen(directory: string): Promise<{ spool: Spool; removed: number }> {
    let spool: Spool | undefined;
    const removed = await new Promise<number>((resolve) => {
      const log = (event: SpoolEvent) => event.type === 'leftovers' && resolve(event.removed);
      spool = openInProcess(directory, { wallTime: LATER, log });
    });
    if (spool === undefined) throw new Error('not opened');
    return { spool: opened(spool), removed };
  }

  test('is removed when the spool opens, and what has a row is not', async () => {
    const directory = tempDirectory();
    const first = openInProcess(directory);
    const long = await store(first, LONG_BODY, TO);
    const short = await store(first, bodyOf(10), TO);
    await first.close();
    const ends = Array.from('0123456789abcdefghjkmn');
    const leftovers = ends.flatMap((a) => ends.map((b) => `00000000000${a}${b}00`));
    for (const id of [...leftovers, short]) {
      mkdirSync(join(directory, 'bodies', id.slice(-2)), { recursive: true });
      writeFileSync(pathOf(directory, id), 'half');
    }
    const { spool, removed } = await reopen(directory);
    expect(removed).toBe(leftovers.length + 1);
    expect(bodyFiles(directory)).toEqual([long]);
    expect(await readAll(spool.readBody(short))).toBe(inShort(bodyOf(10)));
  });

  test('is told from what is not ours', async () => {
    const directory = tempDirectory();
    mkdirSync(join(directory, 'bodies', 'ab'), { recursive: true });
    writeFileSync(join(directory, 'bodies', 'ab', 'notes of the operator.txt'), '');
    writeFileSync(join(directory, 'bodies', 'README'), '');
    const { removed } = await reopen(directory);
    expect(removed).toBe(0);
    expect(bodyFiles(directory)).toEqual(['README', 'notes of the operator.txt']);
  });

  test('is told from a message that is just coming in', async () => {
    let searches = 0;
    const log = (event: SpoolEvent) => {
      if (event.type === 'leftovers') searches += 1 + event.removed * 100;
    };
    const spool = openInProcess(tempDirectory(), { wallTime: LATER, log });
    onTestFinished(() => spool.close());
    const writer = await spool.receive();
    await writeBody(writer, LONG_BODY);
    spool.removeLeftovers();
    await vi.waitUntil(() => searches >= 2, { interval: 1 });
    await writer.commit(TO);
    expect(searches).toBe(2);
    expect(await readAll(spool.readBody(writer.id))).toBe(inShort(LONG_BODY));
  });
});

describe('a body that is not whole', () => {
  test.each([
    ['gone', (path: string) => unlinkSync(path), /ENOENT/],
    ['cut off', (path: string) => truncateSync(path, 150_000), /150000 of 200000 octets/],
  ])('because its file is %s is not begun, and the message waits', async (_what, damage, words) => {
    const directory = tempDirectory();
    const spool = opened(openInProcess(directory));
    const id = await store(spool, LONG_BODY, TO);
    damage(pathOf(directory, id));
    const first = spool.readBody(id)[Symbol.asyncIterator]().next();
    await expect(first).rejects.toMatchObject({ code: 'spoolRead', temporary: true });
    await expect(first).rejects.toThrow(words);
  });

  test('of a message that is over is gone for good', async () => {
    const spool = opened(openInProcess(tempDirectory()));
    const id = await store(spool, LONG_BODY, TO);
    await spool.settle([settlement(id, 'a > peer:b', delivered)]);
    await expect(readAll(spool.readBody(id))).rejects.toMatchObject({ code: 'spoolGone', temporary: false });
  });
});

describe('a disk in trouble', () => {
  /** The steps of a long message in a new directory. */
  const STEPS = 'mkdir open sync close open write write write write sync open sync close close'.split(' ');
  const fault = (code: string) => Object.assign(new Error(`${code}: the disk says no`), { code });

  test('the steps of a message are known', async () => {
    const disk = new WatchedDisk();
    const spool = opened(openInProcess(tempDirectory(), { files: disk.files }));
    await store(spool, LONG_BODY, TO);
    expect(disk.steps).toEqual(STEPS);
  });

  test.each(STEPS.map((step, i) => [i + 1, step]))(
    'failing at step %i (%s) leaves nothing behind and the spool in order',
    async (failing) => {
      const directory = tempDirectory();
      const code = Number(failing) % 2 === 0 ? 'ENOSPC' : 'EIO';
      let armed = true;
      const disk = new WatchedDisk((_step, count) => {
        if (armed && count === failing) throw fault(code);
      });
      const spool = opened(openInProcess(directory, { files: disk.files }));
      const writer = await spool.receive();
      const whole = writeBody(writer, LONG_BODY).then(() => writer.commit(TO));
      await expect(whole).rejects.toMatchObject({
        code: code === 'ENOSPC' ? 'spoolFull' : 'spoolWrite',
        temporary: true,
      });
      await expect(writer.write(Uint8Array.of(1))).rejects.toMatchObject({ temporary: true });
      await expect(writer.commit(TO)).rejects.toMatchObject({ temporary: true });
      await writer.abort();
      expect(await spool.list(9)).toEqual([]);
      expect(bodyFiles(directory)).toEqual([]);

      armed = false;
      const next = await store(spool, LONG_BODY, TO);
      expect(await readAll(spool.readBody(next))).toBe(inShort(LONG_BODY));
    },
  );

  test('a file that can not be removed does no harm, and is reported', async () => {
    const events: SpoolEvent[] = [];
    const disk = new WatchedDisk((step) => {
      if (step === 'unlink') throw fault('EIO');
    });
    const spool = openInProcess(tempDirectory(), { files: disk.files, log: (event) => events.push(event) });
    const id = await store(spool, LONG_BODY, TO);
    await spool.settle([settlement(id, 'a > peer:b', delivered)]);
    await spool.close();
    expect(events).toContainEqual({ type: 'bodyKept', reason: 'EIO: the disk says no' });
  });
});

describe('a commit in doubt', () => {
  test('keeps its file until a later commit has made sure that its row is not there', async () => {
    const directory = tempDirectory();
    let failing = true;
    const wrapStore = (inner: Store): Store => {
      const commit = inner.commit.bind(inner);
      inner.commit = () => {
        if (failing) throw fault('EIO');
        commit();
      };
      return inner;
    };
    const spool = openInProcess(directory, { wrapStore });
    const writer = await spool.receive();
    await writeBody(writer, LONG_BODY);
    await expect(writer.commit(TO)).rejects.toMatchObject({ code: 'spoolWrite', temporary: true });
    expect(bodyFiles(directory)).toEqual([writer.id]);

    failing = false;
    await spool.list(9); // writes nothing, so it proves nothing
    expect(bodyFiles(directory)).toEqual([writer.id]);
    await store(spool, bodyOf(10), TO);
    await spool.close();
    expect(bodyFiles(directory)).toEqual([]);
  });

  const fault = (code: string) => Object.assign(new Error(`${code}: the disk says no`), { code });
});
