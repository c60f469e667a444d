import fc from 'fast-check';
import type { Facilities, Modulo, Packet } from '../../src/x25/index.js';

const octet = fc.integer({ min: 0, max: 255 });
const channel = fc.integer({ min: 1, max: 4095 });
const octets = (max: number, min = 0): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: min, maxLength: max });
const digits = fc.stringMatching(/^[0-9]{0,15}$/);

const perDirection = (
  value: fc.Arbitrary<number>,
): fc.Arbitrary<{ fromCalled: number; fromCalling: number }> =>
  fc.record({ fromCalled: value, fromCalling: value });

/** Facilities other than 42 and 43, of every class, markers and the extension among them. */
const otherFacility = fc.oneof(
  fc.constantFrom([0x00, 0x00], [0x00, 0x0f], [0x00, 0xff]),
  octet.map((value) => [0x01, value]),
  fc.tuple(octet, octet).map(([a, b]) => [0x47, a, b]),
  fc.tuple(octet, octet, octet).map(([a, b, c]) => [0x81, a, b, c]),
  octets(8).map((value) => [0xc6, value.length, ...value]),
  octets(4).map((value) => [0xff, 0x01, value.length, ...value]),
);

const facilities = (modulo: Modulo): fc.Arbitrary<Facilities> =>
  fc
    .record(
      {
        packetSize: perDirection(fc.integer({ min: 4, max: 12 }).map((log2) => 1 << log2)),
        windowSize: perDirection(fc.integer({ min: 1, max: modulo - 1 })),
        other: fc
          .array(otherFacility, { minLength: 1, maxLength: 5 })
          .map((all) => Uint8Array.from(all.flat())),
      },
      { requiredKeys: [] },
    )
    .map((value) => value as Facilities);

/** Any packet that can be written, and will be read as it was. */
export function packetArbitrary(modulo: Modulo): fc.Arbitrary<Packet> {
  const fields = { called: digits, calling: digits, facilities: facilities(modulo), userData: octets(128) };
  const numbers = fc.integer({ min: 0, max: modulo - 1 });
  return fc.oneof(
    fc.record({
      type: fc.constantFrom('callRequest', 'callAccepted'),
      channel,
      confirmDelivery: fc.boolean(),
      ...fields,
    }),
    fc.record({ type: fc.constant('clearRequest'), channel, cause: octet, diagnostic: octet, ...fields }),
    fc.record({ type: fc.constant('clearConfirmation'), channel, ...fields }),
    fc.record({
      type: fc.constant('data'),
      channel,
      qualified: fc.boolean(),
      confirm: fc.boolean(),
      more: fc.boolean(),
      ps: numbers,
      pr: numbers,
      payload: octets(256),
    }),
    fc.record({ type: fc.constantFrom('rr', 'rnr', 'rej'), channel, pr: numbers }),
    fc.record({ type: fc.constant('interrupt'), channel, payload: octets(32, 1) }),
    fc.record({ type: fc.constantFrom('interruptConfirmation', 'resetConfirmation'), channel }),
    fc.record({ type: fc.constant('resetRequest'), channel, cause: octet, diagnostic: octet }),
    fc.record({
      type: fc.constant('restartRequest'),
      channel: fc.constant(0),
      cause: octet,
      diagnostic: octet,
    }),
    fc.record({ type: fc.constant('restartConfirmation'), channel: fc.constant(0) }),
    fc.record({
      type: fc.constant('diagnostic'),
      channel: fc.constant(0),
      diagnostic: octet,
      explanation: octets(3),
    }),
  ) as fc.Arbitrary<Packet>;
}
