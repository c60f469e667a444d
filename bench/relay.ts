import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpool } from '../src/spool/index.js';
import { missing } from '../test/interop/support/programs.js';
import { drive, type Load, type Measured, measure } from './relay/load.js';
import { type Relay, startGateway, startPostfix } from './relay/relays.js';
import { Sink } from './relay/sink.js';
import { forgetPeak, peakMemory } from './relay/usage.js';
import { fillQueue } from './spool.js';
import { row } from './support.js';

const KB = 1024;
const SIZES = [
  ['1 KB', KB],
  ['10 KB', 10 * KB],
  ['1 MB', 1024 * KB],
] as const;
const SESSIONS = [1, 10, 100] as const;
const ROUNDS = 3;

/** A second or more of the faster relay, as far as the slower one's time allows. */
function messagesOf(octets: number, sessions: number): number {
  if (octets > 100 * KB) return sessions === 1 ? 40 : 100;
  return sessions === 1 ? 300 : 1000;
}

/** So much that everything which is used often is compiled, and processes that are kept have been started. */
const WARMING: readonly Load[] = [
  { sessions: 10, octets: 10 * KB, messages: 1500 },
  { sessions: 100, octets: KB, messages: 1500 },
  { sessions: 10, octets: 1024 * KB, messages: 30 },
];

/** Messages that wait for a destination on hold while others are relayed. */
const QUEUED = [1000, 100_000, 1_000_000] as const;
const HELD = 'peer:elsewhere';
const BESIDE: Load = { sessions: 10, octets: 10 * KB, messages: 2000 };

/**
 * Mail in by SMTP, through the queue on disk, and out by SMTP: from Postfix's smtp-source, one connection a message, to
 * its smtp-sink. The gateway and Postfix take turns, so that whatever else the machine does slows both.
 */
export async function benchRelay(): Promise<void> {
  const absent = missing('postfix', 'smtp-source', 'smtp-sink');
  if (absent.length > 0) {
    console.log(`  left out: ${absent.join(', ')} (Debian: postfix) not installed`);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'x25mail-bench-'));
  const sink = await Sink.start(join(folder, 'arrivals'));
  try {
    await besidePostfix(folder, sink);
    await withManyQueued(folder, sink);
  } finally {
    await sink.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function besidePostfix(folder: string, sink: Sink): Promise<void> {
  const gateway = await startGateway(join(folder, 'gateway'), sink.port);
  const postfix = await startPostfix(join(folder, 'postfix'), sink.port);
  try {
    for (const relay of [gateway, postfix]) for (const load of WARMING) await measure(relay, sink, load);
    row(
      'min / median / max',
      'x25mail msg/s',
      'Postfix msg/s',
      'ratio',
      'CPU ms: x25mail',
      'Postfix',
      'peak MB',
    );
    for (const [name, octets] of SIZES)
      for (const sessions of SESSIONS) {
        const load = { sessions, octets, messages: messagesOf(octets, sessions) };
        const ceiling = await straight(sink, load);
        forgetPeak(gateway.pid);
        const [ours, theirs] = await inTurns([gateway, postfix], sink, load);
        row(
          `  ${name}, ${sessions} session${sessions === 1 ? '' : 's'} (straight to the sink: ${ceiling.toFixed(0)})`,
          spread(
            ours.map(({ rate }) => rate),
            0,
          ),
          spread(
            theirs.map(({ rate }) => rate),
            0,
          ),
          spread(
            ours.map(({ rate }, i) => rate / (theirs[i]?.rate ?? Number.NaN)),
            1,
          ),
          median(ours.map(({ msPerMessage }) => msPerMessage)).toFixed(2),
          median(theirs.map(({ msPerMessage }) => msPerMessage)).toFixed(2),
          peakMemory(gateway.pid).toFixed(0),
        );
      }
  } finally {
    await Promise.all([gateway.stop(), postfix.stop()]);
  }
}

async function inTurns(
  [one, other]: readonly [Relay, Relay],
  sink: Sink,
  load: Load,
): Promise<[Measured[], Measured[]]> {
  const measured: [Measured[], Measured[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    measured[0].push(await measure(one, sink, load));
    measured[1].push(await measure(other, sink, load));
  }
  return measured;
}

/** Nothing in between. @returns messages a second. */
async function straight(sink: Sink, load: Load): Promise<number> {
  const from = sink.count;
  const began = performance.now();
  await Promise.all([drive(sink.port, load), sink.holds(from + load.messages)]);
  return load.messages / ((performance.now() - began) / 1000);
}

/** What waits elsewhere must not slow what can go. */
async function withManyQueued(folder: string, sink: Sink): Promise<void> {
  row('beside what waits on hold', 'messages/s', 'CPU ms/message', 'peak MB');
  for (const count of QUEUED) {
    const place = join(folder, `queued-${count}`);
    const directory = join(place, 'spool');
    await (await openSpool({ directory })).close();
    fillQueue(join(directory, 'spool.db'), count, HELD);
    const spool = await openSpool({ directory });
    await spool.holdDestination(HELD, 'bench');
    await spool.close();
    const gateway = await startGateway(place, sink.port);
    try {
      await measure(gateway, sink, BESIDE);
      const measured: Measured[] = [];
      for (let round = 0; round < ROUNDS; round++) measured.push(await measure(gateway, sink, BESIDE));
      row(
        `  ${count.toLocaleString('en')} queued`,
        spread(
          measured.map(({ rate }) => rate),
          0,
        ),
        median(measured.map(({ msPerMessage }) => msPerMessage)).toFixed(2),
        peakMemory(gateway.pid).toFixed(0),
      );
    } finally {
      await gateway.stop();
      await rm(place, { recursive: true, force: true });
    }
  }
}

function spread(values: readonly number[], digits: number): string {
  return [Math.min(...values), median(values), Math.max(...values)]
    .map((value) => value.toFixed(digits))
    .join('/');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
