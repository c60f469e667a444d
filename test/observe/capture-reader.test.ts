import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/core/index.js';
import {
  type CapturedRecord,
  type CaptureItem,
  enhancedPacketBlock,
  interfaceDescriptionBlock,
  readCapture,
  sectionHeaderBlock,
} from '../../src/observe/index.js';
import { hex } from '../support/hex.js';

const SECTION = sectionHeaderBlock({ hardware: 'none', application: 'test' });

const interfaceOf = fc.record({
  name: fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }),
  description: fc.string({ maxLength: 12 }),
  linkType: fc.nat(0xffff),
});
const packetOf = fc.record(
  {
    interfaceId: fc.nat(2),
    wallTime: fc.nat(4_000_000_000_000),
    direction: fc.constantFrom('sent' as const, 'received' as const),
    octets: fc.uint8Array({ maxLength: 300 }),
    comment: fc.string({ maxLength: 30 }),
  },
  { requiredKeys: ['interfaceId', 'wallTime', 'direction', 'octets'] },
);

function recordsIn(octets: Uint8Array): CapturedRecord[] {
  return [...readCapture(octets)].map((item) => {
    if (!item.ok) throw new Error(`${item.fault.offset}: ${item.fault.message}`);
    return item.record;
  });
}

function faultOf(octets: Uint8Array): string | undefined {
  const last = [...readCapture(octets)].at(-1);
  return last === undefined || last.ok ? undefined : `${last.fault.offset}: ${last.fault.message}`;
}

test('what is written is read', () => {
  fc.assert(
    fc.property(
      fc.tuple(interfaceOf, interfaceOf, interfaceOf),
      fc.array(packetOf),
      (interfaces, packets) => {
        const file = concat([
          SECTION,
          ...interfaces.map((each) => interfaceDescriptionBlock(each)),
          ...packets.map((each) => enhancedPacketBlock(each)),
        ]);
        const read = recordsIn(file);
        expect(read.length).toBe(packets.length);
        for (const [i, { interfaceId, wallTime, direction, octets, comment }] of packets.entries()) {
          expect(read[i]).toMatchObject({ interface: interfaces[interfaceId], direction, comment });
          expect(read[i]?.octets).toEqual(octets);
          expect(read[i]?.wallTime).toBeCloseTo(wallTime, 3);
        }
      },
    ),
    { numRuns: 100 },
  );
});

describe('no octets make it throw, and a fault is the last thing told', () => {
  const whole = concat([
    SECTION,
    interfaceDescriptionBlock({ name: 'a', description: 'b', linkType: 252 }),
    enhancedPacketBlock({
      interfaceId: 0,
      wallTime: 1,
      direction: 'sent',
      octets: hex('0102030405'),
      comment: 'c',
    }),
  ]);
  const check = (octets: Uint8Array): void => {
    const items: CaptureItem[] = [...readCapture(octets)];
    expect(items.slice(0, -1).every(({ ok }) => ok)).toBe(true);
    for (const item of items) if (!item.ok) expect(item.fault.offset).toBeLessThanOrEqual(octets.length);
  };

  test('anything', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check));
  });

  test('anything behind the beginning of a capture', () => {
    const beginnings = fc.constantFrom(
      SECTION,
      hex('d4c3b2a1'),
      hex('a1b23c4d 0002 0004'),
      whole.subarray(0, 100),
    );
    fc.assert(
      fc.property(beginnings, fc.uint8Array({ maxLength: 200 }), (start, rest) =>
        check(concat([start, rest])),
      ),
    );
  });

  test('a capture with one octet changed, or cut anywhere', () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, octet) => {
        const damaged = Uint8Array.from(whole);
        damaged[at] = octet;
        check(damaged);
        check(whole.subarray(0, at));
      }),
      { numRuns: 500 },
    );
  });
});

describe('captures of others', () => {
  test('pcap, little-endian, microseconds', () => {
    const file = hex(`
      d4c3b2a1 0200 0400 00000000 00000000 ffff0000 cf000000
      01000000 f4010000 03000000 03000000 00013f
    `);
    expect(recordsIn(file)).toMatchObject([
      {
        interface: { linkType: 207 },
        wallTime: 1000.5,
        direction: undefined,
        octets: hex('00013f'),
        offset: 24,
      },
    ]);
  });

  test('pcap, big-endian, nanoseconds', () => {
    const file = hex(`
      a1b23c4d 0002 0004 00000000 00000000 0000ffff 00000001
      00000002 1dcd6500 00000001 00000005 aa
    `);
    expect(recordsIn(file)).toMatchObject([
      { interface: { linkType: 1 }, wallTime: 2500, octets: hex('aa') },
    ]);
  });

  test('pcapng, big-endian, time in units of 2^-10 s, with an offset; unknown blocks passed over', () => {
    const file = hex(`
      0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
      00000bad 00000010 deadbeef 00000010
      00000001 0000002c 0001 0000 00000000 0009 0001 8a000000 000e 0008 0000000000000064 0000 0000 0000002c
      00000006 00000024 00000000 00000000 00000400 00000001 00000001 7f000000 00000024
    `);
    expect(recordsIn(file)).toMatchObject([
      { interface: { linkType: 1 }, wallTime: 101_000, octets: hex('7f') },
    ]);
  });

  test('a second section begins its own interfaces; simple packets are of the first, cut at its snap length', () => {
    const section = (linkType: string): string => `
      0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
      01000000 14000000 ${linkType} 0000 02000000 14000000
      03000000 14000000 05000000 0102 0000 14000000`;
    expect(recordsIn(hex(section('0100') + section('fc00')))).toMatchObject([
      { interface: { linkType: 1 }, octets: hex('0102') },
      { interface: { linkType: 252 }, octets: hex('0102') },
    ]);
  });
});

test.each([
  ['', '0: neither pcapng nor pcap'],
  ['00010203', '0: neither pcapng nor pcap'],
  ['d4c3b2a1', '4: the header of the file is cut short'],
  ['0a0d0d0a 1c000000 4d3c2b1a', '0: the block is cut short'],
  [
    '0a0d0d0a 09000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000',
    '0: found a block of 9 octets; allowed: a multiple of 4 from 12 to 16777216',
  ],
  [
    '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000 03000000 10000000 00000000 10000000',
    '28: the packet is of interface 0, which is not described before it',
  ],
])('%s: %s', (octets, message) => {
  expect(faultOf(hex(octets))).toBe(message);
});
