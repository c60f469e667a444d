/** Mail whose address holds the number to call. */
import { expect, test } from 'vitest';
import { NUMBERS, type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

const ROUTE = '[[route]]\ndomain = \'/^(\\d{2,15})\\.x25\\.example$/\'\nnua = "$1"\nlink = "psdn0"\n';
const PREFIX = '[link.address]\nprefix = { international = "00" }\n';

/** Site a, which knows the number of site b by its peer, or not. */
async function sites(peer: 'known' | 'unknown', more = '') {
  const both = new SimulatedSites();
  // Before the other routes, the last of which fits all.
  const usual = siteToml('a')
    .replace('[[route]]', `${ROUTE}[[route]]`)
    .replace('[[peer]]', `${more}[[peer]]`);
  const toml = peer === 'known' ? usual : usual.replace(`nua = "${NUMBERS.b}"`, 'nua = "99999"');
  return { both, a: await both.start('a', { toml }), b: await both.start('b') };
}

const failed = ({ spool }: SimulatedSite): string[] =>
  spool.settlements.flatMap(({ outcome }) => (outcome.type === 'failed' ? [outcome.reason] : []));

test.each([
  ['unknown', `nua ${NUMBERS.b}`],
  ['known', 'other'],
] as const)(
  'the number in an address is called; as the peer that has it, when it is %s',
  async (peer, name) => {
    const { both, a, b } = await sites(peer);
    for (const to of ['one@site-b.example', 'two@site-b.example'])
      await a.enqueue({ to, destination: `nua:psdn0:${NUMBERS.b}` });
    await both.runUntil(() => b.spool.history.length === 2 && a.calls().length === 1);
    expect(a.calls()).toMatchObject([{ peer: name, called: NUMBERS.b }]);
    expect(a.spool.messages.size).toBe(0);
  },
);

test('nobody answers: it is tried again, and the report names the number', async () => {
  const { both, a } = await sites('unknown');
  await a.enqueue({ to: 'you@site-b.example', destination: 'nua:psdn0:77777' });
  await both.runUntil(() => failed(a).length > 0, 200 * 3_600_000);
  expect(a.calls().length).toBeGreaterThan(5);
  const report = a.spool.history.at(-1);
  expect(Buffer.from(report?.body ?? []).toString()).toContain('Remote-MTA: x-x25; 77777');
});

test('our own number is never called', async () => {
  const { both, a } = await sites('unknown');
  await a.enqueue({ to: 'you@x', destination: `nua:psdn0:${NUMBERS.a}` });
  await both.runUntil(() => failed(a).length > 0);
  expect(failed(a)).toEqual([`554 5.4.6 ${NUMBERS.a} is our own number: mail would come back to us`]);
  expect(a.calls()).toEqual([]);
});

test('a number that is too long with the prefix of its link is given up', async () => {
  const { both, a } = await sites('unknown', PREFIX);
  await a.enqueue({ to: 'you@x', destination: 'nua:psdn0:12345678901234' });
  await both.runUntil(() => failed(a).length > 0);
  expect(failed(a)).toEqual([
    '550 5.1.2 12345678901234 with the prefix of its link is too long for a number',
  ]);
});
