import { beforeEach, describe, expect, test } from 'vitest';
import { type LinkStack, memoryCircuits } from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { memoryLine } from '../../src/line/index.js';
import { EmulatedPad, type PadProfile, type PadTerminal, SimulatedNetwork } from '../../src/psdn/index.js';
import { CallWatch, RecordedEnd, type Recorder } from '../circuit/recorder.js';
import { hex } from '../support/hex.js';

const PAD = '23421000001';
const HOST = '26245300040';
const PAD_CUD = hex('01 00 00 00');

let clock: VirtualClock;
let terminal: PadTerminal;
let host: RecordedEnd;
let screen: string;
/** How often the terminal was told that it may go on. */
let releases: number;

function begin(profile: PadProfile = '91', setUp = 'SET 6:1'): void {
  clock = new VirtualClock();
  const network = new SimulatedNetwork({ clock });
  terminal = network.attachPad({ nua: PAD, bitsPerSecond: 9600, profile });
  screen = '';
  releases = 0;
  void terminal.open({
    received: (octets) => {
      screen += Buffer.from(octets).toString('latin1');
    },
    writable: () => {
      releases++;
    },
    lost: () => {},
  });
  const stack: LinkStack = network.subscribe({ nua: HOST });
  host = new RecordedEnd(stack, new CallWatch());
  host.listen();
  clock.runFor(1_000);
  type(`${setUp}\r`);
}

/** @returns what is seen on the screen of it. */
function type(text: string): string {
  screen = '';
  terminal.write(Buffer.from(text, 'latin1'));
  clock.runFor(5_000);
  return screen;
}

function see(what: () => void): string {
  screen = '';
  what();
  clock.runFor(5_000);
  return screen;
}

/** A call that the terminal places. */
function connect(): Recorder {
  expect(type(`${HOST}\r`)).toBe('\r\nCOM\r\n');
  const called = host.accepted.at(-1);
  if (called === undefined) throw new Error('the call did not arrive');
  return called;
}

const text = (recorder: Recorder): string => Buffer.from(recorder.octets).toString('latin1');
const say = (recorder: Recorder, what: string): void =>
  void recorder.send({ octets: Buffer.from(what, 'latin1') });

beforeEach(() => begin());

describe('commands', () => {
  test.each([
    ['STAT\r', '\r\nFREE\r\n'],
    ['STAT+', '\r\nFREE\r\n'],
    ['STAX\x7fT\r', '\r\nFREE\r\n'],
    ['nonsense\x18STAT\r', '\r\nFREE\r\n'],
    ['CLR\r', '\r\nCLR ERR\r\n'],
    ['INT\r', '\r\nERR\r\n'],
    ['RESET\r', '\r\nERR\r\n'],
    ['\r', '\r\n'],
    ['what?\r', '\r\nERR\r\n'],
    [`${'x'.repeat(200)}\r`, '\r\nERR\r\n'],
    ['PAR? 1,6,99\r', '\r\nPAR 1:0,6:1,99:INV\r\n'],
    ['SET 2:0\r', '\r\n'],
    ['SET 2:7,3:0,99:1\r', '\r\nPAR 2:INV,99:INV\r\n'],
    ['SET 11:5\r', '\r\nPAR 11:INV\r\n'],
    ['SET? 1:64,2:7\r', '\r\nPAR 1:64,2:0\r\n'],
    ['PROF 90\r', '\r\n'],
    ['PROF 17\r', '\r\nERR\r\n'],
  ])('%j is answered %j', (typed, seen) => {
    expect(type(typed)).toBe(seen);
  });

  test('all parameters in their order', () => {
    expect(type('PAR?\r')).toContain(
      'PAR 1:0,2:0,3:0,4:20,5:0,6:1,7:2,8:0,9:0,10:0,11:14,12:0,13:0,14:0,15:0,16:127,17:24,18:18,19:1,20:0,21:0,22:0\r\n',
    );
  });

  test('echo, as the simple profile has it', () => {
    begin('90');
    expect(type('STAT\r')).toBe('STAT\r\r\nFREE\r\n');
  });

  test('a prompt', () => {
    begin('91', 'SET 6:5');
    expect(type('STAT\r')).toBe('\r\nFREE\r\n\r\n*');
    type(`${HOST}\r`);
    const [called] = host.accepted;
    expect(see(() => called?.clear({ cause: 0, diagnostic: 0 }))).toBe('\r\nCLR DTE C:0 D:0\r\n\r\n*');
  });

  test('without service signals there is nothing to see', () => {
    type('SET 6:0\r');
    expect(type('STAT\r')).toBe('');
  });
});

describe('calls', () => {
  test('a selection with everything', () => {
    expect(type(`R,G12-${HOST}Dmail\r`)).toBe('\r\nCOM\r\n');
    const [incoming] = host.incoming;
    expect(incoming).toMatchObject({ called: HOST, calling: PAD });
    expect(incoming?.userData).toEqual(hex('01 00 00 00 6d 61 69 6c'));
    expect(incoming?.facilities).toMatchObject({ reverseCharging: true, closedUserGroup: '12' });
  });

  test('to nowhere', () => {
    expect(type('99999\r')).toBe('\r\nCLR NP C:13 D:67\r\n');
    expect(type('STAT\r')).toBe('\r\nFREE\r\n');
  });

  test.each([
    [0x00, 'DTE'],
    [0x80, 'DTE'],
  ])('cleared by the other end with cause %i', (cause, letters) => {
    const called = connect();
    expect(see(() => called.clear({ cause, diagnostic: 5 }))).toBe(`\r\nCLR ${letters} C:${cause} D:5\r\n`);
  });

  test('a call that is not answered can be taken back', () => {
    host.policy = () => {};
    type(`${HOST}\r`);
    expect(type('STAT\r')).toBe('\r\nENGAGED\r\n');
    expect(type(`${HOST}\r`)).toBe('\r\nERR\r\n');
    expect(type('CLR\r')).toBe('\r\nCLR CONF\r\n');
    expect(host.withdrawn).toHaveLength(1);
  });

  test('a call from the network is announced', () => {
    const seen = see(() => host.place({ called: PAD, userData: PAD_CUD }));
    expect(seen).toBe(`\r\n${HOST} COM\r\n`);
  });

  test('a second call finds the number busy, a call that is not for PADs the wrong place', () => {
    const wrong = host.place({ called: PAD, userData: hex('c0 f7 00 00') });
    clock.runFor(5_000);
    connect();
    const second = host.place({ called: PAD, userData: PAD_CUD });
    clock.runFor(5_000);
    expect(wrong.ending).toMatchObject({ cause: 0x21 });
    expect(second.ending).toMatchObject({ cause: 0x01 });
  });

  test('DTR ends a call, and parameters are as they were at first', () => {
    const called = connect();
    expect(see(() => terminal.hangUp())).toBe('');
    expect(called.ending).toMatchObject({ by: 'peer', cause: 0 });
    expect(type('PAR? 6\r')).toBe(''); // profile 91: no service signals
  });

  test('what was sent before a clear is seen before it', () => {
    const called = connect();
    const seen = see(() => {
      say(called, 'the end');
      clock.runFor(500);
      called.clear({ cause: 0, diagnostic: 0 });
    });
    expect(seen).toBe('the end\r\nCLR DTE C:0 D:0\r\n');
  });
});

describe('data from the terminal', () => {
  /** The packets that come of what is typed. */
  function packets(parameters: string, typed: string): string[] {
    type(`SET ${parameters}\r`);
    const called = connect();
    type(typed);
    return called.pieces.map(({ octets }) => Buffer.from(octets).toString('latin1'));
  }

  test.each([
    ['3:0,4:0', 'abc\r', []],
    ['3:0,4:2', 'abc\r', ['abc\r']],
    ['3:2,4:0', 'abc\rdef\rg', ['abc\r', 'def\r']],
    ['3:1,4:0', '..a.', ['..a']],
    ['3:32,4:0', 'a\nb\tc', ['a\n', 'b\t']],
    ['3:16,4:0', 'a\x03b\x04c', ['a\x03', 'b\x04']],
    ['3:8,4:0', 'a\x7fb\x18c', ['a\x7f', 'b\x18']],
    ['3:4,4:0', 'a\x1bb\x06c', ['a\x1b', 'b\x06']],
    ['3:64,4:0', 'a\x01b\rc\x02', ['a\x01', 'b\rc\x02']],
    ['3:0,4:0', 'x'.repeat(300), ['x'.repeat(128), 'x'.repeat(128)]],
    ['3:2,4:0,13:2', 'a\r', ['a\r\n']],
    ['3:2,4:0,15:1', 'ab\x7fc\r', ['ac\r']],
    ['3:2,4:0,15:1', 'ab\x18c\r', ['c\r']],
    ['3:0,4:2,15:1', 'abc', []],
    ['3:2,4:0', 'a\x7fb\x18\x11\x13\x10\r', ['a\x7fb\x18\x11\x13\x10\r']],
    ['3:2,4:0,12:1', 'a\x13\x11b\r', ['ab\r']],
  ])('with %s, %j', (parameters, typed, expected) => {
    expect(packets(parameters, typed)).toEqual(expected);
  });

  test('echo, with a line feed where it is asked for', () => {
    type('SET 2:1,13:4\r');
    type(`${HOST}\r`);
    expect(type('ab\r')).toBe('ab\r\n');
  });
});

describe('data to the terminal', () => {
  test('as it comes', () => {
    const called = connect();
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('latin1');
    expect(see(() => say(called, all))).toBe(all);
  });

  test('with line feeds', () => {
    type('SET 13:1\r');
    const called = connect();
    expect(see(() => say(called, 'a\rb\r'))).toBe('a\r\nb\r\n');
  });

  test('not while the terminal says XOFF', () => {
    type('SET 12:1\r');
    const called = connect();
    type('\x13');
    expect(see(() => say(called, 'later'))).toBe('');
    expect(type('\x11')).toBe('later');
  });

  test('not while the terminal has RTS off, and the other end notices', () => {
    const called = connect();
    terminal.pause(true);
    expect(see(() => say(called, 'x'.repeat(2000)))).toBe('');
    expect(called.delivered).toBeLessThan(2000);
    expect(see(() => terminal.pause(false))).toHaveLength(2000);
    expect(called.delivered).toBe(2000);
  });

  test('nothing of X.29', () => {
    const called = connect();
    expect(see(() => called.send({ octets: hex('04'), qualified: true }))).toBe('');
    expect(called.delivered).toBe(1);
  });
});

describe('the attention of the PAD', () => {
  test('by DLE: one command, then data again', () => {
    type('SET 1:1\r');
    const called = connect();
    expect(type('a\x10STAT\rb')).toBe('\r\nENGAGED\r\n');
    expect(text(called)).toBe('ab');
  });

  test('by DLE twice: it is data', () => {
    type('SET 1:1\r');
    const called = connect();
    type('a\x10\x10b');
    expect(text(called)).toBe('a\x10b');
  });

  test('by another character', () => {
    type('SET 1:64\r');
    connect();
    expect(type('@CLR\r')).toBe('\r\nCLR CONF\r\n');
  });

  test('data waits meanwhile', () => {
    type('SET 1:1,6:5\r');
    const called = connect();
    expect(type('\x10')).toBe('\r\n*');
    expect(see(() => say(called, 'news'))).toBe('');
    expect(type('STAT\r')).toBe('\r\nENGAGED\r\nnews');
  });

  test.each([
    [8, 1, 'command'],
    [0, 0, 'nothing'],
  ])('by a break, parameter 7 at %i', (value, clears) => {
    type(`SET 7:${value}\r`);
    const called = connect();
    terminal.sendBreak();
    type('CLR\r');
    expect(called.count('cleared')).toBe(clears);
    expect(text(called)).toBe(clears === 1 ? '' : 'CLR\r');
  });

  test('a break as an interrupt, and as a reset', () => {
    type('SET 7:1\r');
    const called = connect();
    see(() => terminal.sendBreak());
    expect(called.only('interrupt').octets).toHaveLength(1);
    terminal.hangUp();

    begin('91', 'SET 6:1,7:2');
    const again = connect();
    see(() => terminal.sendBreak());
    expect(again.only('reset')).toMatchObject({ by: 'peer' });
  });

  test('INT and RESET', () => {
    type('SET 1:1\r');
    const called = connect();
    expect(type('\x10INT\r')).toBe('\r\n');
    expect(type('\x10RESET\r')).toBe('\r\n');
    expect(called.types).toContain('interrupt');
    expect(called.types).toContain('reset');
  });

  test('a reset by the other end is said', () => {
    const called = connect();
    expect(see(() => called.reset(0, 5))).toBe('\r\nRESET DTE\r\n');
  });
});

describe('flow control of the terminal', () => {
  const PACKETS = 100;

  /** More than the windows and queues on the way take. */
  function fill(): void {
    for (let i = 0; i < PACKETS; i++) {
      terminal.write(new Uint8Array(128));
      clock.runFor(200);
    }
  }

  test('by CTS while the other end takes nothing', () => {
    const called = connect();
    called.consumes = false;
    fill();
    releases = 0;
    terminal.write(new Uint8Array(1));
    clock.runFor(5_000);
    expect(releases).toBe(0);
    called.consumes = true;
    called.consumed(called.octets.length);
    clock.runFor(60_000);
    expect(releases).toBe(1);
    expect(called.octets).toHaveLength(PACKETS * 128 + 1);
  });

  test('by XOFF and XON, if it is asked for', () => {
    type('SET 5:1\r');
    const called = connect();
    called.consumes = false;
    expect(see(fill).at(-1)).toBe('\x13');
    called.consumes = true;
    expect(see(() => called.consumed(called.octets.length))).toMatch('\x11');
  });
});

test.each([
  [1, 'OCC'],
  [3, 'INV'],
  [5, 'NC'],
  [9, 'DER'],
  [11, 'NA'],
  [13, 'NP'],
  [17, 'RPE'],
  [19, 'ERR'],
  [21, 'ROO'],
  [25, 'RNA'],
  [33, 'ID'],
  [41, 'FNA'],
  [57, 'SA'],
])('a network that clears with cause %i: %s', (cause, letters) => {
  const time = new VirtualClock();
  const line = memoryLine({ clock: time });
  const { a, b } = memoryCircuits({ clock: time });
  b.onIncoming((call) => call.refuse({ cause, diagnostic: 2 }));
  new EmulatedPad({ clock: time, circuits: a, line: line.b, profile: '90' });
  let seen = '';
  void line.a.open({
    received: (octets) => {
      seen += Buffer.from(octets).toString('latin1');
    },
    writable: () => {},
    lost: () => {},
  });
  line.a.write(Buffer.from('123\r'));
  time.runFor(1_000);
  expect(seen).toBe(`123\r\r\nCLR ${letters} C:${cause} D:2\r\n`);
});
