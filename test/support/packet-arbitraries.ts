import fc from 'fast-check';
import type { Modulo, Packet } from '../../src/x25/index.js';
import { facilitySets } from './facility-arbitraries.js';

const octet = fc.integer({ min: 0, max: 255 });
const channel = fc.integer({ min: 1, max: 4095 });
const octets = (max: number, min = 0): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: min, maxLength: max });
const digits = fc.stringMatching(/^[0-9]{0,15}$/);

/** Any packet that can be written, and will be read as it was. */
export function packetArbitrary(modulo: Modulo): fc.Arbitrary<Packet> {
  const fields = { called: digits, calling: digits, facilities: facilitySets(modulo), userData: octets(128) };
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
