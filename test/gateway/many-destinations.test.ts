/** Addresses choose the destinations of mail that goes to the Internet: there may be very many. */
import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { CallTurns } from '../../src/gateway/call-turns.js';
import { Dispatcher } from '../../src/gateway/dispatcher.js';
import type { MailSource } from '../../src/gateway/mail-source.js';
import type { Settler } from '../../src/gateway/settler.js';
import type { Transport, TransportEnd } from '../../src/gateway/transport.js';
import { MemorySpool } from '../support/memory-spool.js';

const HOUR = 3_600_000;

function dispatching(transport: Pick<Transport, 'run' | 'usesCircuit'>) {
  const clock = new VirtualClock(Date.UTC(1990, 0, 1));
  const spool = new MemorySpool(clock);
  const settler = {
    returnLate: async () => false,
    sweep: async () => 0,
    sweepLate: async () => undefined,
    postpone: async () => {},
    problem: () => {},
    catchUp: async () => true,
  } as unknown as Settler;
  const dispatcher = new Dispatcher({
    turns: new CallTurns(),
    hostname: 'gw.example',
    spool,
    clock,
    settler: () => settler,
    transportFor: () => ({ concurrency: 5, ...transport }),
    nextTry: () => clock.wallTime() + HOUR,
    onWell: () => {},
    onProblem: () => {},
  });
  const enqueue = async (destination: string): Promise<string> => {
    const writer = await spool.receive();
    await writer.write(Buffer.from('x'));
    await writer.commit({
      sender: 's@x',
      recipients: [{ address: 'u@x', destination }],
      body: '7BIT',
      source: 'test',
      received: clock.wallTime(),
    });
    return writer.id;
  };
  return { clock, spool, dispatcher, enqueue };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
}

test.each([
  ['that need no circuit are a hundred at a time', false, 100],
  ['on circuits are counted by themselves', true, 150],
] as const)('sessions %s', async (_, usesCircuit, expected) => {
  const running: ((end: TransportEnd) => void)[] = [];
  const run = (): Promise<TransportEnd> => new Promise((resolve) => void running.push(resolve));
  const { dispatcher, enqueue } = dispatching({ run, usesCircuit });
  for (let i = 0; i < 150; i++) await enqueue(`mx:d${i}.example`);
  dispatcher.poke();
  await settled();
  expect(running).toHaveLength(expected);
  expect(dispatcher.waiting).toHaveLength(150 - expected);
  if (usesCircuit) return;
  expect(dispatcher.waiting[0]?.reason).toBe('as many sessions are open as may be (100)');
  for (const end of running.splice(0, 60)) end({ inOrder: false, reason: 'x' });
  await settled();
  expect(running).toHaveLength(40 + 50); // those that waited have begun
});

test('how a destination fared is forgotten when nothing waits for it any more', async () => {
  const claimed: number[] = [];
  const { clock, spool, dispatcher, enqueue } = dispatching({
    run: async (_: MailSource) => {
      const [summary] = await spool.destinations(clock.wallTime());
      claimed.push((summary?.waiting ?? 0) - (summary?.due ?? 0));
      return { inOrder: false, reason: 'down' };
    },
  });
  const fail = async (messages: number): Promise<void> => {
    for (let i = 0; i < messages; i++) await enqueue('mx:d.example');
    dispatcher.poke();
    await settled();
  };
  await fail(3);
  expect(claimed.splice(0)).toEqual([3]);
  clock.runFor(2 * HOUR);
  await settled();
  expect(claimed.splice(0)).toEqual([1]); // it is down: probed by one
  await spool.operator.change({}, { type: 'delete' });
  clock.runFor(2 * HOUR);
  await settled();
  await fail(3);
  expect(claimed).toEqual([3]);
});
