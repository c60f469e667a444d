import { expect } from 'vitest';
import { encodeFrame, FrameDecoder } from '../../src/hdlc/index.js';
import { encodeLapbFrame, type LapbFrame } from '../../src/lapb/frame.js';
import { LapbLink, type LapbParameters, type Modulo, type Role } from '../../src/lapb/index.js';
import { hex } from './hex.js';
import { LinkPair, lapbParameters, peerOf, TestUser } from './link-pair.js';
import { seeded } from './random.js';

/** How often of a frame each happens. */
interface Faults {
  readonly lost: number;
  readonly twice: number;
  readonly damaged: number;
  /** Held up, and all that follow it, by so much that there and back takes no longer than T1. */
  readonly late: number;
}

/** 10 ms each way, and up to 3 ms for each of the frames that may be on the line before. */
const LONGEST_ROUND_TRIP_MS = 36;

const GOOD: Faults = { lost: 0, twice: 0, damaged: 0, late: 0 };

/** An undefined control field, UI, in a command to either: answered by FRMR at one of the two. */
const NONSENSE = hex('03 03');

/**
 * A link over a line with faults, on which both ends send numbered packets as they come, and are busy at times. In the
 * end the line is good again.
 */
export function runWithFaults(seed: number, modulo: Modulo): LinkPair {
  const random = seeded(seed);
  let faults: Faults = {
    lost: random() * 0.4,
    twice: random() * 0.2,
    damaged: random() * 0.2,
    late: random() < 0.3 ? random() * 0.1 : 0,
  };
  const t1Ms = [40, 80, 200][Math.floor(random() * 3)] ?? 40;
  const both: Partial<LapbParameters> = {
    modulo,
    window: 1 + Math.floor(random() * (modulo - 1)),
    t1Ms,
    t2Ms: Math.floor(random() * 15),
    t3Ms: random() < 0.3 ? 500 : 0,
    n2: 1 + Math.floor(random() * 4),
    active: true,
  };
  // A SABM that goes out twice for an answer that is only slow makes two links of one, and no protocol sees that (LAPB has
  // no other means than T1).
  const latestMs = (t1Ms - LONGEST_ROUND_TRIP_MS) / 2;
  const pair = new LinkPair({
    both,
    dce: { active: random() < 0.5 },
    frameMs: 1 + Math.floor(random() * 3),
    extraDelayMs: () => (random() < faults.late ? random() * latestMs : 0),
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

/**
 * Expects that what an end received from the beginning of a link on is what the other has sent from the beginning of one
 * on: in order, once, without a gap.
 * @returns how often the ends were told of a new link, and how many packets arrived.
 */
export function expectInOrder(seed: number, modulo: Modulo): { resets: number; delivered: number } {
  const pair = runWithFaults(seed, modulo);
  let resets = 0;
  let delivered = 0;
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
  return { resets, delivered };
}

/** Expects that a link over a line that has been bad is up again, and delivers. */
export function expectRecovery(seed: number, modulo: Modulo): void {
  const pair = runWithFaults(seed, modulo);
  for (const role of ['dte', 'dce'] as const) {
    expect(pair.link(role).isUp, `seed ${seed}: ${role}`).toBe(true); // L3, or L5 where T3 has just asked
    pair.send(role, 'last');
    pair.run(1000);
    expect(pair.user(peerOf(role)).events.at(-1), `seed ${seed}: ${role}`).toBe('last');
  }
}

const FUZZ_FRAMING = { fcs: '16', escapeXonXoff: false, maxFrameOctets: 300 } as const;

/** A frame that may be in order. */
function likelyFrame(random: () => number, modulo: Modulo): LapbFrame {
  const below = (n: number): number => Math.floor(random() * n);
  const pollFinal = random() < 0.3;
  if (random() < 0.1)
    return random() < 0.5
      ? { type: modulo === 8 ? 'SABM' : 'SABME', isCommand: true, pollFinal }
      : { type: 'UA', isCommand: false, pollFinal: true };
  const nr = below(3);
  if (random() < 0.5)
    return {
      type: 'I',
      isCommand: true,
      ns: below(3),
      nr,
      pollFinal,
      information: Uint8Array.of(below(256)),
    };
  return { type: random() < 0.2 ? 'REJ' : 'RR', isCommand: random() < 0.5, nr, pollFinal };
}

/** Frames that are right or nearly so, and noise between them, as octets on the line. */
function nearlyFrame(random: () => number, modulo: Modulo, sender: Role): Uint8Array {
  const below = (n: number): number => Math.floor(random() * n);
  const octets = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));
  if (random() < 0.05) return octets(below(20));
  const frame =
    random() < 0.7
      ? encodeLapbFrame(likelyFrame(random, modulo), sender, modulo)
      : octets(random() < 0.02 ? 280 : 2 + below(6));
  if (random() < 0.2) frame[0] = 1 + 2 * below(2);
  const line = encodeFrame(frame, FUZZ_FRAMING, random() < 0.5);
  if (random() < 0.05) line[below(line.length)] = below(256);
  return line;
}

/**
 * A link that gets `frames` frames which are nearly right. It must not throw, must come to an end of what it sends at once
 * (a window of I frames, a U frame, a poll, an answer), and must want to be woken only in the time to come.
 */
export function fuzzLink(seed: number, frames: number, modulo: Modulo, role: Role): LapbLink {
  const random = seeded(seed);
  const window = modulo - 1;
  const user = new TestUser();
  const link = new LapbLink(lapbParameters(role, { n2: 2, modulo, window }), user);
  let now = 0;
  const decoder = new FrameDecoder(FUZZ_FRAMING, (frame) => link.receive(frame, now));
  link.start(now);
  for (let n = 0; n < frames; n++) {
    decoder.push(nearlyFrame(random, modulo, peerOf(role)));
    const chance = random();
    if (chance < 0.1) user.enqueue('a', 'b');
    else if (chance < 0.15) link.setBusy(chance < 0.12, now);
    else if (chance < 0.2) {
      now = link.nextDeadline() ?? now;
      link.handleTimeout(now);
    } else if (chance < 0.2005) link.start(now);
    let sent = 0;
    while (link.transmit(now) !== undefined) sent++;
    if (sent > window + 3) throw new Error(`seed ${seed}: ${sent} frames at once`);
    if ((link.nextDeadline() ?? Number.POSITIVE_INFINITY) <= now)
      throw new Error(`seed ${seed}: asleep too late`);
    user.forget();
  }
  return link;
}
