import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Joiner, LONGEST_PAUSE_MS, LONGEST_SEQUENCE, type Piece } from '../../src/circuit/index.js';
import { concat } from '../../src/core/index.js';
import { hex } from '../support/hex.js';

const piece = (octets: Uint8Array, more: boolean, qualified = false): Piece => ({ octets, more, qualified });
const zeros = (length: number): Uint8Array => new Uint8Array(length);

describe('passing on', () => {
  test('a packet that is a whole sequence is passed on as it is', () => {
    const octets = hex('32 32 30 20');
    expect(new Joiner().receive(piece(octets, false), 0)).toBe(octets);
  });

  test('a sequence is passed on with its last packet, in one', () => {
    const joiner = new Joiner();
    expect(joiner.receive(piece(hex('01 02'), true), 0)).toBeUndefined();
    expect(joiner.receive(piece(hex('03'), true), 0)).toBeUndefined();
    expect(joiner.receive(piece(hex('04'), false), 0)).toEqual(hex('01 02 03 04'));
    expect(joiner.nextDeadline()).toBeUndefined();
  });

  test('an empty last packet ends a sequence, and an empty sequence is nothing', () => {
    const joiner = new Joiner();
    joiner.receive(piece(hex('01'), true), 0);
    expect(joiner.receive(piece(hex(''), false), 0)).toEqual(hex('01'));
    expect(joiner.receive(piece(hex(''), false), 0)).toBeUndefined();
    expect(joiner.receive(piece(hex(''), true), 0)).toBeUndefined();
    expect(joiner.nextDeadline()).toBeUndefined();
  });

  test('2048 octets are not held any longer, complete or not', () => {
    const joiner = new Joiner();
    for (let i = 0; i < 15; i++) expect(joiner.receive(piece(zeros(128), true), 0)).toBeUndefined();
    expect(joiner.receive(piece(zeros(128), true), 0)).toHaveLength(2048);
    expect(joiner.counters.get('passedForLength')).toBe(1);
    expect(joiner.receive(piece(zeros(4096), true), 0)).toHaveLength(4096);
  });

  test('a second without a further packet, and what there is goes on', () => {
    const joiner = new Joiner();
    joiner.receive(piece(hex('01'), true), 0);
    joiner.receive(piece(hex('02'), true), 900);
    expect(joiner.nextDeadline()).toBe(1900);
    expect(joiner.handleTimeout(1899)).toBeUndefined();
    expect(joiner.handleTimeout(1900)).toEqual(hex('01 02'));
    expect(joiner.counters.get('passedAfterPause')).toBe(1);
    expect(joiner.nextDeadline()).toBeUndefined();
    expect(joiner.receive(piece(hex('03'), false), 2000)).toEqual(hex('03'));
  });

  test('what is held when the circuit ends is not lost', () => {
    const joiner = new Joiner();
    joiner.receive(piece(hex('01 02'), true), 0);
    expect(joiner.flush()).toEqual(hex('01 02'));
    expect(joiner.flush()).toBeUndefined();
  });

  test('what is held does not change with the packet it came in', () => {
    const joiner = new Joiner();
    const packet = hex('01 02');
    joiner.receive(piece(packet, true), 0);
    packet.fill(0xff);
    expect(joiner.flush()).toEqual(hex('01 02'));
  });
});

describe('Q-bit data (RFC 1090 §5)', () => {
  test('is dropped, counted and acknowledged', () => {
    const joiner = new Joiner();
    expect(joiner.receive(piece(hex('01 02 03'), false, true), 0)).toBeUndefined();
    expect(joiner.counters.snapshot()).toEqual({ qualifiedDropped: 1, qualifiedOctetsDropped: 3 });
    expect(joiner.takeAcknowledgeable()).toBe(3);
  });

  test('does not end or lengthen a sequence', () => {
    const joiner = new Joiner();
    joiner.receive(piece(hex('01'), true), 0);
    joiner.receive(piece(hex('99'), false, true), 500);
    expect(joiner.nextDeadline()).toBe(1000);
    expect(joiner.receive(piece(hex('02'), false), 600)).toEqual(hex('01 02'));
  });
});

describe('acknowledging', () => {
  test('what is held counts as consumed, so that the rest of the sequence can come', () => {
    const joiner = new Joiner();
    joiner.receive(piece(zeros(256), true), 0);
    expect(joiner.takeAcknowledgeable()).toBe(256);
    expect(joiner.takeAcknowledgeable()).toBe(0);
  });

  test('beyond 2048 octets only what was consumed is acknowledged', () => {
    const joiner = new Joiner();
    for (let i = 0; i < 3; i++) joiner.receive(piece(zeros(1024), false), 0);
    expect(joiner.takeAcknowledgeable()).toBe(2048);
    joiner.consumed(1000);
    expect(joiner.takeAcknowledgeable()).toBe(1000);
    joiner.consumed(2072);
    expect(joiner.takeAcknowledgeable()).toBe(24);
  });

  test('nobody can have consumed what he never got', () => {
    const joiner = new Joiner();
    joiner.receive(piece(hex('01 02'), false), 0);
    joiner.receive(piece(hex('03'), true), 0);
    expect(() => joiner.consumed(3)).toThrow(RangeError);
  });
});

describe('whatever comes', () => {
  const arriving = fc.record({
    length: fc.oneof(fc.integer({ min: 0, max: 64 }), fc.constantFrom(128, 256, 1024, 4096)),
    more: fc.boolean(),
    qualified: fc.constantFrom(false, false, false, true),
    pause: fc.constantFrom(0, 1, 400, 1000, 5000),
    /** How much of what it has the consumer uses up, of 4. */
    consumed: fc.integer({ min: 0, max: 4 }),
  });

  test('the octets are those that were sent, in order, and the bounds hold', () => {
    fc.assert(
      fc.property(fc.array(arriving, { maxLength: 120 }), (packets) => {
        const joiner = new Joiner();
        const sent: Uint8Array[] = [];
        const got: Uint8Array[] = [];
        let [now, received, dropped, passedOn, consumed, acknowledged, octet] = [0, 0, 0, 0, 0, 0, 0];
        const take = (octets: Uint8Array | undefined): void => {
          if (octets === undefined) return;
          got.push(octets);
          passedOn += octets.length;
        };
        for (const packet of packets) {
          const lastHeldAt = now;
          now += packet.pause;
          const held = received - passedOn;
          if (held > 0) expect(joiner.nextDeadline()).toBeLessThanOrEqual(lastHeldAt + LONGEST_PAUSE_MS);
          take(joiner.handleTimeout(now));
          const octets = Uint8Array.from({ length: packet.length }, () => octet++ & 0xff);
          if (packet.qualified) dropped += octets.length;
          else {
            sent.push(octets);
            received += octets.length;
          }
          take(joiner.receive(piece(octets, packet.more, packet.qualified), now));
          expect(received - passedOn).toBeLessThan(LONGEST_SEQUENCE);
          if (!packet.more && !packet.qualified) expect(passedOn).toBe(received);

          const use = Math.floor(((passedOn - consumed) * packet.consumed) / 4);
          joiner.consumed(use);
          consumed += use;
          acknowledged += joiner.takeAcknowledgeable();
          expect(acknowledged).toBe(Math.min(received, consumed + LONGEST_SEQUENCE) + dropped);
        }
        take(joiner.flush());
        expect(concat([...got, zeros(0)])).toEqual(concat([...sent, zeros(0)]));
      }),
      { numRuns: 100 },
    );
  });
});
