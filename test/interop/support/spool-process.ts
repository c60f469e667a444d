/**
 * Run as a process: takes messages into the spool of a directory and says, in lines, what it promises: `250 id size`, `355 offset`,
 * or `4xx code` where it can't. Lines are written at once, so that a trace of system calls shows them in their place.
 */
import { writeSync } from 'node:fs';
import { GatewayError } from '../../../src/core/index.js';
import { openSpool, type Spool } from '../../../src/spool/index.js';
import { bodyOf, envelope, writeBody } from '../../spool/support/mail.js';
import { CUT_OFF } from './cut-off.js';

const TO = envelope(['a > peer:b', 'b > peer:c']);

const say = (line: string): void => void writeSync(1, `${line}\n`);

async function attempt(action: () => Promise<string>): Promise<void> {
  try {
    say(await action());
  } catch (error) {
    if (!(error instanceof GatewayError) || !error.temporary) throw error;
    say(`4xx ${error.code}`);
  }
}

async function take(spool: Spool, size: number): Promise<string> {
  const writer = await spool.receive();
  await writeBody(writer, bodyOf(size));
  await writer.commit(TO);
  return `250 ${writer.id} ${size}`;
}

/** In two sessions, cut off after `cut` octets. */
async function takeInTwo(spool: Spool, cut: number, size: number): Promise<void> {
  for (const until of [cut, size]) {
    await attempt(async () => {
      const transaction = await spool.partial(CUT_OFF, 60_000);
      if (!('writer' in transaction)) return transaction.state;
      const { writer, state } = transaction;
      try {
        if (state === 'new') await writer.begin(TO, new Uint8Array(0));
        else say(`355 ${writer.offset}`);
        await writer.write(bodyOf(size).subarray(writer.offset, until));
        if (until < size) return `checkpoint ${await writer.checkpoint()}`;
        await writer.commit(TO, '250 ok');
        return `250 ${writer.id} ${size}`;
      } finally {
        await writer.suspend();
      }
    });
  }
}

const spool = await openSpool({ directory: process.argv[2] ?? '', reserveOctets: 0 }).catch(
  (error: unknown) => {
    if (!(error instanceof GatewayError)) throw error;
    say(`not opened: ${error.code}`);
    process.exit(0);
  },
);
say('open');
await attempt(() => take(spool, 3000));
await attempt(() => take(spool, 200_000));
await takeInTwo(spool, 100_000, 150_000);
for (let i = 0; i < 3; i++)
  await Promise.all([1, 2, 3].map((n) => attempt(() => take(spool, n * 30_000 + i))));
await spool.close().catch(() => undefined);
say('closed');
