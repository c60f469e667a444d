import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TraceEvent } from '../../src/circuit/index.js';
import { CaptureEncoder, callsOf, describeEvent, ladder, type TracedLink } from '../../src/observe/index.js';

/** What comes over a line may be anything; watching it must not stop the gateway. */
const octets = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  // Mostly packets of known types, so that their fields are reached.
  fc
    .tuple(
      fc.constantFrom(0x0b, 0x0f, 0x13, 0x17, 0x1b, 0x23, 0xfb, 0xf1, 0xf3, 0x00, 0x01),
      fc.uint8Array({ maxLength: 60 }),
    )
    .map(([type, rest]) => Uint8Array.of(0x10, type === 0xfb || type === 0xf1 ? 0 : 1, type, ...rest)),
);
const event: fc.Arbitrary<TraceEvent> = fc.record({
  at: fc.nat(),
  wallTime: fc.nat(),
  layer: fc.constantFrom('frame', 'packet'),
  direction: fc.constantFrom('sent', 'received'),
  octets,
});
const link: fc.Arbitrary<TracedLink> = fc.record({
  name: fc.constant('psdn0'),
  role: fc.constantFrom('dte', 'dce', 'either'),
});

test('no octets make a line, a ladder or a capture fail', () => {
  fc.assert(
    fc.property(link, fc.array(event, { maxLength: 20 }), (of, events) => {
      const encoder = new CaptureEncoder();
      encoder.introduce(of);
      for (const each of events) {
        encoder.encode(of, each);
        expect(describeEvent(of, each)).toMatch(/^[\x20-\x7e]+$/);
      }
      for (const line of ladder(of, events, { us: 'a', peer: 'b', text: true }))
        expect(line).toMatch(/^[\x20-\x7e]+$/);
      const packets = events.filter(({ layer, octets: all }) => layer === 'packet' && all.length > 1);
      for (const call of callsOf(events)) for (const one of call.events) expect(packets).toContain(one);
    }),
    { numRuns: 200 },
  );
});

test('a line never holds what DATA packets carry', () => {
  const secret = Uint8Array.from(Buffer.from('xyzzy plugh'));
  fc.assert(
    fc.property(link, fc.nat(255), (of, header) => {
      const data = Uint8Array.of(0x10, 1, header & 0xfe, ...secret);
      const asPacket: TraceEvent = { at: 0, wallTime: 0, layer: 'packet', direction: 'sent', octets: data };
      const frame = Uint8Array.of(of.role === 'dce' ? 3 : 1, 0, ...data);
      for (const each of [asPacket, { ...asPacket, layer: 'frame', octets: frame } as const])
        expect(describeEvent(of, each)).toMatch(/DATA ps=\d pr=\d( M)? 11 octets$/);
      expect(ladder(of, [asPacket], { us: 'a', peer: 'b' })).toEqual([
        expect.stringMatching(/DATA \d( \(M\))? 11 octets$/),
      ]);
    }),
    { numRuns: 50 },
  );
});
