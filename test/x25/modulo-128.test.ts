import { describe, expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { LayerEnd } from '../support/layer-end.js';
import { LayerPair } from '../support/layer-pair.js';

const octets = (count: number): Uint8Array => new Uint8Array(count).fill(0x41);

function connected(window: number): LayerEnd {
  const end = LayerEnd.ready('dte', {
    modulo: 128,
    channels: { twoWay: [5, 5] },
    defaultPacketSize: 16,
    defaultWindow: window,
    maxWindow: 127,
  });
  end.receive(hex('20 05 0B 00 00'));
  end.accept();
  end.sent();
  end.events.length = 0;
  return end;
}

describe('modulo 128', () => {
  test('a window of 127 is filled, and numbers go round after 127', () => {
    const end = connected(127);
    end.channel?.send({ octets: octets(16 * 200), more: false }, 0);
    const sent = end.sent();
    expect(sent).toHaveLength(127);
    expect(sent.at(-1)).toBe('DATA 5 s126 r0 M 16');
    expect(end.receive(hex('20 05 01 04'))).toEqual(['DATA 5 s127 r0 M 16', 'DATA 5 s0 r0 M 16']);
    expect(end.events).toEqual(['5 delivered 32']);
  });

  test('DATA is taken and acknowledged', () => {
    const end = connected(2);
    expect(end.receive(hex('20 05 00 00 41'))).toEqual(['RR 5 r1']);
    expect(end.receive(hex(`20 05 02 01 ${'41'.repeat(16)}`))).toEqual(['RR 5 r2']);
    expect(end.events).toEqual(['5 data 1', '5 data 16 M']);
  });

  test.each([
    ['DATA without P(R)', '20 05 00', 38],
    ['RR without P(R)', '20 05 01', 38],
    ['RR, long', '20 05 01 00 00', 39],
    ['a type octet of modulo 8', '20 05 21 00', 33],
    ['a wrong P(R)', '20 05 01 02', 2],
    ['a wrong P(S)', '20 05 02 00', 1],
    ['a packet too long', `20 05 00 00 ${'41'.repeat(17)}`, 39],
  ])('%s is answered by a reset', (_what, packet, diagnostic) => {
    expect(connected(2).receive(hex(packet))).toEqual([`RESET 5 00/${diagnostic}`]);
  });

  test('a packet of modulo 8 is none of this link', () => {
    const end = connected(2);
    expect(end.receive(hex('10 05 00 41'))).toEqual([]);
    expect(end.layer.counters.get('strayPackets')).toBe(1);
  });

  test('two ends agree on windows beyond 7, differing per direction, and use them', () => {
    const changes = { modulo: 128, maxWindow: 127, maxPacketSize: 4096 } as const;
    const pair = LayerPair.ready({ dte: changes, dce: changes, delayMs: 300 });
    pair.dce.accepts = true;
    const windowSize = { fromCalling: 100, fromCalled: 20 };
    const packetSize = { fromCalling: 4096, fromCalled: 16 };
    pair.dte.call({ facilities: { windowSize, packetSize } }, pair.now);
    pair.run(1000);
    pair.take();
    pair.dte.channel?.send({ octets: octets(4096 * 250), more: false }, pair.now);
    pair.dce.channel?.send({ octets: octets(16 * 50), more: false }, pair.now);
    pair.pump();
    expect(pair.trace.filter((line) => line.includes('dte DATA'))).toHaveLength(100);
    expect(pair.trace.filter((line) => line.includes('dce DATA'))).toHaveLength(20);
    pair.run(10_000);
    expect(pair.dce.channel?.traffic.octetsReceived).toBe(4096 * 250);
    expect(pair.dte.channel?.traffic.octetsReceived).toBe(16 * 50);
  });
});
