import { describe, expect, test } from 'vitest';
import { formatProblem, type PeerConfiguration, parseConfiguration } from '../../src/config/index.js';
import { Zone } from '../../src/tariff/index.js';
import { PARTS, problemsOf, tomlOf, warningsOf } from './parts.js';

const TARIFF = '[link.tariff]\nminute = 0.1\n';

function peerWith(calls: string, tariff = ''): PeerConfiguration | undefined {
  const toml = tomlOf({ link: `${PARTS.link}\n${tariff}`, peer: `${PARTS.peer}\ncalls = ${calls}` });
  const result = parseConfiguration(toml, 'gw.toml');
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.configuration.peers[0];
}

describe('when a peer is called', () => {
  test('at any time, for any message, where nothing is said', () => {
    expect(peerWith('{ max_circuits = 2 }')).not.toHaveProperty('callRules');
  });

  test('as it is written', () => {
    const calls =
      '{ windows = ["22:00-06:00", "Sa-Su"], timezone = "UTC", min_messages = 5, max_wait = "4h", budget = { minutes = 120, cost = 20, warn = 0.5, period = "week" } }';
    const rules = peerWith(calls, TARIFF)?.callRules;
    expect(rules).toMatchObject({
      minMessages: 5,
      maxWaitMs: 4 * 3_600_000,
      budget: { minutes: 120, cost: 20, warn: 0.5, period: 'week' },
      zone: { name: 'UTC' },
    });
    expect(rules?.windows?.windows.map(({ text }) => text)).toEqual(['22:00-06:00', 'Sa-Su']);
  });

  test('a budget is of a month, and told of at four fifths', () => {
    expect(peerWith('{ budget = { minutes = 1 } }')?.callRules?.budget).toEqual({
      minutes: 1,
      warn: 0.8,
      period: 'month',
    });
  });

  test.each([
    ['{ windows = "Sa", timezone = "Asia/Tokyo" }', `${TARIFF}timezone = "Europe/Berlin"`, 'Asia/Tokyo'],
    ['{ windows = "Sa" }', `${TARIFF}timezone = "Europe/Berlin"`, 'Europe/Berlin'],
    ['{ windows = "Sa" }', TARIFF, Zone.ofThisMachine().name],
    ['{ windows = "Sa" }', '', Zone.ofThisMachine().name],
  ])('%s below %j: by the clocks of %s', (calls, tariff, name) => {
    expect(peerWith(calls, tariff)?.callRules?.zone.name).toBe(name);
  });
});

const TWO_LINKS = (currency: string): string =>
  `[[link]]\nname = "wan"\ntype = "xot"\nrouters = [{ nua = "*", to = "10.1.1.1" }]\n${TARIFF}currency = "${currency}"\n`;

test.each([
  ['EUR', []],
  [
    'DM',
    ['peer "site-b" calls.budget.cost: its links "psdn0" and "wan" have different currencies; allowed: one'],
  ],
])('money of several links is summed up in one currency: EUR and %s', (currency, problems) => {
  const peer = PARTS.peer.replace(
    'link = "psdn0"',
    'link = ["psdn0", "wan"]\ncalls = { budget = { cost = 5 } }',
  );
  const link = `${PARTS.link}\n${TARIFF}currency = "EUR"`;
  expect(problemsOf(tomlOf({ link, peer }, TWO_LINKS(currency)))).toEqual(problems);
});

test('mail that would be too old before it is worth a call: a warning', () => {
  const peer = `${PARTS.peer}\ncalls = { min_messages = 2, max_wait = "5d" }`;
  expect(warningsOf(tomlOf({ peer }))).toContainEqual(
    expect.stringMatching(
      /calls\.max_wait: is not less than queue\.max_age: a message that is alone is returned/,
    ),
  );
});
