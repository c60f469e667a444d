import { expect, test } from 'vitest';
import { destinationKey, LargeMail, parseDestination } from '../../src/routing/index.js';

const large = new LargeMail(new Map([['site-b', 1000]]));

test.each([
  ['peer:site-b', 1000, 'peer:site-b'],
  ['peer:site-b', 1001, 'large:site-b'],
  ['peer:site-b,site-c', 1001, 'large:site-b,site-c'],
  ['peer:site-c,site-b', 1001, 'peer:site-c,site-b'],
  // Of a message that is gone on with, the envelope may be from before.
  ['large:site-b', 1001, 'large:site-b'],
  ['large:site-b', 1, 'peer:site-b'],
  ['smtp:mx.example:25', 1e9, 'smtp:mx.example:25'],
  ['what nobody knows', 1e9, 'what nobody knows'],
])('%s, %i octets: %s', (destination, octets, where) => {
  expect(large.destinationOf(destination, octets)).toBe(where);
});

test('its queue has a name of its own', () => {
  const destination = { type: 'peers', peers: ['a', 'b'], large: true } as const;
  expect(destinationKey(destination)).toBe('large:a,b');
  expect(parseDestination('large:a,b')).toEqual(destination);
  expect(parseDestination('large:')).toBeUndefined();
});
