import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallerVerdict, RefusedCaller } from '../../src/xot/index.js';
import { CALL, CONNECTED, XotSite } from './xot-site.js';

const WITHOUT_NUMBER = '10 01 0B 06 70 00 01 06 42 07 07 43 02 02 01 00 00 00';

let site: XotSite;
let asked: { calling: string; address: string; decide: (verdict: CallerVerdict) => void }[];
let refused: RefusedCaller[];

beforeEach(() => {
  asked = [];
  refused = [];
  site = new XotSite({
    verifyCaller: (calling, address, decide) => asked.push({ calling, address, decide }),
    onCallerRefused: (caller) => refused.push(caller),
  });
});

afterEach(() => {
  expect(site.watch.violations).toEqual([]);
});

function called(call = CALL) {
  const wire = site.accepted();
  wire.says(call);
  site.settle();
  return wire;
}

describe('a caller whose number is looked up', () => {
  test('waits for what comes of it, and is then offered', () => {
    const wire = called();
    expect(asked).toMatchObject([{ calling: '701001', address: '10.1.1.1' }]);
    expect([site.end.incoming, wire.sent]).toEqual([[], []]);
    asked[0]?.decide('verified');
    site.settle();
    expect(site.end.incoming).toMatchObject([{ calling: '701001' }]);
    expect(wire.sent).toEqual([CONNECTED]);
    expect(refused).toEqual([]);
  });

  test.each([
    ['refused', '10 01 13 00 F5', 'callersRefused'],
    ['unknown', '10 01 13 00 F4', 'callersUnverified'],
  ] as const)('and found to be %s is cleared, counted and told', (verdict, clear, counter) => {
    const wire = called();
    asked[0]?.decide(verdict);
    site.settle();
    expect(wire.sent).toEqual([clear]);
    wire.says('10 01 17');
    site.settle();
    expect(wire.isClosed).toBe(true);
    expect(site.end.incoming).toEqual([]);
    expect(site.counters()[counter]).toBe(1);
    expect(refused).toEqual([{ calling: '701001', called: '700001', address: '10.1.1.1', verdict }]);
  });

  test('that goes meanwhile is not heard of', () => {
    const wire = called();
    wire.says('10 01 13 00 F1');
    site.settle();
    for (const verdict of ['verified', 'refused'] as const) asked[0]?.decide(verdict);
    site.settle();
    expect([site.end.incoming, refused]).toEqual([[], []]);
    expect(wire.sent).toEqual(['10 01 17']);
  });

  test('does not hold up others', () => {
    called();
    called();
    asked[1]?.decide('verified');
    site.settle();
    expect(site.end.incoming).toHaveLength(1);
  });

  test('is refused when we are stopping meanwhile', () => {
    const wire = called();
    site.circuits.stop();
    site.settle();
    expect(wire.sent).toEqual(['10 01 13 00 A2']);
    asked[0]?.decide('verified');
    site.settle();
    expect(site.end.incoming).toEqual([]);
  });

  test('DATA that comes before our answer is an error, as on any link', () => {
    const wire = called();
    wire.says('10 01 00 41');
    site.settle();
    expect(wire.sent).toEqual(['10 01 13 00 16']);
  });
});

test('a call without a number is nobody’s to verify: rules decide', () => {
  const wire = called(WITHOUT_NUMBER);
  expect(asked).toEqual([]);
  expect(site.end.incoming).toMatchObject([{ calling: '' }]);
  expect(wire.sent).toEqual([CONNECTED]);
});
