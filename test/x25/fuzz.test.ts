import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Packet, Role } from '../../src/x25/index.js';
import { encodePacket } from '../../src/x25/index.js';
import { LayerEnd } from '../support/layer-end.js';
import { packetArbitrary } from '../support/packet-arbitraries.js';

type Step =
  | { readonly do: 'packet'; readonly octets: Uint8Array }
  | {
      readonly do: 'pull' | 'call' | 'send' | 'interrupt' | 'reset' | 'clear' | 'accept' | 'consume' | 'wait';
    };

/** Mostly on a few channels, so that states are reached at all. */
const likely = packetArbitrary(8).map((packet) =>
  encodePacket(
    (packet.channel === 0 ? packet : { ...packet, channel: 1 + (packet.channel % 4) }) as Packet,
    8,
  ),
);
const mutated = fc
  .tuple(likely, fc.nat(30), fc.integer({ min: 0, max: 255 }), fc.nat(40))
  .map(([octets, at, value, length]) => {
    const copy = octets.slice(0, length);
    if (at < copy.length) copy[at] = value;
    return copy;
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .oneof(
        { weight: 4, arbitrary: likely },
        { weight: 2, arbitrary: mutated },
        fc.uint8Array({ maxLength: 20 }),
      )
      .map((octets) => ({ do: 'packet' as const, octets })),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('pull', 'call', 'send', 'interrupt', 'reset', 'clear', 'accept', 'consume', 'wait')
      .map((what) => ({ do: what }) as Step),
  },
);

function take(end: LayerEnd, each: Step, now: number): void {
  const { channel } = end;
  switch (each.do) {
    case 'packet':
      return void end.layer.receive(each.octets, now);
    case 'pull':
      return void end.sent(now);
    case 'call':
      return void end.call({}, now);
    case 'send':
      return void channel?.send({ octets: new Uint8Array(200), more: false }, now);
    case 'interrupt':
      return void channel?.interrupt(Uint8Array.of(1), now);
    case 'reset':
      return void channel?.reset(0, 0, now);
    case 'clear':
      return void channel?.clear({ cause: 0, diagnostic: 0 }, now);
    case 'accept':
      return void (end.offered.length > 0 && end.accept(0, now));
    case 'consume':
      return void channel?.consumed(100, now);
    case 'wait':
      return void end.layer.handleTimeout(now);
  }
}

describe.each(['dte', 'dce'] as const)('%s', (role: Role) => {
  test('whatever comes in, nothing throws, and what waits stays bounded', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 200 }), (steps) => {
        const end = LayerEnd.ready(role, { channels: { twoWay: [1, 4] } });
        let now = 0;
        for (const each of steps) {
          now += 30_000;
          take(end, each, now);
        }
        // A link that never pulled: at most a few packets per channel, and the link's own.
        const waiting = end.sent(now).filter((packet) => !packet.startsWith('DATA'));
        expect(waiting.length).toBeLessThan(4 * 5 + 16);
        expect(end.layer.freeChannels).toBeLessThanOrEqual(4);
      }),
      { numRuns: 120 },
    );
  });

  test('a link that takes nothing while anything comes in holds a few packets for each channel at most', () => {
    const end = LayerEnd.ready(role);
    const floods = [
      [0x0b, 0x00, 0x00],
      [0x13, 0x00, 0x00],
      [0x17],
      [0x00, 0x41],
      [0x1b, 0x00, 0x00],
      [0x23, 0x01],
      [0x01],
    ];
    end.accepts = true;
    for (let round = 0; round < 200; round++)
      for (let channel = 1; channel <= 20; channel++)
        for (const rest of floods) end.layer.receive(Uint8Array.of(0x10, channel, ...rest), round);
    expect(end.sent(200).length).toBeLessThanOrEqual(16 * 3 + 5);
  });
});

test('unknown packets in random order leave both ends able to agree again by a restart', () => {
  fc.assert(
    fc.property(fc.array(likely, { maxLength: 60 }), (packets) => {
      const end = LayerEnd.ready('dte', { channels: { twoWay: [1, 4] } });
      for (const packet of packets) end.receive(packet);
      end.layer.restart(0, 0, 0);
      end.sent();
      end.receive(Uint8Array.of(0x10, 0, 0xff));
      expect(end.layer.isReady).toBe(true);
      expect(end.layer.freeChannels).toBe(4);
      expect(end.layer.nextDeadline()).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});
