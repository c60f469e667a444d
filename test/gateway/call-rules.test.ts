/** When a peer is called: windows, how much is worth a call, and who may overrule what. Site a begins on a Monday, 00:00 UTC. */
import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/index.js';
import { queueRequests } from '../../src/console/index.js';
import { FallbackTransport } from '../../src/gateway/fallback-transport.js';
import type { MailSource } from '../../src/gateway/mail-source.js';
import type { NotNow } from '../../src/gateway/not-now.js';
import { NUMBERS, type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function withRules(rules: string): string {
  return siteToml('a', '[queue]\ndelay_warning = "0s"\n').replace(
    'link = "psdn0"\n[[route]]',
    `link = "psdn0"\ncalls = ${rules}\n[[route]]`,
  );
}

async function sitesWith(
  rules: string,
): Promise<{ sites: SimulatedSites; a: SimulatedSite; b: SimulatedSite }> {
  const sites = new SimulatedSites();
  const a = await sites.start('a', { toml: withRules(rules), subscription: { bitsPerSecond: 9600 } });
  const b = await sites.start('b');
  await sites.runFor(MINUTE); // the links come up
  return { sites, a, b };
}

/** When a placed calls. */
function placed(site: SimulatedSite): string[] {
  return site
    .calls()
    .flatMap(({ direction, begun }) => (direction === 'outgoing' ? [begun.slice(0, 16)] : []));
}

async function ask(
  site: SimulatedSite,
  what: string,
  parameters: Record<string, unknown> = {},
): Promise<unknown> {
  const asked = { event: () => true, cancelled: new AbortController().signal };
  return queueRequests(site.gateway.queue)[what]?.(parameters, asked);
}

const to = { to: 'you@site-b.example' };

describe('call windows', () => {
  const RULES = '{ windows = "Mo-Fr 22:00-06:00", timezone = "UTC" }';

  test('mail waits outside of them, without an attempt, and is told why; then it goes', async () => {
    const { sites, a, b } = await sitesWith(RULES);
    await sites.runFor(8 * HOUR);
    const id = await a.enqueue(to);
    await sites.runFor(5 * HOUR);
    expect(a.calls()).toEqual([]);
    expect(await a.spool.find(id)).toMatchObject([{ recipients: [{ attempts: 0 }] }]);
    const waits = {
      reason: 'outside its call windows, Mo-Fr 22:00-06:00 (UTC)',
      until: '1990-01-01T22:00:00.000Z',
    };
    expect(await ask(a, 'queue')).toMatchObject({
      destinations: [{ destination: 'peer:other', due: 1, waits }],
    });
    expect(await ask(a, 'queue.list')).toMatchObject({ deliveries: [{ message: id, waits }] });
    expect(await ask(a, 'queue.show', { message: id })).toMatchObject({ deliveries: [{ waits }] });
    expect(a.gateway.status().waiting).toEqual([{ destination: 'peer:other', ...waits }]);
    await sites.runUntil(() => b.spool.history.length === 1);
    await sites.runUntil(() => a.calls().length === 1);
    expect(placed(a)).toEqual(['1990-01-01T22:00']);
    await sites.runFor(1000);
    expect(a.gateway.status().waiting).toEqual([]);
  });

  test('hold for whoever wants mail tried at once, and for what the peer would be asked for', async () => {
    const { sites, a } = await sitesWith(RULES);
    await sites.runFor(8 * HOUR);
    const id = await a.enqueue(to);
    await ask(a, 'queue.change', { filter: { messages: [id] }, change: 'retry' });
    await sites.runFor(HOUR);
    expect(a.calls()).toEqual([]);
  });

  test('a call that is up at their end finishes its message, and no other is begun', async () => {
    const { sites, a, b } = await sitesWith('{ windows = "00:00-02:00", timezone = "UTC" }');
    await sites.runFor(HOUR + 58 * MINUTE + 30_000);
    // At 9600 bit/s each takes about 25 s.
    for (let i = 0; i < 6; i++)
      await a.enqueue({ ...to, body: `Subject: ${i}\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(300)}` });
    await sites.runUntil(() => a.calls().length === 1);
    const [call] = a.calls();
    expect(call).toMatchObject({ verdict: 'completed' });
    const sent = call?.messagesSent ?? 0;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(6);
    expect(Date.parse(call?.ended ?? '')).toBeGreaterThan(Date.UTC(1990, 0, 1, 2));
    expect(Date.parse(call?.ended ?? '')).toBeLessThan(Date.UTC(1990, 0, 1, 2, 1));
    await sites.runFor(2 * HOUR);
    expect(a.calls()).toHaveLength(1);
    await sites.runUntil(() => b.spool.history.length === 6);
    await sites.runFor(MINUTE);
    expect(placed(a)).toEqual(['1990-01-01T01:59', '1990-01-02T00:00']);
  });
});

describe('how much is worth a call', () => {
  const RULES = '{ min_messages = 3, max_wait = "2h" }';

  test('so many messages are, and go in one call', async () => {
    const { sites, a, b } = await sitesWith(RULES);
    await a.enqueue(to);
    await sites.runFor(10 * MINUTE);
    await a.enqueue(to);
    await sites.runFor(10 * MINUTE);
    expect(a.calls()).toEqual([]);
    expect(a.gateway.status().waiting).toMatchObject([
      { reason: '2 messages of 3 that are worth a call', until: '1990-01-01T02:01:00.000Z' },
    ]);
    await a.enqueue(to);
    await sites.runUntil(() => b.spool.history.length === 3, MINUTE);
    await sites.runUntil(() => a.calls().length === 1, MINUTE);
    expect(a.calls()).toMatchObject([{ messagesSent: 3 }]);
  });

  test('one that has waited for so long is', async () => {
    const { sites, a, b } = await sitesWith(RULES);
    await a.enqueue(to);
    await sites.runUntil(() => b.spool.history.length === 1);
    await sites.runUntil(() => a.calls().length === 1);
    expect(placed(a)).toEqual(['1990-01-01T02:01']);
  });

  test('whoever wants it tried decides for himself', async () => {
    const { sites, a, b } = await sitesWith(RULES);
    const id = await a.enqueue(to);
    await sites.runFor(MINUTE);
    await ask(a, 'queue.change', { filter: { messages: [id] }, change: 'retry' });
    await sites.runUntil(() => b.spool.history.length === 1, MINUTE);
  });
});

describe('a budget', () => {
  const RULES = '{ budget = { minutes = 2, warn = 0.5, period = "day" }, timezone = "UTC" }';
  const TARIFF = '[link.tariff]\nminute = 0.1\nincrement = "30s"\n';
  const LONG = `Subject: long\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(300)}`;

  test('that is used up stops calls until its period is over; the postmaster is told', async () => {
    const sites = new SimulatedSites();
    const toml = withRules(RULES).replace('[queue]', `${TARIFF}[queue]`);
    const a = await sites.start('a', { toml, subscription: { bitsPerSecond: 9600 } });
    const b = await sites.start('b');
    await sites.runFor(MINUTE);
    // Each takes about 25 s: five are more than two minutes.
    for (let i = 0; i < 8; i++) await a.enqueue({ ...to, body: LONG });
    await sites.runUntil(() => a.calls().length === 1);
    const [call] = a.calls();
    expect(call).toMatchObject({ verdict: 'completed' });
    expect(call?.connectedMs).toBeGreaterThan(2 * MINUTE);
    expect(call?.connectedMs).toBeLessThan(3 * MINUTE);
    await sites.runFor(HOUR);
    expect(placed(a)).toHaveLength(1);
    expect(a.gateway.status().waiting).toContainEqual({
      destination: 'peer:other',
      reason: expect.stringMatching(/^its budget is used up, \d\.\d of 2 minutes in this day$/),
      until: '1990-01-02T00:00:00.000Z',
    });
    expect(a.gateway.status().budgets).toMatchObject([{ peer: 'other', limit: { minutes: 2 } }]);
    const notices = a.spool.history.filter(({ envelope }) => envelope.origin === 'notice');
    expect(notices.map(({ envelope }) => envelope.recipients[0]?.address)).toEqual([
      'root@site-a.example',
      'root@site-a.example',
    ]);
    expect(Buffer.from(notices[1]?.body ?? []).toString()).toContain(
      'No call to it is placed before 1990-01-02 00:00:00Z',
    );
    await ask(a, 'queue.change', { filter: {}, change: 'retry' });
    await sites.runFor(HOUR);
    expect(placed(a)).toHaveLength(1);
    const arrived = () => b.spool.history.filter(({ envelope }) => envelope.sender !== '').length;
    await sites.runUntil(() => arrived() === 8);
    await sites.runFor(MINUTE);
    expect(placed(a)).toEqual(['1990-01-01T00:01', '1990-01-02T00:00']);
  });

  test('counts when it is made larger', async () => {
    const sites = new SimulatedSites();
    const a = await sites.start('a', { toml: withRules(RULES.replace('= 2', '= 0')) });
    const b = await sites.start('b');
    await a.enqueue(to);
    await sites.runFor(HOUR);
    expect(a.calls()).toEqual([]);
    const larger = parseConfiguration(withRules(RULES), '/simulated/a.toml');
    if (!larger.ok) throw new Error('no configuration');
    expect(a.gateway.reload(larger.configuration)).toEqual([]);
    await sites.runUntil(() => b.spool.history.length === 1, MINUTE);
  });
});

describe('an increment that is paid', () => {
  const TARIFF = '[link.tariff]\nminute = 0.1\nincrement = "60s"\n';

  async function atTariff(tariff: string) {
    const sites = new SimulatedSites();
    const a = await sites.start('a', { toml: siteToml('a', `[queue]\ndelay_warning = "0s"\n${tariff}`) });
    const b = await sites.start('b', { toml: siteToml('b', '[queue]\ndelay_warning = "0s"\n') });
    await sites.runFor(MINUTE);
    return { sites, a, b };
  }

  test('is used by what comes meanwhile; the call ends before the next one begins', async () => {
    const { sites, a, b } = await atTariff(TARIFF);
    await a.enqueue(to);
    await sites.runFor(20_000);
    await a.enqueue(to);
    await sites.runFor(1000);
    expect(b.spool.history).toHaveLength(2);
    await sites.runFor(20_000);
    await a.enqueue(to);
    await sites.runUntil(() => a.calls().length === 1, 30_000);
    const [call] = a.calls();
    expect(call).toMatchObject({ verdict: 'completed', messagesSent: 3, cost: 0.1 });
    expect(call?.connectedMs).toBeGreaterThan(54_000);
    expect(call?.connectedMs).toBeLessThan(60_000);
  });

  test('is not waited for where time costs nothing', async () => {
    const { sites, a } = await atTariff('[link.tariff]\ncall = 0.1\n');
    await a.enqueue(to);
    await sites.runUntil(() => a.calls().length === 1, 5000);
  });

  test('a call that the other end gives up meanwhile has done its work', async () => {
    const { sites, a, b } = await atTariff(TARIFF);
    await a.enqueue(to);
    await sites.runFor(10_000);
    const [circuit] = b.gateway.status().circuits;
    b.gateway.clearCircuit(circuit?.id ?? '');
    await sites.runUntil(() => a.calls().length === 1, 5000);
    await a.enqueue(to);
    await sites.runFor(1000);
    expect(b.spool.history).toHaveLength(2);
  });

  test('a gateway that stops does not wait for its end', async () => {
    const { sites, a } = await atTariff(TARIFF);
    await a.enqueue(to);
    await sites.runFor(5000);
    let isStopped = false;
    void a.gateway.stop().then(() => {
      isStopped = true;
    });
    await sites.runUntil(() => isStopped, 5000);
  });
});

test('one circuit for all destinations: they take turns, and who has nothing to send leaves it', async () => {
  const sites = new SimulatedSites();
  const third = `[[peer]]\nname = "third"\nnua = "${NUMBERS.b}"\nlink = "psdn0"\n`;
  const toml = siteToml('a', `${third}[limits]\ncalls = 1\n[queue]\ndelay_warning = "0s"\n`);
  const a = await sites.start('a', { toml, subscription: { bitsPerSecond: 9600 } });
  const b = await sites.start('b');
  await sites.runFor(MINUTE);
  const body = (text: string) => `Subject: ${text}\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(300)}`;
  for (let i = 0; i < 6; i++) await a.enqueue({ ...to, body: body('other') });
  await sites.runFor(1000);
  for (let i = 0; i < 6; i++) await a.enqueue({ ...to, destination: 'peer:third', body: body('third') });
  await sites.runFor(1000);
  expect(a.gateway.status().waiting).toMatchObject([
    { destination: 'peer:third', reason: 'all circuits for calls are in use (1)' },
  ]);
  await sites.runUntil(() => b.spool.history.length === 12);
  await sites.runFor(MINUTE);
  const calls = a.calls().map(({ peer, messagesSent }) => [peer, messagesSent]);
  expect(calls.map(([peer]) => peer)).toEqual(['other', 'third', 'other', 'third']);
  expect(calls.every(([, sent]) => Number(sent) >= 2)).toBe(true);
  for (const [i, { begun }] of a.calls().entries())
    expect(Date.parse(begun)).toBeGreaterThanOrEqual(Date.parse(a.calls()[i - 1]?.ended ?? begun));
});

test('a destination that is down says so where mail waits for it', async () => {
  const sites = new SimulatedSites();
  const a = await sites.start('a');
  await a.enqueue(to);
  await sites.runUntil(() => a.calls().length === 3);
  await a.enqueue(to);
  await sites.runFor(1000);
  expect(a.gateway.status().waiting).toMatchObject([
    { destination: 'peer:other', reason: expect.stringMatching(/^call to other \(26245300040 on psdn0\): /) },
  ]);
});

describe('several ways', () => {
  const way = (name: string, notNow?: NotNow, end: object = { inOrder: true, reason: name }) => ({
    concurrency: 1,
    notYet: () => notNow,
    run: async () => ({
      inOrder: false,
      reason: name,
      ...(notNow === undefined ? end : { reason: notNow.reason, notNow }),
    }),
  });
  const demand = { messages: 1, oldest: 0, isUrgent: false };
  const mail = { delivered: 0 } as MailSource;
  const closed = (until: number): NotNow => ({ why: 'window', reason: `closed until ${until}`, until });
  const few: NotNow = { why: 'few', reason: 'few', until: 7 };

  test('one that is closed leaves mail to the next; all of them wait for the first that opens', async () => {
    const open = new FallbackTransport([way('a', closed(9)), way('b')]);
    expect(open.notYet(demand)).toBeUndefined();
    expect(await open.run(mail)).toMatchObject({ inOrder: true, reason: 'b' });
    const none = new FallbackTransport([way('a', closed(9)), way('b', closed(5))]);
    expect(none.notYet(demand)).toEqual(closed(5));
    expect(await none.run(mail)).toMatchObject({ inOrder: false, notNow: closed(5) });
  });

  test('one that waits for more messages is the way that they go', () => {
    expect(new FallbackTransport([way('a', few), way('b')]).notYet(demand)).toEqual(few);
    expect(new FallbackTransport([way('a', closed(9)), way('b', few)]).notYet(demand)).toEqual(few);
  });

  test('what was closed does not stand in the reason of a failure', async () => {
    const ways = [way('a', closed(9)), way('b', undefined, { reason: 'b is down' })];
    const end = await new FallbackTransport(ways).run(mail);
    expect(end).toMatchObject({ inOrder: false, reason: 'b is down' });
    expect(end.notNow).toBeUndefined();
  });
});
