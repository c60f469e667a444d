import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LapbLink, type Modulo, type Role } from '../../src/lapb/index.js';
import { expectInOrder, expectRecovery, fuzzLink } from '../support/faulty-lapb.js';
import { lapbParameters, TestUser } from '../support/link-pair.js';

/** Of runs over a line with faults, for each modulus. */
const SEEDS = 500;
const FUZZED_FRAMES = 100_000;

describe.each<Modulo>([8, 128])('modulo %d', (modulo) => {
  test('whatever the line does, each link delivers what was sent from its start on, in order, once', () => {
    let resets = 0;
    let delivered = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = expectInOrder(seed, modulo);
      resets += run.resets;
      delivered += run.delivered;
    }
    // The faults did bite, and the link did work.
    expect(resets).toBeGreaterThan(2 * SEEDS);
    expect(delivered).toBeGreaterThan(20 * SEEDS);
  });

  test('when the line is good again, the link comes up and delivers', () => {
    for (let seed = SEEDS + 1; seed <= SEEDS + 20; seed++) expectRecovery(seed, modulo);
  });

  test(`${FUZZED_FRAMES} frames that are nearly right do no harm`, () => {
    const link = fuzzLink(1, FUZZED_FRAMES, modulo, 'dte');
    // It was up now and then, and met every kind of trouble.
    for (const counter of [
      'packetsReceived',
      'frmrSent',
      'rejSent',
      'rnrSent',
      'linkResets',
      'unsolicited',
    ] as const)
      expect(link.counters.get(counter), counter).toBeGreaterThan(0);
  });
});

/** Frames that are nearly right: one of the two addresses, any control field, some octets. */
const foreignFrame = fc
  .tuple(fc.constantFrom(1, 3, 3, 0x0f), fc.nat(255), fc.uint8Array({ maxLength: 4 }))
  .map(([address, control, rest]) => Uint8Array.of(address, control, ...rest));

test('whatever is received, a link does not throw, and comes to an end of what it sends', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: foreignFrame },
    {
      weight: 1,
      arbitrary: fc.constantFrom('start', 'stop', 'physicalDown', 'packet', 'wait', 'busy', 'ready'),
    },
  );
  fc.assert(
    fc.property(
      fc.constantFrom<Role>('dte', 'dce'),
      fc.constantFrom<Modulo>(8, 128),
      fc.array(step, { maxLength: 60 }),
      (role, modulo, steps) => {
        const user = new TestUser();
        const link = new LapbLink(lapbParameters(role, { n2: 2, modulo }), user);
        let now = 0;
        link.start(now);
        for (const what of steps) {
          if (typeof what !== 'string') link.receive(what, now);
          else if (what === 'packet') user.enqueue('a', 'b', 'c');
          else if (what === 'busy' || what === 'ready') link.setBusy(what === 'busy', now);
          else if (what === 'wait') {
            now = link.nextDeadline() ?? now;
            link.handleTimeout(now);
          } else link[what as 'start' | 'stop' | 'physicalDown'](now);

          let sent = 0;
          while (link.transmit(now) !== undefined) sent++;
          // A window of I frames, a U frame, a poll and an answer: no more can be due at once.
          expect(sent).toBeLessThanOrEqual(10);
          expect(link.nextDeadline() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now);
        }
      },
    ),
    { numRuns: 300 },
  );
});
