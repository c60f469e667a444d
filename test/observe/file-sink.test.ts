import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromAscii, type GatewayError } from '../../src/core/index.js';
import { CaptureFile, FileSink } from '../../src/observe/index.js';
import { hex } from '../support/hex.js';

let directory: string;
let errors: GatewayError[];
const onError = (error: GatewayError): void => void errors.push(error);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'x25mail-'));
  errors = [];
});
afterEach(() => rm(directory, { recursive: true }));

describe('a new file', () => {
  test('holds the pieces in order when it is closed', async () => {
    const path = join(directory, 'capture');
    const sink = new FileSink(path, { mode: 'replace', onError });
    for (let i = 0; i < 100; i++) expect(sink.write(fromAscii(`${i};`))).toBe(true);
    await sink.close();
    expect(await readFile(path, 'latin1')).toBe(Array.from({ length: 100 }, (_, i) => `${i};`).join(''));
    expect(sink.counters.snapshot()).toEqual({ pieces: 100, octets: 290 });
  });

  test('that can not be made is reported once, and what follows is dropped', async () => {
    const sink = new FileSink(join(directory, 'missing', 'capture'), { mode: 'replace', onError });
    sink.write(fromAscii('a'));
    sink.write(fromAscii('b'));
    await sink.close();
    expect(sink.write(fromAscii('c'))).toBe(false);
    expect(errors.map((error) => [error.code, error.temporary])).toEqual([['fileWrite', true]]);
    expect(errors[0]?.message).toMatch(/missing.*ENOENT.*check/);
    expect(sink.counters.snapshot()).toEqual({ errors: 1, dropped: 3 });
  });

  test.skipIf(!existsSync('/dev/full'))('ends with the first error on a full disk', async () => {
    const sink = new FileSink('/dev/full', { mode: 'replace', onError });
    sink.write(fromAscii('a'));
    await new Promise<void>((resolve) => setImmediate(resolve));
    await sink.close();
    expect(errors.map((error) => error.message)).toEqual([expect.stringMatching(/ENOSPC/)]);
  });

  test('takes no more than may wait for the disk, except what must not be missing', async () => {
    const path = join(directory, 'capture');
    const sink = new FileSink(path, { mode: 'replace', onError, maxPendingOctets: 10 });
    expect(sink.write(fromAscii('12345678'))).toBe(true); // being written, counts until it is
    expect(sink.write(fromAscii('abc'))).toBe(false);
    expect(sink.write(fromAscii('head'), 'always')).toBe(true);
    await sink.close();
    expect(await readFile(path, 'latin1')).toBe('12345678head');
    expect(sink.counters.get('dropped')).toBe(1);
  });
});

describe('lines appended to a file', () => {
  test('stand after what was there, from several writers', async () => {
    const path = join(directory, 'calls.jsonl');
    const sinks = [1, 2].map(() => new FileSink(path, { mode: 'append', onError }));
    for (let i = 0; i < 20; i++)
      for (const [n, sink] of sinks.entries()) sink.write(fromAscii(`${n}:${i}\n`));
    await Promise.all(sinks.map((sink) => sink.close()));
    const lines = (await readFile(path, 'latin1')).split('\n');
    expect(lines.pop()).toBe('');
    for (const n of [0, 1])
      expect(lines.filter((line) => line.startsWith(`${n}:`))).toEqual(
        Array.from({ length: 20 }, (_, i) => `${n}:${i}`),
      );
  });

  test('go to the new file when the old one was rotated away', async () => {
    const path = join(directory, 'calls.jsonl');
    const sink = new FileSink(path, { mode: 'append', onError });
    sink.write(fromAscii('old\n'));
    await until(() => sink.counters.get('pieces') === 1);
    await rename(path, `${path}.1`);
    sink.write(fromAscii('new\n'));
    await sink.close();
    expect(await readFile(path, 'latin1')).toBe('new\n');
  });

  test('are tried again after an error, on a line of their own', async () => {
    const path = join(directory, 'later', 'calls.jsonl');
    const sink = new FileSink(path, { mode: 'append', onError });
    sink.write(fromAscii('lost\n'));
    sink.write(fromAscii('lost too\n'));
    await until(() => sink.counters.get('errors') === 2);
    expect(errors).toHaveLength(1);
    await mkdir(join(directory, 'later'));
    sink.write(fromAscii('kept\n'));
    await sink.close();
    expect(await readFile(path, 'latin1')).toBe('\nkept\n');
    expect(sink.counters.snapshot()).toEqual({ errors: 2, dropped: 2, pieces: 1, octets: 5 });
  });
});

test('a capture is a section, an interface and its packets; closed twice it stays whole', async () => {
  const path = join(directory, 'capture.pcapng');
  const capture = new CaptureFile(path, { section: { hardware: 'h', application: 'a' }, onError });
  const link = { name: 'psdn0', role: 'dte' } as const;
  for (const direction of ['sent', 'received'] as const)
    capture.record(link, { at: 0, wallTime: 0, layer: 'frame', direction, octets: hex('013f') });
  await Promise.all([capture.close(), capture.close()]);
  expect((await stat(path)).mode & 0o077).toBe(0); // it holds mail
  expect(blockTypes(await readFile(path))).toEqual([0x0a0d0d0a, 1, 6, 6]);
  expect(errors).toEqual([]);
});

function blockTypes(file: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) types.push(file.readUInt32LE(at));
  return types;
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => setImmediate(resolve));
}
