import { describe, expect, test } from 'vitest';
import { DEFAULT_PACKET_TIMERS, PACKET_TIMERS, type Role } from '../../src/x25/index.js';
import { type LayerChanges, LayerEnd } from '../support/layer-end.js';
import { LayerPair } from '../support/layer-pair.js';

/** A pair whose ends have answered so far; from `silence` on, nothing that `role` sends arrives. */
function pairWith(changes: LayerChanges = {}): LayerPair {
  const pair = LayerPair.ready({ dte: changes, dce: changes });
  pair.dte.accepts = true;
  pair.dce.accepts = true;
  return pair;
}

function silence(pair: LayerPair, role: Role): void {
  pair.isLost = (from) => from === role;
}

/** Seconds since the test began, and what happened to one end. */
function seen(pair: LayerPair, role: Role, start: number): string[] {
  return pair
    .take()
    .map((line) => line.split(' '))
    .filter(([, who]) => who === role)
    .map(([time, , ...rest]) => `${(Number(time) - start) / 1000} ${rest.join(' ')}`);
}

const HOUR = 3_600_000;

describe('restart', () => {
  test('T20: a DTE asks twice, then more slowly for ever', () => {
    const pair = new LayerPair();
    pair.dte.layer.linkUp(0);
    pair.run(HOUR);
    expect(seen(pair, 'dte', 0)).toEqual([
      '0 RESTART 00/0',
      '180 RESTART 00/0',
      '360 RESTART 00/0',
      '1260 RESTART 00/0',
      '2160 RESTART 00/0',
      '3060 RESTART 00/0',
    ]);
    expect(pair.dte.layer.isReady).toBe(false);
    expect(pair.dte.layer.counters.get('timeouts')).toBe(5);
  });

  test('T20: the answer to the repetition is as good', () => {
    const pair = new LayerPair({ isLost: (from) => from === 'dce' });
    pair.dte.layer.linkUp(0);
    pair.run(100_000);
    pair.isLost = () => false;
    pair.dce.layer.linkUp(pair.now);
    pair.run(200_000);
    expect(pair.dte.layer.isReady).toBe(true);
    expect(pair.dce.layer.isReady).toBe(true);
    pair.take();
    pair.run(HOUR);
    expect(pair.take()).toEqual([]);
  });

  test('T10: a DCE asks twice, then takes the DTE for ready and says so', () => {
    const pair = new LayerPair();
    pair.dce.layer.linkUp(0);
    pair.run(HOUR);
    expect(seen(pair, 'dce', 0)).toEqual([
      '0 RESTART 07/0',
      '60 RESTART 07/0',
      '120 -> ready',
      '120 DIAG 52',
    ]);
    expect(pair.dce.layer.isReady).toBe(true);
  });
});

describe('call', () => {
  test.each([
    ['dte', '200', 'CLEAR 16 00/49', '00/49'],
    ['dce', '180', 'CLEAR 1 13/49', '13/49'],
  ] as const)('%s: without an answer the call is cleared after %s s', (role, seconds, clear, why) => {
    const pair = pairWith();
    const start = pair.now;
    pair.dte.accepts = false;
    pair.dce.accepts = false;
    const channel = pair[role].call({}, start)?.number;
    pair.run(HOUR);
    expect(seen(pair, role, start)).toEqual([
      `0 CALL ${channel} 700001`,
      `${seconds} ${clear}`,
      `${seconds}.02 -> ${channel} cleared by us ${why}`,
    ]);
    expect(pair[role].layer.counters.get('timeouts')).toBe(1);
  });

  test('the answer stops the timer', () => {
    const pair = pairWith();
    pair.dte.call({}, pair.now);
    pair.run(HOUR);
    expect(pair.dte.channel?.state).toBe('p4');
  });
});

describe('clear', () => {
  test.each([
    ['dte', 'dce', 180, 16, '00/241'],
    ['dce', 'dte', 60, 1, '00/241'],
  ] as const)(
    '%s: without a confirmation twice, then the channel is put aside',
    (role, other, seconds, channel, why) => {
      const pair = pairWith();
      pair[role].call({}, pair.now);
      pair.run(1000);
      pair.take();
      silence(pair, other);
      const start = pair.now;
      pair[role].channel?.clear({ cause: 0, diagnostic: 241 }, start);
      pair.run(HOUR);
      expect(seen(pair, role, start)).toEqual([
        `0 CLEAR ${channel} ${why}`,
        `${seconds} CLEAR ${channel} ${why}`,
        `${2 * seconds} -> ${channel} cleared by us ${why}`,
        ...(role === 'dce' ? [`${2 * seconds} DIAG 50 10${'0'}113`] : []),
      ]);
      expect(pair[role].layer.freeChannels).toBe(15);
      expect(pair[role].layer.counters.get('putAside')).toBe(1);
      expect(pair[role].layer.counters.get('timeouts')).toBe(2);
    },
  );

  /** Channel 16 of the DTE is put aside; the other end thinks nothing of it. */
  function aside(): LayerPair {
    const pair = pairWith();
    pair.dte.call({}, pair.now);
    pair.run(1000);
    silence(pair, 'dce');
    pair.dte.channel?.clear({ cause: 0, diagnostic: 0 }, pair.now);
    pair.run(HOUR);
    pair.isLost = () => false;
    pair.take();
    return pair;
  }

  test('a channel put aside is not chosen for calls of ours', () => {
    const pair = aside();
    expect(pair.dte.call({}, pair.now)?.number).toBe(15);
  });

  test('it takes calls of the other end, and is free after them', () => {
    const pair = aside();
    pair.dte.layer.receive(Uint8Array.of(0x10, 16, 0x0b, 0, 0), pair.now);
    expect(pair.dte.channel?.number).toBe(16);
    expect(pair.dte.channel?.state).toBe('p4');
    pair.dte.layer.receive(Uint8Array.of(0x10, 16, 0x13, 0, 0), pair.now);
    pair.dte.sent(pair.now);
    expect(pair.dte.layer.freeChannels).toBe(16);
  });

  test.each([
    ['a late confirmation', [0x10, 16, 0x17], []],
    ['a clear', [0x10, 16, 0x13, 0, 0], ['CLEAR-CONF 16']],
    ['a restart', [0x10, 0, 0xfb, 0, 0], ['RESTART-CONF']],
  ])('%s makes it free', (_what, packet, answer) => {
    const { dte, now } = aside();
    expect(dte.layer.freeChannels).toBe(15);
    expect(dte.receive(Uint8Array.from(packet), now)).toEqual(answer);
    expect(dte.layer.freeChannels).toBe(16);
  });
});

describe('reset', () => {
  test.each([
    ['dte', 'dce', 180, 16, '00'],
    ['dce', 'dte', 60, 1, '13'],
  ] as const)(
    '%s: without a confirmation twice, then the call is cleared',
    (role, other, seconds, channel, cause) => {
      const pair = pairWith();
      pair[role].call({}, pair.now);
      pair.run(1000);
      pair.take();
      silence(pair, other);
      const start = pair.now;
      pair[role].channel?.reset(0, 250, start);
      pair.run(2 * seconds * 1000 + 1);
      expect(seen(pair, role, start)).toEqual([
        `0 RESET ${channel} 00/250`,
        `${seconds} RESET ${channel} 00/250`,
        `${2 * seconds} CLEAR ${channel} ${cause}/51`,
      ]);
      expect(pair[role].layer.counters.get('timeouts')).toBe(2);
    },
  );
});

test('T26: an interrupt without a confirmation resets the call', () => {
  const pair = pairWith();
  pair.dte.call({}, pair.now);
  pair.run(1000);
  pair.take();
  silence(pair, 'dce');
  const start = pair.now;
  pair.dte.channel?.interrupt(Uint8Array.of(1), start);
  pair.run(180_000);
  expect(seen(pair, 'dte', start)).toEqual([
    '0 INT 16 1',
    '180 -> 16 reset by us 00/145',
    '180 RESET 16 00/145',
  ]);
});

describe('a repetition that the link has not taken yet', () => {
  /** Time passes while the link takes nothing. */
  const wait = (end: LayerEnd, now: number): void => end.layer.handleTimeout(now);

  test('of RESTART is not sent when the answer to the first one came', () => {
    const end = new LayerEnd('dte');
    end.layer.linkUp(0);
    end.sent();
    wait(end, 180_000);
    expect(end.receive(Uint8Array.of(0x10, 0, 0xff), 180_001)).toEqual([]);
    expect(end.layer.isReady).toBe(true);
  });

  test('nor of CLEAR', () => {
    const end = LayerEnd.ready('dte');
    end.call();
    end.channel?.clear({ cause: 0, diagnostic: 0 }, 0);
    end.sent();
    wait(end, 180_000);
    expect(end.receive(Uint8Array.of(0x10, 16, 0x17), 180_001)).toEqual([]);
    expect(end.layer.freeChannels).toBe(16);
  });

  test('nor of RESET', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(Uint8Array.of(0x10, 5, 0x0b, 0, 0));
    end.channel?.reset(0, 0, 0);
    end.sent();
    wait(end, 180_000);
    expect(end.receive(Uint8Array.of(0x10, 5, 0x1f), 180_001)).toEqual([]);
    expect(end.layer.nextDeadline()).toBeUndefined();
  });
});

test('a request that the link has not taken when its time is over waits once, not twice', () => {
  const end = LayerEnd.ready('dte');
  end.accepts = true;
  end.receive(Uint8Array.of(0x10, 5, 0x0b, 0, 0));
  end.channel?.reset(0, 0, 0);
  end.call();
  end.channel?.clear({ cause: 0, diagnostic: 0 }, 0);
  end.layer.handleTimeout(180_000);
  expect(end.sent(180_000).sort()).toEqual(['CALL 16 700001', 'CLEAR 16 00/0', 'RESET 5 00/0']);
});

test('the timer of a call stops when its clear comes, though the confirmation has to wait', () => {
  const end = LayerEnd.ready('dte');
  end.call();
  end.sent();
  end.layer.receive(Uint8Array.of(0x10, 16, 0x13, 1, 0), 0);
  expect(end.layer.nextDeadline()).toBeUndefined();
  end.layer.handleTimeout(200_000);
  expect(end.sent(200_000)).toEqual(['CLEAR-CONF 16']);
});

test('the next deadline is the earliest of all channels, whichever comes first', () => {
  const end = LayerEnd.ready('dte');
  const late = end.call({}, 10_000);
  expect(end.layer.nextDeadline()).toBe(210_000);
  const early = end.call({}, 0);
  expect(end.layer.nextDeadline()).toBe(200_000);
  end.call({}, 5_000);
  expect(end.layer.nextDeadline()).toBe(200_000);
  early?.clear({ cause: 0, diagnostic: 0 }, 50_000);
  expect(end.layer.nextDeadline()).toBe(205_000);
  end.layer.handleTimeout(205_000);
  expect(end.layer.nextDeadline()).toBe(210_000);
  late?.clear({ cause: 0, diagnostic: 0 }, 205_000);
  expect(end.layer.nextDeadline()).toBe(230_000);
});

test('a timer of 0 is off', () => {
  const off = { t20: 0, t21: 0, t22: 0, t23: 0, t25: 0, t26: 0 };
  const pair = pairWith({ timers: off });
  silence(pair, 'dce');
  pair.dte.call({}, pair.now);
  pair.run(HOUR);
  expect(pair.dte.layer.nextDeadline()).toBeUndefined();
  expect(pair.dte.channel?.state).toBe('p2');
  pair.dte.channel?.clear({ cause: 0, diagnostic: 0 }, pair.now);
  pair.run(HOUR);
  expect(pair.dte.layer.nextDeadline()).toBeUndefined();
  expect(pair.dte.channel?.state).toBe('p6');
});

test('repetitions may be turned off, or made more', () => {
  for (const [r23, clears] of [
    [0, 1],
    [3, 4],
  ] as const) {
    const pair = pairWith({ timers: { r23 } });
    pair.dte.call({}, pair.now);
    pair.run(1000);
    pair.take();
    silence(pair, 'dce');
    pair.dte.channel?.clear({ cause: 0, diagnostic: 0 }, pair.now);
    pair.run(HOUR);
    expect(pair.take().filter((line) => line.includes('CLEAR 16'))).toHaveLength(clears);
  }
});

test('every default is within its range, and each timer of a DTE is longer than the one of a DCE', () => {
  for (const { default: value, range } of Object.values(PACKET_TIMERS)) {
    expect(value).toBeGreaterThanOrEqual(range[0]);
    expect(value).toBeLessThanOrEqual(range[1]);
  }
  const t = DEFAULT_PACKET_TIMERS;
  expect([t.t20 > t.t10, t.t21 > t.t11, t.t22 > t.t12, t.t23 > t.t13]).toEqual([true, true, true, true]);
});
