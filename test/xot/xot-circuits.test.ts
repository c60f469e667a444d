import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallRequest, IncomingCall, TraceEvent } from '../../src/circuit/index.js';
import { toHex, type VirtualClock } from '../../src/core/index.js';
import type { XotCircuits, XotCircuitsOptions } from '../../src/xot/index.js';
import type { RecordedEnd, Recorder } from '../circuit/recorder.js';
import { hex } from '../support/hex.js';
import { PARAMETERS } from './circuits-pair.js';
import { framed, type Wire } from './wire.js';
import { CALL, CONNECTED, DATA, REPLY, REQUEST, XotSite } from './xot-site.js';

let site: XotSite;
let clock: VirtualClock;
let wires: Wire[];
let problems: string[];
let trace: TraceEvent[];
let circuits: XotCircuits;
let end: RecordedEnd;

function start(options: Partial<XotCircuitsOptions> = {}): void {
  site = new XotSite(options);
  ({ clock, wires, problems, trace, circuits, end } = site);
}

const newWire = (): Wire => site.newWire();
const settle = (): void => site.settle();
const accepted = (): Wire => site.accepted();
const calling = (request?: Partial<CallRequest>) => site.calling(request);
const connected = () => site.connected();
const answered = (call?: string) => site.answered(call);

const counters = (): Partial<Record<string, number>> => circuits.status().counters.link;

beforeEach(() => start());

afterEach(() => {
  expect(site.watch.violations).toEqual([]);
});

describe('the octets', () => {
  test('of a call of ours, from the CALL to the end', () => {
    const { wire, caller } = calling();
    expect(wire.sent).toEqual([CALL]);
    wire.says(CONNECTED);
    settle();
    caller.send({ octets: hex('48 45 4C 4F 20 6F 6E 65 0D') });
    settle();
    wire.says('10 01 21', REPLY);
    settle();
    caller.send({ octets: hex('41') });
    settle();
    wire.says('10 01 41');
    settle();
    caller.clear({ cause: 0x00, diagnostic: 0xf1 });
    settle();
    expect(wire.isClosed).toBe(false);
    wire.says('10 01 17');
    settle();
    expect(wire.sent).toEqual([CALL, DATA, '10 01 21', '10 01 22 41', '10 01 13 00 F1']);
    expect(wire.isClosed).toBe(true);
    expect(caller.octets).toEqual(hex('32 35 30 20 68 69 0D'));
    expect(caller.delivered).toBe(10);
    expect(caller.ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 0xf1 });
  });

  test('of a call to us', () => {
    const wire = accepted();
    wire.says(CALL);
    settle();
    expect(end.incoming[0]).toMatchObject({ called: '700001', calling: '701001', userData: hex('01000000') });
    wire.says(DATA);
    settle();
    end.accepted[0]?.send({ octets: hex('32 35 30 20 68 69 0D') });
    settle();
    wire.says('10 01 13 00 F1');
    settle();
    expect(wire.sent).toEqual([CONNECTED, '10 01 21', REPLY, '10 01 17']);
    expect(wire.isClosed).toBe(true);
    expect(end.accepted[0]?.ending).toMatchObject({ by: 'peer', cause: 0x00, diagnostic: 0xf1 });
  });

  test('of a number that is busy: a CLEAR without diagnostic', () => {
    const { wire, caller } = calling();
    wire.says('10 01 13 01');
    settle();
    expect(caller.ending).toMatchObject({ by: 'peer', cause: 0x01, diagnostic: 0x00 });
    expect(wire.sent).toEqual([CALL, '10 01 17']);
    expect(wire.isClosed).toBe(true);
  });

  test('of a reset and an interrupt', () => {
    const { wire, caller } = connected();
    wire.says('10 01 23 03', '10 01 1B 05 00');
    settle();
    expect(caller.types.slice(2)).toEqual(['interrupt', 'reset']);
    expect(wire.sent).toEqual(['10 01 1F']);
    caller.interrupt(hex('2a'));
    settle();
    expect(wire.sent).toEqual(['10 01 1F', '10 01 23 2A']);
  });

  test('a router’s larger sizes are agreed, up to what we grant', () => {
    const { wire, called } = answered('10 01 0B 66 70 00 01 70 10 01 06 42 0B 0B 43 07 07 C0 F7 00 00');
    expect(wire.isClosed).toBe(false);
    expect(called.only('connected').facilities).toEqual({
      packetSize: { fromCalled: 1024, fromCalling: 1024 },
      windowSize: { fromCalled: 7, fromCalling: 7 },
    });
  });
});

describe('packet and window size (RFC 1613 §6.1)', () => {
  test.each([
    ['both', {}, '42 07 07 43 02 02'],
    ['the window', { packetSize: { fromCalled: 512, fromCalling: 256 } }, '42 09 08 43 02 02'],
    ['the packet size', { windowSize: { fromCalled: 7, fromCalling: 4 } }, '42 07 07 43 07 04'],
  ])('a CALL states %s though the caller left it out', (_what, facilities, stated) => {
    const { wire } = calling({ facilities });
    expect(wire.sent).toEqual([`10 01 0B 66 70 00 01 70 10 01 06 ${stated} 01 00 00 00`]);
  });

  test.each([
    ['nothing', '00', '42 08 08 43 03 03'],
    ['only its window', '03 43 02 02', '42 08 08 43 02 02'],
    ['only its packet size', '03 42 07 07', '42 07 07 43 03 03'],
  ])('a CALL that states %s is told the rest in the CALL CONFIRM', (_what, facilities, stated) => {
    start({ packet: { ...PARAMETERS, defaultPacketSize: 256, defaultWindow: 3 } });
    const wire = accepted();
    wire.says(`10 01 0B 66 70 00 01 70 10 01 ${facilities} C0 F7 00 00`);
    settle();
    expect(wire.sent).toEqual([`10 01 0F 00 06 ${stated}`]);
  });

  test('the sizes told are those in force', () => {
    start({ packet: { ...PARAMETERS, defaultPacketSize: 16, defaultWindow: 1 } });
    const { wire, called } = answered('10 01 0B 66 70 00 01 70 10 01 00 C0 F7 00 00');
    called.send({ octets: new Uint8Array(40) });
    settle();
    expect(wire.sent).toEqual([`10 01 10${' 00'.repeat(16)}`]);
  });

  test.each(['10 01 0F 00 00', '10 01 0F'])('a CALL CONFIRM may say nothing of them: %s', (packet) => {
    const { wire, caller } = calling();
    wire.says(packet);
    settle();
    expect(caller.only('connected').facilities).toEqual({
      packetSize: { fromCalled: 128, fromCalling: 128 },
      windowSize: { fromCalled: 2, fromCalling: 2 },
    });
  });
});

describe('channel numbers mean nothing (RFC 1613 §5)', () => {
  test('we answer with the caller’s, and take any', () => {
    const wire = accepted();
    wire.says(CALL.replace('10 01', '1A BC'));
    settle();
    wire.says(DATA.replace('10 01', '17 77'), DATA.replace('10 01 00', '10 00 02'));
    settle();
    expect(end.accepted[0]?.octets).toHaveLength(18);
    wire.says('1F FF 13 00 F1');
    settle();
    expect(wire.sent).toEqual([CONNECTED.replace('10 01', '1A BC'), '1A BC 41', '1A BC 17']);
  });

  test('connections that call us by the same number are told apart, in traces too', () => {
    const one = accepted();
    const other = accepted();
    one.says(CALL);
    other.says(CALL);
    settle();
    one.says(DATA);
    settle();
    expect(end.accepted.map(({ octets }) => octets.length)).toEqual([9, 0]);
    expect(other.sent).toEqual([CONNECTED]);
    const traced = trace.map(({ direction, octets }) => `${direction} ${toHex(octets.subarray(0, 3), ' ')}`);
    expect(traced).toEqual([
      'received 10 01 0B',
      'sent 10 01 0F',
      'received 10 02 0B',
      'sent 10 02 0F',
      'received 10 01 00',
      'sent 10 01 21',
    ]);
  });

  test('each connection has another one, and the last one given back is not the next', () => {
    expect(calling().wire.sent[0]).toMatch(/^10 01 0B/);
    const { wire } = calling();
    expect(wire.sent[0]).toMatch(/^10 02 0B/);
    wire.breaks();
    expect(calling().wire.sent[0]).toMatch(/^10 03 0B/);
  });
});

describe('what is dropped', () => {
  const LOCAL = [
    '10 00 FB 00 00',
    '10 00 FF',
    '10 01 49',
    '10 00 F1 21 10 01 23',
    '10 00 F3 00',
    '10 00 F7 00 00',
  ];

  test('packets between a DTE and its network, in every state (RFC 1613 §6.4)', () => {
    const waiting = accepted();
    const out = calling();
    const { wire, caller } = connected();
    for (const each of [waiting, out.wire, wire]) each.says(...LOCAL);
    settle();
    expect(out.caller.types).toEqual(['requested']);
    expect(caller.types).toEqual(['requested', 'connected']);
    expect([waiting.sent, out.wire.sent.slice(1), wire.sent]).toEqual([[], [], []]);
    expect(counters().packetsDropped).toBe(3 * LOCAL.length);

    wire.says(DATA);
    settle();
    expect(caller.octets).toHaveLength(9);
    expect(wire.isClosed).toBe(false);
  });

  test('anything before the CALL (RFC 1613 §6.1)', () => {
    const wire = accepted();
    wire.says(DATA, '10 01 17', CONNECTED, '10 01 13 00 00', '10 01 33', '10 01 2F', '10 01 1B 00 00');
    wire.says(CALL);
    settle();
    expect(wire.sent).toEqual([CONNECTED]);
    expect(counters().packetsDropped).toBe(7);
  });

  test('dropped packets are traced as they came', () => {
    accepted().says('10 00 FB 00 00');
    expect(trace.map(({ octets }) => toHex(octets, ' '))).toEqual(['10 00 FB 00 00']);
  });
});

describe('rules broken by the other end', () => {
  test.each([
    ['version', hex('00 01 00 03 10 01 21'), 'badVersion'],
    ['packet length', hex('00 00 FF FF'), 'badLength'],
  ])('a wrong %s closes the connection and ends its circuit', (what, octets, counter) => {
    const { wire, caller } = connected();
    wire.saysOctets(octets);
    settle();
    expect(wire.isClosed).toBe(true);
    expect(caller.ending).toMatchObject({ by: 'link', cause: 0x09 });
    expect(circuits.status().counters.framing[counter]).toBe(1);
    expect(problems).toEqual([`10.1.1.1 sent an XOT header with a wrong ${what}`]);
    expect(circuits.status().lastFailure).toBe(problems[0]);
  });

  test('what came before the fault counts', () => {
    const { wire, called } = answered();
    wire.saysOctets(Buffer.concat([framed(DATA), hex('FFFF0003')]));
    settle();
    expect(called.types).toEqual(['connected', 'piece', 'cleared']);
  });

  test('a call on a connection that we call on is cleared', () => {
    const { wire, caller } = calling();
    wire.says(CALL);
    settle();
    expect(wire.sent).toEqual([CALL, '10 01 13 00 15']);
    wire.says('10 01 17');
    settle();
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 21 });
    expect(wire.isClosed).toBe(true);
    expect(end.incoming).toEqual([]);
  });

  test('a second call clears the first, by the tables', () => {
    const { wire, called } = answered();
    wire.says(CALL);
    settle();
    expect(wire.sent).toEqual(['10 01 13 00 17']); // packet type invalid for state p4
    wire.says('10 01 17');
    settle();
    expect(called.ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 23 });
    expect(wire.isClosed).toBe(true);
  });

  test('no other call is taken on the connection of one that is over', () => {
    const { wire, called } = answered();
    wire.says('10 01 13 00 00', CALL);
    wire.says(CALL);
    settle();
    expect(called.ending).toMatchObject({ by: 'peer' });
    expect(wire.isClosed).toBe(true);
    expect(end.incoming).toHaveLength(1);
  });

  test('DATA outside the window resets, as on any link', () => {
    const { wire, caller } = connected();
    wire.says('10 01 02 41');
    settle();
    expect(caller.only('reset')).toMatchObject({ by: 'us', diagnostic: 1 });
    expect(wire.sent).toEqual(['10 01 1B 00 01']);
  });

  test('a call that can’t be read is cleared if possible, and the connection closed', () => {
    const duplicate = accepted();
    duplicate.says('10 01 0B 66 70 00 01 70 10 01 06 43 02 02 43 02 02');
    const strange = accepted();
    strange.says('30 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02');
    settle();
    expect(duplicate.sent).toEqual(['10 01 13 00 49']);
    expect(strange.sent).toEqual([]);
    expect([duplicate.isClosed, strange.isClosed]).toEqual([true, true]);
    expect(counters().unreadableCalls).toBe(2);
    expect(end.incoming).toEqual([]);
  });

  test('a connection without a call is closed after half a minute', () => {
    const wire = accepted();
    wire.says(DATA);
    clock.runFor(29_000);
    expect(wire.isClosed).toBe(false);
    clock.runFor(2000);
    expect(wire.isClosed).toBe(true);
    expect(counters().connectionsIdle).toBe(1);
  });
});

describe('a connection that goes away', () => {
  test('before it is open: the circuit can’t reach the router', () => {
    const caller = end.place(REQUEST);
    wires[0]?.breaks('connect ECONNREFUSED 10.1.1.1:1998');
    settle();
    expect(caller.types).toEqual(['cleared']);
    expect(caller.ending).toMatchObject({ by: 'link', cause: 0x09, diagnostic: 0x78 });
    expect(problems).toEqual(["10.1.1.1 can't be reached: connect ECONNREFUSED 10.1.1.1:1998"]);
    expect(counters().connectionsFailed).toBe(1);
  });

  test('while we call', () => {
    const { wire, caller } = calling();
    wire.breaks();
    settle();
    expect(caller.ending).toMatchObject({ by: 'link', cause: 0x09 });
    expect(problems).toEqual(['connection to 10.1.1.1 lost during a call: the cable was cut']);
  });

  test('with a call that we have not answered', () => {
    end.policy = () => {};
    const wire = accepted();
    wire.says(CALL);
    settle();
    wire.breaks();
    settle();
    expect(end.withdrawn).toMatchObject([{ by: 'link', cause: 0x09 }]);
  });

  test('during a call: whatever arrived before is heard first', () => {
    const { wire, called } = answered();
    wire.says(DATA);
    wire.breaks();
    settle();
    expect(called.types).toEqual(['connected', 'piece', 'cleared']);
    expect(called.ending).toMatchObject({ by: 'link', cause: 0x09 });
    expect(counters().connectionsLost).toBe(1);
    expect(circuits.status()).toMatchObject({ circuits: 0, state: 'ready' });
  });

  test('during a reset', () => {
    const { wire, caller } = connected();
    caller.reset(0x00, 0xfa);
    settle();
    wire.breaks();
    settle();
    expect(caller.types.slice(-1)).toEqual(['cleared']);
  });

  test('instead of a CLEAR CONFIRM: the circuit was cleared by us', () => {
    const { wire, caller } = connected();
    caller.clear({ cause: 0x00, diagnostic: 0xf1 });
    settle();
    wire.breaks();
    settle();
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0xf1 });
    expect(counters().connectionsLost).toBeUndefined();
    expect(problems).toEqual([]);
  });

  test('right behind a CLEAR: the circuit was cleared by the other end', () => {
    const { wire, caller } = connected();
    wire.takesOctets = false;
    wire.says('10 01 13 00 F1');
    expect(wire.isClosed).toBe(true);
    settle();
    expect(caller.ending).toMatchObject({ by: 'peer', diagnostic: 0xf1 });
  });

  test('without a call: nobody need know', () => {
    accepted().breaks();
    settle();
    expect(problems).toEqual([]);
    expect(circuits.status().counters.link).toEqual({ connectionsAccepted: 1 });
  });
});

describe('clearing', () => {
  test('an other end that never confirms is waited for ten seconds', () => {
    const { wire, caller } = connected();
    caller.clear({ cause: 0x00, diagnostic: 0xf1 });
    clock.runFor(9_900);
    expect([caller.count('cleared'), wire.isClosed]).toEqual([0, false]);
    clock.runFor(200);
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0xf1 });
    expect(wire.isClosed).toBe(true);
    expect(wire.sent).toEqual(['10 01 13 00 F1']);
  });

  test('a refused call is gone when that was confirmed', () => {
    end.policy = (call) => end.refuse(call, { cause: 0x00, diagnostic: 0xf9 });
    const wire = accepted();
    wire.says(CALL);
    settle();
    expect([wire.sent, wire.isClosed]).toEqual([['10 01 13 00 F9'], false]);
    expect(circuits.status().circuits).toBe(1);
    wire.says('10 01 17');
    settle();
    expect(wire.isClosed).toBe(true);
    expect(circuits.status().circuits).toBe(0);
  });

  test('CLEARs that cross need no confirmation', () => {
    const { wire, caller } = connected();
    caller.clear({ cause: 0x00, diagnostic: 0xf1 });
    settle();
    wire.says('10 01 13 00 00');
    settle();
    expect(wire.sent).toEqual(['10 01 13 00 F1']);
    expect(wire.isClosed).toBe(true);
    expect(caller.ending).toMatchObject({ by: 'us' });
  });

  test('a call that is not answered is cleared after T21', () => {
    const { wire, caller } = calling();
    clock.runFor(200_000);
    expect(wire.sent.at(-1)).toBe('10 01 13 00 31');
    clock.runFor(11_000);
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0x31 });
    expect(wire.isClosed).toBe(true);
  });

  test.each([0x00, 0x01, 0x09, 0x80, 0xff])(
    'whatever the cause, %i: it is passed on, and so is that of a reset',
    (cause) => {
      const { wire, caller } = connected();
      caller.reset(cause, 0x00);
      settle();
      wire.says('10 01 1F');
      caller.clear({ cause, diagnostic: 0x12 });
      settle();
      const octet = toHex(Uint8Array.of(cause));
      expect(wire.sent).toEqual([`10 01 1B ${octet} 00`, `10 01 13 ${octet} 12`]);
    },
  );

  test('a caller that goes while the connection is still being opened closes it', () => {
    const caller = end.place(REQUEST);
    caller.clear({ cause: 0x00, diagnostic: 0xf1 });
    settle();
    expect(caller.types).toEqual(['cleared']);
    expect(wires[0]?.isClosed).toBe(true);
    expect(wires[0]?.sent).toEqual([]);
  });

  test('a caller that goes just before the connection opens does not call', () => {
    const caller = end.place(REQUEST);
    caller.clear({ cause: 0x00, diagnostic: 0xf1 });
    wires[0]?.opens();
    settle();
    expect(caller.types).toEqual(['cleared']);
    expect([wires[0]?.sent, wires[0]?.isClosed]).toEqual([[], true]);
  });

  test('a caller that clears in one breath with its call withdraws it', () => {
    const wire = accepted();
    wire.says(CALL, '10 01 13 00 F1');
    settle();
    expect(end.accepted).toEqual([]);
    expect(end.withdrawn).toMatchObject([{ by: 'peer', diagnostic: 0xf1 }]);
    expect([wire.sent, wire.isClosed]).toEqual([['10 01 17'], true]);
  });

  test('a call whose connection is gone already is not even heard of', () => {
    const wire = accepted();
    wire.saysOctets(Buffer.concat([framed(CALL), hex('FFFF0000')]));
    settle();
    expect(end.incoming).toEqual([]);
    expect(wire.isClosed).toBe(true);
  });
});

describe('back-pressure', () => {
  test('what TCP does not take waits in the packet layer', () => {
    const { wire, caller } = connected();
    wire.takesOctets = false;
    caller.send({ octets: hex('01') });
    settle();
    wire.says('10 01 21');
    caller.send({ octets: hex('02') });
    settle();
    expect(wire.sent).toEqual(['10 01 00 01']);
    wire.becomesWritable();
    expect(wire.sent).toEqual(['10 01 00 01', '10 01 02 02']);
  });

  test('a CLEAR goes out all the same, and DATA that waited does not', () => {
    const { wire, caller } = connected();
    wire.takesOctets = false;
    caller.send({ octets: new Uint8Array(128) });
    settle();
    caller.send({ octets: new Uint8Array(128) });
    caller.clear({ cause: 0x00, diagnostic: 0xf1 });
    settle();
    expect(wire.sent.map((packet) => packet.slice(0, 14))).toEqual(['10 01 00 00 00', '10 01 13 00 F1']);
  });

  test('packets of a turn share a write, up to 16 KiB', () => {
    start({ packet: { ...PARAMETERS, defaultPacketSize: 4096, maxPacketSize: 4096, defaultWindow: 7 } });
    const { wire, caller } = calling();
    wire.says('10 01 0F');
    settle();
    wire.writes.length = 0;
    for (let i = 0; i < 5; i++) caller.send({ octets: hex('01') });
    settle();
    wire.says('10 01 A1');
    settle();
    caller.send({ octets: new Uint8Array(6 * 4096) });
    settle();
    expect(wire.writes).toEqual([5, 4, 2]);
  });

  test('an RR that says what DATA of the same turn says is not sent', () => {
    const { wire, caller } = connected();
    caller.react = ({ type }) => {
      if (type === 'piece') caller.send({ octets: hex('41') });
    };
    wire.says(DATA);
    expect(wire.sent).toEqual(['10 01 20 41']);
  });
});

describe('a receiver that does not consume', () => {
  /** The window is full and was so for twenty seconds. */
  function stuck(): { wire: Wire; called: Recorder } {
    const { wire, called } = answered();
    called.consumes = false;
    wire.says('10 01 00 41', '10 01 02 42');
    clock.runFor(19_900);
    expect([wire.sent, wire.isPaused]).toEqual([[], false]);
    clock.runFor(200);
    return { wire, called };
  }

  test('is announced by RNR, and TCP is held back', () => {
    const { wire } = stuck();
    expect([wire.sent, wire.isPaused]).toEqual([['10 01 05'], true]);
  });

  test('is heard of again when it consumes', () => {
    const { wire, called } = stuck();
    called.consumed(2);
    settle();
    expect([wire.sent.at(-1), wire.isPaused]).toEqual(['10 01 41', false]);
    clock.runFor(60_000);
    expect(wire.isPaused).toBe(false);
  });

  test('we look every five seconds, and stop again as soon as something came', () => {
    const { wire, called } = stuck();
    clock.runFor(5_000);
    expect(wire.isPaused).toBe(false);
    wire.says('10 01 01');
    expect(wire.isPaused).toBe(true);
    clock.runFor(5_000);
    expect(wire.isPaused).toBe(false);
    clock.runFor(60_000);
    expect(wire.isPaused).toBe(false);
    wire.says('10 01 13 00 F1');
    settle();
    expect(called.ending).toMatchObject({ by: 'peer', diagnostic: 0xf1 });
    expect(wire.isClosed).toBe(true);
  });

  test('a connection that is closed meanwhile is not held back: its end must be seen', () => {
    const { wire } = stuck();
    clock.runFor(5_000);
    wire.saysOctets(hex('FF FF FF FF'));
    expect([wire.isClosed, wire.isPaused]).toEqual([true, false]);
    clock.runFor(60_000);
    expect(wire.isPaused).toBe(false);
  });

  test('reading goes on when we reset or clear', () => {
    const one = stuck();
    one.called.reset(0x00, 0xfa);
    settle();
    expect(one.wire.isPaused).toBe(false);
    const other = stuck();
    other.called.clear({ cause: 0x00, diagnostic: 0xf1 });
    settle();
    expect(other.wire.isPaused).toBe(false);
  });

  test('its own octets go out, and are acknowledged, meanwhile', () => {
    const { wire, called } = stuck();
    called.send({ octets: hex('43') });
    settle();
    expect([wire.sent.at(-1), wire.isPaused]).toEqual(['10 01 00 43', true]);
    clock.runFor(5_000);
    expect(wire.isPaused).toBe(false);
    wire.says('10 01 21');
    settle();
    expect(called.delivered).toBe(1);
  });
});

describe('limits', () => {
  test('calls to us beyond the limit are refused for want of resources', () => {
    start({ maxCircuits: 2 });
    const { caller } = connected();
    answered();
    const wire = accepted();
    wire.says(CALL);
    settle();
    expect(wire.sent).toEqual(['10 01 13 00 A3']);
    expect(circuits.status()).toMatchObject({ circuits: 3, freeChannels: 0 });
    wire.says('10 01 17');
    settle();
    expect(circuits.status()).toMatchObject({ circuits: 2, freeChannels: 0 });

    caller.clear({ cause: 0x00, diagnostic: 0xf1 });
    settle();
    wires[0]?.says('10 01 17');
    settle();
    expect(calling().caller.types).toEqual(['requested']);
  });

  test('no more connections than there are channel numbers', () => {
    for (let number = 1; number <= 4095; number++) circuits.accept(newWire());
    expect(end.place(REQUEST).types).toEqual([]);
    const tooMany = accepted();
    expect(tooMany.isClosed).toBe(true);
    expect(counters().connectionsTurnedAway).toBe(1);
    expect(wires).toHaveLength(4096);
    wires[99]?.breaks();
    expect(calling().wire.sent[0]).toMatch(/^10 64 0B/);
  });

  test('a number that no router serves is not obtainable', () => {
    start({ connect: () => undefined });
    const caller = end.place(REQUEST);
    expect(caller.types).toEqual([]);
    settle();
    expect(caller.ending).toMatchObject({ by: 'us', cause: 0x0d, diagnostic: 67 });
  });

  test('a call that can’t be written is the caller’s mistake', () => {
    expect(() => circuits.place({ ...REQUEST, called: '12a' })).toThrow(RangeError);
    expect(wires).toEqual([]);
  });

  test('a call that names no calling address has ours', () => {
    start({ calling: '12345' });
    end.place({ called: '700001', userData: hex('c0 f7 00 00') });
    wires[0]?.opens();
    expect(wires[0]?.sent).toEqual(['10 01 0B 56 70 00 01 12 34 50 06 42 07 07 43 02 02 C0 F7 00 00']);
  });
});

describe('stopping', () => {
  test('calls are cleared, refused or given up, and connections closed', () => {
    let done = 0;
    end.policy = () => {};
    const { wire, caller } = connected();
    const opening = end.place(REQUEST);
    const ringing = accepted();
    ringing.says(CALL);
    const idle = accepted();
    settle();
    circuits.stop(() => done++);
    settle();
    expect(circuits.status().state).toBe('stopping');
    expect(idle.isClosed).toBe(true);
    expect(wires[1]?.isClosed).toBe(true);
    expect(opening.ending).toMatchObject({ by: 'us', diagnostic: 0xa2 });
    expect([wire.sent, ringing.sent]).toEqual([['10 01 13 00 A2'], ['10 01 13 00 A2']]);
    wire.says('10 01 17');
    ringing.says('10 01 17');
    settle();
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0xa2 });
    expect([done, circuits.status().state]).toEqual([1, 'stopped']);
    expect(clock.next()).toBeUndefined();
  });

  test('who does not confirm is not waited for longer than five seconds', () => {
    const heard: string[] = [];
    const { wire, caller } = connected();
    caller.react = ({ type }) => heard.push(type);
    circuits.stop(() => heard.push('stopped'));
    clock.runFor(4_900);
    expect(heard).toEqual([]);
    clock.runFor(200);
    expect([heard, wire.isClosed]).toEqual([['cleared', 'stopped'], true]);
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0xa2 });
    expect(clock.next()).toBeUndefined();
  });

  test('without connections it is done at once, but not before it returns', () => {
    let done = 0;
    circuits.stop(() => done++);
    expect(done).toBe(0);
    settle();
    expect(done).toBe(1);
    circuits.stop(() => done++);
    settle();
    expect(done).toBe(1);
  });

  test('nobody calls any longer', () => {
    const calls: IncomingCall[] = end.incoming;
    const idle = accepted();
    circuits.stop();
    const caller = end.place(REQUEST);
    const late = newWire();
    circuits.accept(late);
    idle.says(CALL);
    settle();
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0xa2 });
    expect(late.isClosed).toBe(true);
    expect(idle.sent).toEqual([]);
    expect(calls).toEqual([]);
  });
});

test('a listener that throws misses nothing that comes after', () => {
  const { wire, called } = answered();
  called.react = ({ type }) => {
    called.react = () => {};
    if (type === 'piece') throw new Error('not now');
  };
  expect(() => wire.says('10 01 00 41', '10 01 02 42')).toThrow('not now');
  settle();
  expect(called.octets).toEqual(hex('41 42'));
  expect(wire.sent).toEqual(['10 01 41']);
});

test('status counts the packets of all connections, without the RESTART that never was', () => {
  const { wire, caller } = connected();
  caller.send({ octets: hex('01') });
  settle();
  wire.says('10 01 21');
  settle();
  const counted = { packetsSent: 2, packetsReceived: 2, dataSent: 1, callsSent: 1 };
  expect(circuits.status().counters.packet).toMatchObject({ ...counted, restartsSent: 0 });
  wire.breaks();
  settle();
  expect(circuits.status().counters.packet).toMatchObject({ ...counted, restartsSent: 0 });
  expect(circuits.status()).toMatchObject({ name: 'wan', circuits: 0, waiting: 0, freeChannels: 4 });
});
