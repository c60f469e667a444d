import { beforeEach, describe, expect, test } from 'vitest';
import { CALL, DATA, XotSite } from './xot-site.js';

const MINUTE = 60_000;

let site: XotSite;

beforeEach(() => {
  site = new XotSite({ idleMs: 30 * MINUTE });
});

describe('a call on which nothing passes', () => {
  test.each(['ours', 'theirs'] as const)('is cleared in the end, also one of %s', (whose) => {
    const { wire } = whose === 'ours' ? site.connected() : site.answered();
    site.clock.runFor(30 * MINUTE - 1_000);
    expect(wire.sent).toEqual([]);
    site.clock.runFor(2_000);
    expect(wire.sent).toEqual(['10 01 13 00 F2']);
    wire.says('10 01 17');
    expect(wire.isClosed).toBe(true);
    expect(site.counters().callsIdle).toBe(1);
    expect(site.problems).toEqual(['a call with 10.1.1.1 was silent for too long']);
  });

  test('begins to be silent anew with every packet, either way', () => {
    const { wire, caller } = site.connected();
    site.clock.runFor(20 * MINUTE);
    wire.says(DATA);
    site.clock.runFor(20 * MINUTE);
    caller.interrupt(Uint8Array.of(1));
    site.clock.runFor(1);
    wire.says('10 01 27');
    site.clock.runFor(20 * MINUTE);
    expect(wire.sent).toEqual(['10 01 21', '10 01 23 01']);
    site.clock.runFor(11 * MINUTE);
    expect(site.counters().callsIdle).toBe(1);
  });

  test('is gone even if the other end is: nobody confirms', () => {
    const { wire, caller } = site.connected();
    site.clock.runFor(31 * MINUTE);
    expect(wire.isClosed).toBe(true);
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0xf2 });
    expect(site.circuits.status().circuits).toBe(0);
    expect(site.clock.next()).toBeUndefined();
  });

  test('may stand for ever where no limit is set', () => {
    site = new XotSite();
    const { wire } = site.answered(CALL);
    site.clock.runFor(24 * 60 * MINUTE);
    expect(wire.sent).toEqual([]);
  });
});
