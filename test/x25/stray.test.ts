import { expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { LayerEnd } from '../support/layer-end.js';

/** X.25 table C-1: what is judged before any state. Channels 1 to 16 are assigned. */
const STRAY: readonly (readonly [packet: string, diagnostic: string, what: string])[] = [
  ['', 'DIAG 38', 'nothing at all'],
  ['10', 'DIAG 38 10', 'one octet'],
  ['20 05 00 41', 'DIAG 40 200500', 'modulo 128'],
  ['30 30 05 00', 'DIAG 40 303005', 'modulo 32768'],
  ['00 05 0B', 'DIAG 40 00050B', 'format 00'],
  ['10 11 0B 00 00', 'DIAG 36 10110B', 'a channel that is not assigned'],
  ['14 05 00 41', 'DIAG 36 140500', 'a group that is not assigned'],
  ['10 00 0B 00 00', 'DIAG 36 10000B', 'a call on channel 0'],
  ['10 00 00 41', 'DIAG 36 100000', 'data on channel 0'],
];

test.each(STRAY)('a DCE answers %s by %s: %s', (octets, diagnostic) => {
  const end = LayerEnd.ready('dce');
  expect(end.receive(hex(octets))).toEqual([diagnostic]);
  expect(end.layer.isReady).toBe(true);
  expect(end.events).toEqual([]);
});

test.each(STRAY)('a DTE is silent about %s', (octets) => {
  const end = LayerEnd.ready('dte');
  expect(end.receive(hex(octets))).toEqual([]);
  expect(end.layer.counters.get('strayPackets')).toBe(1);
  expect(end.events).toEqual([]);
});

test('a DTE confirms a clear on a channel that it does not have', () => {
  expect(LayerEnd.ready('dte').receive(hex('1F FF 13 00 00'))).toEqual(['CLEAR-CONF 4095']);
});

test('a DCE sends at most one DIAGNOSTIC a second', () => {
  const end = LayerEnd.ready('dce');
  const bad = hex('10 11 0B 00 00');
  expect(end.receive(bad, 0)).toEqual(['DIAG 36 10110B']);
  expect(end.receive(bad, 999)).toEqual([]);
  expect(end.receive(bad, 1000)).toEqual(['DIAG 36 10110B']);
  expect(end.layer.counters.get('diagnosticsSent')).toBe(2);
});

test('nothing comes in or goes out while the link is down', () => {
  const end = new LayerEnd('dce');
  expect(end.receive(hex('10 00 FB 00 00'))).toEqual([]);
  end.layer.restart(0, 0, 0);
  expect(end.sent()).toEqual([]);
  expect(end.events).toEqual([]);
  expect(end.layer.isReady).toBe(false);
  expect(end.call()).toBeUndefined();
});
