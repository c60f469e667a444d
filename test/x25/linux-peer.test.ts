import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/x25/index.js';
import { hex } from '../support/hex.js';
import { LayerEnd } from '../support/layer-end.js';

/** What the X.25 of Linux does differently must not be answered by an error of ours. */
describe.each(['dte', 'dce'] as const)('Linux at the other end of a %s', (role) => {
  const end = (): LayerEnd => {
    const each = LayerEnd.ready(role, { channels: { twoWay: [1, 1] } });
    each.accepts = true;
    return each;
  };
  const open = (): LayerEnd => {
    const each = end();
    each.receive(hex('10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02 C0 F7 00 00'));
    each.events.length = 0;
    return each;
  };
  const errors = (each: LayerEnd): number => each.layer.counters.get('procedureErrors');

  test('it takes our RESTART for the answer to its own, and so do we: no confirmation', () => {
    const each = new LayerEnd(role);
    each.layer.linkUp(0);
    expect(each.sent()).toHaveLength(1);
    expect(each.receive(hex('10 00 FB 00 00'))).toEqual([]);
    expect(each.layer.isReady).toBe(true);
  });

  test('its first RESTART, heard before ours, comes again on a new link', () => {
    const each = new LayerEnd(role);
    each.layer.linkUp(0);
    each.sent();
    each.layer.linkReset(10);
    expect(each.sent(10)).toHaveLength(1);
    each.receive(hex('10 00 FB 00 00'), 20);
    expect(each.layer.isReady).toBe(true);
  });

  test('it confirms a CLEAR that crossed ours: the confirmation in p1 is dropped', () => {
    const each = open();
    each.channel?.clear({ cause: 0, diagnostic: 241 }, 0);
    each.sent();
    expect(each.receive(hex('10 01 13 00 00'))).toEqual([]);
    expect(each.receive(hex('10 01 17'))).toEqual([]);
    expect(each.receive(hex('10 01 17'))).toEqual([]);
    expect(errors(each)).toBe(0);
    expect(each.layer.freeChannels).toBe(1);
  });

  test('it confirms a RESET that crossed ours: one confirmation in d1 is dropped', () => {
    const each = open();
    each.channel?.reset(0, 0, 0);
    each.sent();
    expect(each.receive(hex('10 01 1B 00 00'))).toEqual([]);
    expect(each.receive(hex('10 01 1F'))).toEqual([]);
    expect(errors(each)).toBe(0);
    expect(each.receive(hex('10 01 1F'))[0]).toMatch(/^RESET 1 .*\/27$/);
  });

  test('the spare confirmation may come while we reset again', () => {
    const each = open();
    each.channel?.reset(0, 0, 0);
    each.sent();
    each.receive(hex('10 01 1B 00 00'));
    each.channel?.reset(0, 0, 0);
    each.sent();
    expect(each.receive(hex('10 01 1F'))).toEqual([]);
    expect(each.receive(hex('10 01 1F'))).toEqual([]);
    expect(errors(each)).toBe(0);
  });

  test('after our RESET its packets that were not acknowledged come again, from 0', () => {
    const each = open();
    each.receive(hex('10 01 00 41'));
    each.channel?.reset(0, 0, 0);
    each.sent();
    each.receive(hex('10 01 1F'));
    expect(each.receive(hex('10 01 00 41'))).toEqual(['RR 1 r1']);
    expect(errors(each)).toBe(0);
  });

  test('its CLEAR and RESET may have no diagnostic', () => {
    const each = open();
    expect(each.receive(hex('10 01 1B 00'))).toEqual(['RESET-CONF 1']);
    expect(each.receive(hex('10 01 13 01'))).toEqual(['CLEAR-CONF 1']);
    expect(errors(each)).toBe(0);
  });

  test('we send every CLEAR with one: it answers the short form with a CLEAR of its own', () => {
    const each = open();
    each.channel?.clear({ cause: 0, diagnostic: 0 }, 0);
    expect(each.sentOctets()).toEqual([hex('10 01 13 00 00')]);
  });

  test('its RR for DATA that was acknowledged already is no error', () => {
    const each = open();
    each.channel?.send({ octets: hex('41'), more: false }, 0);
    each.sent();
    each.receive(hex('10 01 20 42'));
    expect(each.receive(hex('10 01 21'))).toEqual([]);
    expect(errors(each)).toBe(0);
  });

  test('its answer without facilities leaves in force what we asked for', () => {
    const each = end();
    const both = (value: number): { fromCalled: number; fromCalling: number } => ({
      fromCalled: value,
      fromCalling: value,
    });
    each.call({ facilities: { packetSize: both(512), windowSize: both(7) } });
    each.sent();
    expect(each.receive(hex('10 01 0F 00 00'))).toEqual([]);
    expect(each.events).toEqual(['1 connected 512:512/7:7']);
  });
});

test('its CLEAR for call collision ends our call, and the channel is free', () => {
  const end = LayerEnd.ready('dte', { channels: { twoWay: [1, 1] } });
  end.call();
  end.sent();
  end.receive(hex('10 01 0B 00 00'));
  expect(end.receive(hex('10 01 13 01 48'))).toEqual(['CLEAR-CONF 1']);
  expect(end.layer.freeChannels).toBe(1);
});

test('as DCE our call moves away, and its CLEAR for the collision ends only its own', () => {
  const end = LayerEnd.ready('dce', { channels: { twoWay: [1, 2] } });
  const ours = end.call();
  end.sent();
  expect(end.receive(hex('10 01 0B 00 00'))).toEqual(['CALL 2 700001']);
  expect(end.receive(hex('10 01 13 01 48'))).toEqual(['CLEAR-CONF 1']);
  expect(end.receive(hex('10 02 0F'))).toEqual([]);
  expect(ours?.state).toBe('p4');
});

/** It never answers on a channel without a call. */
test.each(['dte', 'dce'] as const)(
  'a %s whose CLEAR it never answers gets its channel back by the next call',
  (role: Role) => {
    const end = LayerEnd.ready(role, { channels: { twoWay: [1, 1] } });
    end.receive(hex('10 01 00 41'));
    for (let deadline = end.layer.nextDeadline(); deadline !== undefined; deadline = end.layer.nextDeadline())
      end.layer.handleTimeout(deadline);
    expect(end.layer.freeChannels).toBe(0);
    end.sent(1e9);
    end.receive(hex('10 01 0B 00 00'), 1e9);
    end.receive(hex('10 01 13 00 00'), 1e9);
    expect(end.layer.freeChannels).toBe(1);
  },
);
