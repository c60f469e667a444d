import { describe, expect, test } from 'vitest';
import { writeSelection } from '../../src/pad/selection.js';
import { decodeFacilities } from '../../src/x25/index.js';
import { hex } from '../support/hex.js';

const CUD = hex('c0 f7 00 00');

function selection(field: string, userData = CUD): string | undefined {
  const facilities = decodeFacilities(hex(field), 8);
  if (!facilities.ok) throw new Error(`no facilities: ${field}`);
  const written = writeSelection({ called: '26245300040', userData, facilities: facilities.value }, 'D');
  return written.ok ? written.value : undefined;
}

describe('a selection', () => {
  test.each([
    ['', '26245300040'],
    ['01 01', 'R-26245300040'],
    ['01 80', 'F-26245300040'],
    ['01 c1', 'Q,R-26245300040'],
    ['03 12', 'G12-26245300040'],
    ['47 01 23', 'G0123-26245300040'],
    ['09 07', 'O07-26245300040'],
    ['48 00 07', 'O0007-26245300040'],
    ['44 23 42', 'T2342-26245300040'],
    ['04 01', 'C-26245300040'],
    ['c6 06 41 42 43 31 32 33', 'NABC123-26245300040'],
    ['01 01 03 12 c6 02 41 42', 'NAB,R,G12-26245300040'],
  ])('with facilities %j is %s', (field, expected) => {
    expect(selection(field)).toBe(expected);
  });

  test.each([
    ['02 aa', 'throughput class has no letter'],
    ['C4 04 23 42 23 43', 'two networks'],
    ['41 00 12', 'a bilateral closed user group has no letter'],
    ['00 00 01 01', 'a facility of another network'],
    ['c6 02 41 2c', 'a comma would end the NUI'],
    ['c6 02 41 0d', 'CR would end the command'],
  ])('%j can not be written: %s', (field) => {
    expect(selection(field)).toBeUndefined();
  });

  test('sizes are left to the network', () => {
    const facilities = { packetSize: { fromCalled: 256, fromCalling: 256 } };
    expect(writeSelection({ called: '1', userData: CUD, facilities }, 'D')).toEqual({ ok: true, value: '1' });
  });

  test.each([
    ['c0 f7 00 00', 'D', '26245300040'],
    ['', 'D', '26245300040'],
    ['01 00 00 00 6d 61 69 6c', 'D', '26245300040Dmail'],
    ['01 00 00 00 6d 61 69 6c', '*D', '26245300040*Dmail'],
  ])('with user data %j and mark %j is %s', (userData, mark, expected) => {
    const written = writeSelection({ called: '26245300040', userData: hex(userData) }, mark);
    expect(written).toEqual({ ok: true, value: expected });
  });

  test.each([
    ['', CUD],
    ['1234567890123456', CUD],
    ['12 34', CUD],
    ['1\r2', CUD],
    ['1', hex('01 00 00 00 0d')],
    ['1', hex('01 00 00 00 2b')], // + ends a command as well
    ['1', hex('01 00 00 00 ff')],
    ['1', new Uint8Array(17).fill(0x41)],
  ])('to %j with %j is a mistake of the caller', (called, userData) => {
    expect(() => writeSelection({ called, userData }, 'D')).toThrow(RangeError);
  });
});
