import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { type LookUp, type NameAnswer, NameCache } from '../../src/line/index.js';
import { askDns, hostsNamed } from '../../src/line/look-up.js';

/** A cache whose names are answered by hand. */
function start() {
  const clock = new VirtualClock();
  const asked: { name: string; answer: (answer: NameAnswer) => void; fail: (why: Error) => void }[] = [];
  const lookUp: LookUp = (name) =>
    new Promise((answer, fail) => {
      asked.push({ name, answer, fail });
    });
  const names = new NameCache(clock, lookUp);
  const find = (host: string): NameAnswer[] => {
    const told: NameAnswer[] = [];
    names.find(host, (answer) => told.push(answer));
    return told;
  };
  /** Promises have their say, and what is due now comes. */
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
    clock.runFor(0);
  };
  return { clock, asked, find, settle };
}

const GOOD = { addresses: ['10.1.1.1', 'fd00::1'] };

describe('addresses of names', () => {
  test('are looked up once for all who ask, and never told before it returns', async () => {
    const { asked, find, settle } = start();
    const told = [find('r.example'), find('R.EXAMPLE')];
    expect(asked.map(({ name }) => name)).toEqual(['r.example']);
    asked[0]?.answer(GOOD);
    await settle();
    expect(told).toEqual([[GOOD], [GOOD]]);
    const again = find('r.example');
    expect(again).toEqual([]);
    await settle();
    expect(again).toEqual([GOOD]);
    expect(asked).toHaveLength(1);
  });

  test('that are addresses already need no looking up', async () => {
    const { asked, find, settle } = start();
    const told = [find('10.1.1.1'), find('FD00::1')];
    await settle();
    expect(told).toEqual([[{ addresses: ['10.1.1.1'] }], [{ addresses: ['fd00::1'] }]]);
    expect(asked).toEqual([]);
  });

  test.each([
    [GOOD, 60_000],
    [{ addresses: [] }, 30_000],
    [{ addresses: ['10.1.1.1'], failure: 'no answer for AAAA' }, 5_000],
  ])('%j is remembered for %i ms', async (answer, ms) => {
    const { clock, asked, find, settle } = start();
    find('r.example');
    asked[0]?.answer(answer);
    await settle();
    clock.runFor(ms - 1);
    find('r.example');
    expect(asked).toHaveLength(1);
    clock.runFor(1);
    find('r.example');
    expect(asked).toHaveLength(2);
  });

  test('that can’t be found out are told so, with the reason', async () => {
    const { asked, find, settle } = start();
    const told = find('r.example');
    asked[0]?.fail(new Error('SERVFAIL'));
    await settle();
    expect(told).toEqual([{ addresses: [], failure: 'r.example: SERVFAIL' }]);
  });

  test('whose servers hang keep nobody longer than five seconds, and no other name at all', async () => {
    const { clock, asked, find, settle } = start();
    const hanging = find('slow.example');
    const other = find('fast.example');
    asked[1]?.answer(GOOD);
    await settle();
    expect(other).toEqual([GOOD]);
    clock.runFor(4_999);
    expect(hanging).toEqual([]);
    clock.runFor(1);
    expect(hanging).toEqual([{ addresses: [], failure: 'slow.example: no answer to the name' }]);

    // An answer that comes after all is for whoever asks next.
    asked[0]?.answer(GOOD);
    await settle();
    const again = find('slow.example');
    await settle();
    expect([again, hanging.length, asked.length]).toEqual([[GOOD], 1, 2]);
  });

  test('are looked up 64 at a time at most, hanging ones among them', async () => {
    const { clock, asked, find, settle } = start();
    for (let i = 0; i < 64; i++) find(`slow${i}.example`);
    clock.runFor(60_000);
    const refused = find('other.example');
    await settle();
    expect(refused).toEqual([{ addresses: [], failure: 'too many names are looked up' }]);
    asked[0]?.answer(GOOD);
    await settle();
    find('other.example');
    expect(asked).toHaveLength(65);
  });

  test('of a thousand names are remembered, the oldest forgotten', async () => {
    const { asked, find, settle } = start();
    for (let i = 0; i <= 1_000; i++) {
      find(`r${i}.example`);
      asked.at(-1)?.answer(GOOD);
      await settle();
    }
    const before = asked.length;
    find('r1.example');
    expect(asked).toHaveLength(before);
    find('r0.example');
    expect(asked).toHaveLength(before + 1);
  });
});

test.each([
  ['r.example', ['10.1.1.1', 'fd00::1']],
  ['router', ['10.1.1.1']],
  ['10.1.1.1', []],
  ['nobody', []],
  ['commented', []],
])('in a file of hosts %s is at %j', (name, addresses) => {
  const hosts =
    '127.0.0.1\tlocalhost\n10.1.1.1  R.example router # commented\n\n# x commented\nfd00::1 r.example\n';
  expect(hostsNamed(name, hosts)).toEqual(addresses);
});

describe('DNS', () => {
  const fails = (code: string) => () => Promise.reject(Object.assign(new Error(`query ${code}`), { code }));
  const none = fails('ENODATA');
  const four = async () => ['10.1.1.1', '10.1.1.2'];
  const six = async () => ['fd00::1'];

  test.each([
    ['both families', four, six, { addresses: ['10.1.1.1', '10.1.1.2', 'fd00::1'] }],
    ['one family, all there is', four, none, { addresses: ['10.1.1.1', '10.1.1.2'] }],
    ['the other family, all there is', none, six, { addresses: ['fd00::1'] }],
    ['no addresses', none, none, { addresses: [] }],
    ['no such name', fails('ENOTFOUND'), fails('ENOTFOUND'), { addresses: [] }],
    ['what is no name at all', fails('EBADNAME'), fails('EBADNAME'), { addresses: [] }],
    [
      'a server that failed for one family',
      four,
      fails('ESERVFAIL'),
      { addresses: ['10.1.1.1', '10.1.1.2'], failure: 'query ESERVFAIL' },
    ],
    ['servers that are silent', fails('ETIMEOUT'), none, { addresses: [], failure: 'query ETIMEOUT' }],
  ])('%s', async (_what, resolve4, resolve6, answer) => {
    expect(await askDns('r.example', { resolve4, resolve6 })).toEqual(answer);
  });
});
