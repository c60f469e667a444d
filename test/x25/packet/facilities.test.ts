import { expect, test } from 'vitest';
import {
  decodeFacilities,
  encodeFacilities,
  findFacility,
  isFastSelectRestricted,
} from '../../../src/x25/index.js';
import { hex } from '../../support/hex.js';

test('the direction from the called DTE comes first', () => {
  const facilities = {
    packetSize: { fromCalled: 256, fromCalling: 128 },
    windowSize: { fromCalled: 7, fromCalling: 2 },
  };
  expect(encodeFacilities(facilities, 8)).toEqual(hex('42 08 07 43 07 02'));
  expect(decodeFacilities(hex('42 08 07 43 07 02'), 8)).toEqual({ ok: true, value: facilities });
});

test('after a marker 42 and 43 belong to another network, and are kept as they are', () => {
  const octets = hex('42 08 08 00 FF 42 0A 0A 43 05 05 00 0F CB 02 80 12');
  expect(decodeFacilities(octets, 8)).toEqual({
    ok: true,
    value: {
      packetSize: { fromCalled: 256, fromCalling: 256 },
      other: hex('00 FF 42 0A 0A 43 05 05 00 0F CB 02 80 12'),
    },
  });
});

test('codes of all classes are found, and the extension is stepped over', () => {
  const other = hex('FF 42 02 01 01 81 01 02 03 41 12 34 01 81 C6 03 41 42 43');
  expect(findFacility({ other }, 0x81)).toEqual(hex('01 02 03'));
  expect(findFacility({ other }, 0x41)).toEqual(hex('12 34'));
  expect(findFacility({ other }, 0x01)).toEqual(hex('81'));
  expect(findFacility({ other }, 0xc6)).toEqual(hex('41 42 43'));
  expect(findFacility({ other }, 0x42)).toBeUndefined();
  expect(findFacility({}, 0x42)).toBeUndefined();
});

test('facilities behind a marker are not the X.25 ones', () => {
  expect(findFacility({ other: hex('00 FF 01 C0') }, 0x01)).toBeUndefined();
});

test('facilities that do not end with the field are not searched', () => {
  expect(findFacility({ other: hex('01 81 C6 09 41') }, 0x01)).toBeUndefined();
});

test.each([
  ['01 C0', true],
  ['01 C1', true],
  ['01 80', false],
  ['01 01', false],
  ['03 C0', false],
])('fast select restricted: %s %s', (other, isRestricted) => {
  expect(isFastSelectRestricted({ other: hex(other) })).toBe(isRestricted);
});

test('a field of 109 octets is read, and one of 255 can be written', () => {
  const other = new Uint8Array(255);
  expect(encodeFacilities({ other }, 8)).toHaveLength(255);
  const longest = Uint8Array.from([0xc6, 107, ...new Uint8Array(107)]);
  expect(decodeFacilities(longest, 8)).toEqual({ ok: true, value: { other: longest } });
});
