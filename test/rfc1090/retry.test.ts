import { expect, test } from 'vitest';
import type { Ending } from '../../src/circuit/index.js';
import { PACES, retryAfter } from '../../src/rfc1090/index.js';

const ending = (cause: number, diagnostic: number, by: Ending['by'] = 'peer'): Ending => ({
  by,
  cause,
  diagnostic,
  facilities: {},
  userData: new Uint8Array(),
});

test.each([
  [0x01, 0x00, 'busy'],
  [0x05, 0x00, 'queue'],
  [0x11, 0x00, 'queue'],
  [0x13, 0x00, 'queue'],
  [0x09, 0x00, 'outOfOrder'],
  [0x15, 0x00, 'outOfOrder'],
  [0x39, 0x00, 'outOfOrder'],
  [0x0b, 0x00, 'unwanted'],
  [0x0d, 0x00, 'unwanted'],
  [0x19, 0x00, 'unwanted'],
  [0x29, 0x00, 'unwanted'],
  [0x00, 0xa2, 'queue'],
  [0x00, 0xa3, 'queue'],
  [0x80, 0xf4, 'queue'],
  [0x00, 0xf3, 'unwanted'],
  [0x00, 0xf5, 'unwanted'],
  [0x00, 0xf8, 'unwanted'],
  [0xff, 0xf9, 'unwanted'],
  [0x00, 0xf1, 'queue'],
  [0x77, 0x00, 'queue'],
  // From a network, numbers above 7F are its own.
  [0x13, 0xf9, 'queue'],
] as const)('cause %i, diagnostic %i: %s, the same facilities', (cause, diagnostic, pace) => {
  expect(retryAfter(ending(cause, diagnostic))).toEqual({
    pace,
    nextFacilitySet: false,
    tellOperator: pace === 'unwanted',
  });
});

test.each([
  [0x03, 0x00, 'queue'],
  [0x21, 0x00, 'queue'],
  [0x13, 0x41, 'queue'],
  [0x00, 0x42, 'queue'],
  [0x11, 0x45, 'queue'],
  [0x00, 0x4d, 'queue'],
  [0x0d, 0x43, 'unwanted'],
] as const)(
  'cause %i, diagnostic %i: with other facilities; without any left, %s',
  (cause, diagnostic, pace) => {
    expect(retryAfter(ending(cause, diagnostic))).toMatchObject({ pace, nextFacilitySet: true });
  },
);

test.each([0x01, 0x05, 0x09])('cause %i is not about facilities, whatever the diagnostic', (cause) => {
  expect(retryAfter(ending(cause, 0x42)).nextFacilitySet).toBe(false);
});

test('our own end and our own link say nothing about the other end', () => {
  expect(retryAfter(ending(0x09, 0, 'link')).pace).toBe('queue');
  expect(retryAfter(ending(0x00, 0xa3, 'us')).pace).toBe('queue');
});

test('the paces', () => {
  expect(PACES.busy.first).toEqual([60_000, 120_000, 300_000, 600_000]);
  expect(PACES.outOfOrder.atLeast).toBe(15 * 60_000);
  expect(PACES.unwanted.atLeast).toBe(4 * 3_600_000);
});
