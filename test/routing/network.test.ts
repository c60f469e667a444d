import { expect, test } from 'vitest';
import { siteOf } from '../../src/routing/index.js';

test.each([
  ['192.0.2.77', '192.0.2.77/32'],
  ['::ffff:192.0.2.77', '192.0.2.77/32'],
  ['2001:db8::1', '32.1.13.184.0.0.0.0/64'],
  ['2001:db8:0:0:ffff::9', '32.1.13.184.0.0.0.0/64'],
  ['not an address', 'not an address'],
])('%s is counted as %s', (address, site) => {
  expect(siteOf(address)).toBe(site);
});
