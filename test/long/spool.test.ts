import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { fillQueue } from '../../bench/spool.js';
import { openSpool } from '../../src/spool/index.js';
import { runModel } from '../spool/support/model-run.js';
import { tempDirectory } from '../spool/support/places.js';

test('whatever is done to it, a spool is what the model says, for long', () => runModel(5000));

test('a spool with 1 000 000 messages is open within two seconds, and gives out the next as quickly as ever', async () => {
  const directory = tempDirectory();
  await (await openSpool({ directory })).close();
  fillQueue(join(directory, 'spool.db'), 1_000_000);
  const begin = performance.now();
  const spool = await openSpool({ directory });
  expect(performance.now() - begin).toBeLessThan(2000);
  expect(await spool.totals()).toMatchObject({ messages: 1_000_000 });
  const taken: number[] = [];
  for (let i = 0; i < 100; i++) {
    const start = performance.now();
    expect(
      await spool.claim(`peer:${i}`, 'x', { messages: 1, octets: 1e9 }, Date.now() + 60_000),
    ).toHaveLength(1);
    taken.push(performance.now() - start);
  }
  expect(taken.sort((a, b) => a - b)[50]).toBeLessThan(50);
  await spool.close();
});
