import { expect, test } from 'vitest';
import { causeText, clearCauseOfRestart, diagnosticText, isDteCause } from '../../../src/x25/index.js';

test.each([
  ['clear', 0x00, 'DTE originated'],
  ['clear', 0x80, 'DTE originated'],
  ['clear', 0xff, 'DTE originated'],
  ['clear', 0x01, 'number busy'],
  ['clear', 0x03, 'invalid facility request'],
  ['clear', 0x05, 'network congestion'],
  ['clear', 0x09, 'out of order'],
  ['clear', 0x0b, 'access barred'],
  ['clear', 0x0d, 'not obtainable'],
  ['clear', 0x11, 'remote procedure error'],
  ['clear', 0x13, 'local procedure error'],
  ['clear', 0x39, 'ship absent'],
  ['clear', 0x02, 'unknown cause'],
  ['reset', 0x00, 'DTE originated'],
  ['reset', 0x01, 'out of order'],
  ['reset', 0x03, 'remote procedure error'],
  ['reset', 0x05, 'local procedure error'],
  ['reset', 0x0f, 'network operational'],
  ['reset', 0x0b, 'unknown cause'],
  ['restart', 0x01, 'local procedure error'],
  ['restart', 0x03, 'network congestion'],
  ['restart', 0x07, 'network operational'],
  ['restart', 0x80, 'DTE originated'],
] as const)('%s %i: %s', (kind, cause, text) => {
  expect(causeText(kind, cause)).toBe(text);
});

test.each([
  [0, 'no additional information'],
  [1, 'invalid P(S)'],
  [23, 'packet type invalid for state p4'],
  [36, 'packet on unassigned logical channel'],
  [49, 'timer expired for incoming call'],
  [66, 'facility parameter not allowed'],
  [163, 'DTE resource constraint'],
  [241, 'disconnection, normal'],
  [249, 'connection rejected, unrecognizable protocol identifier in user data'],
  [99, 'unassigned diagnostic'],
  [200, 'network or DTE specific'],
])('diagnostic %i: %s', (diagnostic, text) => {
  expect(diagnosticText(diagnostic)).toBe(text);
});

test('causes of a DTE are 00 and 80 to FF', () => {
  expect([0x00, 0x80, 0xff].every(isDteCause)).toBe(true);
  expect([0x01, 0x13, 0x7f].some(isDteCause)).toBe(false);
});

test.each([
  [0x00, 0x00],
  [0x80, 0x80],
  [0x01, 0x13],
  [0x03, 0x05],
  [0x07, 0x09],
  [0x7f, 0x09],
])('calls ended by a restart with cause %i end with cause %i', (restart, clear) => {
  expect(clearCauseOfRestart(restart)).toBe(clear);
});
