import { describe, expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { type LayerChanges, LayerEnd } from '../support/layer-end.js';
import { LayerPair } from '../support/layer-pair.js';
import { seeded } from '../support/random.js';

const octets = (count: number): Uint8Array => new Uint8Array(count).fill(0x41);
const data = (ps: number, pr: number, length = 1): Uint8Array =>
  Uint8Array.from([0x10, 5, (pr << 5) | (ps << 1), ...octets(length)]);

function connected({ timers, ...changes }: LayerChanges = {}, role: 'dte' | 'dce' = 'dte'): LayerEnd {
  const end = LayerEnd.ready(role, {
    channels: { twoWay: [5, 5] },
    defaultWindow: 4,
    reject: true,
    timers: { t24: 0, t25: 0, ...timers },
    ...changes,
  });
  end.receive(hex('10 05 0B 00 00'));
  end.accept();
  end.sent();
  end.events.length = 0;
  return end;
}

describe('REJ received, subscribed to', () => {
  test('has all that is not acknowledged sent again, with the newest P(R)', () => {
    const end = connected();
    end.channel?.send({ octets: octets(300), more: false, qualified: true }, 0);
    expect(end.sent()).toHaveLength(3);
    end.receive(data(0, 0));
    end.receive(data(1, 0));
    expect(end.receive(hex('10 05 29'))).toEqual(['DATA 5 s1 r2 Q M 128', 'DATA 5 s2 r2 Q 44']);
    expect(end.events.filter((event) => event.includes('delivered'))).toEqual(['5 delivered 128']);
    expect(end.layer.counters.snapshot()).toMatchObject({ rejectsReceived: 1, dataResent: 2 });
    expect(end.channel?.traffic.packetsSent).toBe(3);
  });

  test('an acknowledgement in the middle of it spares what it acknowledges', () => {
    const end = connected();
    end.channel?.send({ octets: octets(400), more: false }, 0);
    end.sent();
    end.layer.receive(hex('10 05 09'), 0);
    end.layer.receive(hex('10 05 41'), 0);
    expect(end.sent()).toEqual(['DATA 5 s2 r0 M 128', 'DATA 5 s3 r0 16']);
    end.layer.receive(hex('10 05 49'), 0);
    end.layer.receive(hex('10 05 81'), 0);
    expect(end.sent()).toEqual([]);
  });

  test('ends RNR, and with nothing on its way says no more than RR', () => {
    const end = connected();
    end.receive(hex('10 05 05'));
    end.channel?.send({ octets: octets(1), more: false }, 0);
    expect(end.sent()).toEqual([]);
    expect(end.receive(hex('10 05 09'))).toEqual(['DATA 5 s0 r0 1']);
    expect(end.receive(hex('10 05 21'))).toEqual([]);
    expect(end.receive(hex('10 05 29'))).toEqual([]);
  });

  test('with a P(R) that is none is answered by a reset', () => {
    expect(connected().receive(hex('10 05 29'))).toEqual(['RESET 5 00/2']);
  });

  test('new DATA follows what is sent again', () => {
    const end = connected();
    end.channel?.send({ octets: octets(2), more: false }, 0);
    end.sent();
    end.channel?.send({ octets: octets(3), more: false }, 0);
    expect(end.receive(hex('10 05 09'))).toEqual(['DATA 5 s0 r0 2', 'DATA 5 s1 r0 3']);
  });

  test('after a reset nothing is sent again', () => {
    const end = connected();
    end.channel?.send({ octets: octets(2), more: false }, 0);
    end.sent();
    end.layer.receive(hex('10 05 09'), 0);
    expect(end.receive(hex('10 05 1B 00 00'))).toEqual(['RESET-CONF 5']);
  });
});

describe('REJ sent, subscribed to', () => {
  test('a packet too early has those before it asked for, once', () => {
    const end = connected();
    end.receive(data(0, 0));
    expect(end.receive(data(2, 0))).toEqual(['REJ 5 r1']);
    expect(end.receive(data(3, 0))).toEqual([]);
    end.receive(data(1, 0));
    end.receive(data(2, 0));
    end.receive(data(3, 0));
    expect(end.events).toEqual(Array(4).fill('5 data 1'));
    expect(end.layer.counters.get('rejectsSent')).toBe(1);
  });

  test('packets not used up come again, and are known', () => {
    const end = connected();
    end.consumes = false;
    end.receive(data(0, 0));
    expect(end.receive(data(2, 0))).toEqual(['REJ 5 r0']);
    for (const ps of [0, 1, 2]) end.receive(data(ps, 0));
    expect(end.events).toEqual(Array(3).fill('5 data 1'));
  });

  test('a packet outside the window is answered by a reset', () => {
    expect(connected().receive(data(5, 0))).toEqual(['RESET 5 00/1']);
  });

  test('T27: without an answer a reset, after R27 repetitions', () => {
    const end = connected({ timers: { t24: 0, t25: 0, t27: 1000, r27: 1 } });
    end.receive(data(2, 0));
    const at = (now: number): string[] => {
      end.layer.handleTimeout(now);
      return end.sent(now);
    };
    expect(at(999)).toEqual([]);
    expect(at(1000)).toEqual(['REJ 5 r0']);
    expect(at(2000)).toEqual(['RESET 5 00/147']);
  });

  test('a network never sends it', () => {
    expect(connected({}, 'dce').receive(data(1, 0))).toEqual(['RESET 5 05/1']);
  });
});

describe('T25, REJ subscribed to', () => {
  test('DATA goes out again R25 times, then a reset; an acknowledgement begins the count anew', () => {
    const end = connected({ timers: { t24: 0, t25: 1000, r25: 1 } });
    const at = (now: number): string[] => {
      end.layer.handleTimeout(now);
      return end.sent(now);
    };
    end.channel?.send({ octets: octets(200), more: false }, 0);
    expect(end.sent(0)).toHaveLength(2);
    expect(at(1000)).toEqual(['DATA 5 s0 r0 M 128', 'DATA 5 s1 r0 72']);
    end.receive(hex('10 05 21'), 1500);
    expect(at(2500)).toEqual(['DATA 5 s1 r0 72']);
    expect(at(3500)).toEqual(['RESET 5 00/146']);
  });
});

test.each([8, 128] as const)(
  'modulo %i: two ends make up for packets that are lost, without a reset',
  (modulo) => {
    const random = seeded(modulo);
    const changes = {
      modulo,
      reject: true,
      defaultWindow: 7,
      timers: { t25: 5_000, r25: 20, t27: 3_000, r27: 20 },
    } as const;
    const pair = LayerPair.ready({
      dte: { ...changes, role: 'auto' },
      dce: { ...changes, role: 'auto' },
      random,
    });
    pair.run(100_000);
    pair.dce.accepts = true;
    pair.dte.call({}, pair.now);
    pair.run(1000);
    pair.isLost = (_from, text) => text.includes('DATA') && random() < 0.2;
    pair.dte.channel?.send({ octets: octets(128 * 200), more: false }, pair.now);
    pair.run(3_600_000);
    expect(pair.dce.channel?.traffic).toMatchObject({ octetsReceived: 128 * 200, packetsReceived: 200 });
    expect(pair.trace.filter((line) => line.includes('RESET'))).toEqual([]);
    expect(pair.dte.layer.counters.get('dataResent')).toBeGreaterThan(20);
  },
);
