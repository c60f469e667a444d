import { expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { LinkPair, type LinkPairOptions } from '../support/link-pair.js';
import { linuxStation } from '../support/linux-lapb.js';

/** We are the DTE and Linux is the DCE, unless it is said. */
function withLinux(options: LinkPairOptions = {}, linuxRole: 'dte' | 'dce' = 'dce'): LinkPair {
  return new LinkPair({ ...options, station: linuxStation(linuxRole) });
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
