import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { type Envelope, openSpool, type Spool, type SpoolEvent } from '../src/spool/index.js';
import { openDatabase } from '../src/spool/schema.js';
import { Store } from '../src/spool/store.js';
import { row } from './support.js';

const KIB = 1024;
const CHUNK = new Uint8Array(64 * KIB).fill(0x61);
/** Sizes, and how many messages are enough to measure. */
const SIZES = [
  ['1 KB', KIB, 3000],
  ['10 KB', 10 * KIB, 3000],
  ['1 MB', 1024 * KIB, 200],
] as const;
const WRITERS = [1, 10, 100] as const;
const QUEUED = [10, 1000, 1_000_000] as const;
const DESTINATIONS = 100;

/** What the spool does on the disk of the temporary directory: taking mail in, and finding it among a million. */
export async function benchSpool(): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'x25mail-bench-'));
  try {
    await benchWriters(place);
    for (const count of QUEUED) await benchQueue(join(place, `queue-${count}`), count);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function benchWriters(place: string): Promise<void> {
  row('taking in', 'writers', 'messages/s', 'per commit', 'CPU ms/message', 'loop p99 ms', 'loop max ms');
  for (const [name, octets, count] of SIZES) {
    for (const writers of WRITERS) {
      const directory = join(place, `${octets}-${writers}`);
      let groups = 0;
      const log = (event: SpoolEvent): void => {
        if (event.type === 'group' && event.wrote) groups++;
      };
      const spool = await openSpool({ directory, log, reserveOctets: 0 });
      await take(spool, octets, writers, writers); // warm
      groups = 0;
      const loop = monitorEventLoopDelay({ resolution: 1 });
      const cpu = process.cpuUsage();
      const begin = performance.now();
      loop.enable();
      await take(spool, octets, count, writers);
      loop.disable();
      const seconds = (performance.now() - begin) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      await spool.close();
      rmSync(directory, { recursive: true, force: true });
      row(
        name,
        `${writers}`,
        (count / seconds).toFixed(0),
        (count / groups).toFixed(1),
        ((user + system) / 1000 / count).toFixed(2),
        (loop.percentile(99) / 1e6).toFixed(1),
        (loop.max / 1e6).toFixed(1),
      );
    }
  }
}

/** So many messages, by so many writers at once. */
async function take(spool: Spool, octets: number, count: number, writers: number): Promise<void> {
  let left = count;
  const write = async (): Promise<void> => {
    while (left-- > 0) {
      const writer = await spool.receive();
      for (let rest = octets; rest > 0; rest -= CHUNK.length) await writer.write(CHUNK.subarray(0, rest));
      await writer.commit(envelope(left, Date.now()));
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
}

function envelope(n: number, received: number, destination = `peer:${n % DESTINATIONS}`): Envelope {
  return {
    sender: `user${n % 1000}@site-a.example`,
    recipients: [{ address: `user${n}@site-b.example`, destination }],
    body: '7BIT',
    source: 'bench',
    received,
    priority: n % 50 === 0 ? 3 : 0,
  };
}

async function benchQueue(directory: string, count: number): Promise<void> {
  await (await openSpool({ directory })).close();
  fillQueue(join(directory, 'spool.db'), count);
  const begin = performance.now();
  const spool = await openSpool({ directory, reserveOctets: 0 });
  const opened = performance.now() - begin;
  row(`${count} queued`, 'ms');
  row('  open', opened.toFixed(0));
  const now = Date.now();
  const timed = async (
    name: string,
    times: number,
    action: (n: number) => Promise<unknown>,
  ): Promise<void> => {
    const taken: number[] = [];
    for (let i = 0; i < times; i++) {
      const start = performance.now();
      await action(i);
      taken.push(performance.now() - start);
    }
    taken.sort((a, b) => a - b);
    row(`  ${name}`, (taken[Math.floor(times / 2)] ?? 0).toFixed(2));
  };
  const claim = (i: number) =>
    spool.claim(`peer:${i % DESTINATIONS}`, 'bench', { messages: 1, octets: 1e9 }, now + 60_000);
  await timed('look at all destinations', 100, () => spool.destinations(now));
  await timed('claim one', 200, claim);
  await timed('release all of an owner', 1, () => spool.release('bench'));
  await timed('claim one and settle it', 200, async (i) => {
    const [delivery] = await claim(i);
    if (delivery === undefined) return;
    const { message, destination, recipients } = delivery;
    const outcome = { type: 'delivered' } as const;
    await spool.settle(
      recipients.map(({ address }) => ({ message, destination, recipient: address, outcome })),
    );
  });
  await timed('take one in', 1000, () => take(spool, 10 * KIB, 1, 1));
  await timed('overdue, none', 100, () => spool.overdue(0, 50));
  await timed('first page of a list', 100, () => spool.operator.search({}, { limit: 50 }));
  const { operator } = spool;
  await timed('search all for a sender', 1, () => operator.search({ sender: 'nobody@x' }, { limit: 50 }));
  const meanwhile = operator.search({ sender: 'nobody@x' }, { limit: 50 });
  await timed('take one in meanwhile', Math.min(count, 50), () => take(spool, 10 * KIB, 1, 1));
  await meanwhile;
  await timed('ages of all', 1, () => operator.ages(now, [300_000, 3_600_000, 86_400_000]));
  await spool.close();
}

/** Straight into the database, with few commits. @param destination default: some to each of many */
export function fillQueue(file: string, count: number, destination?: string): void {
  const db = openDatabase(file);
  db.pragma('synchronous = OFF');
  const store = new Store(db);
  const body = new Uint8Array(200).fill(0x61);
  const first = Date.now() - count;
  for (let n = 0; n < count; ) {
    store.begin();
    for (const end = Math.min(count, n + 10_000); n < end; n++) {
      const id = n.toString(32).padStart(15, '0');
      const message = envelope(n, first + n, destination);
      store.receive({ id, envelope: message, size: body.length, body }, []);
    }
    store.commit();
  }
  store.close();
  // Else what is measured next would wait for this to reach the disk.
  const handle = openSync(file, 'r+');
  fsyncSync(handle);
  closeSync(handle);
}
