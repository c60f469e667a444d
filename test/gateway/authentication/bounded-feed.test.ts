import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { BoundedFeed } from '../../../src/gateway/authentication/bounded-feed.js';

const LINE = Buffer.from(`${'x'.repeat(76)}\r\n`);

describe('a feed', () => {
  test('gives on all of it', async () => {
    const feed = new BoundedFeed(buffer);
    const pieces = Array.from({ length: 5000 }, (_, i) => Buffer.concat([LINE, Buffer.from(`${i}\r\n`)]));
    for (const piece of pieces) await feed.write(piece);
    expect(await feed.end()).toEqual({ ok: true, result: Buffer.concat(pieces) });
  });

  test('waits for a reader that is slow', async () => {
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const feed = new BoundedFeed(async (input) => {
      await gate;
      return (await buffer(input)).length;
    });
    let written = 0;
    const writing = (async () => {
      for (; written < 20_000; written++) await feed.write(LINE);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    const held = written * LINE.length;
    expect(held).toBeLessThan(5 * 65_536);
    go();
    await writing;
    expect(await feed.end()).toEqual({ ok: true, result: 20_000 * LINE.length });
  });

  test.each([
    ['a line without end', Buffer.alloc(1024, 0x78), 'a line is too long'],
    ['empty lines', Buffer.from('\r\n'.repeat(512)), 'too many empty lines'],
    ['lines of white space', Buffer.from(' \t \r\n'.repeat(200)), 'too many empty lines'],
  ])('gives up %s', async (_what, piece, reason) => {
    const feed = new BoundedFeed(buffer);
    for (let i = 0; i < 100; i++) await feed.write(piece);
    expect(await feed.end()).toEqual({ ok: false, reason });
  });

  test('is over when its reader fails, or nobody wants it', async () => {
    const feed = new BoundedFeed(() => Promise.reject(new Error('no such key')));
    for (let i = 0; i < 10_000; i++) await feed.write(LINE);
    expect(await feed.end()).toEqual({ ok: false, reason: 'no such key' });
    const unwanted = new BoundedFeed(() => new Promise<never>(() => {}));
    const writing = (async () => {
      for (let i = 0; i < 10_000; i++) await unwanted.write(LINE);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    unwanted.abandon();
    await writing;
    expect(await unwanted.end()).toEqual({ ok: false, reason: 'given up' });
  });
});
