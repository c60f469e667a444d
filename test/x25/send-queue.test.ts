import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DataPiece } from '../../src/x25/index.js';
import { SendQueue } from '../../src/x25/send-queue.js';

interface Packet {
  readonly octets: number[];
  readonly more: boolean;
  readonly qualified: boolean;
  readonly confirm: boolean;
}

/** All packets that can go now. */
function drain(queue: SendQueue, size: number): Packet[] {
  const packets: Packet[] = [];
  for (let length = queue.nextLength(size); length >= 0; length = queue.nextLength(size)) {
    const out = new Uint8Array(length + 1).fill(0xff);
    const bits = queue.takeNext(out, 1, length);
    expect(out[0]).toBe(0xff);
    packets.push({
      octets: [...out.subarray(1)],
      more: bits.more,
      qualified: bits.qualified,
      confirm: bits.confirm,
    });
  }
  return packets;
}

const piece = fc.record({
  octets: fc.uint8Array({ maxLength: 40 }),
  more: fc.boolean(),
  confirm: fc.constantFrom(false, false, false, true),
});

/** Pieces of whole sequences, Q the same within each. */
const pieces = fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 30 }).map((all) => {
  let qualified = false;
  let isInside = false;
  const out: Required<DataPiece>[] = [];
  for (const [each, q] of all) {
    if (!isInside) qualified = q;
    isInside = each.more;
    out.push({ ...each, qualified });
  }
  if (isInside) out.push({ octets: new Uint8Array(0), more: false, confirm: false, qualified });
  return out;
});

/** What belongs together: octets up to the end of a sequence or a piece with D. */
function runs(all: readonly Packet[]): Packet[] {
  const out: Packet[] = [];
  let octets: number[] = [];
  for (const each of all) {
    octets = [...octets, ...each.octets];
    if (each.more && !each.confirm) continue;
    out.push({ ...each, octets });
    octets = [];
  }
  return out;
}

describe('SendQueue', () => {
  test('packets hold what the pieces held, in runs that end alike', () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 50 }), fc.array(fc.boolean()), (all, size, when) => {
        const queue = new SendQueue(1_000_000);
        const packets: Packet[] = [];
        for (const [index, each] of all.entries()) {
          queue.push(each);
          if (when[index] === true) packets.push(...drain(queue, size));
        }
        packets.push(...drain(queue, size));
        expect(runs(packets)).toEqual(runs(all.map((each) => ({ ...each, octets: [...each.octets] }))));
        for (const packet of packets)
          if (packet.more && !packet.confirm) expect(packet.octets).toHaveLength(size);
        expect(queue.isHalfEmpty).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('cleared in the middle of a piece and of a sequence, it begins anew', () => {
    const queue = new SendQueue(1000);
    queue.push({ octets: new Uint8Array(20), more: true, qualified: true });
    queue.takeNext(new Uint8Array(16), 0, queue.nextLength(16));
    queue.clear();
    expect(queue.nextLength(16)).toBe(-1);
    queue.push({ octets: Uint8Array.of(1, 2, 3, 4, 5), more: false });
    expect(drain(queue, 16)).toEqual([
      { octets: [1, 2, 3, 4, 5], more: false, qualified: false, confirm: false },
    ]);
  });

  test('a flood of empty sequences does not fill the memory', () => {
    const queue = new SendQueue(100);
    for (let i = 0; i < 10_000; i++) queue.push({ octets: new Uint8Array(0), more: false });
    expect(queue.isFull).toBe(true);
    expect(drain(queue, 16)).toHaveLength(100);
  });

  test('nor does one of empty pieces with D within a sequence; the end of the sequence is kept', () => {
    const queue = new SendQueue(100);
    queue.push({ octets: Uint8Array.of(1), more: true });
    for (let i = 0; i < 10_000; i++) queue.push({ octets: new Uint8Array(0), more: true, confirm: true });
    queue.push({ octets: new Uint8Array(0), more: false });
    const packets = drain(queue, 16);
    expect(packets.length).toBeLessThan(102);
    expect(packets.at(-1)).toEqual({ octets: [], more: false, qualified: false, confirm: false });
  });
});
