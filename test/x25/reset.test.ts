import { describe, expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { LayerEnd } from '../support/layer-end.js';
import { LayerPair } from '../support/layer-pair.js';

function connectedPair(): LayerPair {
  const pair = LayerPair.ready();
  pair.dce.accepts = true;
  pair.dte.call();
  pair.run(1000);
  pair.take();
  return pair;
}

/** The trace without its times. */
const events = (pair: LayerPair): string[] => pair.take().map((line) => line.replace(/^\S+ /, ''));

const DATA = { octets: new Uint8Array(5), more: false };

describe('reset', () => {
  test('drops what waits and what is on the way; numbers begin at 0', () => {
    const pair = connectedPair();
    pair.dte.channel?.send({ octets: new Uint8Array(600), more: false }, pair.now);
    pair.run(5);
    pair.dte.channel?.reset(0, 250, pair.now);
    pair.dte.channel?.send(DATA, pair.now);
    pair.run(1000);
    expect(events(pair)).toEqual([
      'dte DATA 16 s0 r0 M 128',
      'dte DATA 16 s1 r0 M 128',
      'dte RESET 16 00/250',
      'dce -> 16 data 128 M',
      'dce RR 16 r1',
      'dce -> 16 data 128 M',
      'dce RR 16 r2',
      'dce -> 16 reset by peer 00/250',
      'dce RESET-CONF 16',
      'dte -> 16 reset by us 00/250',
      'dte DATA 16 s0 r0 5',
      'dce -> 16 data 5',
      'dce RR 16 r1',
      'dte -> 16 delivered 5',
    ]);
  });

  test('that crosses another counts as confirmed', () => {
    const pair = connectedPair();
    pair.dte.channel?.reset(0, 1, pair.now);
    pair.dce.channel?.reset(7, 2, pair.now);
    pair.run(1000);
    pair.dte.channel?.send(DATA, pair.now);
    pair.run(1000);
    expect(events(pair)).toEqual([
      'dte RESET 16 00/1',
      'dce RESET 16 07/2',
      'dce -> 16 reset by us 07/2',
      'dte -> 16 reset by us 00/1',
      'dte DATA 16 s0 r0 5',
      'dce -> 16 data 5',
      'dce RR 16 r1',
      'dte -> 16 delivered 5',
    ]);
  });

  test('of the other end that comes before ours went out is confirmed, and ours is not sent', () => {
    const pair = connectedPair();
    pair.stopped.add('dte');
    pair.dte.channel?.reset(0, 1, pair.now);
    pair.dce.channel?.reset(0, 2, pair.now);
    pair.run(1000);
    pair.stopped.clear();
    pair.run(1000);
    expect(events(pair)).toEqual([
      'dce RESET 16 00/2',
      'dte -> 16 reset by peer 00/2',
      'dte RESET-CONF 16',
      'dce -> 16 reset by us 00/2',
    ]);
  });

  test('after an error is told at once, and what is sent then follows the reset', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    end.receive(hex('10 05 02 41'));
    expect(end.events.at(-1)).toBe('5 reset by us 00/1');
    end.channel?.send(DATA, 0);
    expect(end.sent()).toEqual([]);
    expect(end.receive(hex('10 05 1F'))).toEqual(['DATA 5 s0 r0 5']);
    expect(end.events.at(-1)).toBe('5 reset by us 00/1');
  });

  test('while one is going on, another has no effect', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    end.channel?.reset(0, 1, 0);
    end.channel?.reset(0, 2, 0);
    expect(end.sent()).toEqual(['RESET 5 00/1']);
    end.events.length = 0;
    end.receive(hex('10 05 1F'));
    expect(end.events).toEqual(['5 reset by us 00/1']);
  });

  test('a DTE says 00 and 80 to FF only, and a DCE hears only those', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    end.channel?.reset(7, 9, 0);
    expect(end.sent()).toEqual(['RESET 5 00/9']);
    const dce = LayerEnd.ready('dce');
    dce.accepts = true;
    dce.receive(hex('10 05 0B 00 00'));
    dce.receive(hex('10 05 1B 07 09'));
    expect(dce.events.at(-1)).toBe('5 reset by peer 00/9');
  });

  test('a confirmation of a reset that did not go out yet confirms nothing', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    end.channel?.reset(0, 1, 0);
    expect(end.receive(hex('10 05 1F'))).toEqual(['RESET 5 00/1']);
    end.receive(hex('10 05 1F'));
    expect(end.events.at(-1)).toBe('5 reset by us 00/1');
  });

  test('a sender that was told to wait is told that there is room', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    expect(end.channel?.send({ octets: new Uint8Array(9999), more: false }, 0)).toBe(false);
    end.receive(hex('10 05 1B 00 00'));
    expect(end.events.slice(-2)).toEqual(['5 reset by peer 00/0', '5 ready']);
  });

  test('stops what an interrupt waits for', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    end.channel?.interrupt(hex('01'), 0);
    end.sent();
    end.receive(hex('10 05 1B 00 00'));
    expect(end.layer.nextDeadline()).toBeUndefined();
    expect(end.channel?.interrupt(hex('02'), 0)).toBe(true);
    expect(end.sent()).toEqual(['INT 5 1']);
  });
});

describe('interrupt', () => {
  test('passes DATA that has no window, and is confirmed at once', () => {
    const pair = connectedPair();
    pair.dce.consumes = false;
    pair.dte.channel?.send({ octets: new Uint8Array(600), more: false }, pair.now);
    pair.run(1000);
    pair.take();
    expect(pair.dte.channel?.interrupt(hex('01 02'), pair.now)).toBe(true);
    expect(pair.dte.channel?.interrupt(hex('03'), pair.now)).toBe(false);
    pair.run(1000);
    expect(events(pair)).toEqual([
      'dte INT 16 2',
      'dce -> 16 interrupt 0102',
      'dce INT-CONF 16',
      'dte -> 16 interrupt confirmed',
    ]);
    expect(pair.dte.channel?.interrupt(hex('03'), pair.now)).toBe(true);
  });

  test.each([0, 33])('of %i octets is an error of ours', (count) => {
    const pair = connectedPair();
    expect(() => pair.dte.channel?.interrupt(new Uint8Array(count), pair.now)).toThrow(RangeError);
  });

  test.each([1, 32])('of %i octets goes out', (count) => {
    const pair = connectedPair();
    expect(pair.dte.channel?.interrupt(new Uint8Array(count), pair.now)).toBe(true);
    pair.run(1000);
    expect(events(pair)[0]).toBe(`dte INT 16 ${count}`);
  });

  test('a second one before our confirmation went out calls for a reset', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    end.layer.receive(hex('10 05 23 01'), 0);
    expect(end.receive(hex('10 05 23 02'))).toEqual(['RESET 5 00/44']);
  });

  test('a confirmation before the interrupt went out calls for a reset', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    end.channel?.interrupt(hex('01'), 0);
    expect(end.receive(hex('10 05 27'))).toEqual(['RESET 5 00/43']);
  });

  test('a second one after our confirmation is another interrupt', () => {
    const end = LayerEnd.ready('dte');
    end.accepts = true;
    end.receive(hex('10 05 0B 00 00'));
    expect(end.receive(hex('10 05 23 01'))).toEqual(['INT-CONF 5']);
    expect(end.receive(hex('10 05 23 02'))).toEqual(['INT-CONF 5']);
  });
});
