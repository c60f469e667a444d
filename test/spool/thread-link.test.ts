import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { GatewayError } from '../../src/core/index.js';
import { Bodies } from '../../src/spool/bodies.js';
import { DurableSpool } from '../../src/spool/durable-spool.js';
import { ThreadLink } from '../../src/spool/thread-link.js';
import { bodyOf, envelope, writeBody } from './support/mail.js';
import { bodyFiles, tempDirectory } from './support/places.js';

/** A link to a thread that comes to its end when it is asked for anything. */
function dyingLink(end: string): { link: ThreadLink; stopped: GatewayError[] } {
  const worker = new Worker(`require('node:worker_threads').parentPort.on('message', () => { ${end} })`, {
    eval: true,
    execArgv: [],
  });
  onTestFinished(() => void worker.terminate());
  const stopped: GatewayError[] = [];
  const link = new ThreadLink(worker, {
    group: () => {},
    synced: () => {},
    stopped: (error) => stopped.push(error),
  });
  return { link, stopped };
}

describe('a thread that ends by itself', () => {
  test.each([
    ['throws', "throw new Error('no memory left')", 'no memory left'],
    ['exits', 'process.exit(3)', 'exit code 3'],
  ])(
    'because it %s rejects all that waits and all that comes, and is reported once',
    async (_how, end, why) => {
      const { link, stopped } = dyingLink(end);
      const waiting = await Promise.allSettled([link.call('list', 1), link.call('release', 'x')]);
      const expected = {
        code: 'spoolStopped',
        temporary: true,
        message: `the spool's thread ended (${why}): restart the gateway`,
      };
      for (const result of waiting) expect(result).toMatchObject({ status: 'rejected', reason: expected });
      await expect(link.call('list', 1)).rejects.toMatchObject(expected);
      await link.close();
      expect(stopped).toMatchObject([expected]);
    },
  );

  test('leaves the file of a message whose row it may have written', async () => {
    const directory = tempDirectory();
    mkdirSync(join(directory, 'bodies'));
    const { link } = dyingLink('process.exit(3)');
    const spool = new DurableSpool({
      link,
      bodies: new Bodies(join(directory, 'bodies')),
      wallTime: () => 1000,
      log: () => {},
      hasRoom: async () => true,
    });
    const writer = await spool.receive();
    await writeBody(writer, bodyOf(100_000));
    await expect(writer.commit(envelope(['a > peer:b']))).rejects.toMatchObject({ code: 'spoolStopped' });
    await spool.close();
    expect(bodyFiles(directory)).toEqual([writer.id]);
  });
});
