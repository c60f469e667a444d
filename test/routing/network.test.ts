import { expect, test } from 'vitest';
import { siteOf } from '../../src/routing/index.js';

test.each([
  ['192.0.2.77', 32, '192.0.2.77/32'],
  ['192.0.2.77', 24, '192.0.2/24'],
  ['::ffff:192.0.2.77', 24, '192.0.2/24'],
  ['2001:db8::1', 24, '32.1.13.184.0.0.0.0/64'],
  ['2001:db8:0:0:ffff::9', 32, '32.1.13.184.0.0.0.0/64'],
  ['not an address', 24, 'not an address'],
] as const)('%s by %i bits of IPv4', (address, bits, site) => {
  expect(siteOf(address, bits)).toBe(site);
});
