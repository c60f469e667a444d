/**
 * Weeks of mail over calls that cost money, in virtual time: whatever is sent to whom and whenever, no call is placed outside
 * its hours or beyond its budget, everything arrives that may, and what is told to have been spent was spent. Hours, periods
 * and prices are worked out here anew, from what a clock in that place shows.
 */
import { describe, expect, test } from 'vitest';
import { type IncomingCall, memoryCircuits } from '../../src/circuit/index.js';
import type { CallRules, LinkConfiguration, PeerConfiguration } from '../../src/config/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { spendingInMemory } from '../../src/gateway/budget-file.js';
import { CallBudgets } from '../../src/gateway/call-budgets.js';
import { CallPrices } from '../../src/gateway/call-prices.js';
import { callRecorder } from '../../src/gateway/call-recorder.js';
import { CallTurns } from '../../src/gateway/call-turns.js';
import { Dispatcher } from '../../src/gateway/dispatcher.js';
import { PeerCaller } from '../../src/gateway/peer-caller.js';
import { PeerTransport } from '../../src/gateway/peer-transport.js';
import { Settler } from '../../src/gateway/settler.js';
import type { CallRecord } from '../../src/observe/index.js';
import { DEFAULT_CALL_TIMERS } from '../../src/rfc1090/index.js';
import { parseTimeWindow, type TariffPrices, TimeWindows } from '../../src/tariff/index.js';
import { MemorySpool } from '../support/memory-spool.js';
import { seeded } from '../support/random.js';
import { zone } from '../tariff/zones.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Six days before the clocks are put forward. */
const START = Date.UTC(2026, 2, 23);
const MAIL_MS = 14 * DAY;
const PLACE = 'Europe/Berlin';
/** The longest message takes so long. */
const LONGEST_MS = 90 * SECOND;

type Hours = { readonly text: string; readonly isOpen: (weekday: number, minute: number) => boolean };

/** Weekdays from 0, Monday; the small hours belong to the night before. */
const HOURS: readonly Hours[] = [
  { text: '22:00-06:00', isOpen: (_, minute) => minute >= 1320 || minute < 360 },
  {
    text: 'Mo-Fr 22:00-06:00',
    isOpen: (day, minute) => (minute >= 1320 && day <= 4) || (minute < 360 && day >= 1 && day <= 5),
  },
  { text: 'Sa-Su', isOpen: (day) => day >= 5 },
  { text: '12:00-12:30', isOpen: (_, minute) => minute >= 720 && minute < 750 },
  { text: '01:30-02:30', isOpen: (_, minute) => minute >= 90 && minute < 150 },
];

const wallClock = new Intl.DateTimeFormat('en-GB', {
  timeZone: PLACE,
  weekday: 'short',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

/** What the clock there shows. */
function shown(at: number): { weekday: number; minute: number; date: string } {
  const parts = Object.fromEntries(wallClock.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    weekday: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(parts.weekday ?? ''),
    minute: Number(parts.hour) * 60 + Number(parts.minute),
    date: `${parts.year}-${parts.month}-${parts.day}`,
  };
}

function isWithin({ isOpen }: Hours, at: number): boolean {
  const { weekday, minute } = shown(at);
  return isOpen(weekday, minute);
}

/** Names the day, week or month, as the calendar there has it. */
function periodOf(at: number, period: 'day' | 'week' | 'month'): string {
  const { date, weekday } = shown(at);
  if (period === 'month') return date.slice(0, 7);
  return period === 'day' ? date : new Date(Date.parse(date) - weekday * DAY).toISOString().slice(0, 10);
}

interface Site {
  readonly name: string;
  readonly hours: Hours | undefined;
  readonly rules: CallRules;
  readonly maxCircuits: number;
}

interface Course {
  readonly sites: readonly Site[];
  readonly prices: TariffPrices;
  readonly cheap: Hours | undefined;
  readonly circuits: number;
  readonly records: CallRecord[];
  /** Wall times, by message. */
  readonly sent: Map<string, { site: string; at: number }>;
  readonly arrived: Map<string, number[]>;
  /** When the last message of each call was acknowledged, by the wall time of its connection and its site. */
  readonly lastReply: Map<string, number>;
  readonly budgets: CallBudgets;
  readonly left: number;
  readonly end: number;
}

/** Numbers, choices: all that is left to chance. */
function chance(seed: number) {
  const random = seeded(seed);
  const whole = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const pick = <Value>(...of: readonly Value[]): Value => of[whole(0, of.length - 1)] as Value;
  return { random, whole, pick };
}

function windowsOf({ text }: Hours) {
  const window = parseTimeWindow(text);
  if (window === undefined) throw new Error(text);
  return window;
}

function siteOf(name: string, { pick, whole }: ReturnType<typeof chance>): Site {
  const hours = pick(undefined, ...HOURS);
  const period = pick('day', 'day', 'week', 'month');
  const perDay = { day: 1, week: 7, month: 30 }[period];
  const limits = pick(
    { minutes: 3 * perDay },
    { cost: 1.2 * perDay },
    { minutes: 4 * perDay, cost: 1.5 * perDay },
  );
  return {
    name,
    hours,
    maxCircuits: pick(1, 1, 2),
    rules: {
      zone: zone(PLACE),
      ...(hours !== undefined && { windows: new TimeWindows([windowsOf(hours)], zone(PLACE)) }),
      minMessages: whole(1, 4),
      maxWaitMs: whole(1, 12) * HOUR,
      ...(pick(true, true, false) && { budget: { ...limits, warn: 0.8, period } }),
    },
  };
}

function peerOf({ name, rules, maxCircuits }: Site, index: number): PeerConfiguration {
  return {
    name,
    nua: String(100 + index),
    calling: [],
    links: ['l'],
    userData: Uint8Array.of(0xc0, 0xf7, 0, 0),
    facilities: [{}],
    timers: DEFAULT_CALL_TIMERS,
    maxCircuits,
    users: [],
    callRules: rules,
  };
}

/** Two weeks of mail for three sites, and as long after that as it takes until all is through. @param busy how often a number is. */
async function run(seed: number, busy: number): Promise<Course> {
  const choices = chance(seed);
  const { random, whole, pick } = choices;
  const cheap = pick(undefined, ...HOURS);
  const prices: TariffPrices = {
    call: pick(0, 0.05),
    minute: pick(0.1, 0.3),
    incrementMs: pick(6, 10, 60, 180) * SECOND,
    segment: pick(0, 0.002),
    windows: cheap === undefined ? [] : [{ at: windowsOf(cheap), factor: 0.5 }],
    zone: zone(PLACE),
  };
  const sites = ['one', 'two', 'three'].map((name) => siteOf(name, choices));
  const circuits = pick(1, 1, 2);

  const clock = new VirtualClock(START);
  const spool = new MemorySpool(clock);
  const records: CallRecord[] = [];
  const sent: Course['sent'] = new Map();
  const arrived: Course['arrived'] = new Map();
  const lastReply: Course['lastReply'] = new Map();
  const problems: string[] = [];

  const ends = memoryCircuits({ clock });
  ends.b.onIncoming((call) => {
    if (random() < busy) call.refuse({ cause: 0x01, diagnostic: 0 });
    else
      answer(call, clock, {
        takes: () => Math.round(2 * SECOND + random() ** 4 * (LONGEST_MS - 2 * SECOND)),
        received: (message, begun) => {
          arrived.set(message, [...(arrived.get(message) ?? []), clock.wallTime()]);
          lastReply.set(`${begun} ${call.called}`, clock.wallTime());
        },
      });
  });

  const links = [{ name: 'l', tariff: prices }] as unknown as LinkConfiguration[];
  const callPrices = new CallPrices(links);
  const peers = sites.map(peerOf);
  const budgets = await CallBudgets.open({
    clock,
    store: spendingInMemory(),
    prices: callPrices,
    observe: (event) => {
      if (event.type === 'problem') problems.push(event.problem);
    },
  });
  budgets.configure(peers);
  const record = callRecorder(clock, (event) => {
    if (event.type === 'call') records.push(event.record);
  });
  const link = {
    name: 'l',
    circuits: ends.a,
    prefixes: {},
    tariff: callPrices.tariffOf('l'),
    isAvailable: () => true,
  };
  const transports = new Map(
    peers.map((peer) => {
      const caller = new PeerCaller({
        peer,
        links: [link],
        clock,
        budgets,
        watchCall: (call) => {
          const priced = { ...call, price: callPrices.priceOf(call) };
          return budgets.watch(priced, record(priced));
        },
      });
      const timeouts = { greetingMs: HOUR, commandMs: HOUR, dataMs: HOUR, endOfDataMs: HOUR };
      const session = { hostname: 'a.example', pipelining: false, timeouts };
      return [`peer:${peer.name}`, new PeerTransport({ caller, session, clock })];
    }),
  );
  const settler = new Settler({
    spool,
    clock,
    reporter: { report: async () => true },
    maxAgeMs: 1000 * DAY,
    delayWarningMs: 0,
    nextAttempt: () => clock.wallTime() + HOUR,
    onSettled: () => {},
    onProblem: (problem) => problems.push(problem),
  });
  const turns = new CallTurns();
  turns.configure(circuits);
  const dispatcher = new Dispatcher({
    hostname: 'a.example',
    spool,
    clock,
    turns,
    settler: () => settler,
    transportFor: (destination) => transports.get(destination),
    nextTry: (_, failures) => clock.wallTime() + MINUTE * 2 ** Math.min(failures, 6),
    onWell: () => {},
    onProblem: (problem) => problems.push(problem),
  });

  const enqueue = async (site: string): Promise<void> => {
    const writer = await spool.receive();
    await writer.write(Buffer.from(`Subject: ${writer.id}\r\n\r\nhello\r\n`));
    sent.set(writer.id, { site, at: clock.wallTime() });
    await writer.commit({
      sender: 'from@a.example',
      recipients: [{ address: `to@${site}.example`, destination: `peer:${site}` }],
      body: '7BIT',
      source: 'test',
      received: clock.wallTime(),
    });
    dispatcher.poke();
  };
  for (const { name } of sites)
    for (let i = whole(30, 100); i > 0; i--) {
      const at = whole(0, MAIL_MS);
      // Mail comes in handfuls, too.
      for (let more = pick(1, 1, 5, 30); more > 0 && i > 0; more--, i--)
        clock.wake(at + more * whole(0, 20) * SECOND, () => void enqueue(name));
    }

  /** Lets time pass until then, or until it is done; what is promised is done before time goes on. */
  const advance = async (until: number, isDone: () => Promise<boolean>): Promise<void> => {
    while (clock.now() < until) {
      for (let i = 0; i < 2; i++) await new Promise<void>((resolve) => setImmediate(resolve));
      if ((await isDone()) || !clock.step()) return;
    }
  };
  await advance(MAIL_MS + DAY, async () => false);
  await advance(150 * DAY, async () => (await spool.totals()).deliveries === 0);
  // Calls that use up what is paid.
  await advance(clock.now() + 5 * MINUTE, async () => false);
  expect(problems).toEqual([]);
  const { deliveries: left } = await spool.totals();
  return {
    sites,
    prices,
    cheap,
    circuits,
    records,
    sent,
    arrived,
    lastReply,
    budgets,
    left,
    end: clock.wallTime(),
  };
}

/** The smallest server there is. Its network is as slow as messages are long: an acknowledgement comes so late. */
function answer(
  call: IncomingCall,
  clock: VirtualClock,
  on: { takes: () => number; received: (message: string, connectedAt: number) => void },
): void {
  const circuit = call.accept();
  let connectedAt = 0;
  let text = '';
  let isData = false;
  const say = (line: string) => circuit?.send({ octets: Buffer.from(`${line}\r\n`), more: false });
  const handle = (line: string): void => {
    if (line.startsWith('DATA')) isData = true;
    say(line.startsWith('DATA') ? '354 go on' : line.startsWith('QUIT') ? '221 bye' : '250 ok');
  };
  circuit?.setListener((event) => {
    if (event.type === 'connected') {
      connectedAt = clock.wallTime();
      say('220 b.example');
    }
    if (event.type !== 'piece') return;
    circuit.consumed(event.piece.octets.length);
    text += Buffer.from(event.piece.octets).toString();
    for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      const [, subject] = /^Subject: (.*)$/.exec(line) ?? [];
      if (!isData) handle(line);
      else if (subject !== undefined) message = subject;
      else if (line === '.') {
        isData = false;
        const received = message;
        clock.wake(clock.now() + on.takes(), () => {
          on.received(received, connectedAt);
          say('250 ok');
        });
      }
    }
  });
  let message = '';
}

/** Charged time and cost of a call, one increment after the other. */
function priceOf({ prices, cheap }: Course, { connected, connectedMs, sent, received }: CallRecord) {
  if (connected === undefined) return { ms: 0, cost: 0 };
  const at = Date.parse(connected);
  const factorAt = (moment: number): number => (cheap !== undefined && isWithin(cheap, moment) ? 0.5 : 1);
  let cost = (prices.call + (sent.segments + received.segments) * prices.segment) * factorAt(at);
  let ms = 0;
  do {
    cost += ((prices.minute * prices.incrementMs) / MINUTE) * factorAt(at + ms);
    ms += prices.incrementMs;
  } while (ms < connectedMs);
  return { ms, cost };
}

const at = (time: string): number => Date.parse(time);
const callsOf = ({ records }: Course, site: string): CallRecord[] =>
  records.filter(({ peer }) => peer === site);

/** No call out of hours; one that was up is over when the message is that was on its way. */
function expectHours(course: Course, { name, hours }: Site): void {
  if (hours === undefined) return;
  for (const { begun, ended } of callsOf(course, name)) {
    expect(isWithin(hours, at(begun)), `${name} called at ${begun}`).toBe(true);
    const lastBegin = at(ended) - LONGEST_MS - SECOND;
    if (lastBegin > at(begun)) expect(isWithin(hours, lastBegin), `${name} until ${ended}`).toBe(true);
  }
}

/** No call beyond the budget, but for the message and the increments that had begun on each circuit. */
function expectBudget(course: Course, { name, rules: { budget }, maxCircuits }: Site): void {
  if (budget === undefined) return;
  const { prices } = course;
  const spent = new Map<string, { ms: number; cost: number }>();
  for (const record of callsOf(course, name)) {
    const key = periodOf(at(record.connected ?? record.begun), budget.period);
    const before = spent.get(key) ?? { ms: 0, cost: 0 };
    const own = priceOf(course, record);
    spent.set(key, { ms: before.ms + own.ms, cost: before.cost + own.cost });
  }
  const overMs = maxCircuits * (LONGEST_MS + 2 * prices.incrementMs);
  const overCost = (overMs / MINUTE) * prices.minute + maxCircuits * (prices.call + 20 * prices.segment);
  const { minutes = Number.POSITIVE_INFINITY, cost: most = Number.POSITIVE_INFINITY } = budget;
  for (const [period, { ms, cost }] of spent) {
    expect(ms, period).toBeLessThanOrEqual(minutes * MINUTE + overMs);
    expect(cost, period).toBeLessThanOrEqual(most + overCost);
  }
  const told = course.budgets.list().find(({ peer }) => peer === name);
  const now = spent.get(periodOf(course.end, budget.period)) ?? { ms: 0, cost: 0 };
  expect(told?.minutes).toBeCloseTo(now.ms / MINUTE, 6);
  expect(told?.cost).toBeCloseTo(now.cost, 5);
}

/** No call for less than it is worth. */
function expectWorth(course: Course, { name, rules }: Site): void {
  const calls = callsOf(course, name);
  for (const { begun } of calls) {
    const now = at(begun);
    const waiting = [...course.sent].filter(
      ([message, mail]) =>
        mail.site === name && mail.at <= now && Number(course.arrived.get(message)?.[0]) > now,
    );
    const oldest = Math.min(...waiting.map(([, mail]) => mail.at));
    const isUp = calls.some((other) => at(other.begun) < now && at(other.ended) >= now);
    const isWorth = waiting.length >= rules.minMessages || oldest + rules.maxWaitMs <= now || isUp;
    expect(isWorth, `${name} called at ${begun} for ${waiting.length}`).toBe(true);
  }
}

/** What a call cost is what its increments cost, and none was begun for nothing. */
function expectCost(course: Course, record: CallRecord): void {
  expect(record.cost).toBeCloseTo(priceOf(course, record).cost, 5);
  const { sites, prices, records } = course;
  const { connected, connectedMs, peer } = record;
  const called = String(100 + sites.findIndex(({ name }) => name === peer));
  const last = course.lastReply.get(`${at(connected ?? '')} ${called}`);
  const twins = records.filter((other) => other.connected === connected && other.peer === peer);
  if (connected === undefined || last === undefined || twins.length > 1) return;
  const increments = (ms: number): number => Math.max(1, Math.ceil(ms / prices.incrementMs));
  expect(increments(connectedMs)).toBe(increments(last - at(connected)));
}

/** How many there were at the same time. */
function most(calls: readonly CallRecord[]): number {
  const during = (moment: number): number =>
    calls.filter(({ begun, ended }) => at(begun) <= moment && at(ended) > moment).length;
  return Math.max(0, ...calls.map(({ begun }) => during(at(begun))));
}

/** How often a number is busy. */
describe.each([
  { busy: 0, seeds: [3, 5] },
  { busy: 0.3, seeds: [6] },
])('three sites, $busy of all calls in vain', ({ busy, seeds }) => {
  test.each(seeds)(
    'seed %i',
    async (seed) => {
      const course = await run(seed, busy);
      const { sites, records, sent, arrived } = course;
      expect(records.length).toBeGreaterThan(3);
      // Everything arrived that was sent, once, and nothing waits.
      expect(course.left).toBe(0);
      expect([...arrived.keys()].sort()).toEqual([...sent.keys()].sort());
      expect([...arrived.values()].every((times) => times.length === 1)).toBe(true);
      for (const site of sites) {
        expectHours(course, site);
        expectBudget(course, site);
        if (busy === 0) expectWorth(course, site);
        expect(most(callsOf(course, site.name))).toBeLessThanOrEqual(site.maxCircuits);
      }
      expect(most(records)).toBeLessThanOrEqual(course.circuits);
      for (const record of records) expectCost(course, record);
    },
    60_000,
  );
});
