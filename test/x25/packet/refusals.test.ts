import { expect, test } from 'vitest';
import { decodePacket, encodePacket, FAULT_DIAGNOSTIC, type Packet } from '../../../src/x25/index.js';
import { hex } from '../../support/hex.js';

const REFUSED: readonly (readonly [what: string, octets: string, fault: string, diagnostic: number])[] = [
  ['nothing', '', 'tooShort', 38],
  ['one octet', '10', 'tooShort', 38],
  ['no type', '10 01', 'tooShort', 38],
  ['modulo 128', '20 01 00 00', 'badFormat', 40],
  ['no modulo', '00 01 0B', 'badFormat', 40],
  ['extended format', '30 30 01 00', 'badFormat', 40],
  ['a type that means nothing', '10 01 33', 'unknownType', 33],
  ['PVC set-up of XOT', '10 01 F5', 'unknownType', 33],
  ['registration', '10 00 F3 00', 'unknownType', 33],
  ['a call on channel 0', '10 00 0B 00 00', 'zeroChannel', 36],
  ['data on channel 0', '10 00 00 41', 'zeroChannel', 36],
  ['restart on a channel', '10 01 FB 00 00', 'nonZeroChannel', 41],
  ['registration on a channel', '10 01 F3 00', 'nonZeroChannel', 41],
  ['call without addresses', '10 01 0B', 'tooShort', 38],
  ['call with addresses cut short', '10 01 0B 66 70 00 01', 'tooShort', 38],
  ['call without facility length', '10 01 0B 00', 'tooShort', 38],
  ['call with facilities cut short', '10 01 0B 00 06 42 07', 'facilityLength', 69],
  ['facility beyond the field', '10 01 0B 00 02 42 07 41', 'facilityLength', 69],
  ['class D facility beyond the field', '10 01 0B 00 03 C6 02 41', 'facilityLength', 69],
  ['extended facility without length', '10 01 0B 00 02 FF 01', 'facilityLength', 69],
  ['facility field of 110 octets', `10 01 0B 00 6E ${'04 01 '.repeat(55)}`, 'facilityLength', 69],
  ['called address with a letter', '10 01 0B 02 A0 00', 'calledAddress', 67],
  ['calling address with a letter', '10 01 0B 22 12 3B 00', 'callingAddress', 68],
  ['packet size 8', '10 01 0B 00 03 42 03 07', 'facilityParameter', 66],
  ['packet size 8192', '10 01 0B 00 03 42 07 0D', 'facilityParameter', 66],
  ['window 0', '10 01 0B 00 03 43 00 02', 'facilityParameter', 66],
  ['window 8 in modulo 8', '10 01 0B 00 03 43 02 08', 'facilityParameter', 66],
  ['two packet sizes', '10 01 0B 00 06 42 07 07 42 08 08', 'duplicateFacility', 73],
  ['two windows', '10 01 0B 00 06 43 02 02 43 02 02', 'duplicateFacility', 73],
  ['call user data of 129 octets', `10 01 0B 00 00 ${'41 '.repeat(129)}`, 'tooLong', 39],
  ['A bit, one length only', '90 01 0B 06', 'tooShort', 38],
  ['A bit, an address of one half-octet', '90 01 0B 01 00 10 00', 'calledAddress', 67],
  ['A bit, 16 digits', `90 01 0B 12 00 ${'11 '.repeat(9)} 00`, 'calledAddress', 67],
  ['clear without a cause', '10 01 13', 'tooShort', 38],
  ['reset without a cause', '10 01 1B', 'tooShort', 38],
  ['RR of four octets', '10 01 21 00', 'tooLong', 39],
  ['interrupt without data', '10 01 23', 'tooShort', 38],
  ['interrupt of 33 octets', `10 01 23 ${'41 '.repeat(33)}`, 'tooLong', 39],
  ['interrupt confirmation of four octets', '10 01 27 00', 'tooLong', 39],
  ['diagnostic without a number', '10 00 F1', 'tooShort', 38],
];

test.each(REFUSED)('%s: %s is refused as %s', (_what, octets, fault, diagnostic) => {
  const decoded = decodePacket(hex(octets), 8);
  expect(decoded).toEqual({ ok: false, fault });
  if (!decoded.ok) expect(FAULT_DIAGNOSTIC[decoded.fault]).toBe(diagnostic);
});

const REFUSED_IN_128: readonly (readonly [what: string, octets: string, fault: string])[] = [
  ['modulo 8', '10 01 00 00', 'badFormat'],
  ['data without P(R)', '20 01 00', 'tooShort'],
  ['RR without P(R)', '20 01 01', 'tooShort'],
  ['RR of five octets', '20 01 01 00 00', 'tooLong'],
  ['RR as modulo 8 has it', '20 01 21 00', 'unknownType'],
  ['window 128', '20 01 0B 00 03 43 02 80', 'facilityParameter'],
];

test.each(REFUSED_IN_128)('modulo 128, %s: %s is refused as %s', (_what, octets, fault) => {
  expect(decodePacket(hex(octets), 128)).toEqual({ ok: false, fault });
});

const CALL: Packet = {
  type: 'callRequest',
  channel: 1,
  confirmDelivery: false,
  called: '700001',
  calling: '',
  facilities: {},
  userData: hex(''),
};
const per = (value: number): { fromCalled: number; fromCalling: number } => ({
  fromCalled: value,
  fromCalling: value,
});

const UNWRITABLE: readonly (readonly [what: string, packet: Packet])[] = [
  ['16 digits', { ...CALL, called: '1234567890123456' }],
  ['letters in an address', { ...CALL, calling: '12a' }],
  ['a packet size that is no power of two', { ...CALL, facilities: { packetSize: per(100) } }],
  ['a packet size of 8', { ...CALL, facilities: { packetSize: per(8) } }],
  ['a packet size of 8192', { ...CALL, facilities: { packetSize: per(8192) } }],
  ['a window of 0', { ...CALL, facilities: { windowSize: per(0) } }],
  ['a window of 8 in modulo 8', { ...CALL, facilities: { windowSize: per(8) } }],
  ['a window that is not whole', { ...CALL, facilities: { windowSize: per(2.5) } }],
  ['facilities of 256 octets', { ...CALL, facilities: { other: new Uint8Array(256) } }],
  ['call user data of 129 octets', { ...CALL, userData: new Uint8Array(129) }],
];

test.each(UNWRITABLE)('to write %s is an error of ours', (_what, packet) => {
  expect(() => encodePacket(packet, 8)).toThrow(RangeError);
});
