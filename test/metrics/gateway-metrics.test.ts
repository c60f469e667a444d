import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GatewayMetrics } from '../../src/metrics/index.js';
import { type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

/** What a scrape says, by name and labels; the lines of histograms' buckets and of the process are left out. */
async function scrape(site: SimulatedSite, metrics: GatewayMetrics): Promise<Record<string, number>> {
  const text = await metrics.text(site.gateway);
  const samples = text
    .split('\n')
    .filter((line) => line.startsWith('x25mail_') && !line.includes('_bucket{'));
  return Object.fromEntries(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice('x25mail_'.length, at), Number(line.slice(at))];
    }),
  );
}

const TARIFF = '[link.tariff]\ncall = 0.05\nminute = 0.1\ncurrency = "EUR"\n';

describe('a gateway in numbers', () => {
  let sites: SimulatedSites;
  let a: SimulatedSite;
  let b: SimulatedSite;
  let metrics: GatewayMetrics;

  beforeEach(async () => {
    sites = new SimulatedSites();
    [a, b] = [await sites.start('a', { toml: siteToml('a', TARIFF) }), await sites.start('b')];
    metrics = new GatewayMetrics();
  });

  afterEach(async () => {
    let stopped = 0;
    for (const { gateway } of [a, b]) void gateway.stop().then(() => stopped++);
    await sites.runUntil(() => stopped === 2);
  });

  test('tells what waits, and what its links have counted, as they are when it is asked', async () => {
    await a.enqueue({ to: 'x@site-c.example', destination: 'peer:elsewhere' });
    await sites.runFor(90_000);
    const samples = await scrape(a, metrics);
    expect(samples).toMatchObject({
      start_time_seconds: Date.UTC(1990, 0, 1) / 1_000,
      'link_state{link="psdn0",type="serial",state="ready"}': 1,
      'link_events_total{link="psdn0",layer="link",event="sabmSent"}': 1,
      'queue{what="messages"}': 1,
      'queue{what="deliveries"}': 1,
      'queue_deliveries{destination="peer:elsewhere",state="waiting"}': 1,
      queue_oldest_seconds: 90,
    });
    expect(await scrape(a, metrics)).toEqual(samples);
  });

  test('counts who was refused, by what', async () => {
    const reply = { code: 554, status: '5.7.1', text: 'no' };
    for (const by of ['access', 'relaying', 'access'] as const)
      metrics.observe({ type: 'refused', refused: { by, reply, source: 'smtp 192.0.2.1' } });
    expect(await scrape(a, metrics)).toMatchObject({
      'refused_total{by="access"}': 2,
      'refused_total{by="relaying"}': 1,
    });
  });

  test('counts mail and calls: the bill can be checked against it', async () => {
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1 && b.calls().length === 1);
    for (const event of a.events) metrics.observe(event);
    const [call] = a.calls();
    const link = 'link="psdn0",direction="outgoing"';
    expect(await scrape(a, metrics)).toMatchObject({
      'recipients_settled_total{outcome="delivered"}': 1,
      delivery_delay_seconds_count: 1,
      [`calls_total{${link},verdict="completed",cause="00/F1"}`]: 1,
      [`calls_connected_seconds_total{${link}}`]: (call?.connectedMs ?? 0) / 1_000,
      [`calls_segments_total{${link},way="sent"}`]: call?.sent.segments,
      [`calls_segments_total{${link},way="received"}`]: call?.received.segments,
      [`calls_cost_total{${link},currency="EUR"}`]: 0.15,
      [`calls_messages_total{${link},way="sent"}`]: 1,
      [`calls_messages_total{${link},way="received"}`]: 0,
      'queue{what="messages"}': 0,
      queue_oldest_seconds: 0,
    });
  });

  test('tells what is spent of budgets', async () => {
    const rules =
      'link = "psdn0"\ncalls = { budget = { minutes = 10, cost = 5, period = "day" } }\n[[route]]';
    const toml = siteToml('a', TARIFF).replace('link = "psdn0"\n[[route]]', rules);
    const alone = new SimulatedSites();
    const site = await alone.start('a', { toml });
    await alone.start('b');
    await site.enqueue({ to: 'x@site-b.example' });
    await alone.runUntil(() => site.calls().length === 1);
    expect(await scrape(site, metrics)).toMatchObject({
      'budget_spent{peer="other",period="day",unit="minutes"}': 1,
      'budget_limit{peer="other",period="day",unit="minutes"}': 10,
      'budget_spent{peer="other",period="day",unit="cost"}': 0.15,
      'budget_limit{peer="other",period="day",unit="cost"}': 5,
    });
  });

  test('tells no more causes apart than it can keep', async () => {
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    const [record] = a.calls();
    if (record === undefined) throw new Error('no call was made');
    for (let diagnostic = 0; diagnostic < 250; diagnostic++)
      metrics.observe({ type: 'call', record: { ...record, ending: { ...record.ending, diagnostic } } });
    const calls = Object.entries(await scrape(a, metrics)).filter(([name]) => name.startsWith('calls_total'));
    expect(calls).toHaveLength(201);
    expect(calls.filter(([name]) => name.includes('cause="other"'))).toEqual([[expect.anything(), 50]]);
  });

  test('counts messages that come in', async () => {
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => b.events.some(({ type }) => type === 'received'));
    for (const event of b.events) metrics.observe(event);
    const samples = await scrape(b, metrics);
    expect(samples['messages_received_total{origin="x25"}']).toBe(1);
    expect(samples.messages_received_octets_total).toBeGreaterThan(20);
  });

  test.each([
    [{ type: 'attention', destination: 'peer:b', reason: 'no such number' }, 'attention'],
    [{ type: 'problem', problem: 'a disk is full' }, 'problem'],
    [{ type: 'misdeed', where: 'smtp 127.0.0.1:25', what: 'failedLogin' }, 'failedLogin'],
    [{ type: 'turnedAway', where: 'smtp 127.0.0.1:25' }, 'turnedAway'],
    [{ type: 'line', link: 'l', line: { state: 'closed', why: 'gone', tries: 1, retryInMs: 1 } }, 'lineLost'],
  ] as const)('%o is a trouble', async (event, what) => {
    metrics.observe(event);
    expect(await scrape(a, metrics)).toMatchObject({ [`troubles_total{what="${what}"}`]: 1 });
  });

  test('names only the destinations with most, however many there are', async () => {
    for (let i = 0; i < 120; i++)
      await a.enqueue({ to: 'x@y.example', destination: `smtp:host-${i}.example:25` });
    await a.enqueue({ to: 'x@y.example', destination: 'smtp:host-119.example:25' });
    const samples = await scrape(a, metrics);
    const names = Object.keys(samples).filter((name) => /^queue_deliveries\{.*waiting/.test(name));
    expect(names).toHaveLength(101);
    expect(samples).toMatchObject({
      'queue_deliveries{destination="smtp:host-119.example:25",state="waiting"}': 2,
      'queue_deliveries{destination="others",state="waiting"}': 20,
    });
  });

  test('tells of the process as well', async () => {
    expect(await metrics.text(a.gateway)).toMatch(/^process_cpu_seconds_total \d/m);
  });
});

test('two gateways in one process are counted apart', async () => {
  const sites = new SimulatedSites();
  const site = await sites.start('a', { toml: siteToml('a') });
  const [one, other] = [new GatewayMetrics(), new GatewayMetrics()];
  one.observe({ type: 'problem', problem: 'x' });
  expect(await scrape(site, one)).toHaveProperty(['troubles_total{what="problem"}'], 1);
  expect(await scrape(site, other)).not.toHaveProperty(['troubles_total{what="problem"}']);
});
