import { describe, expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { LinkPair, type LinkPairOptions } from '../support/link-pair.js';
import { linuxStation } from '../support/linux-lapb.js';

/** We are the DTE and Linux is the DCE, of our modulus, unless it is said. */
function withLinux(
  options: LinkPairOptions = {},
  linuxRole: 'dte' | 'dce' = 'dce',
  linuxModulo = options.both?.modulo,
): LinkPair {
  return new LinkPair({ ...options, station: linuxStation(linuxRole, linuxModulo) });
}

const up = (pair: LinkPair): LinkPair => {
  pair.start('dce', 'dte');
  pair.run(1000);
  pair.trace.length = 0;
  return pair;
};

test('a Linux DTE sets the link up', () => {
  const pair = withLinux({}, 'dte');
  pair.start('dte', 'dce');
  pair.run(1000);
  expect(pair.trace).toEqual(['0 dte SABM P', '0 dce DM', '10 dce -> linkUp', '10 dce UA F']);
});

test('a Linux DCE, which asks with DM every T1, is answered by SABM', () => {
  const pair = withLinux({ dte: { active: false } });
  pair.start('dte');
  pair.run(2000);
  pair.start('dce');
  pair.run(1000);
  expect(pair.trace).toEqual([
    '0 dte DM',
    '2000 dce DM',
    '2010 dte SABM P',
    '2020 dce UA F',
    '2030 dte -> linkUp',
  ]);
});

test('a Linux DTE that has fallen silent after its N2 tries is called by us, though we are passive', () => {
  let isDead = true;
  const pair = withLinux({ isLost: () => isDead }, 'dte');
  pair.start('dte', 'dce');
  pair.run(110_000);
  expect(pair.trace.filter((line) => line.includes('dte'))).toHaveLength(20);
  expect(pair.link('dce').isUp).toBe(false);
  isDead = false;
  pair.run(75_000); // our N2 times T1, and a pause at most as long
  expect(pair.link('dce').isUp).toBe(true);
});

test('a Linux DCE that nobody answers sets the link up itself in the end', () => {
  const pair = withLinux({ dte: { active: false, n2: 100 }, isLost: (_from, frame) => frame === 'DM' });
  pair.start('dte', 'dce');
  pair.run(101_000);
  const dce = pair.trace.filter((line) => line.includes('dce'));
  expect(dce.slice(0, 2)).toEqual(['0 dce DM (lost)', '5000 dce DM (lost)']);
  expect(dce.slice(-2)).toEqual(['95000 dce DM (lost)', '100000 dce SABM P']);
  expect(pair.link('dte').isUp).toBe(true);
});

test('the first frames after a SABM on a live link are those that it had not seen acknowledged', () => {
  const pair = up(withLinux());
  pair.send('dce', 'a', 'b');
  pair.run(15); // they are here, our acknowledgement is not sent yet
  pair.inject('dte', hex('01 3F')); // SABM, as if from us
  pair.run(1000);
  expect(pair.trace).toContain('1015 dce UA F');
  expect(pair.trace.filter((line) => line.includes('dce I'))).toEqual([
    '1000 dce I ns=0 nr=0',
    '1000 dce I ns=1 nr=0',
    '1015 dce I ns=0 nr=0',
    '1015 dce I ns=1 nr=0',
  ]);
});

test('when it hears nothing it sends its frames again, and asks by nothing else', () => {
  let isDeaf = false;
  const pair = up(withLinux({ isLost: (from) => isDeaf && from === 'dte' }));
  isDeaf = true;
  pair.send('dce', 'a');
  pair.run(25_000);
  const again = pair.trace.filter((line) => line.includes('dce I'));
  expect(again).toEqual(
    [0, 5000, 10_000, 15_000, 20_000, 25_000].map((at) => `${1000 + at} dce I ns=0 nr=0`),
  );
  expect(pair.user('dte').events).toEqual(['linkUp', 'a']); // and it is taken once
});

test('Linux answers a colliding SABM and stays deaf until its own is answered: nothing is lost', () => {
  const pair = withLinux({ dce: { active: true } }, 'dte');
  pair.start('dte', 'dce');
  pair.send('dce', 'from us');
  pair.send('dte', 'from Linux');
  pair.run(2000);
  expect(pair.trace).toEqual([
    '0 dte SABM P',
    '0 dce SABM P',
    '10 dce UA F',
    '10 dte UA F',
    '20 dte I ns=0 nr=0',
    '20 dce -> linkUp',
    '20 dce I ns=0 nr=0',
    '30 dce -> from Linux',
    '30 dte -> from us',
    '230 dce RR nr=1',
    '1030 dte RR nr=1',
  ]);
});

test('where the SABM of Linux was lost, a first link is deaf, and the next SABM makes a new one', () => {
  const pair = withLinux(
    {
      dce: { active: true },
      isLost: (from, frame, nth) => from === 'dte' && frame === 'SABM P' && nth === 0,
    },
    'dte',
  );
  pair.start('dte', 'dce');
  pair.send('dce', 'into the void');
  pair.run(6000);
  pair.send('dce', 'heard');
  pair.run(100);
  expect(pair.trace).toEqual([
    '0 dte SABM P (lost)',
    '0 dce SABM P',
    '10 dte UA F',
    '20 dce -> linkUp',
    '20 dce I ns=0 nr=0',
    '3020 dce RR nr=0 P',
    '5000 dte SABM P',
    '5010 dce -> linkReset',
    '5010 dce UA F',
    '6000 dce I ns=0 nr=0',
    '6010 dte -> heard',
  ]);
});

test('its acknowledgement a second late does not stop us: a full window asks for it', () => {
  const pair = up(withLinux());
  const packets = Array.from({ length: 70 }, (_, i) => String(i));
  pair.send('dte', ...packets);
  pair.run(300); // ten windows, 20 ms there and back each
  expect(pair.user('dce').events).toEqual(packets);
  expect(pair.link('dte').counters.get('t1Expiries')).toBe(0);
});

test('a lost last I frame of ours: the poll is answered at once', () => {
  const pair = up(withLinux({ isLost: (_from, frame, nth) => frame === 'I ns=1 nr=0' && nth === 0 }));
  pair.send('dte', 'a', 'b');
  pair.run(6000);
  expect(pair.trace).toEqual([
    '1000 dte I ns=0 nr=0',
    '1000 dte I ns=1 nr=0 (lost)',
    '1010 dce -> a',
    '2010 dce RR nr=1',
    '5020 dte RR nr=0 P',
    '5030 dce RR nr=1 F',
    '5040 dte I ns=1 nr=0',
    '5050 dce -> b',
    '6050 dce RR nr=2',
  ]);
});

test('what it sends all again for a lost RR is taken once', () => {
  const pair = up(withLinux({ isLost: (_from, frame, nth) => frame === 'RR nr=3' && nth === 0 }));
  pair.send('dce', 'a', 'b', 'c');
  pair.run(8000);
  expect(pair.trace).toEqual([
    '1000 dce I ns=0 nr=0',
    '1000 dce I ns=1 nr=0',
    '1000 dce I ns=2 nr=0',
    '1010 dte -> a',
    '1010 dte -> b',
    '1010 dte -> c',
    '1210 dte RR nr=3 (lost)',
    '6000 dce I ns=0 nr=0',
    '6000 dce I ns=1 nr=0',
    '6000 dce I ns=2 nr=0',
    '6010 dte REJ nr=3',
  ]);
  pair.send('dce', 'd');
  pair.run(500);
  expect(pair.user('dte').events).toEqual(['linkUp', 'a', 'b', 'c', 'd']);
});

test('after a reset by us its unacknowledged packets come on the new link', () => {
  const pair = up(withLinux({ isLost: (_from, frame, nth) => frame === 'I ns=0 nr=0' && nth === 0 }));
  pair.send('dce', 'a');
  pair.inject('dce', hex('01 87 00 00 01')); // FRMR has us send SABM
  pair.run(7000);
  expect(pair.user('dte').events).toEqual(['linkUp', 'linkReset', 'a']);
});

test('after DISC it sets the link up again when its T1 is over', () => {
  const pair = up(withLinux({}, 'dte'));
  pair.stop('dce');
  pair.run(1000);
  pair.start('dce');
  pair.run(10_000);
  expect(pair.trace.slice(0, 4)).toEqual([
    '1000 dce -> linkDown: disconnected by us',
    '1000 dce DISC P',
    '1010 dte -> linkDown: DISC',
    '1010 dte UA F',
  ]);
  expect(pair.link('dce').isUp).toBe(true);
});

test('FRMR has it set the link up again, and send again what was not acknowledged', () => {
  const pair = up(withLinux({ isLost: (_from, frame, nth) => frame === 'I ns=0 nr=0' && nth === 0 }));
  pair.send('dce', 'a');
  pair.inject('dce', hex('03 03')); // UI: we answer by FRMR
  pair.run(7000);
  expect(pair.trace.slice(0, 8)).toEqual([
    '1000 dce I ns=0 nr=0 (lost)',
    '1000 dce undefinedControl (injected)',
    '1000 dte FRMR 03 vr=0 vs=0 W',
    '1010 dce SABM P',
    '1020 dte -> linkReset',
    '1020 dte UA F',
    '1030 dce I ns=0 nr=0',
    '1040 dte -> a',
  ]);
});

test('it never asks whether we are still busy, but learns that we are not', () => {
  const pair = up(
    withLinux({ isLost: (from, frame, nth) => from === 'dte' && frame === 'RR nr=1 P' && nth === 0 }),
  );
  pair.send('dce', 'a');
  pair.run(500);
  pair.setBusy('dte', true);
  pair.run(100);
  pair.send('dce', 'b');
  pair.run(20_000);
  expect(pair.user('dte').events).toEqual(['linkUp', 'a']);
  pair.setBusy('dte', false); // the first word of it is lost
  pair.run(5000);
  expect(pair.user('dte').events).toEqual(['linkUp', 'a', 'b']);
});

describe('modulo 128', () => {
  test.each(['dte', 'dce'] as const)('with a Linux %s packets flow both ways, around 128', (linuxRole) => {
    const pair = withLinux({ both: { modulo: 128, window: 100 } }, linuxRole);
    up(pair);
    const packets = Array.from({ length: 300 }, (_, i) => String(i));
    pair.send('dte', ...packets);
    pair.send('dce', ...packets);
    pair.run(60_000);
    for (const role of ['dte', 'dce'] as const)
      expect(pair.user(role).events.filter((event) => event !== 'linkUp')).toEqual(packets);
  });

  test('a lost I frame is asked for by REJ, of either end', () => {
    const pair = withLinux({
      both: { modulo: 128 },
      isLost: (_from, frame, nth) => frame.startsWith('I ns=1 ') && nth === 0,
    });
    up(pair);
    pair.send('dte', 'a', 'b', 'c');
    pair.run(100);
    pair.send('dce', 'x', 'y', 'z');
    pair.run(3000);
    expect(pair.user('dce').events).toEqual(['a', 'b', 'c']);
    expect(pair.user('dte').events).toEqual(['linkUp', 'x', 'y', 'z']);
    expect(pair.link('dte').counters.snapshot()).toMatchObject({ rejSent: 1, rejReceived: 1 });
  });

  test.each([
    [8, 128, 'SABME P'],
    [128, 8, 'SABM P'],
  ] as const)('ours %d and its own %d: each refuses the other, and that is counted', (ours, its, command) => {
    const pair = withLinux({ both: { modulo: ours }, dce: { active: true } }, 'dte', its);
    pair.start('dte', 'dce');
    pair.run(20_000);
    expect(pair.link('dce').isUp).toBe(false);
    expect(pair.trace[0]).toBe(`0 dte ${command}`);
    expect(pair.trace).toContain('10 dce DM F');
    expect(pair.trace).toContain('10 dte DM F');
    expect(pair.link('dce').counters.get('otherModuloReceived')).toBeGreaterThan(0);
  });
});
