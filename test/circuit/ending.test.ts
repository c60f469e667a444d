import { expect, test } from 'vitest';
import { describeEnding, describeReset, type Ending, isOrderly } from '../../src/circuit/index.js';

const ending = (by: Ending['by'], cause: number, diagnostic: number): Ending => ({
  by,
  cause,
  diagnostic,
  facilities: {},
  userData: new Uint8Array(),
});

test.each([
  ['peer', 0x01, 0x00, 'cleared by the network: number busy (01/00)'],
  [
    'peer',
    0x03,
    0x42,
    'cleared by the network: invalid facility request, facility parameter not allowed (03/42)',
  ],
  ['peer', 0x00, 0x00, 'cleared by the other end: DTE originated (00/00)'],
  ['peer', 0x00, 0xf1, 'cleared by the other end: disconnection, normal (00/F1)'],
  ['peer', 0x80, 0xa3, 'cleared by the other end: DTE resource constraint (80/A3)'],
  ['us', 0x00, 0xa2, 'cleared by us: DTE not operational (00/A2)'],
  ['link', 0x09, 0x00, 'cleared with the link: out of order (09/00)'],
] as const)('%s %i/%i in words', (by, cause, diagnostic, text) => {
  expect(describeEnding(ending(by, cause, diagnostic))).toBe(text);
});

test('a reset in words', () => {
  expect(describeReset({ type: 'reset', by: 'peer', cause: 0x07, diagnostic: 0 })).toBe(
    'circuit reset by the network: network congestion (07/00)',
  );
  expect(describeReset({ type: 'reset', by: 'us', cause: 0, diagnostic: 146 })).toBe(
    'circuit reset by us: timer expired or retransmission count surpassed for data (00/92)',
  );
});

test.each([
  ['peer', 0x00, 0xf1, true],
  ['peer', 0x00, 0x00, true],
  ['peer', 0x85, 0x00, true],
  ['us', 0x00, 0xf1, true],
  ['us', 0x00, 0xf2, false],
  ['peer', 0x05, 0x00, false],
  ['link', 0x00, 0x00, false],
] as const)('%s %i/%i in order: %s', (by, cause, diagnostic, orderly) => {
  expect(isOrderly(ending(by, cause, diagnostic))).toBe(orderly);
});
