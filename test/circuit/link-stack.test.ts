import { describe, expect, test } from 'vitest';
import { JoinedStream, type TraceEvent } from '../../src/circuit/index.js';
import { toHex } from '../../src/core/index.js';
import { MailCircuit } from '../../src/rfc1090/index.js';
import { hex } from '../support/hex.js';
import { packetText } from '../support/packet-text.js';
import { CallWatch, RecordedEnd } from './recorder.js';
import { type StackPair, type StackPairOptions, stackPair, unstartedPair } from './stack-pair.js';

const SECOND = 1000;
const call = { called: '26245300040', calling: '23421000001', userData: hex('c0 f7 00 00') };
const sessionOver = { cause: 0x00, diagnostic: 0xf1 };

function recorded(pair: StackPair): { a: RecordedEnd; b: RecordedEnd } {
  const watch = new CallWatch();
  const a = new RecordedEnd(pair.a, watch);
  const b = new RecordedEnd(pair.b, watch);
  a.listen();
  b.listen();
  return { a, b };
}

/** A started pair with one circuit. */
function connected(options: StackPairOptions = {}) {
  const pair = stackPair(options);
  const { a, b } = recorded(pair);
  const caller = a.place(call);
  pair.clock.runFor(5 * SECOND);
  const [called] = b.accepted;
  if (called === undefined) throw new Error('not accepted');
  return { ...pair, ends: { a, b }, caller, called };
}

describe('a link that is not up', () => {
  test('a call waits while it is coming up', () => {
    const { clock, a, b } = unstartedPair();
    const ends = recorded({ clock, a, b });
    a.start();
    const caller = ends.a.place(call);
    clock.runFor(20 * SECOND);
    expect(a.status()).toMatchObject({ state: 'comingUp', circuits: 1, waiting: 1 });
    expect(caller.types).toEqual([]);
    b.start();
    clock.runFor(10 * SECOND);
    expect(caller.types).toEqual(['requested', 'connected']);
    expect(a.status()).toMatchObject({ state: 'ready', circuits: 1, waiting: 0, freeChannels: 7 });
  });

  test('but not for ever', () => {
    const { clock, a, b } = unstartedPair({ linkWaitMs: 12 * SECOND });
    const ends = recorded({ clock, a, b });
    a.start();
    const caller = ends.a.place(call);
    clock.runFor(12 * SECOND - 1);
    expect(caller.types).toEqual([]);
    clock.runFor(1);
    expect(caller.types).toEqual(['cleared']);
    expect(caller.ending).toMatchObject({ by: 'link', cause: 0x09 });
    expect(a.status().circuits).toBe(0);
  });

  test('the 100 s of RFC 1090 begin when the call goes out', () => {
    const { clock, a, b } = unstartedPair();
    const ends = recorded({ clock, a, b });
    ends.b.policy = () => {};
    a.start();
    MailCircuit.place(a, call, { clock });
    clock.runFor(25 * SECOND);
    b.start();
    clock.runFor(99 * SECOND);
    expect(ends.b.incoming).toHaveLength(1);
    expect(ends.b.withdrawn).toEqual([]);
    clock.runFor(10 * SECOND);
    expect(ends.b.withdrawn).toHaveLength(1);
  });

  test('a caller that gives up before it is up is told, and nothing goes out', () => {
    const { clock, a, b } = unstartedPair();
    const ends = recorded({ clock, a, b });
    a.start();
    const caller = ends.a.place(call);
    caller.clear(sessionOver);
    clock.runFor(SECOND);
    expect(caller.ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 0xf1 });
    b.start();
    clock.runFor(20 * SECOND);
    expect(ends.b.incoming).toEqual([]);
  });

  test('no more calls wait than there are channels', () => {
    const { clock, a, b } = unstartedPair();
    const ends = recorded({ clock, a, b });
    a.start();
    const callers = Array.from({ length: 9 }, () => ends.a.place(call));
    clock.runFor(SECOND);
    expect(callers.at(-1)?.ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 0xa3 });
    b.start();
    clock.runFor(20 * SECOND);
    expect(callers.slice(0, 8).map(({ types }) => types.at(-1))).toEqual(Array(8).fill('connected'));
  });

  test('a call that nobody could place is a mistake, said at once', () => {
    const { a } = unstartedPair();
    a.start();
    expect(() => a.place({ ...call, called: '1234567890123456' })).toThrow(RangeError);
    expect(() => a.place({ ...call, userData: new Uint8Array(129) })).toThrow(RangeError);
    expect(a.status().circuits).toBe(0);
  });

  test('without a line a call fails, a moment later', () => {
    const { clock, a, b } = unstartedPair();
    const ends = recorded({ clock, a, b });
    const caller = ends.a.place(call);
    expect(caller.types).toEqual([]);
    clock.runFor(0);
    expect(caller.ending).toMatchObject({ by: 'link', cause: 0x09 });
  });
});

describe('a line that is lost', () => {
  test('ends every circuit, and those that wait; later calls find the link up again', () => {
    const { clock, a, b, ends, caller, called } = connected();
    a.lineDown();
    b.lineDown();
    expect(a.status().state).toBe('lineDown');
    clock.runFor(0);
    for (const end of [caller, called]) expect(end.ending).toMatchObject({ by: 'link', cause: 0x09 });
    const meanwhile = ends.a.place(call);
    clock.runFor(SECOND);
    expect(meanwhile.ending).toMatchObject({ by: 'link', cause: 0x09 });

    a.lineUp();
    const waiting = ends.a.place(call);
    a.lineDown();
    clock.runFor(0);
    expect(waiting.ending).toMatchObject({ by: 'link', cause: 0x09 });

    a.lineUp();
    b.lineUp();
    const again = ends.a.place(call);
    clock.runFor(20 * SECOND);
    expect(again.types).toEqual(['requested', 'connected']);
  });

  test('at one end only: the other end learns of it by the new link', () => {
    const { clock, b, ends, caller, called } = connected();
    b.lineDown();
    b.lineUp();
    clock.runFor(20 * SECOND);
    expect(called.ending.by).toBe('link');
    expect(caller.ending.by).not.toBe('us');
    const again = ends.a.place(call);
    clock.runFor(20 * SECOND);
    expect(again.types.at(-1)).toBe('connected');
  });

  test('an unanswered call is withdrawn with the link', () => {
    const { clock, b, ends } = connected();
    ends.b.policy = () => {};
    ends.a.place(call);
    clock.runFor(SECOND);
    b.lineDown();
    clock.runFor(SECOND);
    expect(ends.b.withdrawn).toMatchObject([{ by: 'link', cause: 0x09 }]);
  });
});

describe('stopping', () => {
  test('nothing is left to do afterwards, also when nobody answers', () => {
    let isCut = false;
    const { clock, a, b } = stackPair({ disturb: (octets) => (isCut ? [] : [octets]) });
    clock.runFor(5 * SECOND);
    b.lineDown();
    isCut = true;
    let stopped = false;
    a.stop(() => {
      stopped = true;
    });
    clock.runFor(30 * SECOND);
    expect([stopped, clock.next()]).toEqual([true, undefined]);
  });

  test('what was never started is stopped at once', () => {
    const { a } = unstartedPair();
    let stopped = false;
    a.stop(() => {
      stopped = true;
    });
    expect(stopped).toBe(true);
  });

  test('clears the circuits, then disconnects the link', () => {
    const frames: string[] = [];
    const { clock, a, b, ends, caller, called } = connected({
      trace: (end, { layer, direction, octets }) => {
        if (end === 'a' && layer === 'frame') frames.push(`${direction} ${toHex(octets.subarray(0, 2))}`);
      },
    });
    ends.a.policy = () => {};
    const unanswered = ends.b.place(call);
    clock.runFor(SECOND);
    frames.length = 0;
    let stopped = 0;
    a.stop(() => stopped++);
    a.stop(() => stopped++);
    expect(a.status().state).toBe('stopping');
    const late = ends.a.place(call);
    clock.runFor(4 * SECOND);
    expect(stopped).toBe(1);
    expect(a.status()).toMatchObject({ state: 'stopped', circuits: 0 });
    expect(caller.ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 0xa2 });
    expect(called.ending).toMatchObject({ by: 'peer', cause: 0x00, diagnostic: 0xa2 });
    expect(unanswered.ending).toMatchObject({ by: 'peer', cause: 0x00, diagnostic: 0xa2 });
    expect(late.ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 0xa2 });
    // DISC is a command to the DCE, UA its answer (X.25 §2.4.4.3).
    const disc = frames.indexOf('sent 0153');
    expect(frames.slice(disc, disc + 2)).toEqual(['sent 0153', 'received 0173']);
    expect(b.status().state).toBe('comingUp');

    a.start();
    const again = ends.a.place(call);
    clock.runFor(20 * SECOND);
    expect(again.types.at(-1)).toBe('connected');
  });

  test('does not wait long for a peer that is dead', () => {
    const { clock, a, b } = connected();
    b.lineDown();
    let stopped = false;
    a.stop(() => {
      stopped = true;
    });
    clock.runFor(11 * SECOND);
    expect(stopped).toBe(true);
    expect(a.status().state).toBe('stopped');
  });

  test('is done at once where nothing was up', () => {
    const { clock, a } = unstartedPair();
    a.start();
    let stopped = false;
    a.stop(() => {
      stopped = true;
    });
    clock.runFor(6 * SECOND);
    expect(stopped).toBe(true);
  });
});

describe('what goes over the line', () => {
  test('small frames share a write, large ones go alone; one flag between two, another one after a pause', () => {
    const writes: Uint8Array[] = [];
    const { clock, caller, called } = connected({
      disturb: (octets, direction) => {
        if (direction === 'aToB') writes.push(octets);
        return [octets];
      },
    });
    writes.length = 0;
    called.send({ octets: hex('31') });
    caller.send({ octets: new Uint8Array(1000) });
    clock.runFor(5 * SECOND);
    expect(Math.max(...writes.map(({ length }) => length))).toBeLessThan(64 + 140);
    const starts = writes.map((write) => write[0] === 0x7e);
    expect(starts.slice(0, 3)).toEqual([true, false, false]); // as fast as the line goes
    expect(writes.every((write) => write.at(-1) === 0x7e)).toBe(true);
    writes.length = 0;
    caller.send({ octets: hex('32') });
    clock.runFor(5 * SECOND);
    expect(writes[0]?.[0]).toBe(0x7e);
  });

  test('two packets used up within their event are acknowledged by one', () => {
    const sent: string[] = [];
    const { clock, caller } = connected({
      trace: (end, { layer, direction, octets }) => {
        if (end === 'b' && layer === 'packet' && direction === 'sent') sent.push(toHex(octets));
      },
    });
    sent.length = 0;
    caller.send({ octets: new Uint8Array(256) });
    clock.runFor(5 * SECOND);
    expect(sent.length).toBeLessThanOrEqual(2);
    expect(sent.at(-1)).toMatch(/^100841$/); // RR, P(R) = 2
  });

  test('an answer carries the acknowledgement of what it answers', () => {
    const sent: string[] = [];
    const { clock, caller, called } = connected({
      trace: (end, { layer, direction, octets }) => {
        if (end === 'b' && layer === 'packet' && direction === 'sent') sent.push(toHex(octets));
      },
    });
    called.react = ({ type }) => {
      if (type === 'piece') called.send({ octets: hex('4f 4b') });
    };
    sent.length = 0;
    caller.send({ octets: hex('48 49') });
    clock.runFor(5 * SECOND);
    expect(sent).toEqual(['1008204F4B']); // DATA, P(S) = 0, P(R) = 1
  });

  test('every frame and packet is traced as it passed, at both ends alike', () => {
    const traced: Record<'a' | 'b', TraceEvent[]> = { a: [], b: [] };
    const { clock, caller } = connected({ trace: (end, event) => traced[end].push(event) });
    caller.send({ octets: hex('01 02 03') });
    caller.clear(sessionOver);
    clock.runFor(5 * SECOND);
    for (const layer of ['frame', 'packet'] as const) {
      const of = (end: 'a' | 'b', direction: TraceEvent['direction']): string[] =>
        traced[end]
          .filter((event) => event.layer === layer && event.direction === direction)
          .map(({ octets }) => toHex(octets));
      expect(of('a', 'sent').length).toBeGreaterThan(2);
      expect(of('b', 'received')).toEqual(of('a', 'sent'));
      expect(of('a', 'received')).toEqual(of('b', 'sent'));
    }
    const times = traced.a.map(({ at }) => at);
    expect(times).toEqual([...times].sort((x, y) => x - y));
    expect(traced.a[0]?.wallTime).toBe(clock.wallTime() - clock.now() + (traced.a[0]?.at ?? Number.NaN));
  });

  test('a line that spoils and loses octets loses none of a circuit', () => {
    let seed = 42;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    const { clock, caller, called } = connected({
      disturb: (octets) => {
        const what = random();
        if (what < 0.05) return [];
        if (what < 0.1) return [octets.map((octet, i) => (i === octets.length >> 1 ? octet ^ 0x10 : octet))];
        return [octets];
      },
    });
    const message = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 31) & 0xff);
    caller.send({ octets: message });
    clock.runFor(1000 * SECOND);
    expect(called.octets).toEqual(message);
    expect(called.count('reset') + called.count('cleared')).toBe(0);
  });
});

test('a reader that takes nothing shuts the window, which RNR announces after 20 s and again every T24; then all of it comes', () => {
  const said: string[] = [];
  const pair = stackPair({
    trace: (end, { layer, direction, octets, at }) => {
      const text = packetText(octets);
      if (end === 'b' && layer === 'packet' && direction === 'sent' && /^RN?R /.test(text))
        said.push(`${Math.round(at / SECOND)} ${text.replace(/ r.*/, '')}`);
    },
  });
  let stream: JoinedStream | undefined;
  let unread = 0;
  pair.b.onIncoming((incoming) => {
    const circuit = incoming.accept();
    if (circuit === undefined) throw new Error('gone');
    stream = new JoinedStream(circuit, pair.clock);
    stream.setReceiver({
      octets: (octets) => {
        unread += octets.length;
      },
      ready: () => {},
      ended: () => {},
    });
  });
  const caller = pair.a.place(call);
  const types: string[] = [];
  caller.setListener(({ type }) => types.push(type));
  pair.clock.runFor(10 * SECOND);
  const start = pair.clock.now() / SECOND;
  for (let i = 0; i < 4; i++) caller.send({ octets: new Uint8Array(2048), more: false });
  pair.clock.runFor(200 * SECOND);
  // The joiner lets the window turn for 2048 octets; two packets more shut it.
  expect(unread).toBe(2048 + 2 * 128);
  const held = said
    .filter((line) => line.includes('RNR'))
    .map((line) => Math.round(Number(line.split(' ')[0]) - start));
  const [first = 0] = held;
  expect(first).toBeGreaterThanOrEqual(20);
  expect(first).toBeLessThan(23);
  expect(held.slice(0, 3)).toEqual([first, first + 60, first + 120]);
  expect(types).not.toContain('reset');
  for (let read = 0; read < 4 * 2048; ) {
    read += unread;
    stream?.consumed(unread);
    unread = 0;
    pair.clock.runFor(5 * SECOND);
  }
  expect(caller.traffic.octetsSent).toBe(4 * 2048);
  expect(said.at(-1)).toMatch(/ RR/);
});

describe('a packet layer whose role is open', () => {
  test('two stacks settle it between them, and the status tells', () => {
    const pair = stackPair({ packet: { role: 'auto', assign: 'auto' } });
    const { a, b } = recorded(pair);
    expect(pair.a.status().role).toBe('dte');
    pair.clock.runFor(60 * SECOND);
    expect([pair.a.status().role, pair.b.status().role].sort()).toEqual(['dce', 'dte']);
    const callers = [a.place(call), b.place(call)];
    pair.clock.runFor(5 * SECOND);
    expect(callers.map(({ types }) => types)).toEqual([
      ['requested', 'connected'],
      ['requested', 'connected'],
    ]);
  });
});

describe('turns', () => {
  test('what a listener uses up of the time before a reset does not count after it', () => {
    let held: Uint8Array[] | undefined;
    const { clock, b, caller, called } = connected({
      disturb: (octets, direction) => {
        if (direction === 'bToA' || held === undefined) return [octets];
        held.push(octets);
        return [];
      },
    });
    held = [];
    caller.send({ octets: new Uint8Array(256) });
    clock.runFor(100);
    caller.reset(0x00, 0xfa);
    clock.runFor(10);
    // Data and reset come in one go, as if the line had slept: both are there before the listener hears of either.
    const octets = Buffer.concat(held);
    held = undefined;
    b.received(octets);
    clock.runFor(5 * SECOND);
    called.consumes = false;
    while (caller.send({ octets: new Uint8Array(128) }));
    clock.runFor(5 * SECOND);
    called.consumed(1);
    clock.runFor(5 * SECOND);
    expect(called.types.filter((type) => type === 'piece')).toHaveLength(2 + 2);
    expect(caller.delivered).toBe(0);
  });

  test('a listener that throws disturbs nobody else', () => {
    const { clock, ends, caller, called } = connected();
    const other = ends.a.place(call);
    clock.runFor(5 * SECOND);
    called.react = ({ type }) => {
      if (type === 'piece') throw new Error('listener');
    };
    caller.send({ octets: hex('01') });
    other.send({ octets: hex('02') });
    expect(() => clock.runFor(5 * SECOND)).toThrow('listener');
    clock.runFor(5 * SECOND);
    expect(ends.b.accepted[1]?.octets).toEqual(hex('02'));
    expect(called.octets).toEqual(hex('01'));
  });

  test('counters and the last failure can be read', () => {
    const { clock, a } = connected();
    const { counters, lastFailure } = a.status();
    expect(lastFailure).toBeUndefined();
    expect(counters.framing).toMatchObject({ framesReceived: expect.any(Number) });
    expect(counters.packet).toMatchObject({ callsSent: 1 });
    expect(counters.link).toMatchObject({ framesReceived: expect.any(Number) });
    a.lineDown();
    clock.runFor(0);
    expect(a.status().lastFailure).toBe('line lost');
  });

  test('nothing wakes a link that has nothing to do', () => {
    const { clock, caller } = connected();
    caller.clear(sessionOver);
    clock.runFor(20 * SECOND);
    const before = clock.now();
    clock.runToRest();
    expect(clock.now()).toBe(before);
  });
});
