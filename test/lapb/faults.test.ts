import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LapbLink, type LapbParameters, type Modulo, type Role } from '../../src/lapb/index.js';
import { hex } from '../support/hex.js';
import { LinkPair, lapbParameters, peerOf, TestUser } from '../support/link-pair.js';

/** Numbers in 0 .. 1 that are the same for the same seed (xorshift). */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

interface Faults {
  readonly lost: number;
  readonly twice: number;
  readonly damaged: number;
}

/** Of runs over a line with faults, for each modulus. */
const SEEDS = 250;

const GOOD: Faults = { lost: 0, twice: 0, damaged: 0 };

/** An undefined control field, UI, in a command to either: answered by FRMR at one of the two. */
const NONSENSE = hex('03 03');

/** A link over a line with faults, on which both ends send numbered packets as they come, and are busy at times. */
function runWithFaults(seed: number, modulo: Modulo): LinkPair {
  const random = randomFrom(seed);
  let faults: Faults = { lost: random() * 0.4, twice: random() * 0.2, damaged: random() * 0.2 };
  const both: Partial<LapbParameters> = {
    modulo,
    window: 1 + Math.floor(random() * (modulo - 1)),
    t1Ms: [40, 80, 200][Math.floor(random() * 3)] ?? 40,
    t2Ms: Math.floor(random() * 15),
    t3Ms: random() < 0.3 ? 500 : 0,
    n2: 1 + Math.floor(random() * 4),
    active: true,
  };
  const pair = new LinkPair({
    both,
    dce: { active: random() < 0.5 },
    frameMs: 1 + Math.floor(random() * 3),
    disturb: (octets) => {
      if (random() < faults.lost) return [];
      if (random() < faults.twice) return [octets, octets];
      if (random() >= faults.damaged) return [octets];
      const damaged = octets.slice();
      const at = Math.floor(random() * damaged.length);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      return [damaged];
    },
  });
  let next = 0;
  const sendSome = () => {
    for (const role of ['dte', 'dce'] as const)
      for (let n = Math.floor(random() * 4); n > 0; n--) pair.send(role, String(next++));
  };

  pair.start('dte', 'dce');
  for (let n = 0; n < 80; n++) {
    sendSome();
    if (random() < 0.05) pair.setBusy(random() < 0.5 ? 'dte' : 'dce', random() < 0.5);
    if (random() < 0.02) pair.inject(random() < 0.5 ? 'dte' : 'dce', NONSENSE);
    pair.run(random() * 40);
  }
  faults = GOOD;
  for (const role of ['dte', 'dce'] as const) pair.setBusy(role, false);
  pair.run(5000);
  return pair;
}

/** What one end received, cut where its user was told of a new link. */
function epochs(events: readonly string[]): number[][] {
  const all: number[][] = [[]];
  for (const event of events) {
    if (event.startsWith('link')) all.push([]);
    else all.at(-1)?.push(Number(event));
  }
  return all.filter((epoch) => epoch.length > 0);
}

describe.each<Modulo>([8, 128])('modulo %d', (modulo) => {
  test('whatever the line does, each link delivers what was sent from its start on, in order, once', () => {
    let resets = 0;
    let delivered = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const pair = runWithFaults(seed, modulo);
      for (const role of ['dte', 'dce'] as const) {
        const received = epochs(pair.user(role).events);
        resets += received.length - 1;
        const sent = epochs(pair.user(peerOf(role)).sent);
        let from = 0;
        for (const epoch of received) {
          // The epochs of the two ends begin apart, so a link here is the beginning of some link there, or of several
          // that went on without a break.
          const at = sent.findIndex((packets, i) => i >= from && packets[0] === epoch[0]);
          expect(at, `seed ${seed}: ${role} got ${epoch[0]} first`).toBeGreaterThanOrEqual(0);
          expect(epoch, `seed ${seed}: ${role}`).toEqual(sent.slice(at).flat().slice(0, epoch.length));
          delivered += epoch.length;
          from = at + 1;
        }
      }
    }
    // The faults did bite, and the link did work.
    expect(resets).toBeGreaterThan(2 * SEEDS);
    expect(delivered).toBeGreaterThan(20 * SEEDS);
  });

  test('when the line is good again, the link comes up and delivers', () => {
    for (let seed = SEEDS + 1; seed <= SEEDS + 20; seed++) {
      const pair = runWithFaults(seed, modulo);
      for (const role of ['dte', 'dce'] as const) {
        expect(pair.link(role).state, `seed ${seed}: ${role}`).toBe('L3');
        pair.send(role, 'last');
        pair.run(1000);
        expect(pair.user(peerOf(role)).events.at(-1), `seed ${seed}: ${role}`).toBe('last');
      }
    }
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
