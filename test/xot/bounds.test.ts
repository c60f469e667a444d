import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { PARAMETERS } from './circuits-pair.js';
import { CALL, XotSite } from './xot-site.js';

describe('what a circuit holds', () => {
  test('of what nobody consumes: a window of packets, then the other end is stopped, or reset if it goes on', () => {
    const site = new XotSite({ packet: { ...PARAMETERS, modulo: 128, maxWindow: 127, maxPacketSize: 4096 } });
    const wire = site.accepted();
    wire.says('20 01 0B 66 70 00 01 70 10 01 06 42 0C 0C 43 7F 7F C0 F7 00 00');
    site.settle();
    const [called] = site.end.accepted;
    if (called === undefined) throw new Error('not accepted');
    called.consumes = false;
    const full = '41'.repeat(4096);
    const data = (ps: number): string => `20 01 ${(ps << 1).toString(16).padStart(2, '0')} 01 ${full}`;
    for (let ps = 0; ps < 127; ps++) wire.says(data(ps));
    expect(called.octets).toHaveLength(127 * 4096);
    site.clock.runFor(20_100);
    expect(wire.sent.at(-1)).toBe('20 01 05 00');
    expect(wire.isPaused).toBe(true);
    wire.says(data(127));
    site.settle();
    expect(wire.sent.at(-1)).toBe('20 01 1B 00 01');
    expect(called.octets).toHaveLength(127 * 4096);
  });

  test('of what the other end does not take: a sender is told to wait', () => {
    const site = new XotSite({ packet: { ...PARAMETERS, defaultPacketSize: 1024, defaultWindow: 7 } });
    const { wire, caller } = site.connected('10 01 0F');
    wire.takesOctets = false;
    let taken = 0;
    for (let i = 0; i < 1_000; i++) {
      taken += 2048;
      if (!caller.send({ octets: new Uint8Array(2048) })) break;
      site.settle();
    }
    expect(taken).toBeLessThanOrEqual(32 * 1024);
    // What had gone into the write that filled the connection.
    expect(wire.sent.length).toBeLessThanOrEqual(8);
  });

  test('of packets that mean nothing: they are counted, and none of them answered', () => {
    const site = new XotSite();
    const wire = site.accepted();
    const junk = Array.from({ length: 5_000 }, () => '10 00 FB 00 00');
    wire.says(...junk);
    wire.says(CALL);
    site.settle();
    wire.says(...junk);
    site.settle();
    expect(site.counters().packetsDropped).toBe(10_000);
    expect(wire.sent).toHaveLength(1);
  });
});

test('whatever octets a connection brings, nothing is thrown, and it is closed in the end', () => {
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    // Headers that lead somewhere.
    fc
      .tuple(
        fc.constantFrom('0000 0003', '0000 0005', '0000 0015', '0000 1004'),
        fc.uint8Array({ maxLength: 24 }),
      )
      .map(([header, rest]) => Buffer.concat([hex(header), rest])),
    fc.constantFrom(CALL, '10 01 13 00 F1', '10 01 00 41').map((packet) => {
      const octets = hex(packet);
      return Buffer.concat([Uint8Array.of(0, 0, 0, octets.length), octets]);
    }),
  );
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), fc.boolean(), (chunks, isOurs) => {
      const site = new XotSite();
      const wire = isOurs ? site.calling().wire : site.accepted();
      for (const octets of chunks) wire.saysOctets(octets.slice());
      site.circuits.stop();
      site.clock.runFor(10_000);
      expect(wire.isClosed).toBe(true);
      expect(site.circuits.status()).toMatchObject({ state: 'stopped', circuits: 0 });
    }),
    { numRuns: 2_000 },
  );
});
