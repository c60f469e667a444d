import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/x25/index.js';
import { hex } from '../support/hex.js';
import { type LayerChanges, LayerEnd } from '../support/layer-end.js';

/** A call that came on channel 5 and was accepted, with these sizes both ways. */
function connected(
  packetSize: number,
  window: number,
  changes: LayerChanges = {},
  role: Role = 'dte',
): LayerEnd {
  const end = LayerEnd.ready(role, {
    channels: { twoWay: [5, 5] },
    defaultPacketSize: packetSize,
    defaultWindow: window,
    ...changes,
  });
  end.receive(hex('10 05 0B 00 00'));
  end.accept();
  end.sent();
  end.events.length = 0;
  return end;
}

const octets = (count: number): Uint8Array => new Uint8Array(count).fill(0x41);

function data(
  ps: number,
  pr: number,
  length: number,
  { more = false, q = false, d = false } = {},
): Uint8Array {
  const first = 0x10 | (q ? 0x80 : 0) | (d ? 0x40 : 0);
  return Uint8Array.from([first, 5, (pr << 5) | (more ? 0x10 : 0) | (ps << 1), ...octets(length)]);
}
const rr = (pr: number): Uint8Array => Uint8Array.of(0x10, 5, (pr << 5) | 1);
const rnr = (pr: number): Uint8Array => Uint8Array.of(0x10, 5, (pr << 5) | 5);

describe('sending', () => {
  test('as many packets as the window has, then more with every acknowledgement', () => {
    const end = connected(128, 2);
    end.channel?.send({ octets: octets(600), more: false }, 0);
    expect(end.sent()).toEqual(['DATA 5 s0 r0 M 128', 'DATA 5 s1 r0 M 128']);
    expect(end.receive(rr(1))).toEqual(['DATA 5 s2 r0 M 128']);
    expect(end.receive(rr(3))).toEqual(['DATA 5 s3 r0 M 128', 'DATA 5 s4 r0 88']);
    expect(end.receive(rr(5))).toEqual([]);
    expect(end.events).toEqual(['5 delivered 128', '5 delivered 256', '5 delivered 216']);
  });

  test('numbers go round', () => {
    const end = connected(16, 7);
    end.channel?.send({ octets: octets(16 * 10), more: false }, 0);
    expect(end.sent().at(-1)).toBe('DATA 5 s6 r0 M 16');
    expect(end.receive(rr(7))).toEqual(['DATA 5 s7 r0 M 16', 'DATA 5 s0 r0 M 16', 'DATA 5 s1 r0 16']);
    end.receive(rr(2));
    expect(end.channel?.traffic.packetsSent).toBe(10);
  });

  test('RNR holds DATA back, and still acknowledges; RR lets it go', () => {
    const end = connected(128, 2);
    end.channel?.send({ octets: octets(600), more: false }, 0);
    end.sent();
    expect(end.receive(rnr(1))).toEqual([]);
    expect(end.receive(rnr(2))).toEqual([]);
    expect(end.events).toEqual(['5 delivered 128', '5 delivered 128']);
    expect(end.receive(rr(2))).toEqual(['DATA 5 s2 r0 M 128', 'DATA 5 s3 r0 M 128']);
  });

  test('a piece that is continued goes out as full packets only', () => {
    const end = connected(128, 7);
    end.channel?.send({ octets: octets(200), more: true }, 0);
    expect(end.sent()).toEqual(['DATA 5 s0 r0 M 128']);
    end.channel?.send({ octets: octets(56), more: true }, 0);
    expect(end.sent()).toEqual(['DATA 5 s1 r0 M 128']);
    end.channel?.send({ octets: octets(10), more: false }, 0);
    expect(end.sent()).toEqual(['DATA 5 s2 r0 10']);
  });

  test('an empty piece ends a sequence: with the packet that waits, or by an empty packet', () => {
    const end = connected(128, 7);
    const empty = { octets: octets(0), more: false };
    end.channel?.send({ octets: octets(100), more: true }, 0);
    expect(end.sent()).toEqual([]);
    end.channel?.send(empty, 0);
    expect(end.sent()).toEqual(['DATA 5 s0 r0 100']);
    end.channel?.send({ octets: octets(128), more: true }, 0);
    end.channel?.send(empty, 0);
    expect(end.sent()).toEqual(['DATA 5 s1 r0 128']);
    end.channel?.send({ octets: octets(128), more: true }, 0);
    expect(end.sent()).toEqual(['DATA 5 s2 r0 M 128']);
    end.channel?.send(empty, 0);
    expect(end.sent()).toEqual(['DATA 5 s3 r0 0']);
    end.channel?.send(empty, 0);
    expect(end.sent()).toEqual(['DATA 5 s4 r0 0']);
  });

  test('D stands in the packet with the last octet of its piece, which is not joined with what follows', () => {
    const end = connected(128, 7);
    end.channel?.send({ octets: octets(200), more: true, confirm: true }, 0);
    end.channel?.send({ octets: octets(10), more: false }, 0);
    expect(end.sent()).toEqual(['DATA 5 s0 r0 M 128', 'DATA 5 s1 r0 D M 72', 'DATA 5 s2 r0 10']);
  });

  test('Q is the same throughout a sequence', () => {
    const end = connected(128, 7);
    end.channel?.send({ octets: octets(130), more: true, qualified: true }, 0);
    expect(() => end.channel?.send({ octets: octets(1), more: false }, 0)).toThrow(RangeError);
    end.channel?.send({ octets: octets(1), more: false, qualified: true }, 0);
    end.channel?.send({ octets: octets(1), more: false }, 0);
    expect(end.sent()).toEqual(['DATA 5 s0 r0 Q M 128', 'DATA 5 s1 r0 Q 3', 'DATA 5 s2 r0 1']);
  });

  test('the sender is told to wait, and when there is room again', () => {
    const end = connected(128, 2);
    const send = (count: number): boolean | undefined =>
      end.channel?.send({ octets: octets(count), more: false }, 0);
    expect(send(4000)).toBe(true);
    expect(send(2000)).toBe(false);
    let pr = 0;
    end.sent();
    while (!end.events.includes('5 ready')) {
      pr = (pr + 2) % 8;
      end.receive(rr(pr));
    }
    const { octetsSent } = end.channel?.traffic ?? { octetsSent: 0 };
    expect(6000 - octetsSent).toBeLessThan(2048);
    expect(6000 - octetsSent).toBeGreaterThan(2048 - 3 * 128);
    expect(send(2000)).toBe(true);
  });

  test('packets of many channels take turns, after all control packets', () => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [1, 3] }, defaultWindow: 7 });
    end.accepts = true;
    const channels = [1, 2, 3].map((number) => {
      end.receive(Uint8Array.of(0x10, number, 0x0b, 0, 0));
      return end.channel;
    });
    for (const channel of channels) channel?.send({ octets: octets(300), more: false }, 0);
    end.channel?.interrupt(octets(1), 0);
    expect(end.sent()).toEqual([
      'INT 3 1',
      'DATA 1 s0 r0 M 128',
      'DATA 2 s0 r0 M 128',
      'DATA 3 s0 r0 M 128',
      'DATA 1 s1 r0 M 128',
      'DATA 2 s1 r0 M 128',
      'DATA 3 s1 r0 M 128',
      'DATA 1 s2 r0 44',
      'DATA 2 s2 r0 44',
      'DATA 3 s2 r0 44',
    ]);
  });
});

describe('acknowledging', () => {
  test('window 2: every packet that is used up, at once', () => {
    const end = connected(128, 2);
    expect(end.receive(data(0, 0, 128))).toEqual(['RR 5 r1']);
    expect(end.receive(data(1, 0, 128))).toEqual(['RR 5 r2']);
  });

  test('window 7: every second, or after a second', () => {
    const end = connected(128, 7);
    const sent = [0, 1, 2, 3, 4].map((ps) => end.receive(data(ps, 0, 128)));
    expect(sent).toEqual([[], ['RR 5 r2'], [], ['RR 5 r4'], []]);
    expect(end.layer.nextDeadline()).toBe(1000);
    end.layer.handleTimeout(1000);
    expect(end.sent(1000)).toEqual(['RR 5 r5']);
    expect(end.layer.nextDeadline()).toBeUndefined();
  });

  test('D=1 is answered when the packet is used up, without waiting for others', () => {
    const end = connected(128, 7);
    end.consumes = false;
    expect(end.receive(data(0, 0, 5))).toEqual([]);
    expect(end.receive(data(1, 0, 5, { d: true, more: true }))).toEqual([]);
    expect(end.events.at(-1)).toBe('5 data 5 D M');
    end.channel?.consumed(5, 0);
    expect(end.sent()).toEqual([]);
    end.channel?.consumed(5, 0);
    expect(end.sent()).toEqual(['RR 5 r2']);
    end.receive(data(2, 0, 5));
    end.channel?.consumed(5, 0);
    expect(end.sent()).toEqual([]);
  });

  test('D=1 on an empty packet is answered at once', () => {
    expect(connected(128, 7).receive(data(0, 0, 0, { d: true }))).toEqual(['RR 5 r1']);
  });

  test('DATA carries P(R), and no RR follows', () => {
    const end = connected(128, 2);
    end.onData = () => end.channel?.send({ octets: octets(5), more: false }, 0);
    expect(end.receive(data(0, 0, 10))).toEqual(['DATA 5 s0 r1 5']);
    end.layer.handleTimeout(1000);
    expect(end.sent(1000)).toEqual([]);
  });

  test('what DATA carried is not said again', () => {
    const end = connected(128, 7);
    end.receive(data(0, 0, 10));
    end.channel?.send({ octets: octets(5), more: false }, 0);
    expect(end.sent()).toEqual(['DATA 5 s0 r1 5']);
    end.layer.handleTimeout(1000);
    expect(end.sent(1000)).toEqual([]);
    for (const ps of [1, 2, 3, 4]) end.layer.receive(data(ps, 1, 10), 2000);
    end.channel?.send({ octets: octets(5), more: false }, 2000);
    end.channel?.interrupt(octets(1), 2000);
    expect(end.sent(2000)).toEqual(['INT 5 1', 'DATA 5 s1 r5 5']);
    end.receive(rr(2), 2000);
    expect(end.receive(hex('10 05 27'), 2000)).toEqual([]);
    end.channel?.interrupt(octets(1), 2000);
    expect(end.sent(2000)).toEqual(['INT 5 1']);
  });

  test('RR is sent where DATA may not go', () => {
    const end = connected(128, 2);
    end.receive(rnr(0));
    end.channel?.send({ octets: octets(5), more: false }, 0);
    expect(end.receive(data(0, 0, 10))).toEqual(['RR 5 r1']);
  });

  test('an acknowledgement that waited for DATA goes as RR when RNR stops the DATA', () => {
    const end = connected(128, 2);
    end.onData = () => end.channel?.send({ octets: octets(5), more: false }, 0);
    end.layer.receive(data(0, 0, 10), 0);
    expect(end.receive(rnr(0))).toEqual(['RR 5 r1']);
  });

  test('a packet counts when all its octets are used up', () => {
    const end = connected(128, 2);
    end.consumes = false;
    end.receive(data(0, 0, 100));
    end.channel?.consumed(99, 0);
    expect(end.sent()).toEqual([]);
    end.channel?.consumed(1, 0);
    expect(end.sent()).toEqual(['RR 5 r1']);
  });

  test('an empty packet counts when all before it are used up', () => {
    const end = connected(128, 5);
    end.consumes = false;
    expect(end.receive(data(0, 0, 0))).toEqual([]);
    end.receive(data(1, 0, 10));
    end.receive(data(2, 0, 0));
    end.channel?.consumed(10, 0);
    expect(end.sent()).toEqual(['RR 5 r3']);
  });

  test('more octets than came acknowledge nothing that comes later', () => {
    const end = connected(128, 2);
    end.consumes = false;
    end.channel?.consumed(1000, 0);
    expect(end.receive(data(0, 0, 100))).toEqual([]);
    end.channel?.consumed(5000, 0);
    expect(end.sent()).toEqual(['RR 5 r1']);
    expect(end.receive(data(1, 0, 100))).toEqual([]);
  });

  test('with the window used up, one packet used up is told at once', () => {
    const end = connected(128, 7);
    end.consumes = false;
    for (let ps = 0; ps < 7; ps++) end.receive(data(ps, 0, 128));
    end.channel?.consumed(128, 0);
    expect(end.sent()).toEqual(['RR 5 r1']);
  });

  test('used up early, but told when the window is used up by what came after', () => {
    const end = connected(128, 7);
    end.consumes = false;
    end.receive(data(0, 0, 128));
    end.channel?.consumed(128, 0);
    const sent = [1, 2, 3, 4, 5, 6].map((ps) => end.receive(data(ps, 0, 128)));
    expect(sent).toEqual([[], [], [], [], [], ['RR 5 r1']]);
  });
});

describe('a window held shut', () => {
  function shut(t24: number): LayerEnd {
    const end = connected(128, 2, { timers: { t24 } });
    end.consumes = false;
    end.receive(data(0, 0, 128));
    end.receive(data(1, 0, 128), 5000);
    return end;
  }
  const at = (end: LayerEnd, now: number): string[] => {
    end.layer.handleTimeout(now);
    return end.sent(now);
  };

  test('is announced by RNR after 20 s, and RR opens it', () => {
    const end = shut(0);
    expect(end.layer.nextDeadline()).toBe(25_000);
    expect(at(end, 24_999)).toEqual([]);
    expect(at(end, 25_000)).toEqual(['RNR 5 r0']);
    expect(end.layer.nextDeadline()).toBeUndefined();
    end.channel?.consumed(128, 30_000);
    expect(end.sent(30_000)).toEqual(['RR 5 r1']);
    expect(end.layer.counters.get('rnrSent')).toBe(1);
  });

  test('is announced again every T24', () => {
    const end = shut(60_000);
    expect(at(end, 25_000)).toEqual(['RNR 5 r0']);
    expect(at(end, 60_000)).toEqual([]);
    expect(end.layer.nextDeadline()).toBe(85_000);
    expect(at(end, 85_000)).toEqual(['RNR 5 r0']);
    expect(at(end, 145_000)).toEqual(['RNR 5 r0']);
  });

  test('is not announced when it opened meanwhile', () => {
    const end = shut(0);
    end.channel?.consumed(256, 10_000);
    expect(end.sent(10_000)).toEqual(['RR 5 r2']);
    expect(at(end, 25_000)).toEqual([]);
    expect(end.layer.nextDeadline()).toBeUndefined();
  });

  test('that opened and shut again is announced 20 s after the last time', () => {
    const end = shut(0);
    end.channel?.consumed(128, 10_000);
    end.sent(10_000);
    end.receive(data(2, 0, 128), 12_000);
    expect(at(end, 25_000)).toEqual([]);
    expect(end.layer.nextDeadline()).toBe(32_000);
    expect(at(end, 32_000)).toEqual(['RNR 5 r1']);
  });

  test('DATA of ours does not end it for the other end: RR does', () => {
    const end = shut(0);
    at(end, 25_000);
    end.channel?.send({ octets: octets(1), more: false }, 25_000);
    end.channel?.consumed(128, 25_000);
    expect(end.sent(25_000)).toEqual(['RR 5 r1', 'DATA 5 s0 r1 1']);
  });

  test('is not opened by a part of a packet', () => {
    const end = shut(0);
    at(end, 25_000);
    end.channel?.consumed(127, 30_000);
    expect(end.sent(30_000)).toEqual([]);
    end.channel?.consumed(1, 30_000);
    expect(end.sent(30_000)).toEqual(['RR 5 r1']);
  });

  test('begins anew after a reset', () => {
    const end = shut(0);
    end.receive(hex('10 05 1B 00 00'), 10_000);
    end.receive(data(0, 0, 128), 12_000);
    end.receive(data(1, 0, 128), 12_000);
    expect(end.layer.nextDeadline()).toBe(32_000);
    expect(at(end, 32_000)).toEqual(['RNR 5 r0']);
  });

  test('and announced is forgotten with a reset', () => {
    const end = connected(128, 7);
    end.consumes = false;
    for (let ps = 0; ps < 7; ps++) end.receive(data(ps, 0, 1));
    expect(at(end, 20_000)).toEqual(['RNR 5 r0']);
    end.receive(hex('10 05 1B 00 00'), 20_000);
    end.receive(data(0, 0, 1), 20_000);
    end.channel?.consumed(1, 20_000);
    expect(end.sent(20_000)).toEqual([]);
  });

  test('what was on its way when RNR went out is kept', () => {
    const end = connected(128, 2);
    end.consumes = false;
    end.receive(data(0, 0, 128));
    end.receive(data(1, 0, 128));
    at(end, 20_000);
    end.channel?.consumed(128, 20_000);
    expect(end.sent(20_000)).toEqual(['RR 5 r1']);
    expect(end.receive(data(2, 0, 128), 20_001)).toEqual([]);
    expect(end.events).toEqual(['5 data 128', '5 data 128', '5 data 128']);
  });
});

test('T24: RR is repeated while packets wait to be used up and nothing was said of our window for so long', () => {
  const end = connected(128, 7, { timers: { t24: 60_000, t25: 0 } });
  end.consumes = false;
  end.receive(data(0, 0, 5));
  const at = (now: number): string[] => {
    end.layer.handleTimeout(now);
    return end.sent(now);
  };
  expect(at(60_000)).toEqual(['RR 5 r0']);
  end.channel?.send({ octets: octets(1), more: false }, 90_000);
  expect(end.sent(90_000)).toEqual(['DATA 5 s0 r0 1']);
  expect(at(120_000)).toEqual([]);
  expect(end.layer.nextDeadline()).toBe(150_000);
  expect(at(150_000)).toEqual(['RR 5 r0']);
  end.channel?.consumed(5, 160_000);
  expect(at(161_000)).toEqual(['RR 5 r1']);
  expect(at(210_000)).toEqual([]);
  expect(end.layer.nextDeadline()).toBeUndefined();
});

describe('T25', () => {
  test('DATA that is not acknowledged resets the call', () => {
    const end = connected(128, 2);
    end.channel?.send({ octets: octets(1), more: false }, 1000);
    expect(end.layer.nextDeadline()).toBeUndefined();
    end.sent(1000);
    expect(end.layer.nextDeadline()).toBe(201_000);
    end.layer.handleTimeout(201_000);
    expect(end.sent(201_000)).toEqual(['RESET 5 00/146']);
    expect(end.events).toEqual(['5 reset by us 00/146']);
  });

  test('begins anew with every acknowledgement, and stops with the last', () => {
    const end = connected(128, 2);
    end.channel?.send({ octets: octets(300), more: false }, 0);
    end.sent(0);
    end.receive(rr(1), 100_000);
    end.layer.handleTimeout(200_000);
    expect(end.sent(200_000)).toEqual([]);
    expect(end.layer.nextDeadline()).toBe(300_000);
    end.receive(rr(3), 250_000);
    expect(end.layer.nextDeadline()).toBeUndefined();
  });

  test('runs out that long after the last acknowledgement', () => {
    const end = connected(128, 2);
    end.channel?.send({ octets: octets(300), more: false }, 0);
    end.sent(0);
    end.receive(rr(1), 100_000);
    end.layer.handleTimeout(200_000);
    end.layer.handleTimeout(300_000);
    expect(end.sent(300_000)).toEqual(['RESET 5 00/146']);
    expect(end.layer.counters.get('timeouts')).toBe(1);
    expect(end.layer.counters.get('procedureErrors')).toBe(0);
  });

  test('waits while the other end says RNR', () => {
    const end = connected(128, 2);
    end.channel?.send({ octets: octets(200), more: false }, 0);
    end.sent(0);
    end.receive(rnr(0), 1000);
    expect(end.layer.nextDeadline()).toBeUndefined();
    end.receive(rr(0), 500_000);
    expect(end.layer.nextDeadline()).toBe(700_000);
  });
});

describe('what calls for a reset, in the order of X.25 table C-5', () => {
  const CASES: readonly (readonly [what: string, packet: Uint8Array, diagnostic: number])[] = [
    ['P(R) of what was not sent', data(0, 1, 1), 2],
    ['P(S) that is not the next', data(1, 0, 1), 1],
    ['both: P(R) is judged first', data(1, 1, 1), 2],
    ['longer than agreed', data(0, 0, 129), 39],
    ['RR with P(R) of what was not sent', rr(1), 2],
    ['RNR with P(R) of what was not sent', rnr(1), 2],
    ['RR with an octet too many', hex('10 05 01 00'), 39],
    ['RR with both: the length is judged first', hex('10 05 21 00'), 39],
    ['REJ, not subscribed to', hex('10 05 09'), 37],
    ['interrupt without data', hex('10 05 23'), 38],
    ['interrupt of 33 octets', Uint8Array.of(0x10, 5, 0x23, ...octets(33)), 39],
    ['interrupt confirmation without an interrupt', hex('10 05 27'), 43],
  ];

  test.each(CASES)('%s', (_what, packet, diagnostic) => {
    for (const [role, cause] of [
      ['dte', '00'],
      ['dce', '05'],
    ] as const) {
      const end = connected(128, 2, {}, role);
      expect(end.receive(packet)).toEqual([`RESET 5 ${cause}/${diagnostic}`]);
      expect(end.events).toEqual([`5 reset by us ${cause}/${diagnostic}`]);
    }
  });

  test('a packet beyond the window', () => {
    const end = connected(128, 2);
    end.consumes = false;
    end.receive(data(0, 0, 1));
    end.receive(data(1, 0, 1));
    expect(end.receive(data(2, 0, 1))).toEqual(['RESET 5 00/1']);
  });

  test('Q that changes within a sequence', () => {
    const end = connected(128, 7);
    end.receive(data(0, 0, 128, { more: true, q: true }));
    expect(end.receive(data(1, 0, 1))).toEqual(['RESET 5 00/83']);
  });
});

test('Q, D and M are passed on; a network takes M=1 in a packet that is not full for M=0', () => {
  for (const [role, partial] of [
    ['dte', '5 data 10 M'],
    ['dce', '5 data 10'],
  ] as const) {
    const end = connected(128, 7, {}, role);
    end.receive(data(0, 0, 128, { more: true, q: true }));
    end.receive(data(1, 0, 10, { more: true, q: true, d: true }));
    end.receive(data(2, 0, 10, { more: true, q: true }));
    expect(end.events).toEqual(['5 data 128 Q M', '5 data 10 Q D M', partial.replace('10', '10 Q')]);
  }
});

test('traffic counts octets, packets and segments of 64, each way', () => {
  const end = connected(128, 7);
  end.receive(data(0, 0, 1));
  end.receive(data(1, 0, 64));
  end.receive(data(2, 0, 65));
  end.channel?.send({ octets: octets(200), more: false }, 0);
  end.sent();
  expect(end.channel?.traffic).toEqual({
    packetsReceived: 3,
    octetsReceived: 130,
    segmentsReceived: 4,
    packetsSent: 2,
    octetsSent: 200,
    segmentsSent: 4,
  });
  expect(end.layer.counters.get('dataReceived')).toBe(3);
  expect(end.layer.counters.get('dataSent')).toBe(2);
});

test('a reset ends RNR of either end, Q of a sequence, and what was owed', () => {
  const end = connected(128, 2, { timers: { t24: 0 } });
  end.consumes = false;
  end.receive(data(0, 0, 128, { more: true, q: true }));
  end.receive(data(1, 0, 128, { more: true, q: true }));
  end.layer.handleTimeout(20_000);
  expect(end.sent(20_000)).toEqual(['RNR 5 r0']);
  end.receive(rnr(0), 20_000);
  expect(end.receive(hex('10 05 1B 00 00'), 20_000)).toEqual(['RESET-CONF 5']);
  end.channel?.send({ octets: octets(5), more: false }, 20_000);
  expect(end.sent(20_000)).toEqual(['DATA 5 s0 r0 5']);
  end.receive(data(0, 0, 128), 20_000);
  end.channel?.consumed(128, 20_000);
  expect(end.sent(20_000)).toEqual(['RR 5 r1']);
  expect(end.events.filter((event) => event.includes('reset'))).toEqual(['5 reset by peer 00/0']);
  end.receive(rr(1), 20_000);
  expect(end.layer.nextDeadline()).toBeUndefined();
});

test('a reset in the middle of things: numbers of both ends begin at 0', () => {
  const end = connected(128, 2);
  end.channel?.send({ octets: octets(300), more: false }, 0);
  end.sent();
  end.receive(rr(2));
  end.receive(rr(3));
  end.receive(data(0, 3, 5));
  end.layer.receive(data(1, 3, 5), 0);
  expect(end.receive(hex('10 05 1B 00 00'))).toEqual(['RESET-CONF 5']);
  end.channel?.send({ octets: octets(300), more: false }, 0);
  expect(end.sent()).toEqual(['DATA 5 s0 r0 M 128', 'DATA 5 s1 r0 M 128']);
  expect(end.receive(data(0, 1, 5))).toEqual(['DATA 5 s2 r1 44']);
});

test('the queue tells of room below half of what it holds, not before', () => {
  const end = connected(1024, 2);
  const piece = { octets: octets(1024), more: false };
  const room = [0, 1, 2, 3].map(() => end.channel?.send(piece, 0));
  expect(room).toEqual([true, true, true, false]);
  end.sent();
  expect(end.events).toEqual([]);
  end.receive(rr(1));
  expect(end.events).toEqual(['5 delivered 1024', '5 ready']);
  end.receive(rr(3));
  expect(end.events).toEqual(['5 delivered 1024', '5 ready', '5 delivered 2048']);
});

test.each(['reset', 'clear'] as const)(
  'a user who answers an acknowledgement by a %s gets no DATA from the same packet',
  (answer) => {
    const end = LayerEnd.ready('dte');
    end.receive(hex('10 05 0B 00 00'));
    const { channel } = end;
    const told: string[] = [];
    channel?.accept(
      {},
      {
        ...end.user(() => channel),
        delivered: (_octets, now) =>
          answer === 'reset' ? channel.reset(0, 0, now) : channel.clear({ cause: 0, diagnostic: 0 }, now),
        data: () => told.push('data'),
      },
      0,
    );
    channel?.send({ octets: octets(1), more: false }, 0);
    end.sent();
    expect(end.receive(data(0, 1, 1))).toEqual([answer === 'reset' ? 'RESET 5 00/0' : 'CLEAR 5 00/0']);
    expect(told).toEqual([]);
  },
);
