import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CallFields, decodePacket, encodePacket, type Packet } from '../../../src/x25/index.js';
import { packetArbitrary } from '../../support/packet-arbitraries.js';

describe.each([8, 128] as const)('modulo %i', (modulo) => {
  const format = modulo === 8 ? 0x10 : 0x20;

  test('decode undoes encode', () => {
    fc.assert(
      fc.property(packetArbitrary(modulo), (packet) => {
        expect(decodePacket(encodePacket(packet, modulo), modulo)).toEqual({ ok: true, value: packet });
      }),
      { numRuns: 500 },
    );
  });

  test('what can be read can be written, and reads the same again', () => {
    const header = fc.tuple(
      fc.constantFrom(format, format | 0x40, format | 0x80),
      fc.integer({ min: 0, max: 1 }),
      fc.integer({ min: 0, max: 255 }),
    );
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 40 }), (start, rest) => {
        const packet = decodePacket(Uint8Array.from([...start, ...rest]), modulo);
        if (!packet.ok) return;
        // Type and plan of an address are not sent on.
        const { addressTypes, ...value } = packet.value as Packet & CallFields;
        const again = decodePacket(encodePacket(packet.value, modulo), modulo);
        expect(again).toEqual({ ok: true, value });
      }),
      { numRuns: 3000 },
    );
  });

  test('no octets make decode throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(decodePacket(octets, modulo)).toHaveProperty('ok');
      }),
      { numRuns: 2000 },
    );
  });

  test('no damage to a good packet makes decode throw', () => {
    const damage = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
    fc.assert(
      fc.property(packetArbitrary(modulo), damage, fc.nat(400), (packet, changes, length) => {
        const octets = encodePacket(packet, modulo).slice(0, length);
        for (const [at, value] of changes) if (at < octets.length) octets[at] = value;
        expect(decodePacket(octets, modulo)).toHaveProperty('ok');
      }),
      { numRuns: 1000 },
    );
  });
});
