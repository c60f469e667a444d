import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { PARAMETERS } from './circuits-pair.js';
import { CALL, CONNECTED, DATA, XotSite } from './xot-site.js';

/** The same packet with the other general format identifier. */
const extended = (packet: string): string => packet.replace(/^1/, '2');

let site: XotSite;

beforeEach(() => {
  site = new XotSite({ packet: { ...PARAMETERS, maxWindow: 127 } });
});

afterEach(() => {
  expect(site.watch.violations).toEqual([]);
});

describe('a call to us in modulo 128', () => {
  test('is answered in its own numbering, from the answer to the end', () => {
    const wire = site.accepted();
    wire.says(extended(CALL));
    site.settle();
    wire.says('20 01 00 00 48 49');
    site.settle();
    site.end.accepted[0]?.send({ octets: hex('4F 4B') });
    site.settle();
    wire.says('20 01 01 02');
    wire.says('20 01 13 00 F1');
    site.settle();
    expect(wire.sent).toEqual([extended(CONNECTED), '20 01 01 02', '20 01 00 02 4F 4B', '20 01 17']);
    expect(site.end.accepted[0]?.delivered).toBe(2);
    expect(site.end.accepted[0]?.octets).toEqual(hex('48 49'));
    expect(wire.isClosed).toBe(true);
  });

  test('has a window up to 127, and numbers that go round after 127', () => {
    const { wire, called } = site.answered('20 01 0B 66 70 00 01 70 10 01 06 42 04 04 43 7F 7F C0 F7 00 00');
    expect(called.only('connected').facilities.windowSize).toEqual({ fromCalled: 127, fromCalling: 127 });
    called.send({ octets: new Uint8Array(16 * 130) });
    site.settle();
    expect(wire.sent).toHaveLength(127);
    wire.says('20 01 01 04');
    site.settle();
    expect(wire.sent.slice(127).map((packet) => packet.slice(0, 11))).toEqual(['20 01 FE 01', '20 01 00 01']);
  });

  test('beside one in modulo 8: each has its own', () => {
    const one = site.accepted();
    const other = site.accepted();
    one.says(CALL);
    other.says(extended(CALL));
    site.settle();
    expect([one.sent, other.sent]).toEqual([[CONNECTED], [extended(CONNECTED)]]);
  });

  test('a window that asks for more than we grant gets that', () => {
    site = new XotSite();
    const wire = site.accepted();
    wire.says('20 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 7F 10 C0 F7 00 00');
    site.settle();
    expect(wire.sent).toEqual(['20 01 0F 00 06 42 07 07 43 07 07']);
  });

  test('that can’t be read is cleared in its own numbering', () => {
    const wire = site.accepted();
    wire.says('20 01 0B 66 70 00 01 70 10 01 06 43 02 02 43 02 02');
    site.settle();
    expect(wire.sent).toEqual(['20 01 13 00 49']);
    expect(wire.isClosed).toBe(true);
  });
});

test('a call to us in modulo 8 has a window of 7 at most, whatever we grant', () => {
  const wire = site.accepted();
  wire.says('10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 07 07 C0 F7 00 00');
  site.settle();
  expect(wire.sent).toEqual(['10 01 0F 00 06 42 07 07 43 07 07']);
});

describe('our call', () => {
  test('has the numbering that is set', () => {
    site = new XotSite({ packet: { ...PARAMETERS, modulo: 128, defaultWindow: 20, maxWindow: 127 } });
    const { wire, caller } = site.calling();
    expect(wire.sent).toEqual([extended(CALL).replace('43 02 02', '43 14 14')]);
    wire.says('20 01 0F 00 06 42 07 07 43 14 14');
    site.settle();
    expect(caller.only('connected').facilities.windowSize).toEqual({ fromCalled: 20, fromCalling: 20 });
  });

  test('a call in modulo 8 is not connected by an answer in modulo 128: nothing behind it could be read', () => {
    const { wire, caller } = site.calling();
    wire.says(extended(CONNECTED));
    site.settle();
    expect(wire.sent.slice(1)).toEqual(['10 01 13 00 28']);
    wire.says('10 01 17');
    site.settle();
    expect(caller.ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 0x28 });
  });

  test('what has no numbers is taken in either: a router left the identifier as it was', () => {
    const { wire, caller } = site.connected();
    wire.says('20 01 1B 00 00');
    wire.says('20 01 23 01');
    site.settle();
    expect(caller.types.slice(2)).toEqual(['reset', 'interrupt']);
    wire.says(extended(DATA), '20 01 01 02');
    site.settle();
    expect(caller.octets).toHaveLength(0);
    expect(site.circuits.status().counters.packet.strayPackets).toBe(2);
    wire.says('20 01 13 05 00');
    site.settle();
    expect(caller.ending).toMatchObject({ by: 'peer', cause: 0x05 });
    expect(wire.sent).toEqual(['10 01 1F', '10 01 27', '10 01 17']);
  });
});
