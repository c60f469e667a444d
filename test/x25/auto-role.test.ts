import { describe, expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { type LayerChanges, LayerEnd } from '../support/layer-end.js';
import { LayerPair } from '../support/layer-pair.js';
import { seeded } from '../support/random.js';

const CHANNELS = { channels: { twoWay: [1, 8] } } as const satisfies LayerChanges;

/** An end whose role is open, with what it says first already gone. */
function asking(): LayerEnd {
  const end = new LayerEnd('auto', CHANNELS);
  end.layer.linkUp(0);
  expect(end.sent()).toEqual(['RESTART 00/0']);
  return end;
}

const CONFIRMATION = hex('10 00 FF');
const FROM_DTE = hex('10 00 FB 00 00');
const FROM_NETWORK = hex('10 00 FB 07 00');

describe('role "auto"', () => {
  test('whose restart is confirmed is the DTE: it calls on the highest channel', () => {
    const end = asking();
    end.receive(CONFIRMATION);
    expect([end.layer.role, end.call()?.number]).toEqual(['dte', 8]);
  });

  test('facing a network it is the DTE, whoever restarts', () => {
    const crossing = asking();
    expect(crossing.receive(FROM_NETWORK)).toEqual([]);
    expect([crossing.layer.isReady, crossing.layer.role]).toEqual([true, 'dte']);
    const answering = asking();
    answering.receive(CONFIRMATION);
    expect(answering.receive(FROM_NETWORK)).toEqual(['RESTART-CONF']);
    expect([answering.layer.role, answering.call()?.number]).toEqual(['dte', 8]);
  });

  test('who answers the restart of a DTE plays the DCE: it calls on the lowest channel, in state p3', () => {
    const end = asking();
    end.receive(CONFIRMATION);
    expect(end.receive(FROM_DTE)).toEqual(['RESTART-CONF']);
    expect([end.layer.role, end.call()?.number, end.channel?.state]).toEqual(['dce', 1, 'p3']);
  });

  test('playing the DCE it keeps the causes and timers of a DTE', () => {
    const end = asking();
    end.receive(CONFIRMATION);
    end.receive(FROM_DTE);
    expect(end.receive(hex('10 03 00 41'))).toEqual(['CLEAR 3 00/20']);
    end.call();
    end.sent();
    expect(end.layer.nextDeadline()).toBe(180_000); // T23, not T13
    expect(end.receive(hex('11 FF 01'))).toEqual(['DIAG 36 11FF01']);
    expect(end.receive(CONFIRMATION)).toEqual(['RESTART 00/17']);
    expect(end.layer.role).toBe('dte');
  });

  test('restarts that cross settle nothing: one more after a random time, or the answer to theirs', () => {
    const end = asking();
    expect(end.receive(FROM_DTE)).toEqual([]);
    expect(end.layer.isReady).toBe(false);
    expect(end.layer.counters.get('restartCollisions')).toBe(1);
    expect(end.receive(hex('10 08 0B 00 00'))).toEqual([]);
    expect(end.receive(CONFIRMATION)).toEqual([]); // confirms what no longer counts
    expect(end.receive(FROM_DTE, 1)).toEqual(['RESTART-CONF']);
    expect([end.layer.isReady, end.layer.role]).toEqual([true, 'dce']);
    expect(end.layer.nextDeadline()).toBeUndefined();
  });

  test.each(Array.from({ length: 40 }, (_, i) => i + 1))(
    'two of them agree, whatever the delay, seed %i',
    (seed) => {
      const random = seeded(seed);
      const pair = new LayerPair({
        dte: { ...CHANNELS, role: 'auto' },
        dce: { ...CHANNELS, role: 'auto' },
        delayMs: Math.floor(random() * 2000),
        random,
      });
      pair.linkUp();
      pair.run(300_000);
      expect([pair.dte.layer.role, pair.dce.layer.role].sort()).toEqual(['dce', 'dte']);
      expect(pair.dte.layer.isReady && pair.dce.layer.isReady).toBe(true);
      pair.dte.accepts = true;
      pair.dce.accepts = true;
      pair.dte.call({}, pair.now);
      pair.dce.call({}, pair.now);
      pair.run(10_000);
      expect(pair.trace.filter((line) => line.includes('connected'))).toHaveLength(4);
    },
  );

  test('facing a fixed DCE it is the DTE', () => {
    const pair = new LayerPair({ dte: { ...CHANNELS, role: 'auto' }, dce: CHANNELS });
    pair.linkUp();
    pair.run(1000);
    expect([pair.dte.layer.role, pair.dte.layer.isReady]).toEqual(['dte', true]);
  });

  test('an end that takes a restart for the answer to its own, and had not heard ours, is asked again soon', () => {
    const pair = new LayerPair({ dte: CHANNELS, dce: { ...CHANNELS, role: 'auto' }, random: () => 0.5 });
    pair.dce.layer.linkUp(0); // nobody there
    pair.run(1000);
    pair.dte.layer.linkUp(pair.now);
    pair.run(12_000);
    expect(pair.trace).toEqual([
      '0 dce RESTART 00/0',
      '1000 dte RESTART 00/0',
      '1260 dce RESTART 00/0',
      '1270 dte -> ready',
      '11260 dce RESTART 00/0',
      '11270 dte -> restarted by peer 00/0',
      '11270 dte -> ready',
      '11270 dte RESTART-CONF',
      '11280 dce -> ready',
    ]);
  });

  test('a call collision of two of them: the one that plays the DTE wins, the other call moves', () => {
    const one = { channels: { twoWay: [1, 2] }, assign: 'lowest', role: 'auto' } as const;
    const pair = new LayerPair({ dte: one, dce: one });
    pair.dte.layer.linkUp(0);
    pair.pump();
    pair.run(100);
    pair.dte.layer.linkUp(pair.now);
    pair.dce.layer.linkUp(pair.now);
    pair.run(60_000);
    pair.dte.accepts = true;
    pair.dce.accepts = true;
    pair.take();
    pair.dte.call({}, pair.now);
    pair.dce.call({}, pair.now);
    pair.run(10_000);
    const dce = pair.dte.layer.role === 'dce' ? pair.dte : pair.dce;
    expect(dce.layer.counters.get('callCollisions')).toBe(1);
    expect(pair.trace.filter((line) => line.includes('connected'))).toHaveLength(4);
  });
});
