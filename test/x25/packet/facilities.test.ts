import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFacilities, encodeFacilities, type Facilities } from '../../../src/x25/index.js';
import { facilitySets } from '../../support/facility-arbitraries.js';
import { GOLDEN_FACILITIES } from '../../support/golden-facilities.js';
import { hex } from '../../support/hex.js';

describe('the octets of every facility', () => {
  test.each(GOLDEN_FACILITIES)('%s', (octets, facilities) => {
    expect(encodeFacilities(facilities, 8)).toEqual(hex(octets));
    expect(decodeFacilities(hex(octets), 8)).toEqual({ ok: true, value: facilities });
  });

  test('a window wider than 7 belongs to modulo 128', () => {
    const facilities = { windowSize: { fromCalled: 127, fromCalling: 8 } };
    expect(encodeFacilities(facilities, 128)).toEqual(hex('43 7F 08'));
    expect(decodeFacilities(hex('43 7F 08'), 128)).toEqual({ ok: true, value: facilities });
    expect(decodeFacilities(hex('43 7F 08'), 8)).toEqual({ ok: false, fault: 'facilityParameter' });
  });
});

describe('one meaning in several forms is read, and written in the usual one', () => {
  test.each([
    ['bits 01 for no fast select', '01 41', '01 01'],
    ['another order', '03 12 43 02 02', '43 02 02 03 12'],
    ['DTE facilities before those of a network', '00 0F 0B 01 00 FF 05 01', '00 FF 05 01 00 0F 0B 01'],
    ['DTE facilities in two sections', '00 0F 0B 01 00 0F D4 01 43', '00 0F 0B 01 D4 01 43'],
    ['a marker with nothing behind it', '03 12 00 0F', '03 12'],
    ['a half-octet that fills up', 'C3 04 01 03 12 3F', 'C3 04 01 03 12 30'],
    ['90 seconds', 'C1 04 00 00 00 90', 'C1 04 00 00 01 30'],
  ])('%s', (_what, came, written) => {
    const facilities = decodeFacilities(hex(came), 8);
    expect(facilities.ok && encodeFacilities(facilities.value, 8)).toEqual(hex(written));
  });
});

describe('what we do not know is kept as it came', () => {
  test('codes of all classes and the extension, in order', () => {
    const other = hex('FF 42 02 01 01 81 01 02 03 7F 12 34 05 81 F6 03 41 42 43');
    expect(decodeFacilities(other, 8)).toEqual({ ok: true, value: { other } });
  });

  test('facilities of networks behind their markers, whatever their codes', () => {
    const octets = hex('42 08 08 05 01 00 00 01 C0 00 FF 42 0A 0A 42 00 00 00 0F CB 02 82 12 D4 01 43');
    expect(decodeFacilities(octets, 8)).toEqual({
      ok: true,
      value: {
        packetSize: { fromCalled: 256, fromCalling: 256 },
        other: hex('05 01 00 00 01 C0 00 FF 42 0A 0A 42 00 00'),
        callingAddressExtension: { use: 'other', digits: '12' },
        otherDte: hex('D4 01 43'),
      },
    });
  });

  test('DTE facilities without their marker, and X.25 facilities behind it', () => {
    expect(decodeFacilities(hex('C9 02 82 12 00 0F 01 01'), 8)).toEqual({
      ok: true,
      value: { other: hex('C9 02 82 12'), otherDte: hex('01 01') },
    });
  });

  test('a field of 109 octets is read, and one of 255 can be written', () => {
    const other = new Uint8Array(255);
    expect(encodeFacilities({ other }, 8)).toHaveLength(255);
    const longest = Uint8Array.from([0xf6, 107, ...new Uint8Array(107)]);
    expect(decodeFacilities(longest, 8)).toEqual({ ok: true, value: { other: longest } });
    const tooLong = Uint8Array.from([0xf6, 108, ...new Uint8Array(108)]);
    expect(decodeFacilities(tooLong, 8)).toEqual({ ok: false, fault: 'facilityLength' });
  });
});

describe('what is wrong with a field', () => {
  test.each([
    ['03', 'facilityLength'],
    ['42 07', 'facilityLength'],
    ['C6', 'facilityLength'],
    ['C6 04 41', 'facilityLength'],
    ['FF 01', 'facilityLength'],
    ['C4 00', 'facilityLength'],
    ['C4 03 23 42 20', 'facilityLength'],
    ['C1 03 00 00 00', 'facilityLength'],
    ['C2 04 00 00 00 00', 'facilityLength'],
    ['C3 01 01', 'facilityLength'],
    ['42 03 07', 'facilityParameter'],
    ['42 07 0D', 'facilityParameter'],
    ['43 00 02', 'facilityParameter'],
    ['02 2A', 'facilityParameter'],
    ['4C 0A 2D', 'facilityParameter'],
    ['01 02', 'facilityParameter'],
    ['01 30', 'facilityParameter'],
    ['03 1A', 'facilityParameter'],
    ['47 00 A0', 'facilityParameter'],
    ['41 B0 00', 'facilityParameter'],
    ['44 2F 42', 'facilityParameter'],
    ['C4 02 2F 42', 'facilityParameter'],
    ['04 02', 'facilityParameter'],
    ['C1 04 00 00 0A 00', 'facilityParameter'],
    ['C2 08 00 00 00 00 00 00 00 0A', 'facilityParameter'],
    ['C3 03 01 03 12', 'facilityParameter'],
    ['D1 04 01 01 12 34', 'facilityParameter'],
    ['C3 04 01 03 12 A0', 'facilityParameter'],
    ['43 02 02 43 02 02', 'duplicateFacility'],
    ['03 12 03 12', 'duplicateFacility'],
    ['03 12 47 00 13', 'duplicateFacility'],
    ['02 AA 4C 0A 0A', 'duplicateFacility'],
    ['00 0F CB 02 C2 12', 'dteFacility'],
    ['00 0F CB 02 03 12', 'dteFacility'],
    ['00 0F C9 00', 'dteFacility'],
    ['00 0F 0B 02', 'dteFacility'],
    ['00 0F CA 03 00 00 00', 'dteFacility'],
    ['00 0F D2 07 00 00 00 00 00 00 00', 'dteFacility'],
    ['00 0F D2 00', 'dteFacility'],
    ['00 0F D3 00', 'dteFacility'],
    ['00 0F 0B 01 0B 01', 'dteFacility'],
  ])('%s: %s', (octets, fault) => {
    expect(decodeFacilities(hex(octets), 8)).toEqual({ ok: false, fault });
  });
});

test.each<Facilities>([
  { packetSize: { fromCalled: 500, fromCalling: 128 } },
  { packetSize: { fromCalled: 8192, fromCalling: 128 } },
  { windowSize: { fromCalled: 2, fromCalling: 8 } },
  { windowSize: { fromCalled: 1.5, fromCalling: 2 } },
  { throughput: { fromCalled: 1000, fromCalling: 9600 } },
  { closedUserGroup: '1' },
  { closedUserGroup: '1x' },
  { bilateralClosedUserGroup: '12' },
  { transitNetworks: '12' },
  { transitNetworks: [] },
  { transitNetworks: ['234', '12345'] },
  { userIdentification: new Uint8Array(256) },
  { transitDelay: 65_536 },
  { calledAddressModified: -1 },
  { redirectedFrom: { reason: 0, address: '12a' } },
  { chargedSeconds: [-1] },
  { chargedSegments: [{ toDte: 100_000_000, fromDte: 0 }] },
  { endToEndDelay: { cumulative: 1, acceptable: 2 } },
  { priority: [] },
  { priority: [256] },
  { protection: new Uint8Array(0) },
  { calledAddressExtension: { use: 'nsap', digits: 'x' } },
  { calledAddressExtension: { use: 'nsap', digits: '0'.repeat(41) } },
])('%o can not be written', (facilities) => {
  expect(() => encodeFacilities(facilities, 8)).toThrow(RangeError);
});

describe.each([8, 128] as const)('modulo %i', (modulo) => {
  test('decode undoes encode', () => {
    fc.assert(
      fc.property(facilitySets(modulo), (facilities) => {
        const octets = encodeFacilities(facilities, modulo);
        const read = decodeFacilities(octets, modulo);
        expect(read).toEqual({ ok: true, value: facilities });
        expect(read.ok && encodeFacilities(read.value, modulo)).toEqual(octets);
      }),
      { numRuns: 1000 },
    );
  });

  test('no octets make decode throw; what it reads is written, and reads the same again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (octets) => {
        const read = decodeFacilities(octets, modulo);
        if (read.ok) expect(decodeFacilities(encodeFacilities(read.value, modulo), modulo)).toEqual(read);
      }),
      { numRuns: 5000 },
    );
  });
});
