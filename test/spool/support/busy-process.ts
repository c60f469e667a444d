/** Run as a process: opens the spool of a directory and stores messages, until it is killed. */
import { openSpool } from '../../../src/spool/index.js';
import { bodyOf, envelope, store } from './mail.js';

const spool = await openSpool({ directory: process.argv[2] ?? '' });
process.stdout.write('open\n');
for (let i = 0; ; i++) {
  const sizes = [0, 1000, 70_000, 20_000, 300_000].map((size) => size + i);
  const stored = sizes.map(async (size) => {
    process.stdout.write(`${await store(spool, bodyOf(size), envelope(['a > peer:b', 'b > peer:c']))}\n`);
  });
  await Promise.all(stored);
}
