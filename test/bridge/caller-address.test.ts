import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallerNetwork } from '../../src/bridge/index.js';

function network(text = 'fd25::/64'): CallerNetwork {
  const parsed = CallerNetwork.parse(text);
  if (parsed === undefined) throw new Error(`not a network: ${text}`);
  return parsed;
}

describe('numbers as addresses', () => {
  test.each([
    ['26245300040', 'fd25::2624:5300:40f:fffb'],
    ['', 'fd25::ffff:ffff:ffff:fff0'],
    ['123456789012345', 'fd25::1234:5678:9012:345f'],
    ['0', 'fd25::fff:ffff:ffff:fff1'],
  ])('%s is %s', (nua, address) => {
    expect(network().addressOf(nua)).toBe(address);
  });

  test('there and back, and no two numbers share an address', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{0,15}$/), fc.stringMatching(/^\d{0,15}$/), (a, b) => {
        expect(network().nuaOf(network().addressOf(a))).toBe(a);
        expect(network().addressOf(a) === network().addressOf(b)).toBe(a === b);
      }),
    );
  });

  test.each(['fd26::2624:5300:40f:fffb', 'fd25::1', '::1', '127.0.0.1', 'x', 'fd25::abcd:ffff:ffff:fff4'])(
    '%s is nobody of this network',
    (address) => {
      expect(network().nuaOf(address)).toBeUndefined();
    },
  );

  test.each(['fd25::/48', 'fd25::1/64', '10.0.0.0/8', 'fd25::', ''])('%s is no /64', (text) => {
    expect(CallerNetwork.parse(text)).toBeUndefined();
  });

  test.each(['1234567890123456', '12a', '-1'])('%s is no number', (nua) => {
    expect(() => network().addressOf(nua)).toThrow(RangeError);
  });
});
