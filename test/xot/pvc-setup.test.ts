import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refusePvcSetup } from '../../src/xot/pvc-setup.js';
import { hex } from '../support/hex.js';
import { CALL, XotSite } from './xot-site.js';

// Serial0 and Serial1, as decoded by tshark.
const NAMES = '53 65 72 69 61 6C 30 53 65 72 69 61 6C 31';
const SETUP = `10 01 F5 81 00 07 00 01 07 00 02 02 02 07 07 ${NAMES}`;

describe('a permanent circuit that somebody wants (RFC 1613 §6.5)', () => {
  test.each([
    ['there is no such interface', SETUP, SETUP.replace('81 00', '81 13')],
    ['a version of old', SETUP.replace('81 00', '80 00'), SETUP.replace('81 00', '80 1A')],
    ['a status that is none of a request', SETUP.replace('81 00', '81 13'), SETUP.replace('81 00', '81 1A')],
    ['names that are not there', SETUP.slice(0, 44), `${SETUP.replace('81 00', '81 1A').slice(0, 44)}`],
    ['octets behind the names', `${SETUP} 00`, `${SETUP.replace('81 00', '81 1A')} 00`],
  ])('is refused: %s', (_why, request, answer) => {
    const site = new XotSite();
    const wire = site.accepted();
    wire.says(request);
    site.settle();
    expect(wire.sent).toEqual([answer]);
    expect(wire.isClosed).toBe(true);
    expect(site.counters().pvcsRefused).toBe(1);
    expect(site.problems).toEqual(['10.1.1.1 wants a permanent circuit: there are none here']);
    expect(site.trace.map(({ direction }) => direction)).toEqual(['received', 'sent']);
  });

  test('in too few octets to be answered: the connection is closed', () => {
    const site = new XotSite();
    const wire = site.accepted();
    wire.says('10 01 F5 81 00');
    site.settle();
    expect([wire.sent, wire.isClosed]).toEqual([[], true]);
    expect(site.counters().pvcsRefused).toBe(1);
  });

  test('nothing is taken on its connection afterwards', () => {
    const site = new XotSite();
    const wire = site.accepted();
    wire.says(SETUP, CALL);
    site.settle();
    expect(site.end.incoming).toEqual([]);
    expect(wire.sent).toHaveLength(1);
  });

  test('during a call it is no packet that there is', () => {
    const site = new XotSite();
    const { wire } = site.answered();
    wire.says(SETUP);
    site.settle();
    expect(wire.sent).toEqual(['10 01 1B 00 21']); // unidentifiable packet
    expect(site.counters().pvcsRefused).toBeUndefined();
  });
});

test('whatever a request holds, its answer is as long, and a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (request) => {
      const answer = refusePvcSetup(request);
      expect(answer?.length ?? 0).toBe(request.length < 15 ? 0 : request.length);
      if (answer !== undefined) expect([0x13, 0x1a]).toContain(answer[4]);
    }),
  );
  expect(refusePvcSetup(hex(SETUP))?.[4]).toBe(0x13);
});
