import { describe, expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { LinkPair, ScriptedStation } from '../support/link-pair.js';

/** Loses the first frame that reads so, from either end. */
const first = (lost: string) => (_from: unknown, frame: string, nth: number) => frame === lost && nth === 0;

describe('set-up', () => {
  test('the DCE asks for it, the DTE does it', () => {
    const pair = new LinkPair();
    pair.start('dce', 'dte');
    pair.run(1000);
    expect(pair.trace).toEqual([
      '0 dce DM',
      '0 dte SABM P',
      '10 dce -> linkUp',
      '10 dce UA F',
      '20 dte -> linkUp',
    ]);
  });

  test('a lost SABM is sent again when T1 expires', () => {
    const pair = new LinkPair({ isLost: first('SABM P') });
    pair.start('dce', 'dte');
    pair.run(5000);
    expect(pair.trace).toEqual([
      '0 dce DM',
      '0 dte SABM P (lost)',
      '3000 dte SABM P',
      '3010 dce -> linkUp',
      '3010 dce UA F',
      '3020 dte -> linkUp',
    ]);
  });

  test('after a lost UA the end that is up already begins anew', () => {
    const pair = new LinkPair({ isLost: first('UA F') });
    pair.start('dce', 'dte');
    pair.run(5000);
    expect(pair.trace).toEqual([
      '0 dce DM',
      '0 dte SABM P',
      '10 dce -> linkUp',
      '10 dce UA F (lost)',
      '3000 dte SABM P',
      '3010 dce -> linkReset',
      '3010 dce UA F',
      '3020 dte -> linkUp',
    ]);
  });

  test('a passive end that nobody calls sets up by itself after N2 times T1', () => {
    const pair = new LinkPair({ both: { active: false, n2: 4 }, isLost: first('DM') });
    pair.start('dce');
    pair.run(13_000);
    expect(pair.trace).toEqual(['0 dce DM (lost)', '12000 dce SABM P', '12010 dte DM F']);
  });

  test('a DM from a peer that has been waiting is answered by SABM', () => {
    const pair = new LinkPair({ both: { active: false } });
    pair.start('dte');
    pair.run(1000);
    pair.start('dce');
    pair.run(1000);
    expect(pair.trace).toEqual([
      '0 dte DM',
      '1000 dce DM',
      '1010 dte SABM P',
      '1020 dce -> linkUp',
      '1020 dce UA F',
      '1030 dte -> linkUp',
    ]);
  });

  test('N2 tries without an answer are followed by a pause, and again, for ever', () => {
    const pair = new LinkPair({ both: { n2: 5 }, isLost: () => true });
    pair.start('dte');
    pair.clock.runUntil(3_600_000);
    const tries = pair.trace.map((line) => Number(line.split(' ')[0]));
    const gaps = tries.map((at, i) => at - (tries[i - 1] ?? 0));
    // Between five tries in T1 there are pauses of 1, 2, 4 and then 5 times T1, after a T1 for the last of the five.
    const four = [3000, 3000, 3000, 3000];
    expect(gaps.slice(0, 26)).toEqual([
      0,
      ...four,
      ...[6000, ...four],
      ...[9000, ...four],
      ...[15_000, ...four],
      ...[18_000, ...four],
      18_000,
    ]);
    expect(gaps.slice(26)).not.toContainEqual(expect.toSatisfy((gap: number) => gap > 18_000));
    expect(tries.at(-1)).toBeGreaterThan(3_600_000 - 18_000);
    expect(pair.user('dte').events).toEqual([]);
  });

  test('the pauses are short again once the link was up', () => {
    let isDead = true;
    const pair = new LinkPair({ both: { n2: 2 }, isLost: () => isDead });
    pair.start('dce', 'dte');
    pair.run(60_000);
    isDead = false;
    pair.run(10_000);
    expect(pair.link('dte').isUp).toBe(true);
    isDead = true;
    pair.send('dte', 'a');
    pair.trace.length = 0;
    pair.run(30_000);
    const dte = pair.trace.filter((line) => line.includes('dte'));
    const down = dte.findIndex((line) => line.includes('linkDown'));
    const [downAt = 0, againAt = 0] = dte.slice(down, down + 2).map((line) => Number(line.split(' ')[0]));
    expect(againAt - downAt).toBe(3000);
  });
});

describe('set-up collision', () => {
  test('each end answers, and sends packets once its own SABM is answered', () => {
    const pair = new LinkPair({ both: { active: true } });
    pair.start('dce', 'dte');
    pair.send('dte', 'a');
    pair.run(1000);
    expect(pair.trace).toEqual([
      '0 dce SABM P',
      '0 dte SABM P',
      '10 dte UA F',
      '10 dce UA F',
      '20 dce -> linkUp',
      '20 dte -> linkUp',
      '20 dte I ns=0 nr=0',
      '30 dce -> a',
      '230 dce RR nr=1',
    ]);
  });

  test('without its UA an end takes the link for set up when T1 expires, and loses no packet', () => {
    const pair = new LinkPair({
      both: { active: true },
      isLost: (from, frame) => from === 'dce' && frame === 'UA F',
    });
    pair.start('dce', 'dte');
    pair.send('dte', 'a');
    pair.send('dce', 'b');
    pair.run(5000);
    expect(pair.trace).toEqual([
      '0 dce SABM P',
      '0 dte SABM P',
      '10 dte UA F',
      '10 dce UA F (lost)',
      '20 dce -> linkUp',
      '20 dce I ns=0 nr=0', // the DTE is deaf to it
      '3000 dte -> linkUp',
      '3000 dte I ns=0 nr=0',
      '3010 dce -> a',
      '3020 dce RR nr=1 P',
      '3030 dte RR nr=0 F',
      '3040 dce I ns=0 nr=1',
      '3050 dte -> b',
      '3250 dte RR nr=1',
    ]);
  });

  test('SABM and DISC that meet end the link for both, and the end that wants it tries again', () => {
    const pair = new LinkPair().connect();
    pair.inject('dte', hex('03 97 00 00 01')); // has the DCE send SABM
    pair.stop('dte');
    pair.run(1000);
    expect(pair.trace).toEqual([
      '1000 dte FRMR F 00 vr=0 vs=0 W (injected)',
      '1000 dce -> linkReset',
      '1000 dce SABM P',
      '1000 dte -> linkDown: disconnected by us',
      '1000 dte DISC P',
      '1010 dte DM F',
      '1010 dce -> linkDown: disconnected by the peer (DISC)',
      '1010 dce DM F',
    ]);
    expect([pair.link('dte').state, pair.link('dce').state]).toEqual(['off', 'L0']);
  });

  test('a UA that came later than T1 does not let the two ends count apart', () => {
    // T1 is shorter than the way there and back: SABM goes out twice, and is answered twice.
    const pair = new LinkPair({ both: { t1Ms: 15, t2Ms: 14.5 }, frameMs: 1 });
    pair.start('dte', 'dce');
    pair.send('dce', 'x', 'y');
    pair.run(40);
    expect(pair.trace).toEqual([
      '0 dte SABM P',
      '0 dce DM',
      '11 dce -> linkUp',
      '11 dce UA F',
      '12 dce I ns=0 nr=0',
      '13 dce I ns=1 nr=0',
      '15 dte SABM P',
      '22 dte -> linkUp',
      '23 dte -> x',
      '24 dte -> y',
      '26 dce -> linkReset', // the DCE counts from 0 again,
      '26 dce UA F',
      '37 dte -> linkReset', // and so does the DTE
    ]);
    pair.send('dce', 'z');
    pair.run(20);
    expect(pair.user('dte').events).toEqual(['linkUp', 'x', 'y', 'linkReset', 'z']);
  });
});

describe('transfer', () => {
  test('an I frame carries the acknowledgement, else RR does after T2', () => {
    const pair = new LinkPair().connect();
    pair.send('dte', 'a');
    pair.run(100);
    pair.send('dce', 'b');
    pair.run(500);
    expect(pair.trace).toEqual([
      '1000 dte I ns=0 nr=0',
      '1010 dce -> a',
      '1100 dce I ns=0 nr=1',
      '1110 dte -> b',
      '1310 dte RR nr=1',
    ]);
  });

  test('the last frame of a full window asks to be acknowledged; half a window is without asking', () => {
    const pair = new LinkPair().connect();
    pair.send('dte', ...'abcdefghi');
    pair.run(1000);
    expect(pair.trace).toEqual([
      ...[0, 1, 2, 3, 4, 5].map((ns) => `1000 dte I ns=${ns} nr=0`),
      '1000 dte I ns=6 nr=0 P',
      ...[...'abcd'].map((packet) => `1010 dce -> ${packet}`),
      '1010 dce RR nr=4',
      ...[...'efg'].map((packet) => `1010 dce -> ${packet}`),
      '1010 dce RR nr=7 F',
      '1020 dte I ns=7 nr=0',
      '1020 dte I ns=0 nr=0',
      '1030 dce -> h',
      '1030 dce -> i',
      '1230 dce RR nr=1',
    ]);
  });

  test('T2 of 0 acknowledges at once', () => {
    const pair = new LinkPair({ both: { t2Ms: 0 } }).connect();
    pair.send('dte', 'a', 'b');
    pair.run(500);
    expect(pair.trace.filter((line) => line.includes('RR'))).toEqual([
      '1010 dce RR nr=1',
      '1010 dce RR nr=2',
    ]);
  });

  test('packets flow in both directions over a slow line, and acknowledgements ride along', () => {
    const pair = new LinkPair({ frameMs: 100, both: { window: 3 } }).connect();
    const packets = Array.from({ length: 50 }, (_, i) => String(i));
    pair.send('dte', ...packets);
    pair.send('dce', ...packets);
    pair.run(10_000);
    expect(pair.user('dte').events).toEqual(packets);
    expect(pair.user('dce').events).toEqual(packets);
    expect(pair.link('dte').counters.get('retransmitted')).toBe(0);
    expect(pair.link('dte').counters.get('t1Expiries')).toBe(0);
  });

  test('an empty I frame is acknowledged and holds no packet', () => {
    const pair = new LinkPair().connect();
    pair.inject('dce', hex('03 10'));
    expect(pair.trace).toEqual(['1000 dce I ns=0 nr=0 P (injected)', '1000 dte RR nr=1 F']);
    expect(pair.user('dte').events).toEqual([]);
  });

  test('a packet longer than N1 is a mistake of ours', () => {
    const pair = new LinkPair().connect();
    expect(() => pair.send('dte', 'x'.repeat(260))).toThrow(RangeError);
  });

  test('an end that is down asks for no packets', () => {
    const pair = new LinkPair();
    pair.start('dte');
    pair.send('dte', 'a');
    pair.run(10_000);
    expect(pair.user('dte').waiting).toBe(1);
  });
});

describe('recovery by REJ', () => {
  test('a lost I frame is sent again with all that followed', () => {
    const pair = new LinkPair({ isLost: first('I ns=1 nr=0') }).connect();
    pair.send('dte', 'a', 'b', 'c', 'd');
    pair.run(1000);
    expect(pair.trace).toEqual([
      '1000 dte I ns=0 nr=0',
      '1000 dte I ns=1 nr=0 (lost)',
      '1000 dte I ns=2 nr=0',
      '1000 dte I ns=3 nr=0',
      '1010 dce -> a',
      '1010 dce REJ nr=1', // once, though two frames are out of sequence
      '1020 dte I ns=1 nr=0',
      '1020 dte I ns=2 nr=0 P',
      '1020 dte I ns=3 nr=0',
      '1030 dce -> b',
      '1030 dce -> c',
      '1030 dce RR nr=3 F',
      '1030 dce -> d',
      '1230 dce RR nr=4',
    ]);
    expect(pair.link('dte').counters.snapshot()).toMatchObject({
      packetsSent: 4,
      retransmitted: 3,
      rejReceived: 1,
    });
    expect(pair.link('dce').counters.snapshot()).toMatchObject({ outOfSequence: 2, rejSent: 1 });
  });

  test('a frame that is lost again is found missing by the poll in the next one, long before T1', () => {
    const pair = new LinkPair({
      isLost: (_from, frame, nth) => frame === 'I ns=1 nr=0' && nth < 2,
    }).connect();
    pair.send('dte', 'a', 'b', 'c', 'd');
    pair.run(1000);
    expect(pair.trace.slice(5)).toEqual([
      '1010 dce REJ nr=1',
      '1020 dte I ns=1 nr=0 (lost)',
      '1020 dte I ns=2 nr=0 P',
      '1020 dte I ns=3 nr=0',
      '1030 dce RR nr=1 F',
      '1040 dte I ns=1 nr=0',
      '1040 dte I ns=2 nr=0 P',
      '1040 dte I ns=3 nr=0',
      '1050 dce -> b',
      '1050 dce -> c',
      '1050 dce RR nr=3 F',
      '1050 dce -> d',
      '1250 dce RR nr=4',
    ]);
  });

  test('the answer to a poll that was sent before going back does not bring it about again', () => {
    const pair = new LinkPair({ both: { window: 4 }, isLost: first('I ns=1 nr=0') }).connect();
    // The fourth fills the window and polls; the REJ that the third brings about comes before the answer.
    pair.send('dte', 'a', 'b', 'c', 'd');
    pair.run(1000);
    expect(pair.trace.filter((line) => / dte I ns=[13] /.test(line))).toEqual([
      '1000 dte I ns=1 nr=0 (lost)',
      '1000 dte I ns=3 nr=0 P',
      '1020 dte I ns=1 nr=0',
      '1020 dte I ns=3 nr=0',
    ]);
    expect(pair.user('dce').events.slice(-1)).toEqual(['d']);
  });

  test('a lost REJ is made up for by T1 and a poll', () => {
    const pair = new LinkPair({
      isLost: (_from, frame, nth) => nth === 0 && (frame === 'I ns=1 nr=0' || frame === 'REJ nr=1'),
    }).connect();
    pair.send('dte', 'a', 'b', 'c');
    pair.run(4000);
    expect(pair.trace).toEqual([
      '1000 dte I ns=0 nr=0',
      '1000 dte I ns=1 nr=0 (lost)',
      '1000 dte I ns=2 nr=0',
      '1010 dce -> a',
      '1010 dce REJ nr=1 (lost)',
      '4000 dte RR nr=0 P',
      '4010 dce RR nr=1 F',
      '4020 dte I ns=1 nr=0',
      '4020 dte I ns=2 nr=0 P',
      '4030 dce -> b',
      '4030 dce -> c',
      '4030 dce RR nr=3 F',
    ]);
  });

  test('a poll in an I frame out of sequence is answered by REJ F=1, and a REJ command by RR F=1 first', () => {
    const pair = new LinkPair().connect();
    pair.send('dte', 'a', 'b');
    pair.run(500);
    pair.inject('dce', hex('03 54 41')); // I ns=2 nr=2 P
    pair.inject('dce', hex('03 59')); // REJ nr=2 P, of which nothing is left to send
    expect(pair.trace.slice(-4)).toEqual([
      '1500 dce I ns=2 nr=2 P (injected)',
      '1500 dte REJ nr=0 F',
      '1500 dce REJ nr=2 P (injected)',
      '1500 dte RR nr=0 F',
    ]);
  });

  test('frames that arrived in spite of a REJ are not taken for a wrong N(R)', () => {
    const pair = new LinkPair({ frameMs: 100 }).connect();
    pair.send('dte', 'a', 'b', 'c');
    pair.run(250); // two are on the line, the third is being sent
    pair.inject('dce', hex('01 09')); // REJ nr=0
    pair.inject('dce', hex('01 61')); // and RR nr=3
    pair.send('dte', 'd');
    pair.run(2000);
    expect(pair.user('dce').events).toEqual(['a', 'b', 'c', 'd']);
    expect(pair.link('dte').counters.get('frmrSent')).toBe(0);
    expect(pair.link('dte').counters.get('retransmitted')).toBe(0);
  });
});

describe('recovery by T1', () => {
  test('a lost last I frame is missed by a poll', () => {
    const pair = new LinkPair({ isLost: first('I ns=1 nr=0') }).connect();
    pair.send('dte', 'a', 'b');
    pair.run(4000);
    expect(pair.trace).toEqual([
      '1000 dte I ns=0 nr=0',
      '1000 dte I ns=1 nr=0 (lost)',
      '1010 dce -> a',
      '1210 dce RR nr=1',
      '4220 dte RR nr=0 P',
      '4230 dce RR nr=1 F',
      '4240 dte I ns=1 nr=0',
      '4250 dce -> b',
      '4450 dce RR nr=2',
    ]);
  });

  test('a lost RR costs a poll, and no packet is sent twice', () => {
    const pair = new LinkPair({ isLost: first('RR nr=2') }).connect();
    pair.send('dte', 'a', 'b');
    pair.run(4000);
    expect(pair.trace).toEqual([
      '1000 dte I ns=0 nr=0',
      '1000 dte I ns=1 nr=0',
      '1010 dce -> a',
      '1010 dce -> b',
      '1210 dce RR nr=2 (lost)',
      '4000 dte RR nr=0 P',
      '4010 dce RR nr=2 F',
    ]);
    expect(pair.link('dte').state).toBe('L3');
    expect(pair.link('dte').nextDeadline()).toBeUndefined();
  });

  test('a lost F=1 is asked for again', () => {
    const pair = new LinkPair({
      isLost: (_from, frame, nth) => nth === 0 && (frame === 'RR nr=1' || frame === 'RR nr=1 F'),
    }).connect();
    pair.send('dte', 'a');
    pair.run(7000);
    expect(pair.trace.slice(2)).toEqual([
      '1210 dce RR nr=1 (lost)',
      '4000 dte RR nr=0 P',
      '4010 dce RR nr=1 F (lost)',
      '7000 dte RR nr=0 P',
      '7010 dce RR nr=1 F',
    ]);
    expect(pair.link('dte').counters.get('t1Expiries')).toBe(2);
  });

  test('no I frame is sent, first or again, before F=1 has come, and a REJ without F waits for it', () => {
    const pair = new LinkPair({ isLost: (from, frame) => from === 'dte' && frame.startsWith('I') }).connect();
    pair.send('dte', 'a', 'b');
    pair.run(3000);
    expect(pair.link('dte').state).toBe('L5');
    pair.send('dte', 'c');
    pair.inject('dce', hex('01 29')); // REJ nr=1
    expect(pair.trace.slice(2)).toEqual(['4000 dte RR nr=0 P', '4000 dce REJ nr=1 (injected)']);
    pair.inject('dce', hex('01 31')); // RR nr=1 F
    expect(pair.trace.slice(4)).toEqual([
      '4000 dce RR nr=1 F (injected)',
      '4000 dte I ns=1 nr=0 (lost)',
      '4000 dte I ns=2 nr=0 P (lost)',
    ]);
  });

  test('in recovery packets still arrive and polls are still answered', () => {
    const pair = new LinkPair({ isLost: (from, frame) => from === 'dte' && frame.startsWith('I') }).connect();
    pair.send('dte', 'a');
    pair.run(3000);
    pair.inject('dce', hex('03 10 41')); // I ns=0 nr=0 P
    expect(pair.trace.slice(1)).toEqual([
      '4000 dte RR nr=0 P',
      '4000 dce I ns=0 nr=0 P (injected)',
      '4000 dte -> A',
      '4000 dte RR nr=1 F',
    ]);
    expect(pair.link('dte').state).toBe('L5');
  });

  test('N2 polls without an answer reset the link', () => {
    let isDead = false;
    const pair = new LinkPair({ both: { n2: 3 }, isLost: (from) => isDead && from === 'dce' }).connect();
    isDead = true;
    pair.send('dte', 'a');
    pair.run(12_000);
    isDead = false;
    pair.run(3000);
    expect(pair.trace.filter((line) => !line.includes('dce RR'))).toEqual([
      '1000 dte I ns=0 nr=0',
      '1010 dce -> a',
      '4000 dte RR nr=0 P',
      '7000 dte RR nr=0 P',
      '10000 dte RR nr=0 P',
      '13000 dte -> linkReset',
      '13000 dte SABM P',
      '13010 dce -> linkReset',
      '13010 dce UA F',
    ]);
    expect(pair.link('dte').isUp).toBe(true);
  });

  test('when the reset is not answered either, the link is down, and is tried again after a pause', () => {
    let isDead = false;
    const pair = new LinkPair({ both: { n2: 2 }, isLost: () => isDead }).connect();
    isDead = true;
    pair.send('dte', 'a');
    pair.run(18_500);
    isDead = false;
    pair.run(3000);
    expect(pair.trace.filter((line) => line.includes('dte'))).toEqual([
      '1000 dte I ns=0 nr=0 (lost)',
      '4000 dte RR nr=0 P (lost)',
      '7000 dte RR nr=0 P (lost)',
      '10000 dte -> linkReset',
      '10000 dte SABM P (lost)',
      '13000 dte SABM P (lost)',
      '16000 dte -> linkDown: the peer does not answer',
      '19000 dte SABM P (lost)',
      '22000 dte SABM P',
      '22020 dte -> linkUp',
    ]);
  });
});

describe('a busy peer', () => {
  /** Up at once, and busy until told otherwise. */
  function busyPeer(answersPolls: boolean) {
    let isBusy = true;
    const pair = new LinkPair({
      dte: { n2: 3 },
      station: {
        role: 'dce',
        make: () =>
          new ScriptedStation('dce', (frame) => {
            if (frame === 'SABM P') return [hex('01 73')];
            if (frame === 'I ns=0 nr=0' && isBusy) return [hex('01 05')]; // RNR nr=0
            if (frame === 'RR nr=0 P' && answersPolls) return [isBusy ? hex('01 15') : hex('01 11')];
            return [];
          }),
      },
    });
    pair.start('dte');
    pair.send('dte', 'a', 'b', 'c');
    pair.run(1000);
    return {
      pair,
      recover: () => {
        isBusy = false;
      },
    };
  }

  test('that answers polls keeps the link up for longer than N2 times T1', () => {
    const { pair } = busyPeer(true);
    pair.run(60_000);
    expect(pair.link('dte').isUp).toBe(true);
    expect(pair.user('dte').events).toEqual(['linkUp']);
    expect(pair.trace.slice(0, 9)).toEqual([
      '0 dte SABM P',
      '10 dce UA F',
      '20 dte -> linkUp',
      '20 dte I ns=0 nr=0',
      '20 dte I ns=1 nr=0',
      '20 dte I ns=2 nr=0',
      '30 dce RNR nr=0',
      '3020 dte RR nr=0 P',
      '3030 dce RNR nr=0 F',
    ]);
    expect(pair.link('dte').counters.get('packetsSent')).toBe(3);
    expect(pair.link('dte').counters.get('retransmitted')).toBe(0);
    expect(pair.link('dte').counters.get('t1Expiries')).toBe(20);
  });

  test('gets the packets when it is ready again', () => {
    const { pair, recover } = busyPeer(true);
    pair.run(30_000);
    recover();
    pair.trace.length = 0;
    pair.inject('dce', hex('01 01')); // RR nr=0
    expect(pair.trace).toEqual([
      '31000 dce RR nr=0 (injected)',
      '31000 dte I ns=0 nr=0',
      '31000 dte I ns=1 nr=0 P',
      '31000 dte I ns=2 nr=0',
    ]);
  });

  test('whose RR is lost is found ready by a poll', () => {
    const { pair, recover } = busyPeer(true);
    pair.run(4000);
    recover();
    pair.run(3000);
    expect(pair.trace.slice(-5)).toEqual([
      '6040 dte RR nr=0 P',
      '6050 dce RR nr=0 F',
      '6060 dte I ns=0 nr=0',
      '6060 dte I ns=1 nr=0 P',
      '6060 dte I ns=2 nr=0',
    ]);
  });

  test('that does not answer polls has the link reset', () => {
    const { pair } = busyPeer(false);
    pair.run(12_000);
    expect(pair.trace.slice(6)).toEqual([
      '30 dce RNR nr=0',
      '3020 dte RR nr=0 P',
      '6020 dte RR nr=0 P',
      '9020 dte RR nr=0 P',
      '12020 dte -> linkReset',
      '12020 dte SABM P',
      '12030 dce UA F',
    ]);
  });
});

describe('a busy end', () => {
  test('says RNR, drops packets, acknowledges what came before, and has the rest sent again', () => {
    const pair = new LinkPair().connect();
    pair.send('dce', 'a');
    pair.run(50);
    pair.setBusy('dte', true);
    pair.send('dce', 'b', 'c');
    pair.run(1000);
    pair.setBusy('dte', false);
    pair.run(1000);
    expect(pair.trace).toEqual([
      '1000 dce I ns=0 nr=0',
      '1010 dte -> a',
      '1050 dte RNR nr=1', // acknowledges the first
      '1050 dce I ns=1 nr=0',
      '1050 dce I ns=2 nr=0',
      '1060 dte RNR nr=1', // each that is dropped may mean that RNR was lost
      '1060 dte RNR nr=1',
      '2050 dte REJ nr=1 P',
      '2060 dce RR nr=0 F',
      '2060 dce I ns=1 nr=0',
      '2060 dce I ns=2 nr=0 P',
      '2070 dte -> b',
      '2070 dte -> c',
      '2070 dte RR nr=3 F',
    ]);
    expect(pair.user('dte').events).toEqual(['a', 'b', 'c']);
  });

  test('answers polls by RNR, and the link stays up for longer than N2 times T1', () => {
    const pair = new LinkPair({ both: { n2: 3 } }).connect();
    pair.setBusy('dte', true);
    pair.send('dce', 'a');
    pair.run(60_000);
    expect(pair.trace.slice(0, 6)).toEqual([
      '1000 dte RNR nr=0',
      '1000 dce I ns=0 nr=0',
      '1010 dte RNR nr=0',
      '4000 dce RR nr=0 P',
      '4010 dte RNR nr=0 F',
      '7020 dce RR nr=0 P',
    ]);
    expect(pair.user('dte').events).toEqual([]);
    expect(pair.link('dce').isUp).toBe(true);
    pair.setBusy('dte', false);
    pair.run(1000);
    expect(pair.user('dte').events).toEqual(['a']);
    expect(pair.link('dte').counters.get('droppedBusy')).toBe(1);
  });

  test('still sends packets of its own', () => {
    const pair = new LinkPair().connect();
    pair.setBusy('dte', true);
    pair.send('dte', 'a', 'b');
    pair.run(500);
    expect(pair.user('dce').events).toEqual(['a', 'b']);
  });

  test('two ends that are both busy wait for each other, and both go on', () => {
    const pair = new LinkPair().connect();
    for (const role of ['dte', 'dce'] as const) pair.setBusy(role, true);
    pair.send('dte', 'a');
    pair.send('dce', 'b');
    pair.run(30_000);
    for (const role of ['dte', 'dce'] as const) pair.setBusy(role, false);
    pair.run(5000);
    expect([pair.user('dte').events, pair.user('dce').events]).toEqual([['b'], ['a']]);
  });

  test('a lost end of RNR is said again: the peer need not ask', () => {
    const pair = new LinkPair({
      isLost: (from, frame, nth) => from === 'dte' && frame === 'RR nr=0 P' && nth === 0,
    }).connect();
    pair.setBusy('dte', true);
    pair.run(1000);
    pair.setBusy('dte', false);
    pair.run(100);
    pair.send('dce', 'a');
    pair.run(4000);
    expect(pair.user('dte').events).toEqual(['a']);
  });

  test('is still busy on the next link, and says so', () => {
    const pair = new LinkPair().connect();
    pair.setBusy('dte', true);
    pair.inject('dce', hex('03 3F')); // SABM
    pair.inject('dte', hex('01 3F'));
    pair.send('dce', 'a');
    pair.run(500);
    expect(pair.user('dte').events).toEqual(['linkReset']);
    expect(pair.link('dce').counters.get('rnrReceived')).toBeGreaterThan(0);
  });
});

describe('frame reject', () => {
  test('received: the link begins anew', () => {
    const pair = new LinkPair().connect();
    pair.inject('dce', hex('01 87 21 24 08'));
    pair.send('dte', 'a');
    pair.run(500);
    expect(pair.trace).toEqual([
      '1000 dce FRMR 21 vr=1 vs=2 Z (injected)',
      '1000 dte -> linkReset',
      '1000 dte SABM P',
      '1010 dce -> linkReset',
      '1010 dce UA F',
      '1020 dte I ns=0 nr=0',
      '1030 dce -> a',
      '1230 dce RR nr=1',
    ]);
  });

  test('sent: the peer begins anew', () => {
    const pair = new LinkPair().connect();
    pair.inject('dce', hex('03 21')); // RR nr=1, of nothing sent
    pair.send('dte', 'a');
    pair.run(500);
    expect(pair.trace).toEqual([
      '1000 dce RR nr=1 (injected)',
      '1000 dte FRMR 21 vr=0 vs=0 Z',
      '1010 dce -> linkReset',
      '1010 dce SABM P',
      '1020 dte -> linkReset',
      '1020 dte UA F',
      '1020 dte I ns=0 nr=0',
      '1030 dce -> a',
      '1230 dce RR nr=1',
    ]);
  });

  test('not heard: sent again N2 times, then we begin anew', () => {
    const pair = new LinkPair({
      both: { n2: 2 },
      isLost: (_from, frame) => frame.startsWith('FRMR'),
    }).connect();
    pair.inject('dce', hex('03 03'));
    pair.run(8000);
    expect(pair.trace).toEqual([
      '1000 dce undefinedControl (injected)',
      '1000 dte FRMR 03 vr=0 vs=0 W (lost)',
      '4000 dte FRMR 03 vr=0 vs=0 W (lost)',
      '7000 dte -> linkReset',
      '7000 dte SABM P',
      '7010 dce -> linkReset',
      '7010 dce UA F',
    ]);
  });

  test('packets that come meanwhile are not delivered', () => {
    const pair = new LinkPair({ isLost: first('FRMR 03 vr=0 vs=0 W') }).connect();
    pair.inject('dce', hex('03 03'));
    pair.send('dce', 'a');
    pair.run(100);
    expect(pair.user('dte').events).toEqual([]);
  });
});

describe('the end of a link', () => {
  test('DISC is answered by UA', () => {
    const pair = new LinkPair().connect();
    pair.stop('dte');
    pair.run(1000);
    expect(pair.trace).toEqual([
      '1000 dte -> linkDown: disconnected by us',
      '1000 dte DISC P',
      '1010 dce -> linkDown: disconnected by the peer (DISC)',
      '1010 dce UA F',
    ]);
    expect([pair.link('dte').state, pair.link('dce').state]).toEqual(['off', 'L0']);
    expect(pair.link('dte').nextDeadline()).toBeUndefined();
  });

  test('two DISC that meet are both answered', () => {
    const pair = new LinkPair().connect();
    pair.stop('dte');
    pair.stop('dce');
    pair.run(1000);
    expect(pair.trace.filter((line) => !line.includes('->'))).toEqual([
      '1000 dte DISC P',
      '1000 dce DISC P',
      '1010 dce UA F',
      '1010 dte UA F',
    ]);
    expect([pair.link('dte').state, pair.link('dce').state]).toEqual(['off', 'off']);
  });

  test('a DISC that is not answered is given up after N2 tries', () => {
    const pair = new LinkPair({ both: { n2: 2 }, isLost: (_from, frame) => frame === 'DISC P' }).connect();
    pair.stop('dte');
    pair.run(10_000);
    expect(pair.trace).toEqual([
      '1000 dte -> linkDown: disconnected by us',
      '1000 dte DISC P (lost)',
      '4000 dte DISC P (lost)',
    ]);
    expect(pair.link('dte').state).toBe('off');
  });

  test('a stopped end refuses a link until it is started again', () => {
    const pair = new LinkPair({ both: { active: true } }).connect();
    pair.stop('dte');
    pair.run(4000); // the DCE tries once in T1
    pair.start('dte');
    pair.run(3000);
    expect(pair.trace.slice(4)).toEqual([
      '4010 dce SABM P',
      '4020 dte DM F',
      '5000 dte SABM P',
      '5010 dce -> linkUp',
      '5010 dce UA F',
      '5020 dte -> linkUp',
    ]);
  });

  test('a start during a stop is not forgotten', () => {
    for (const active of [true, false]) {
      const pair = new LinkPair({ dte: { active }, dce: { active: !active } }).connect();
      pair.stop('dte');
      pair.start('dte');
      pair.run(5000);
      expect([pair.link('dte').state, pair.link('dce').state]).toEqual(['L3', 'L3']);
    }
  });

  test('DM in the transfer phase: the peer has lost the link, which is set up again', () => {
    const pair = new LinkPair().connect();
    pair.link('dce').physicalDown(pair.clock.now());
    pair.link('dce').start(pair.clock.now());
    pair.send('dce');
    pair.run(5000);
    expect(pair.trace).toEqual([
      '1000 dce -> linkDown: line lost',
      '1000 dce DM',
      '1010 dte -> linkDown: the peer has no link (DM)',
      '2510 dte SABM P',
      '2520 dce -> linkUp',
      '2520 dce UA F',
      '2530 dte -> linkUp',
    ]);
  });

  test('packets not acknowledged are thrown away, and those not sent are still there', () => {
    const pair = new LinkPair({ isLost: (_from, frame) => frame.startsWith('I ns=0') }).connect();
    pair.send('dte', ...'abcdefgh');
    expect(pair.user('dte').waiting).toBe(1);
    pair.inject('dte', hex('01 3F')); // SABM: both ends are told to begin anew
    pair.inject('dce', hex('03 3F'));
    expect(pair.user('dte').waiting).toBe(0);
    expect(pair.trace.at(-1)).toBe('1000 dte I ns=0 nr=0 (lost)');
  });
});

describe('T3', () => {
  test('a silent peer is asked, and the link stays up when it answers', () => {
    const pair = new LinkPair({ dte: { t3Ms: 10_000 } });
    pair.start('dce', 'dte');
    pair.run(5000);
    pair.send('dce', 'a');
    pair.run(20_000);
    expect(pair.trace.slice(5)).toEqual([
      '5000 dce I ns=0 nr=0',
      '5010 dte -> a',
      '5210 dte RR nr=1',
      '15010 dte RR nr=1 P', // 10 s after the last frame from there
      '15020 dce RR nr=0 F',
    ]);
  });

  test('a peer that does not answer is found dead', () => {
    let isDead = false;
    const pair = new LinkPair({ dte: { t3Ms: 10_000, n2: 2 }, isLost: () => isDead }).connect();
    isDead = true;
    pair.run(30_000);
    expect(pair.trace.filter((line) => line.includes('->'))).toEqual([
      '16020 dte -> linkReset',
      '22020 dte -> linkDown: the peer does not answer',
    ]);
  });
});

describe('what is not for us', () => {
  test.each(['FF 3F', '0F 3F', '07 73', '03', ''])('%j is dropped and counted', (octets) => {
    const pair = new LinkPair().connect();
    pair.link('dte').receive(hex(octets), pair.clock.now());
    pair.send('dte');
    expect(pair.trace).toEqual([]);
    expect(pair.link('dte').counters.get('notForUs')).toBe(1);
  });

  test('F=1 without a poll, and UA without SABM, are dropped and counted', () => {
    const pair = new LinkPair().connect();
    pair.inject('dce', hex('01 11'));
    pair.inject('dce', hex('01 73'));
    pair.run(500);
    expect(pair.trace).toHaveLength(2);
    expect(pair.link('dte').counters.get('unsolicited')).toBe(2);
  });
});

test('counts frames and octets', () => {
  const pair = new LinkPair().connect();
  pair.send('dte', 'abc');
  pair.run(500);
  expect(pair.link('dte').counters.snapshot()).toEqual({
    framesSent: 2, // SABM, I
    octetsSent: 2 + 5,
    sabmSent: 1,
    framesReceived: 3, // DM, UA, RR
    octetsReceived: 6,
    dmReceived: 1,
    uaReceived: 1,
    rrReceived: 1,
    linkUps: 1,
    packetsSent: 1,
  });
  expect(pair.link('dce').counters.snapshot()).toEqual({
    framesSent: 3,
    octetsSent: 6,
    dmSent: 1,
    uaSent: 1,
    rrSent: 1,
    framesReceived: 2,
    octetsReceived: 2 + 5,
    sabmReceived: 1,
    linkUps: 1,
    packetsReceived: 1,
  });
});
