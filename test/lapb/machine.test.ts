import { describe, expect, test } from 'vitest';
import { LapbLink, type LinkState } from '../../src/lapb/index.js';
import { hex } from '../support/hex.js';
import { lapbParameters, readFrame, TestUser } from '../support/link-pair.js';

/** A DTE without a line: what it sends is looked at, what it receives is made up. */
class Bench {
  readonly user = new TestUser();
  readonly link: LapbLink;
  now = 0;

  constructor(active = true) {
    this.link = new LapbLink(lapbParameters('dte', { active, n2: 2 }), this.user);
  }

  receive(...frames: string[]): this {
    for (const frame of frames) this.link.receive(hex(frame), this.now);
    return this;
  }

  /** Lets the next timer run out. */
  expire(): this {
    this.now = this.link.nextDeadline() ?? this.now;
    this.link.handleTimeout(this.now);
    return this;
  }

  /** All that the link wants to send now. */
  drain(): string[] {
    const frames: string[] = [];
    for (let octets = this.link.transmit(this.now); octets; octets = this.link.transmit(this.now))
      frames.push(readFrame(octets, 'dce'));
    return frames;
  }

  sent(): this {
    this.drain();
    return this;
  }

  start(): this {
    this.link.start(this.now);
    return this.sent();
  }

  send(text: string): this {
    this.user.enqueue(text);
    return this.sent();
  }

  stop(): this {
    this.link.stop(this.now);
    return this.sent();
  }
}

/** How each state is entered. */
const ENTER: Record<LinkState, () => Bench> = {
  off: () => new Bench(),
  L0: () => new Bench(false).start(),
  L1: () => new Bench().start(),
  L1c: () => ENTER.L1().receive('03 3F').sent(),
  L2: () => ENTER.L3().stop(),
  L3: () => ENTER.L1().receive('01 73').sent(),
  L4: () => ENTER.L3().receive('03 03').sent(),
  L5: () => ENTER.L3().send('lost').expire().sent(),
};

/** Octets from the DCE, or something else that happens. */
const EVENTS: Record<string, (bench: Bench) => void> = {
  'SABM P': (b) => b.receive('03 3F'),
  SABM: (b) => b.receive('03 2F'),
  'SABME P': (b) => b.receive('03 7F'),
  SABME: (b) => b.receive('03 6F'),
  'DISC P': (b) => b.receive('03 53'),
  DISC: (b) => b.receive('03 43'),
  'UA F': (b) => b.receive('01 73'),
  UA: (b) => b.receive('01 63'),
  'DM F': (b) => b.receive('01 1F'),
  DM: (b) => b.receive('01 0F'),
  'FRMR F': (b) => b.receive('01 97 00 00 01'),
  FRMR: (b) => b.receive('01 87 00 00 01'),
  'I P': (b) => b.receive('03 10 41'),
  I: (b) => b.receive('03 00 41'),
  'RR P': (b) => b.receive('03 11'),
  'RNR P': (b) => b.receive('03 15'),
  'REJ P': (b) => b.receive('03 19'),
  'RR cmd': (b) => b.receive('03 01'),
  'RR rsp': (b) => b.receive('01 01'),
  'RR F': (b) => b.receive('01 11'),
  UI: (b) => b.receive('03 03'),
  'XID P': (b) => b.receive('03 BF'),
  'RR P + info': (b) => b.receive('03 11 00'),
  'I, address B': (b) => b.receive('01 00 41'),
  'SABM, address C': (b) => b.receive('0F 3F'),
  start: (b) => b.link.start(b.now),
  stop: (b) => b.link.stop(b.now),
  physicalDown: (b) => b.link.physicalDown(b.now),
  T1: (b) => b.expire(),
  'T1, N2 tries': (b) => b.expire().sent().expire(),
};

/**
 * ISO 7776 and X.25 §2.4.4 to §2.4.7, event by state: what is sent, `>` the state entered, and in capitals what the
 * packet layer is told (A is a packet). An empty cell: nothing happens.
 */
const TABLE = `
                | off       | L0          | L1         | L1c        | L2        | L3               | L5               | L4
SABM P          | DM F      | UA F >L3 UP | UA F >L1c  | UA F       | DM F >off | UA F RESET       | UA F >L3 RESET   | UA F >L3 RESET
SABM            | DM        | UA >L3 UP   | UA >L1c    | UA         | DM >off   | UA RESET         | UA >L3 RESET     | UA >L3 RESET
SABME P         | DM F      | DM F        | DM F       | DM F       | DM F      | DM F             | DM F             | DM F
SABME           | DM        | DM          | DM         | DM         | DM        | DM               | DM               | DM
DISC P          | DM F      | DM F        | DM F >L0   | DM F >L0   | UA F      | UA F >L0 DOWN    | UA F >L0 DOWN    | UA F >L0 DOWN
DISC            | DM        | DM          | DM >L0     | DM >L0     | UA        | UA >L0 DOWN      | UA >L0 DOWN      | UA >L0 DOWN
UA F            |           |             | >L3 UP     | >L3 UP     | >off      |                  |                  |
UA              |           |             |            |            |           |                  |                  |
DM F            |           |             | >L0        | >L0        | >off      | >L0 DOWN         | >L0 DOWN         | SABM P >L1 RESET
DM              |           | SABM P >L1  |            |            |           | >L0 DOWN         | >L0 DOWN         | SABM P >L1 RESET
FRMR F          |           |             |            |            |           | SABM P >L1 RESET | SABM P >L1 RESET | SABM P >L1 RESET
FRMR            |           |             |            |            |           | SABM P >L1 RESET | SABM P >L1 RESET | SABM P >L1 RESET
I P             | DM F      | DM F        |            |            | DM F      | RR nr=1 F A      | RR nr=1 F A      | FRMR F 03 vr=0 vs=0 W
I               |           |             |            |            |           | A                | A                |
RR P            | DM F      | DM F        |            |            | DM F      | RR nr=0 F        | RR nr=0 F        | FRMR F 03 vr=0 vs=0 W
RNR P           | DM F      | DM F        |            |            | DM F      | RR nr=0 F        | RR nr=0 F        | FRMR F 03 vr=0 vs=0 W
REJ P           | DM F      | DM F        |            |            | DM F      | RR nr=0 F        | RR nr=0 F        | FRMR F 03 vr=0 vs=0 W
RR cmd          |           |             |            |            |           |                  |                  |
RR rsp          |           |             |            |            |           |                  |                  |
RR F            |           |             |            |            |           |                  | I ns=0 nr=0 >L3  |
UI              |           |             |            |            |           | FRMR 03 vr=0 vs=0 W >L4 | FRMR 03 vr=0 vs=1 W >L4 |
XID P           |           |             |            |            |           | FRMR F bf vr=0 vs=0 W >L4 | FRMR F bf vr=0 vs=1 W >L4 |
RR P + info     |           |             |            |            |           | FRMR F 11 vr=0 vs=0 WX >L4 | FRMR F 11 vr=0 vs=1 WX >L4 |
I, address B    |           |             |            |            |           |                  |                  |
SABM, address C |           |             |            |            |           |                  |                  |
start           | SABM P >L1 |            |            |            | SABM P >L1 |                 |                  |
stop            |           | >off        | DISC P >L2 | DISC P >L2 |           | DISC P >L2 DOWN  | DISC P >L2 DOWN  | DISC P >L2 DOWN
physicalDown    |           | >off        | >off       | >off       | >off      | >off DOWN        | >off DOWN        | >off DOWN
T1              | -         | -           | SABM P     | >L3 UP     | DISC P    | -                | RR nr=0 P        | FRMR 03 vr=0 vs=0 W
T1, N2 tries    | -         | -           | >L0        | -          | >off      | -                | SABM P >L1 RESET | SABM P >L1 RESET
`;

const TOLD: Record<string, string> = { linkUp: 'UP', linkReset: 'RESET', linkDown: 'DOWN' };

interface Cell {
  readonly event: string;
  readonly state: LinkState;
  readonly expected: string;
}

function readTable(): Cell[] {
  const [header, ...rows] = TABLE.trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const states = (header ?? []).slice(-8) as LinkState[];
  return rows.flatMap(([event = '', ...cells]) =>
    states.map((state, i) => ({ event, state, expected: cells[i] ?? 'missing' })),
  );
}

function happens({ event, state }: Cell): { bench: Bench; observed: string } {
  const bench = ENTER[state]();
  expect(bench.link.state).toBe(state);
  bench.user.events.length = 0;
  EVENTS[event]?.(bench);
  const sent = bench.drain();
  const next = bench.link.state === state ? [] : [`>${bench.link.state}`];
  const told = bench.user.events.map((what) => TOLD[what.replace(/:.*/, '')] ?? what);
  return { bench, observed: [...sent, ...next, ...told].join(' ') };
}

const cells = readTable().filter(({ expected }) => expected !== '-'); // cannot happen there

test('the table has a row for every event', () => {
  expect(new Set(cells.map(({ event }) => event))).toEqual(new Set(Object.keys(EVENTS)));
  expect(cells).toHaveLength(Object.keys(EVENTS).length * 8 - 7);
});

test.each(cells)('$event in $state: $expected', (cell) => {
  const { bench, observed } = happens(cell);
  expect(observed).toBe(cell.expected);

  // A state that waits for something has a timer, and an end that wants nothing has none.
  const { state } = bench.link;
  if (state !== 'L3') expect(bench.link.nextDeadline() !== undefined).toBe(state !== 'off');
});

test("a SABM that the line has not taken goes before the answer to the peer's", () => {
  const bench = new Bench();
  bench.link.start(0);
  expect(bench.receive('03 3F').drain()).toEqual(['SABM P', 'UA F']);
  expect(bench.receive('01 73').link.state).toBe('L3');
});

describe('the pause in L0', () => {
  test.each([
    ['a DTE that sets up by itself, after DM: T1/2', () => ENTER.L1().receive('01 1F'), 1500],
    ['a DTE that sets up by itself, after DISC: T1/2', () => ENTER.L3().receive('03 53'), 1500],
    ['after N2 tries: N2 times T1', () => ENTER.L1().expire().sent().expire(), 6000],
    ['a passive end: N2 times T1', () => ENTER.L0(), 6000],
  ])('%s', (_why, enter, pauseMs) => {
    const bench = enter().sent();
    expect(bench.link.nextDeadline()).toBe(bench.now + pauseMs);
    expect(bench.expire().drain()).toEqual(['SABM P']);
    expect(bench.link.state).toBe('L1');
  });
});

test('a passive end asks for the link once', () => {
  const bench = new Bench(false);
  bench.link.start(0);
  expect(bench.drain()).toEqual(['DM']);
  expect(bench.link.state).toBe('L0');
});

test.each([
  ['Y', `03 00${' 00'.repeat(260)}`, 'FRMR 00 vr=0 vs=0 Y'],
  ['Y', `03 10${' 00'.repeat(260)}`, 'FRMR F 10 vr=0 vs=0 Y'],
  ['Z', '03 20 41', 'FRMR 20 vr=0 vs=0 Z'],
  ['Z', '03 31', 'FRMR F 31 vr=0 vs=0 Z'],
  ['Z', '01 E5', 'FRMR e5 vr=0 vs=0 Z'],
  ['W', '01 0D', 'FRMR 0d vr=0 vs=0 W'],
])('condition %s in L3', (_condition, octets, frmr) => {
  const bench = ENTER.L3().receive(octets);
  expect(bench.drain()).toEqual([frmr]);
  expect(bench.link.state).toBe('L4');
});

test('FRMR says whether it rejects a response, and where both variables stand', () => {
  const bench = ENTER.L3().send('1').receive('03 20 41').send('2').receive('01 E1'); // I 0 1, then RR 7 as a response
  expect(bench.link.transmit(bench.now)).toEqual(hex('03 87 E1 34 08'));
});

test('FRMR answers a poll in L4 without putting T1 off', () => {
  const bench = ENTER.L4();
  const deadline = bench.link.nextDeadline();
  bench.now += 1000;
  expect(bench.receive('03 11').drain()).toEqual(['FRMR F 03 vr=0 vs=0 W']);
  expect(bench.link.nextDeadline()).toBe(deadline);
});

test('a FRMR not sent yet is not sent after the link has begun anew', () => {
  const bench = ENTER.L3().receive('03 03', '01 87 00 00 01');
  expect(bench.drain()).toEqual(['SABM P']);
});

test('a lost line leaves nothing to send', () => {
  const bench = ENTER.L3().receive('03 53');
  bench.link.physicalDown(0);
  expect(bench.drain()).toEqual([]);
});
