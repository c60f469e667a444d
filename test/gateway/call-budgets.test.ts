import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatProblem, parseConfiguration } from '../../src/config/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { type SpendingStore, spendingFile, spendingInMemory } from '../../src/gateway/budget-file.js';
import { CallBudgets } from '../../src/gateway/call-budgets.js';
import { CallPrices } from '../../src/gateway/call-prices.js';
import type { PricedCall } from '../../src/gateway/call-watcher.js';
import type { GatewayEvent } from '../../src/gateway/events.js';
import type { CallOutcome } from '../../src/rfc1090/index.js';
import { settled } from '../support/scripted-stream.js';
import { siteToml } from '../support/simulated-sites.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const TARIFF = '[link.tariff]\nminute = 0.6\nincrement = "10s"\n';

/** Peers of site a. */
function peersWith(budget: string, tariff: string) {
  const toml = siteToml('a', tariff).replace(
    'link = "psdn0"\n[[route]]',
    `link = "psdn0"\ncalls = { budget = ${budget}, timezone = "UTC" }\n[[route]]`,
  );
  const result = parseConfiguration(toml, '/simulated/a.toml');
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.configuration;
}

async function opened(
  budget: string,
  { store = spendingInMemory(), tariff = TARIFF, clock = new VirtualClock(Date.UTC(1990, 0, 1)) } = {},
) {
  const { links, peers } = peersWith(budget, tariff);
  const events: GatewayEvent[] = [];
  const prices = new CallPrices(links);
  const budgets = await CallBudgets.open({ clock, store, prices, observe: (event) => events.push(event) });
  budgets.configure(peers);
  const connect = (
    changes: Partial<Pick<PricedCall, 'reverseCharged' | 'peer'>> = {},
    direction = 'outgoing',
  ) => {
    const traffic = { segmentsSent: 0, segmentsReceived: 0 };
    const started = {
      circuit: { direction, traffic },
      link: 'psdn0',
      peer: 'other',
      userData: new Uint8Array(0),
      reverseCharged: false,
      ...changes,
    } as unknown as PricedCall;
    const call = { ...started, price: prices.priceOf(started) };
    const silent = { event: () => {}, messageSent: () => {}, messageReceived: () => {}, ended: () => {} };
    const watcher = budgets.watch(call, silent);
    watcher.event({ type: 'connected', facilities: {}, userData: new Uint8Array(0) });
    return () => watcher.ended({} as CallOutcome);
  };
  const call = (ms: number, ...how: Parameters<typeof connect>): void => {
    const end = connect(...how);
    clock.runFor(ms);
    end();
  };
  const minutes = (): number | undefined => budgets.list()[0]?.minutes;
  return { budgets, clock, events, connect, call, minutes, store, prices };
}

describe('a budget', () => {
  test('is used up by increments that were begun, also in a call that is still up', async () => {
    const { budgets, clock, connect, call, minutes } = await opened('{ minutes = 2 }');
    call(MINUTE - 5000);
    expect(minutes()).toBe(1);
    const end = connect();
    clock.runFor(50_001);
    expect(minutes()).toBe(2);
    expect(budgets.exhausted('other')).toEqual({
      why: 'budget',
      reason: 'its budget is used up, 2.0 of 2 minutes in this month',
      until: Date.UTC(1990, 1, 1),
    });
    // The increment that has begun is paid: it may be used.
    expect(budgets.overdrawn('other')).toBeUndefined();
    clock.runFor(10_000);
    expect(budgets.overdrawn('other')).toBeDefined();
    end();
    expect(minutes()).toBeCloseTo(2 + 1 / 6, 9);
  });

  test('of money counts what the call cost', async () => {
    const { budgets, call } = await opened('{ cost = 0.3 }');
    call(15_000);
    expect(budgets.list()).toMatchObject([{ cost: 0.2, limit: { cost: 0.3 } }]);
    expect(budgets.exhausted('other')).toBeUndefined();
    call(1);
    expect(budgets.exhausted('other')?.reason).toBe('its budget is used up, 0.30 of 0.30 in this month');
  });

  test('without a tariff counts the time itself', async () => {
    const { call, minutes } = await opened('{ minutes = 2 }', { tariff: '' });
    call(90_000);
    expect(minutes()).toBe(1.5);
  });

  test('of nothing is used up from the beginning', async () => {
    const { budgets } = await opened('{ minutes = 0 }');
    expect(budgets.exhausted('other')?.until).toBe(Date.UTC(1990, 1, 1));
  });

  test('counts neither calls that others pay or place, nor those to peers without one', async () => {
    const { call, minutes } = await opened('{ minutes = 2 }');
    call(MINUTE, { reverseCharged: true });
    call(MINUTE, {}, 'incoming');
    call(MINUTE, { peer: 'somebody' });
    expect(minutes()).toBe(0);
  });

  test.each([
    ['day', Date.UTC(1990, 0, 2), Date.UTC(1990, 0, 3)],
    ['week', Date.UTC(1990, 0, 1), Date.UTC(1990, 0, 8)],
    ['month', Date.UTC(1990, 0, 1), Date.UTC(1990, 1, 1)],
  ])('of a %s begins anew when that is over', async (period, from, to) => {
    const { budgets, clock, call, minutes } = await opened(`{ minutes = 2, period = "${period}" }`);
    clock.runFor(DAY + HOUR);
    call(2 * MINUTE);
    expect(budgets.list()).toMatchObject([
      { from: new Date(from).toISOString(), to: new Date(to).toISOString(), minutes: 2 },
    ]);
    clock.runUntil(to - Date.UTC(1990, 0, 1) - 1);
    expect(budgets.exhausted('other')?.until).toBe(to);
    clock.runFor(1);
    expect([minutes(), budgets.exhausted('other')]).toEqual([0, undefined]);
  });

  test('is told of before and at its end, once in a period, while the call is up', async () => {
    const { clock, events, connect, call } = await opened('{ minutes = 5, warn = 0.5, period = "day" }');
    const told = () => events.map((event) => event.type === 'budget' && [event.level, event.spent]);
    const end = connect();
    clock.runFor(2 * MINUTE);
    expect(told()).toEqual([]);
    clock.runFor(HOUR);
    end();
    call(HOUR);
    expect(told()).toEqual([
      ['warned', '2.5 of 5 minutes in this day'],
      ['usedUp', '5.0 of 5 minutes in this day'],
    ]);
    clock.runFor(DAY);
    call(3 * MINUTE);
    expect(told()).toHaveLength(3);
  });
});

describe('a budget that is changed by a reload', () => {
  const limit = (minutes: number) => peersWith(`{ minutes = ${minutes}, warn = 0.5 }`, TARIFF).peers;

  test('is told of anew where it is larger and is used up again', async () => {
    const { budgets, events, call } = await opened('{ minutes = 2, warn = 0.5 }');
    call(2 * MINUTE);
    events.length = 0;
    budgets.configure(limit(10));
    call(4 * MINUTE);
    call(4 * MINUTE);
    expect(events).toMatchObject([{ level: 'warned' }, { level: 'usedUp' }]);
  });

  test('is told of at once where it is smaller and used up already', async () => {
    const { budgets, events, call } = await opened('{ minutes = 20, warn = 0.5 }');
    call(3 * MINUTE);
    budgets.configure(limit(2));
    expect(events).toMatchObject([{ level: 'usedUp' }]);
  });
});

describe('what was spent', () => {
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'x25mail-budgets-'));
    file = join(directory, 'budgets.json');
  });

  afterEach(async () => {
    await chmod(directory, 0o700);
    await rm(directory, { recursive: true });
  });

  test('is there after a restart, with what was told; a crash forgets at most the last minute of a call', async () => {
    const clock = new VirtualClock(Date.UTC(1990, 0, 1));
    const first = await opened('{ minutes = 5, warn = 0.5 }', { store: spendingFile(file), clock });
    first.call(3 * MINUTE);
    const dies = first.connect();
    clock.runFor(90_000);
    await first.budgets.close();
    const again = await opened('{ minutes = 5, warn = 0.5 }', { store: spendingFile(file), clock });
    expect(again.minutes()).toBeGreaterThanOrEqual(4);
    expect(again.minutes()).toBeLessThanOrEqual(4.5);
    again.call(1000);
    expect(again.events).toEqual([]);
    dies();
    await Promise.all([first.budgets.close(), again.budgets.close()]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['budgets.json']);
  });

  test.each(['', '{"version":1,"peers":{"other":{"days":{"1990', '{"version":2,"peers":{}}', 'null'])(
    'begins anew where the file holds %j, which is kept aside and told',
    async (text) => {
      await writeFile(file, text);
      const { budgets, events, call, minutes } = await opened('{ minutes = 2 }', {
        store: spendingFile(file),
      });
      expect(events).toEqual([
        {
          type: 'problem',
          problem: `${file} is damaged, budgets begin anew; it is ${file}.damaged now`,
        },
      ]);
      expect(await readFile(`${file}.damaged`, 'utf8')).toBe(text);
      call(MINUTE);
      expect(minutes()).toBe(1);
      await budgets.close();
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
        peers: { other: { days: { '1990-01-01T00:00:00.000Z': { ms: MINUTE, cost: 0.6 } } } },
      });
    },
  );

  test('is not lost where it can not be read', async () => {
    // A link to itself: reading fails, also for root.
    await symlink(file, file);
    const { budgets, call } = await opened('{ minutes = 2 }', { store: spendingFile(file) });
    call(MINUTE);
    await budgets.close();
    const links = await Promise.all(
      (await readdir(directory, { withFileTypes: true })).map((entry) => entry.isSymbolicLink()),
    );
    expect(links).toContain(true);
  });

  test('that can not be written down is told once, and counts all the same', async () => {
    const store: SpendingStore = {
      read: async () => ({}),
      write: async () => {
        throw new Error('disk full');
      },
    };
    const { events, call, minutes } = await opened('{ minutes = 20 }', { store });
    call(MINUTE);
    await settled();
    call(MINUTE);
    await settled();
    expect(events).toEqual([{ type: 'problem', problem: "what calls have cost can't be kept: disk full" }]);
    expect(minutes()).toBe(2);
  });

  test('long ago is forgotten', async () => {
    const store = spendingInMemory();
    const { budgets, clock, call } = await opened('{ minutes = 20 }', { store });
    call(MINUTE);
    clock.runFor(70 * DAY);
    call(MINUTE);
    await budgets.close();
    const { kept } = await store.read();
    expect(Object.keys(kept?.peers.other?.days ?? {})).toEqual(['1990-03-12T00:00:00.000Z']);
  });
});
