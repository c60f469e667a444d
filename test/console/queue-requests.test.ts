import { beforeEach, describe, expect, test } from 'vitest';
import {
  type ChangeResult,
  type ControlRequests,
  type OperatedQueue,
  type QueuePage,
  type QueuePlace,
  type QueueSummary,
  queueRequests,
} from '../../src/console/index.js';
import { VirtualClock } from '../../src/core/index.js';
import type { Delivery } from '../../src/spool/index.js';
import { MemorySpool } from '../support/memory-spool.js';

const HOUR = 3_600_000;

let clock: VirtualClock;
let spool: MemorySpool;
let tried: string[];
let requests: ControlRequests;

beforeEach(() => {
  clock = new VirtualClock(Date.UTC(1990, 0, 1));
  spool = new MemorySpool(clock);
  tried = [];
  requests = queueRequests(queue());
});

function queue(bounce?: OperatedQueue['bounce']): OperatedQueue {
  return {
    spool,
    wallTime: () => clock.wallTime(),
    tryNow: (destinations) => void tried.push(...destinations),
    ...(bounce !== undefined && { bounce }),
  };
}

async function ask<Answer>(name: string, parameters: Record<string, unknown> = {}): Promise<Answer> {
  const asked = { event: () => true, cancelled: new AbortController().signal };
  return (await requests[name]?.(parameters, asked)) as Answer;
}

interface Mail {
  readonly to?: readonly string[];
  readonly destination?: string;
  readonly from?: string;
  readonly ageMs?: number;
  readonly body?: string;
}

async function enqueue({
  to = ['you@b.example'],
  destination = 'peer:b',
  from = 'me@a.example',
  ageMs = 0,
  body = 'x',
}: Mail = {}): Promise<string> {
  const writer = await spool.receive();
  await writer.write(Buffer.from(body));
  await writer.commit({
    sender: from,
    recipients: to.map((address) => ({ address, destination })),
    body: '8BITMIME',
    source: 'test',
    received: clock.wallTime() - ageMs,
  });
  return writer.id;
}

/** All pages together. */
async function listed(filter: object = {}): Promise<string[]> {
  const ids: string[] = [];
  let place: QueuePlace | undefined;
  do {
    const page: QueuePage = await ask('queue.list', { filter, ...(place && { place }) });
    ids.push(...page.deliveries.map(({ message }) => message));
    place = page.next;
  } while (place !== undefined);
  return ids;
}

describe('the summary', () => {
  test('counts by age, and names destinations on hold for which nothing waits', async () => {
    await enqueue();
    await enqueue({ ageMs: 2 * HOUR });
    await enqueue({ ageMs: 100 * HOUR, destination: 'smtp:h:25' });
    await ask('queue.holdDestination', { destination: 'peer:c', reason: 'too dear' });
    const summary: QueueSummary = await ask('queue');
    expect(summary.totals).toMatchObject({ messages: 3, deliveries: 3, octets: 3 });
    expect(summary.destinations).toMatchObject([
      {
        destination: 'peer:b',
        waiting: 2,
        due: 2,
        ages: [1, 0, 1, 0, 0, 0],
        oldest: '1989-12-31T22:00:00.000Z',
      },
      { destination: 'smtp:h:25', waiting: 1, ages: [0, 0, 0, 0, 0, 1] },
      { destination: 'peer:c', waiting: 0, hold: 'too dear', ages: [0, 0, 0, 0, 0, 0] },
    ]);
  });

  test('a destination that is released is tried at once', async () => {
    await ask('queue.holdDestination', { destination: 'peer:c' });
    await ask('queue.releaseDestination', { destination: 'peer:c' });
    expect((await ask<QueueSummary>('queue')).destinations).toEqual([]);
    expect(tried).toEqual(['peer:c']);
  });
});

describe('rerouting', () => {
  /** Where mail for a domain goes now. */
  let routes: Readonly<Record<string, string>>;
  beforeEach(() => {
    routes = { 'b.example': 'peer:b' };
    requests = queueRequests({
      ...queue(),
      routes: {
        destinationOf: (address) => routes[address.replace(/.*@/, '')],
        has: (destination) => destination.startsWith('peer:'),
      },
    });
  });

  async function ways(message: string): Promise<Record<string, string[]>> {
    const found = await spool.find(message);
    return Object.fromEntries(
      found.map(({ destination, recipients }) => [destination, recipients.map(({ address }) => address)]),
    );
  }

  test('what has another route now goes that way, each recipient his own; the rest is left alone', async () => {
    const split = await enqueue({ to: ['x@b.example', 'y@c.example', 'z@c.example', 'w@d.example'] });
    const stays = await enqueue();
    routes = { 'b.example': 'peer:b', 'c.example': 'smtp:c:25', 'd.example': 'mx:d.example' };
    const result = { changed: 1, busy: 0, unroutable: 0 };
    expect(await ask('queue.reroute', { filter: {} })).toEqual(result);
    expect(await ways(split)).toEqual({
      'peer:b': ['x@b.example'],
      'smtp:c:25': ['y@c.example', 'z@c.example'],
      'mx:d.example': ['w@d.example'],
    });
    expect(await ways(stays)).toEqual({ 'peer:b': ['you@b.example'] });
    expect(tried.toSorted()).toEqual(['mx:d.example', 'smtp:c:25']);
    expect(await ask('queue.reroute', { filter: {} })).toEqual({ ...result, changed: 0 });
  });

  test('who has no route any more waits where he was, and that is told', async () => {
    const id = await enqueue({ to: ['x@b.example', 'y@gone.example'] });
    routes = { 'b.example': 'peer:new' };
    expect(await ask('queue.reroute', { filter: {} })).toEqual({ changed: 1, busy: 0, unroutable: 1 });
    expect(await ways(id)).toEqual({ 'peer:b': ['y@gone.example'], 'peer:new': ['x@b.example'] });
  });

  test('only what is meant, and all of it to one place where that is asked for', async () => {
    const [one, other] = [await enqueue(), await enqueue()];
    const asked = { filter: { messages: [one] }, to: 'peer:site-b' };
    expect(await ask('queue.reroute', asked)).toEqual({ changed: 1, busy: 0, unroutable: 0 });
    expect([await ways(one), await ways(other)]).toEqual([
      { 'peer:site-b': ['you@b.example'] },
      { 'peer:b': ['you@b.example'] },
    ]);
    expect(tried).toEqual(['peer:site-b']);
  });

  test('what a session has stays with it', async () => {
    const id = await enqueue();
    await spool.claim('peer:b', 'call', { messages: 9, octets: 9999 }, clock.wallTime() + HOUR);
    const asked = { filter: {}, to: 'peer:c' };
    expect(await ask('queue.reroute', asked)).toEqual({ changed: 0, busy: 1, unroutable: 0 });
    expect([await ways(id), tried]).toEqual([{ 'peer:b': ['you@b.example'] }, []]);
  });

  test('a place that there is not is refused, and nothing without a configuration', async () => {
    await expect(ask('queue.reroute', { filter: {}, to: 'smtp:nowhere' })).rejects.toThrow(
      'no destination smtp:nowhere; allowed: peer:NAME',
    );
    requests = queueRequests(queue());
    await expect(ask('queue.reroute', { filter: {} })).rejects.toThrow('give it with -c');
  });

  test('of very many none is left out', async () => {
    for (let i = 0; i < 250; i++) await enqueue();
    routes = { 'b.example': 'peer:a' };
    expect(await ask('queue.reroute', { filter: {} })).toEqual({ changed: 250, busy: 0, unroutable: 0 });
  });
});

describe('filters', () => {
  let ids: Record<'toB' | 'toBC' | 'old' | 'report', string>;
  beforeEach(async () => {
    ids = {
      toB: await enqueue(),
      toBC: await enqueue({ destination: 'peer:b,c', to: ['x@c.example', 'y@sub.c.example'] }),
      old: await enqueue({ ageMs: HOUR, from: 'old@z.example' }),
      report: await enqueue({ destination: 'smtp:h:25', from: '' }),
    };
  });

  test.each<[string, object, (keyof typeof ids)[]]>([
    ['none: the oldest first', {}, ['old', 'toB', 'toBC', 'report']],
    ['a peer, also where it is one of several', { peers: ['c'] }, ['toBC']],
    ['peers, one destination after the other', { peers: ['b'] }, ['old', 'toB', 'toBC']],
    ['a destination', { destinations: ['peer:b'] }, ['old', 'toB']],
    ['destinations by a pattern', { destinations: ['smtp:*', 'nothing'] }, ['report']],
    ['a peer that serves nothing', { peers: ['d'] }, []],
    ['a domain', { domain: '*.c.example' }, ['toBC']],
    ['a recipient', { recipient: 'X@*' }, ['toBC']],
    ['a sender', { sender: '*@z.example' }, ['old']],
    ['no sender', { sender: '<>' }, ['report']],
    ['older', { receivedBefore: Date.UTC(1990, 0, 1) }, ['old']],
    ['younger', { receivedAfter: Date.UTC(1990, 0, 1), peers: ['b'] }, ['toB', 'toBC']],
  ])('%s', async (_what, filter, expected) => {
    expect(await listed(filter)).toEqual(expected.map((name) => ids[name]));
    expect(await ask('queue.count', { filter })).toEqual({ deliveries: expected.length });
  });

  test('ids, with what else is asked', async () => {
    expect(await listed({ messages: [ids.toB, ids.old, ids.toB, 'nope'] })).toHaveLength(2);
    expect(await listed({ messages: [ids.toB, ids.old], sender: '*@z.example' })).toEqual([ids.old]);
  });

  test('what is on hold', async () => {
    await ask('queue.change', { filter: { messages: [ids.old] }, change: 'hold', reason: 'later' });
    expect(await listed({ held: true })).toEqual([ids.old]);
    expect(await listed({ held: false })).not.toContain(ids.old);
  });

  test('a filter that is none is refused', async () => {
    await expect(ask('queue.list', { filter: { sendr: 'x' } })).rejects.toThrow('"sendr"');
  });
});

test('a long list comes in pages, whole and in order, over several destinations', async () => {
  const all: string[] = [];
  for (const destination of ['peer:a', 'peer:b', 'peer:c'])
    for (let n = 0; n < 50; n++) all.push(await enqueue({ destination, ageMs: 100 - n }));
  expect(await listed({ destinations: ['peer:*'] })).toEqual(all);
  expect(new Set(await listed())).toEqual(new Set(all));
  const first: QueuePage = await ask('queue.list', { filter: {} });
  expect(first.deliveries).toHaveLength(50);
});

test('a list names a hundred recipients, show all of them', async () => {
  const to = Array.from({ length: 120 }, (_, n) => `u${n}@b.example`);
  const message = await enqueue({ to });
  const [inList] = (await ask<QueuePage>('queue.list')).deliveries;
  expect([inList?.recipients.length, inList?.recipientCount]).toEqual([100, 120]);
  const [shown] = (await ask<QueuePage>('queue.show', { message })).deliveries;
  expect(shown?.recipients).toHaveLength(120);
});

test('the message itself, piece by piece', async () => {
  const body = Buffer.alloc(3 * 1024 * 1024, 'abcdefg').toString();
  const message = await enqueue({ body });
  let [read, replies] = ['', 0];
  for (let isEnd = false; !isEnd; replies++) {
    const answer = await ask<{ octets: string; isEnd: boolean }>('queue.content', {
      message,
      offset: read.length,
    });
    read += Buffer.from(answer.octets, 'base64').toString();
    isEnd = answer.isEnd;
  }
  expect(read === body).toBe(true);
  expect(replies).toBeGreaterThan(2);
  await expect(ask('queue.content', { message: 'nope' })).rejects.toThrow('no message nope waits');
});

describe('changes', () => {
  test('what is to be tried again is due, and only its destinations are tried', async () => {
    const message = await enqueue();
    await enqueue({ destination: 'smtp:h:25' });
    const until = clock.wallTime() + HOUR;
    await spool.settle([
      {
        message,
        destination: 'peer:b',
        recipient: 'you@b.example',
        outcome: { type: 'deferred', until, reason: 'busy' },
      },
    ]);
    expect(await ask('queue.change', { filter: { messages: [message] }, change: 'retry' })).toEqual({
      changed: 1,
      busy: 0,
    });
    expect((await spool.find(message))[0]?.due).toBe(clock.wallTime());
    expect(tried).toEqual(['peer:b']);
  });

  test('hold, release, delete', async () => {
    const message = await enqueue();
    const filter = { peers: ['b'] };
    await ask('queue.change', { filter, change: 'hold', reason: 'later' });
    expect((await spool.find(message))[0]?.hold).toBe('later');
    expect(tried).toEqual([]);
    expect(await ask('queue.change', { filter, change: 'release' })).toEqual({ changed: 1, busy: 0 });
    expect(tried).toEqual(['peer:b']);
    expect(await ask('queue.change', { filter: {}, change: 'delete' })).toEqual({ changed: 1, busy: 0 });
    expect(await spool.find(message)).toEqual([]);
  });

  test('what a session has stays', async () => {
    await enqueue();
    await spool.claim('peer:b', 'session', { messages: 1, octets: 1 }, clock.wallTime() + HOUR);
    for (const change of ['delete', 'retry'])
      expect(await ask('queue.change', { filter: {}, change })).toEqual({ changed: 0, busy: 1 });
  });
});

describe('bouncing', () => {
  const bounced: string[] = [];
  beforeEach(() => {
    bounced.length = 0;
    requests = queueRequests(
      queue(async (delivery: Delivery, reason) => {
        if (delivery.sender === 'broken@a.example') return false;
        bounced.push(`${delivery.message} ${reason}`);
        await spool.settle(
          delivery.recipients.map(({ address }) => ({
            message: delivery.message,
            destination: delivery.destination,
            recipient: address,
            outcome: { type: 'failed', reason },
          })),
        );
        await enqueue({ from: '', destination: delivery.destination }); // the report
        return true;
      }),
    );
  });

  test('all that matches is given up, however much that is, and its reports are not', async () => {
    for (let n = 0; n < 120; n++) await enqueue({ ageMs: 1 });
    const filter = { peers: ['b'] };
    expect(await ask<ChangeResult>('queue.change', { filter, change: 'bounce', reason: 'no more' })).toEqual({
      changed: 120,
      busy: 0,
    });
    expect(new Set(bounced)).toHaveLength(120);
    expect(bounced[0]).toMatch(/no more$/);
    expect(await listed()).toHaveLength(120);
    expect(await listed({ sender: '<>' })).toHaveLength(120);
  });

  test('what a session has, and what could not be written down, is told; nothing stays claimed', async () => {
    await enqueue({ ageMs: 1, from: 'broken@a.example' });
    await enqueue({ ageMs: 1, destination: 'peer:c' });
    await spool.claim('peer:c', 'session', { messages: 1, octets: 1 }, clock.wallTime() + HOUR);
    expect(await ask('queue.change', { filter: {}, change: 'bounce' })).toEqual({ changed: 0, busy: 2 });
    const again = await spool.claim('peer:b', 'other', { messages: 9, octets: 9 }, clock.wallTime() + HOUR);
    expect(again).toHaveLength(1);
  });

  test('where nobody could write a report it is refused', async () => {
    requests = queueRequests(queue());
    await enqueue({ ageMs: 1 });
    await expect(ask('queue.change', { filter: {}, change: 'bounce' })).rejects.toThrow('give it with -c');
  });
});
