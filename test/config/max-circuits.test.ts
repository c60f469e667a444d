/** How many circuits a link may have: what is said of a number that can't be meant. */
import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/index.js';
import { planReload } from '../../src/gateway/reload-plan.js';
import { problemsOf, tomlOf, warningsOf } from './parts.js';

const LINK = 'name = "psdn0"\ntype = "serial"\npath = "/dev/ttyUSB0"';
const withChannels = (circuits: number): string =>
  tomlOf({ link: `${LINK}\nmax_circuits = ${circuits}\n[link.packet]\nchannels = { two_way = "1-4" }` });

test('more than there are channels never come to be', () => {
  expect(warningsOf(withChannels(4))).toEqual([]);
  expect(warningsOf(withChannels(5))).toEqual([
    'link "psdn0" max_circuits: is 5, and the link has 4 channels: there will not be more circuits than these',
  ]);
});

test('a PAD has one', () => {
  const pad = 'name = "psdn0"\ntype = "pad"\npath = "/dev/ttyUSB0"\nmax_circuits = 1';
  expect(problemsOf(tomlOf({ link: pad })).join('\n')).toContain(
    'max_circuits: has no place on a PAD: there is one circuit on a line to it',
  );
});

describe('a reload', () => {
  function configuration(toml: string) {
    const result = parseConfiguration(toml, '/simulated/a.toml');
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.configuration;
  }

  test('changes it on a line without a restart, to a number and to none', () => {
    const [four, two, none] = [
      withChannels(4),
      withChannels(2),
      withChannels(2).replace(/max_circuits.*/, ''),
    ];
    for (const [from, to, most] of [[four, two, 2] as const, [two, none, undefined] as const]) {
      const { configuration: next, needsRestart } = planReload(configuration(from), configuration(to));
      expect(needsRestart).toEqual([]);
      expect(next.links[0]?.maxCircuits).toBe(most);
    }
  });

  test('leaves it as it is on XOT, whose circuits are made for it', () => {
    const xot = (most: number): string =>
      tomlOf({
        link: `name = "psdn0"\ntype = "xot"\nnua = "23421000001"\nmax_circuits = ${most}\nrouters = [{ nua = "*", to = "10.1.1.1" }]`,
      });
    const { configuration: next, needsRestart } = planReload(configuration(xot(3)), configuration(xot(4)));
    expect(needsRestart).toEqual(['link psdn0 is to be different']);
    expect(next.links[0]?.maxCircuits).toBe(3);
  });
});
