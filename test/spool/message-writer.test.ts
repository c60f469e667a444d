import { describe, expect, onTestFinished, test } from 'vitest';
import type { Spool } from '../../src/spool/index.js';
import { openInProcess } from './support/in-process.js';
import { bodyOf, envelope, inShort, readAll } from './support/mail.js';
import { tempDirectory } from './support/places.js';

const TO = envelope(['a > peer:b', 'b > peer:c']);

function opened(): Spool {
  const spool = openInProcess(tempDirectory());
  onTestFinished(() => spool.close());
  return spool;
}

describe('a writer', () => {
  test('says what is wrong with its use', async () => {
    const spool = opened();
    const writer = await spool.receive();
    await expect(writer.commit(envelope([]))).rejects.toThrow(RangeError);
    await writer.commit(TO);
    await expect(writer.commit(TO)).rejects.toThrow('committed or aborted before');
    await expect(writer.write(bodyOf(1))).rejects.toThrow('committed or aborted before');
    await writer.abort(); // too late, but no harm
    expect(await spool.find(writer.id)).toHaveLength(2);
    await expect(readAll(spool.readBody(writer.id, -1))).rejects.toThrow(RangeError);
  });

  test('takes calls that do not wait for each other in their order', async () => {
    const spool = opened();
    const writer = await spool.receive();
    const body = bodyOf(150_000);
    const writes = [0, 50_000, 100_000].map((at) => writer.write(body.subarray(at, at + 50_000)));
    await Promise.all([...writes, writer.commit(TO)]);
    expect(await readAll(spool.readBody(writer.id))).toBe(inShort(body));
  });

  test('may be aborted while it writes', async () => {
    const spool = opened();
    const writer = await spool.receive();
    const writing = writer.write(bodyOf(200_000));
    await writer.abort();
    await writing;
    expect(await spool.list(9)).toEqual([]);
  });
});
