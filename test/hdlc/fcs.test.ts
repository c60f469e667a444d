import { expect, test } from 'vitest';
import { fromAscii } from '../../src/core/index.js';
import { fcs16 } from '../../src/hdlc/index.js';

test('has the check value of the 16-bit FCS', () => {
  expect(fcs16(fromAscii('123456789'))).toBe(0x906e); // on the line 6E 90
});

test('of nothing is 0', () => {
  expect(fcs16(new Uint8Array(0))).toBe(0);
});
