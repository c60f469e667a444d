import { describe, expect, test } from 'vitest';
import { LapbLink, type LinkState, type Modulo } from '../../src/lapb/index.js';
import { hex } from '../support/hex.js';
import { lapbParameters, readFrame, TestUser } from '../support/link-pair.js';

/** A DTE without a line: what it sends is looked at, what it receives is made up. */
class Bench {
  readonly user = new TestUser();
  readonly link: LapbLink;
  readonly #modulo: Modulo;
  now = 0;

  constructor(modulo: Modulo, active = true) {
    this.#modulo = modulo;
    this.link = new LapbLink(lapbParameters('dte', { modulo, active, n2: 2 }), this.user);
  }

  /** @param frames in the octets of modulo 8. */
  receive(...frames: string[]): this {
    for (const frame of frames) this.link.receive(inModulo(this.#modulo, hex(frame)), this.now);
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
      frames.push(readFrame(octets, 'dce', this.#modulo));
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

  busy(isBusy: boolean): this {
    this.link.setBusy(isBusy, this.now);
    return this;
  }

  stop(): this {
    this.link.stop(this.now);
    return this.sent();
  }
}

/** A frame of modulo 8 as modulo 128 has it, with the same numbers; SABM and SABME change places. */
function inModulo(modulo: Modulo, frame: Uint8Array): Uint8Array {
  const [address = 0, control = 0, ...information] = frame;
  if (modulo === 8) return frame;
  if ((control & 0b11) === 0b11)
    return Uint8Array.of(address, isSetMode(control) ? control ^ 0x40 : control, ...information);
  const second = ((control >> 5) << 1) | ((control >> 4) & 1);
  return Uint8Array.of(address, control & 0x0f, second, ...information);
}

function isSetMode(control: number): boolean {
  return (control & 0xaf) === 0x2f;
}

/** What a link of modulo 8 sends, as one of modulo 128 sends it. */
function textInModulo(modulo: Modulo, text: string): string {
  if (modulo === 8) return text;
  return text.replaceAll('SABM ', 'SABME ').replace(/(?<=FRMR (?:F )?)[0-9a-f]{2}(?= )/, (control) => {
    const [, first = 0, second = 0] = inModulo(128, Uint8Array.of(0, Number.parseInt(control, 16)));
    return ((first << 8) | second).toString(16).padStart(4, '0');
  });
}

/** How each state is entered. */
const ENTER: Record<LinkState, (modulo: Modulo) => Bench> = {
  off: (modulo) => new Bench(modulo),
  L0: (modulo) => new Bench(modulo, false).start(),
  L1: (modulo) => new Bench(modulo).start(),
  L1c: (modulo) => ENTER.L1(modulo).receive('03 3F').sent(),
  L2: (modulo) => ENTER.L3(modulo).stop(),
  L3: (modulo) => ENTER.L1(modulo).receive('01 73').sent(),
  L4: (modulo) => ENTER.L3(modulo).receive('03 03').sent(),
  L5: (modulo) => ENTER.L3(modulo).send('lost').expire().sent(),
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
  busy: (b) => b.busy(true),
  'no longer busy': (b) => b.busy(true).sent().busy(false),
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
busy            |           |             |            |            |           | RNR nr=0         | RNR nr=0         |
no longer busy  |           |             |            |            |           | RR nr=0 P >L5    | RR nr=0          |
T1              | -         | -           | SABM P     | >L3 UP     | DISC P    | -                | RR nr=0 P        | FRMR 03 vr=0 vs=0 W
T1, N2 tries    | -         | -           | >L0        | -          | >off      | -                | SABM P >L1 RESET | SABM P >L1 RESET
`;

const TOLD: Record<string, string> = { linkUp: 'UP', linkReset: 'RESET', linkDown: 'DOWN' };

interface Cell {
  readonly event: string;
  readonly state: LinkState;
  /** In modulo 8. */
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

function happens({ event, state }: Cell, modulo: Modulo): { bench: Bench; observed: string } {
  const bench = ENTER[state](modulo);
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

describe.each<Modulo>([8, 128])('modulo %d', (modulo) => {
  test.each(cells)('$event in $state: $expected', (cell) => {
    const { bench, observed } = happens(cell, modulo);
    expect(observed).toBe(textInModulo(modulo, cell.expected));

    // A state that waits for something has a timer, and an end that wants nothing has none.
    const { state } = bench.link;
    if (state !== 'L3') expect(bench.link.nextDeadline() !== undefined).toBe(state !== 'off');
  });
});

test("a SABM that the line has not taken goes before the answer to the peer's", () => {
  const bench = new Bench(8);
  bench.link.start(0);
  expect(bench.receive('03 3F').drain()).toEqual(['SABM P', 'UA F']);
  expect(bench.receive('01 73').link.state).toBe('L3');
});

describe('the pause in L0', () => {
  test.each([
    ['a DTE that sets up by itself, after DM: T1/2', () => ENTER.L1(8).receive('01 1F'), 1500],
    ['a DTE that sets up by itself, after DISC: T1/2', () => ENTER.L3(8).receive('03 53'), 1500],
    ['after N2 tries: T1', () => ENTER.L1(8).expire().sent().expire(), 3000],
    ['a passive end: N2 times T1', () => ENTER.L0(8), 6000],
  ])('%s', (_why, enter, pauseMs) => {
    const bench = enter().sent();
    expect(bench.link.nextDeadline()).toBe(bench.now + pauseMs);
    expect(bench.expire().drain()).toEqual(['SABM P']);
    expect(bench.link.state).toBe('L1');
  });
});

test('a passive end asks for the link once', () => {
  const bench = new Bench(8, false);
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
  const bench = ENTER.L3(8).receive(octets);
  expect(bench.drain()).toEqual([frmr]);
  expect(bench.link.state).toBe('L4');
});

test('FRMR says whether it rejects a response, and where both variables stand', () => {
  const bench = ENTER.L3(8).send('1').receive('03 20 41').send('2').receive('01 E1'); // I 0 1, then RR 7 as a response
  expect(bench.link.transmit(bench.now)).toEqual(hex('03 87 E1 34 08'));
});

test('FRMR of modulo 128 has two octets for the control field and for the variables', () => {
  const link = ENTER.L3(128).send('1').receive('03 20 41').send('2').receive('01 E1').link; // I 0 1, then RR 7 as a response
  expect(link.transmit(0)).toEqual(hex('03 87 01 0E 04 03 08'));
});

test('a control field cut short is dropped in modulo 128', () => {
  const { link } = ENTER.L3(128);
  link.receive(hex('03 10'), 0);
  link.receive(hex('03'), 0);
  expect(link.counters.get('notForUs')).toBe(2);
  expect(link.transmit(0)).toBeUndefined();
});

test('SABM and SABME are counted apart: the ends are configured differently', () => {
  for (const modulo of [8, 128] as const) {
    const { link } = ENTER.L0(modulo).receive('03 7F', '03 6F');
    expect(link.counters.snapshot()).toMatchObject({ otherModuloReceived: 2 });
    expect(link.counters.get('sabmReceived')).toBe(0);
  }
});

test('FRMR answers a poll in L4 without putting T1 off', () => {
  const bench = ENTER.L4(8);
  const deadline = bench.link.nextDeadline();
  bench.now += 1000;
  expect(bench.receive('03 11').drain()).toEqual(['FRMR F 03 vr=0 vs=0 W']);
  expect(bench.link.nextDeadline()).toBe(deadline);
});

test('a FRMR not sent yet is not sent after the link has begun anew', () => {
  const bench = ENTER.L3(8).receive('03 03', '01 87 00 00 01');
  expect(bench.drain()).toEqual(['SABM P']);
});

test('a lost line leaves nothing to send', () => {
  const bench = ENTER.L3(8).receive('03 53');
  bench.link.physicalDown(0);
  expect(bench.drain()).toEqual([]);
});

test('a frame that was missed right before we were busy is asked for afterwards', () => {
  const bench = ENTER.L3(8).receive('03 02 41').busy(true); // I 1 0, and no REJ sent yet
  expect(bench.drain()).toEqual(['RNR nr=0']);
  expect(bench.busy(false).drain()).toEqual(['REJ nr=0 P']);
});
