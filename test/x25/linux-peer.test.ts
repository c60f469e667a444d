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

describe.each(['dte', 'dce', 'auto'] as const)('Linux at the other end of a layer with role %s', (role) => {
  const LINK = { channels: { twoWay: [1, 8] } } as const;
  const errors = (each: LayerEnd): number => each.layer.counters.get('procedureErrors');

  test('it calls upward from channel 1, with user data of up to 128 octets and no fast select', () => {
    const each = LayerEnd.ready(role, LINK);
    each.accepts = true;
    for (const channel of [1, 2, 3]) {
      const call = `10 0${channel} 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02 ${'41'.repeat(128)}`;
      expect(each.receive(hex(call))).toEqual([`ACCEPT ${channel} 128:128/2:2`]);
    }
    expect(errors(each)).toBe(0);
  });

  test('its call without facilities is one for the values of the link, which we do not state', () => {
    const each = LayerEnd.ready(role, LINK);
    each.accepts = true;
    expect(each.receive(hex('10 01 0B 66 70 00 01 70 10 01 00 C0 F7 00 00'))).toEqual(['ACCEPT 1']);
    expect(each.events.at(-1)).toBe('1 connected 128:128/2:2');
  });

  test('it asks for different values each way: they are in force as the Recommendation reads them', () => {
    const each = LayerEnd.ready(role, LINK);
    each.accepts = true;
    expect(each.receive(hex('10 01 0B 66 70 00 01 70 10 01 06 42 07 09 43 02 05'))).toEqual([
      'ACCEPT 1 512:128/5:2',
    ]);
    each.channel?.send({ octets: new Uint8Array(512), more: false }, 0);
    expect(each.sent()).toEqual(['DATA 1 s0 r0 M 128', 'DATA 1 s1 r0 M 128']);
    expect(each.receive(Uint8Array.of(0x10, 1, 0, ...new Uint8Array(512)))).toEqual([]);
    expect(errors(each)).toBe(0);
  });

  test('its answer has no addresses, and only the facilities of the call, each the lesser of both', () => {
    const each = LayerEnd.ready(role, LINK);
    const both = (value: number): { fromCalled: number; fromCalling: number } => ({
      fromCalled: value,
      fromCalling: value,
    });
    const channel = each.call({ facilities: { packetSize: both(1024), windowSize: both(7) } });
    each.sent();
    const number = channel?.number ?? 0;
    each.receive(Uint8Array.of(0x10, number, 0x0f, 0x00, 0x06, 0x42, 0x08, 0x08, 0x43, 0x03, 0x03));
    expect(each.events).toEqual([`${number} connected 256:256/3:3`]);
  });

  test('nobody listens there: CLEAR 01/00, and the channel is free', () => {
    const each = LayerEnd.ready(role, LINK);
    const number = each.call()?.number ?? 0;
    each.sent();
    expect(each.receive(Uint8Array.of(0x10, number, 0x13, 0x01, 0x00))).toEqual([`CLEAR-CONF ${number}`]);
    // A network believes no DTE that a number is busy.
    expect(each.events).toEqual([`${number} cleared by peer ${role === 'dce' ? '00' : '01'}/0`]);
    expect(each.layer.freeChannels).toBe(8);
  });

  test('RNR for an hour, as for a sequence longer than its buffer, is no fault: nothing is reset', () => {
    const each = LayerEnd.ready(role, LINK);
    each.accepts = true;
    each.receive(hex('10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02'));
    each.channel?.send({ octets: new Uint8Array(5 * 128), more: true }, 0);
    expect(each.sent()).toHaveLength(2);
    each.receive(hex('10 01 45'), 1000);
    for (
      let at = each.layer.nextDeadline();
      at !== undefined && at < 3_600_000;
      at = each.layer.nextDeadline()
    ) {
      each.layer.handleTimeout(at);
      expect(each.sent(at)).toEqual([]);
    }
    expect(each.receive(hex('10 01 41'), 3_600_000)).toEqual(['DATA 1 s2 r0 M 128', 'DATA 1 s3 r0 M 128']);
  });

  test('it acknowledges seconds later, and D no sooner: no T25, no reset', () => {
    const each = LayerEnd.ready(role, LINK);
    each.accepts = true;
    each.receive(hex('10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02'));
    each.channel?.send({ octets: new Uint8Array(5), more: false, confirm: true }, 0);
    expect(each.sent()).toEqual(['DATA 1 s0 r0 D 5']);
    each.layer.handleTimeout(3000);
    expect(each.receive(hex('10 01 21'), 3000)).toEqual([]);
    expect(each.events.at(-1)).toBe('1 delivered 5');
    expect(each.layer.nextDeadline()).toBeUndefined();
  });

  test('its RESET 00/00 for a number that it did not expect is confirmed; counting begins at 0', () => {
    const each = LayerEnd.ready(role, LINK);
    each.accepts = true;
    each.receive(hex('10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02'));
    each.receive(hex('10 01 00 41'));
    expect(each.receive(hex('10 01 1B 00 00'))).toEqual(['RESET-CONF 1']);
    expect(each.events.at(-1)).toBe('1 reset by peer 00/0');
    expect(each.receive(hex('10 01 00 41'))).toEqual(['RR 1 r1']);
  });

  test('its interrupt of 32 octets is confirmed, and so is ours by it', () => {
    const each = LayerEnd.ready(role, LINK);
    each.accepts = true;
    each.receive(hex('10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02'));
    expect(each.receive(hex(`10 01 23 ${'41'.repeat(32)}`))).toEqual(['INT-CONF 1']);
    each.channel?.interrupt(new Uint8Array(32), 0);
    expect(each.sent()).toEqual(['INT 1 32']);
    each.receive(hex('10 01 27'));
    expect(each.events.at(-1)).toBe('1 interrupt confirmed');
  });

  test('a CLEAR of its own in answer to ours ends the call without a confirmation', () => {
    const each = LayerEnd.ready(role, LINK);
    each.accepts = true;
    each.receive(hex('10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02'));
    each.channel?.clear({ cause: 0, diagnostic: 0xf1 }, 0);
    expect(each.sent()).toEqual(['CLEAR 1 00/241']);
    expect(each.receive(hex('10 01 13 00 00'))).toEqual([]);
    expect(each.layer.freeChannels).toBe(8);
  });

  test('our RESTART ends its calls, and ours: both begin anew', () => {
    const each = LayerEnd.ready(role, LINK);
    each.accepts = true;
    each.receive(hex('10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02'));
    each.layer.restart(0, 0, 0);
    expect(each.sent()).toHaveLength(1);
    each.receive(hex('10 00 FF'));
    expect([each.layer.isReady, each.layer.freeChannels]).toEqual([true, 8]);
  });

  test('set to modulo 128 it is spoken to in modulo 128', () => {
    const each = LayerEnd.ready(role, { ...LINK, modulo: 128 });
    each.accepts = true;
    expect(each.receive(hex('20 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02'))).toEqual([
      'ACCEPT 1 128:128/2:2',
    ]);
    expect(each.receive(hex('20 01 00 00 41'))).toEqual(['RR 1 r1']);
    each.channel?.send({ octets: hex('41'), more: false }, 0);
    expect(each.sentOctets()).toEqual([hex('20 01 00 02 41')]);
    expect(each.receive(hex('20 01 01 02'))).toEqual([]);
    expect(errors(each)).toBe(0);
  });
});

describe('Linux at the other end of a layer with role auto', () => {
  test('its RESTART that crossed ours is followed by one more, which it confirms: we are the DTE, and call from the top', () => {
    const end = new LayerEnd('auto', {}, undefined, () => 0.5);
    end.layer.linkUp(0);
    end.sent();
    expect(end.receive(hex('10 00 FB 00 00'))).toEqual([]);
    end.layer.handleTimeout(250);
    expect(end.sent(250)).toEqual(['RESTART 00/0']);
    end.receive(hex('10 00 FF'), 260);
    expect([end.layer.role, end.call({}, 260)?.number]).toEqual(['dte', 16]);
  });

  test('one that came up later restarts by itself: we answer, play the DCE, and a call collision ends its call only', () => {
    const end = LayerEnd.ready('auto', { channels: { twoWay: [1, 2] } });
    expect(end.receive(hex('10 00 FB 00 00'))).toEqual(['RESTART-CONF']);
    const ours = end.call();
    expect([end.layer.role, ours?.number]).toEqual(['dce', 1]);
    end.sent();
    expect(end.receive(hex('10 01 0B 00 00'))).toEqual(['CALL 2 700001']);
    expect(end.receive(hex('10 01 13 01 48'))).toEqual(['CLEAR-CONF 1']);
    end.receive(hex('10 02 0F'));
    expect(ours?.state).toBe('p4');
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
