import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, toHex } from '../../src/core/index.js';
import { encodeXot, XotReader } from '../../src/xot/framing.js';
import { hex } from '../support/hex.js';

/** The packets found in the pieces, as hexadecimal, and the fault that ended it. */
function read(pieces: readonly Uint8Array[]): { packets: string[]; fault?: string } {
  const reader = new XotReader();
  const found = pieces.flatMap((piece) => [...reader.read(piece)]);
  const packets = found.flatMap((each) => (each.ok ? [toHex(each.value, ' ')] : []));
  const faults = found.flatMap((each) => (each.ok ? [] : [each.fault]));
  expect(faults.length).toBeLessThanOrEqual(1);
  expect(faults.length === 0 || found.at(-1)?.ok === false).toBe(true);
  return { packets, ...(faults[0] !== undefined && { fault: faults[0] }) };
}

// RFC 1613 §4.1: a version of 0, a length, the packet. The PVC set-up packet is not X.25's, but framed alike.
describe.each([
  ['RR', '10 01 21', '00 00 00 03 10 01 21'],
  ['data', '10 01 00 48 45 4C 4F 20 6F 6E 65 0D', '00 00 00 0C 10 01 00 48 45 4C 4F 20 6F 6E 65 0D'],
  [
    'PVC set-up',
    '10 00 F5 81 00 07 00 01 07 00 02 02 02 07 07 53 65 72 69 61 6C 30 53 65 72 69 61 6C 31',
    '00 00 00 1D 10 00 F5 81 00 07 00 01 07 00 02 02 02 07 07 53 65 72 69 61 6C 30 53 65 72 69 61 6C 31',
  ],
])('%s', (_name, packet, octets) => {
  test('goes out behind its header', () => {
    expect(toHex(encodeXot([hex(packet)]), ' ')).toBe(octets);
  });

  test('is found behind its header', () => {
    expect(read([hex(octets)])).toEqual({ packets: [packet] });
  });
});

describe('encodeXot', () => {
  test('packets that share a write have a header each', () => {
    expect(toHex(encodeXot([hex('10 01 21'), hex('10 01 17')]), ' ')).toBe(
      '00 00 00 03 10 01 21 00 00 00 03 10 01 17',
    );
  });

  test('the length has two octets', () => {
    expect(toHex(encodeXot([new Uint8Array(0x0403)]).subarray(0, 4), ' ')).toBe('00 00 04 03');
  });
});

describe('XotReader', () => {
  test.each([
    ['a version in the first octet', '01 00 00 03', 'badVersion'],
    ['a version in the second octet', '00 01 00 03', 'badVersion'],
    ['what a web browser says', '47 45 54 20', 'badVersion'],
    ['a length of nothing', '00 00 00 00', 'badLength'],
    ['a packet without a type', '00 00 00 02', 'badLength'],
    ['a packet longer than any', '00 00 10 05', 'badLength'],
    ['the longest that can be written', '00 00 FF FF', 'badLength'],
  ])('%s is refused before the packet comes', (_why, header, fault) => {
    expect(read([hex(header)])).toEqual({ packets: [], fault });
  });

  test('packets before a fault are found, nothing behind it', () => {
    const octets = hex('00000003 10 01 21  0000 0001 10  00000003 10 01 41');
    expect(read([octets])).toEqual({ packets: ['10 01 21'], fault: 'badLength' });
    expect(read([octets, hex('00000003 10 01 61')])).toEqual({ packets: ['10 01 21'], fault: 'badLength' });
  });

  test.each([3, 4099, 4100])('takes a packet of %d octets', (length) => {
    const packet = new Uint8Array(length).fill(7);
    expect(read([encodeXot([packet])])).toEqual({ packets: [toHex(packet, ' ')] });
  });

  test('half a packet is none yet', () => {
    expect(read([hex('00 00 00 03 10 01')])).toEqual({ packets: [] });
  });

  test('packets are their receiver’s to change, and hold on to no more than a block of others', () => {
    const octets = hex('00000003 10 01 21 00000003 10 01 41');
    const [first, second] = [...new XotReader().read(octets)].map((each) => (each.ok ? each.value : octets));
    first?.fill(0xff);
    expect(second).toEqual(hex('10 01 41'));
    expect(octets).toEqual(hex('00000003 10 01 21 00000003 10 01 41'));
    expect(first?.buffer.byteLength).toBeLessThanOrEqual(16_384);
  });
});

/** The octets cut into pieces of the lengths given, the rest in one. */
function cut(octets: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const length of [...lengths, octets.length]) {
    pieces.push(octets.subarray(at, at + length));
    at = Math.min(at + length, octets.length);
  }
  return pieces;
}

describe('properties', () => {
  const packets = fc.array(fc.uint8Array({ minLength: 3, maxLength: 40 }), { maxLength: 6 });
  const lengths = fc.array(fc.nat(12), { maxLength: 30 });

  test('reading undoes writing, however the octets are cut', () => {
    fc.assert(
      fc.property(packets, lengths, (sent, pieces) => {
        expect(read(cut(encodeXot(sent), pieces))).toEqual({
          packets: sent.map((packet) => toHex(packet, ' ')),
        });
      }),
    );
  });

  test('any octets give the same packets and the same fault, however they are cut', () => {
    // Headers that are nearly right, and packets, so that the reader gets somewhere.
    const header = fc.tuple(
      fc.constantFrom(0, 0, 0, 1),
      fc.constant(0),
      fc.constantFrom(0, 0, 16),
      fc.nat(9),
    );
    const some = fc
      .array(
        fc.oneof(
          header.map((octets) => Uint8Array.from(octets)),
          fc.uint8Array({ maxLength: 8 }),
        ),
      )
      .map((parts) => concat(parts));
    fc.assert(
      fc.property(some, lengths, (octets, pieces) => {
        expect(read(cut(octets, pieces))).toEqual(read([octets]));
      }),
    );
  });
});
