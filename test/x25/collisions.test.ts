import { describe, expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { LayerEnd } from '../support/layer-end.js';
import { LayerPair } from '../support/layer-pair.js';

/** The trace without its times. */
const events = (pair: LayerPair): string[] => pair.take().map((line) => line.replace(/^\S+ /, ''));

/** Both ends pick the same channel first. */
function pairOn(twoWay: readonly [number, number]): LayerPair {
  const pair = LayerPair.ready({
    dte: { channels: { twoWay }, assign: 'lowest' },
    dce: { channels: { twoWay } },
  });
  pair.dte.accepts = true;
  pair.dce.accepts = true;
  return pair;
}

describe('two calls on one channel', () => {
  test("the DTE's has priority; the DCE's goes on on another channel", () => {
    const pair = pairOn([1, 2]);
    const ofDte = pair.dte.call({ called: '1111' }, pair.now);
    const ofDce = pair.dce.call({ called: '2222' }, pair.now);
    pair.run(1000);
    expect(events(pair)).toEqual([
      'dte CALL 1 1111',
      'dce CALL 1 2222',
      'dce -> 1 call to 1111',
      'dce CALL 2 2222',
      'dce -> 1 connected 128:128/2:2',
      'dce ACCEPT 1',
      'dte -> 2 call to 2222',
      'dte -> 2 connected 128:128/2:2',
      'dte ACCEPT 2',
      'dte -> 1 connected 128:128/2:2',
      'dce -> 2 connected 128:128/2:2',
    ]);
    expect([ofDte?.number, ofDce?.number]).toEqual([1, 2]);
    expect([ofDte?.state, ofDce?.state]).toEqual(['p4', 'p4']);
  });

  test('both carry data afterwards', () => {
    const pair = pairOn([1, 2]);
    pair.dte.call({}, pair.now);
    const ofDce = pair.dce.call({}, pair.now);
    pair.run(1000);
    pair.take();
    ofDce?.send({ octets: new Uint8Array(3), more: false }, pair.now);
    pair.run(1000);
    expect(events(pair)).toEqual([
      'dce DATA 2 s0 r0 3',
      'dte -> 2 data 3',
      'dte RR 2 r1',
      'dce -> 2 delivered 3',
    ]);
  });

  test("without another channel the DCE's call fails as if the number were busy", () => {
    const pair = pairOn([1, 1]);
    const ofDte = pair.dte.call({ called: '1111' }, pair.now);
    const ofDce = pair.dce.call({ called: '2222' }, pair.now);
    pair.run(1000);
    expect(events(pair)).toEqual([
      'dte CALL 1 1111',
      'dce CALL 1 2222',
      'dce -> 1 cleared by us 01/72',
      'dce -> 1 call to 1111',
      'dce -> 1 connected 128:128/2:2',
      'dce ACCEPT 1',
      'dte -> 1 connected 128:128/2:2',
    ]);
    expect([ofDte?.state, ofDce?.state]).toEqual(['p4', 'p1']);
  });

  test("the DTE's call may still be refused in p5", () => {
    const pair = pairOn([1, 2]);
    pair.dce.accepts = false;
    pair.dte.call({ called: '1111' }, pair.now);
    pair.dce.call({ called: '2222' }, pair.now);
    pair.run(15);
    const theirs = pair.dce.offered[0]?.channel;
    expect(theirs?.state).toBe('p5');
    theirs?.clear({ cause: 0x0d, diagnostic: 0 }, pair.now);
    pair.run(1000);
    expect(pair.take().filter((line) => line.includes('-> 1 cleared'))).toEqual([
      '1025 dte -> 1 cleared by peer 0D/0',
      '1035 dce -> 1 cleared by us 0D/0',
    ]);
  });

  test("the DTE's call is wrong: it is cleared, and the DCE's goes on", () => {
    const end = LayerEnd.ready('dce', { channels: { twoWay: [1, 2] } });
    const ours = end.call();
    end.sent();
    expect(end.receive(hex('10 01 0B 01 A0 00'))).toEqual(['CALL 2 700001', 'CLEAR 1 13/67']);
    expect(ours?.number).toBe(2);
  });

  test('the channel that the call moved to counts as used', () => {
    const end = LayerEnd.ready('dce', { channels: { twoWay: [1, 2] } });
    const ours = end.call();
    end.sent();
    end.receive(hex('10 01 0B 00 00'));
    ours?.clear({ cause: 0, diagnostic: 0 }, 0);
    end.sent();
    expect(end.receive(hex('10 02 13 00 00'))).toEqual([]);
    expect(end.receive(hex('10 02 17'))).toEqual([]);
    expect(end.layer.counters.get('procedureErrors')).toBe(0);
  });

  test("the DCE's call that did not go out yet moves without having been seen", () => {
    const pair = pairOn([1, 2]);
    pair.stopped.add('dce');
    pair.dce.call({ called: '2222' }, pair.now);
    pair.dte.call({ called: '1111' }, pair.now);
    pair.run(1000);
    pair.stopped.clear();
    pair.run(1000);
    expect(events(pair).filter((event) => event.startsWith('dce CALL'))).toEqual(['dce CALL 2 2222']);
  });

  test('a DTE in p5 hears its call refused with call collision', () => {
    const end = LayerEnd.ready('dte', { channels: { twoWay: [1, 1] } });
    end.call();
    end.sent();
    expect(end.receive(hex('10 01 0B 00 00'))).toEqual([]);
    expect(end.receive(hex('10 01 13 01 48'))).toEqual(['CLEAR-CONF 1']);
    expect(end.events).toEqual(['1 cleared by peer 01/72']);
  });
});

describe('two clears of one call', () => {
  function connected(): LayerPair {
    const pair = pairOn([1, 1]);
    pair.dte.call({}, pair.now);
    pair.run(1000);
    pair.take();
    return pair;
  }

  test('count as confirmed', () => {
    const pair = connected();
    pair.dte.channel?.clear({ cause: 0, diagnostic: 1 }, pair.now);
    pair.dce.channel?.clear({ cause: 5, diagnostic: 2 }, pair.now);
    pair.run(1000);
    expect(events(pair)).toEqual([
      'dte CLEAR 1 00/1',
      'dce CLEAR 1 05/2',
      'dce -> 1 cleared by us 05/2',
      'dte -> 1 cleared by us 00/1',
    ]);
    expect([pair.dte.layer.freeChannels, pair.dce.layer.freeChannels]).toEqual([1, 1]);
  });

  test('where the second did not go out yet, it becomes a confirmation', () => {
    const pair = connected();
    pair.stopped.add('dce');
    pair.dce.channel?.clear({ cause: 5, diagnostic: 2 }, pair.now);
    pair.dte.channel?.clear({ cause: 0, diagnostic: 1 }, pair.now);
    pair.run(1000);
    pair.stopped.clear();
    pair.run(1000);
    expect(events(pair)).toEqual([
      'dte CLEAR 1 00/1',
      'dce -> 1 cleared by us 05/2',
      'dce CLEAR-CONF 1',
      'dte -> 1 cleared by us 00/1',
    ]);
  });

  test('a confirmation of a clear that did not go out yet confirms nothing', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    end.channel?.clear({ cause: 0, diagnostic: 1 }, 0);
    expect(end.receive(hex('10 05 17'))).toEqual(['CLEAR 5 00/1']);
    expect(end.channel?.state).toBe('p6');
  });

  test('the answer to a call and its clear that cross leave nothing behind', () => {
    const pair = pairOn([1, 1]);
    pair.dce.accepts = false;
    pair.dte.call({}, pair.now);
    pair.run(15);
    pair.dce.accept(0, pair.now);
    pair.dte.channel?.clear({ cause: 0, diagnostic: 9 }, pair.now);
    pair.run(1000);
    expect([pair.dte.layer.freeChannels, pair.dce.layer.freeChannels]).toEqual([1, 1]);
    expect(pair.dte.layer.counters.get('procedureErrors')).toBe(0);
    expect(pair.dce.layer.counters.get('procedureErrors')).toBe(0);
  });
});

describe('two restarts', () => {
  test('count as confirmed, whoever comes up first', () => {
    for (const order of [
      ['dte', 'dce'],
      ['dce', 'dte'],
    ] as const) {
      const pair = new LayerPair();
      pair[order[0]].layer.linkUp(0);
      pair[order[1]].layer.linkUp(0);
      pair.run(1000);
      expect(pair.take().filter((line) => line.includes('CONF'))).toEqual([]);
      expect([pair.dte.layer.isReady, pair.dce.layer.isReady]).toEqual([true, true]);
    }
  });

  test('where the second did not go out yet, it becomes a confirmation', () => {
    const pair = new LayerPair();
    pair.stopped.add('dte');
    pair.linkUp();
    pair.run(1000);
    pair.stopped.clear();
    pair.run(1000);
    expect(events(pair)).toEqual(['dce RESTART 07/0', 'dte -> ready', 'dte RESTART-CONF', 'dce -> ready']);
  });
});
