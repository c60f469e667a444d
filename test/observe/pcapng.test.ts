import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../src/circuit/index.js';
import {
  CaptureEncoder,
  enhancedPacketBlock,
  interfaceDescriptionBlock,
  sectionHeaderBlock,
} from '../../src/observe/index.js';
import { hex } from '../support/hex.js';

// Golden octets laid out by hand after draft-ietf-opsawg-pcapng; that Wireshark reads them is an interop test.

test('a section header has the magic, version 1.0, an unknown length and our name', () => {
  expect(sectionHeaderBlock({ hardware: 'amd64', application: 'x25mail 0.1.0' })).toEqual(
    hex(`
      0a0d0d0a 40000000 4d3c2b1a 0100 0000 ffffffffffffffff
      0200 0500 616d643634 000000
      0400 0d00 7832356d61696c20302e312e30 000000
      0000 0000 40000000
    `),
  );
});

test('an interface description has link type, no snap length, name and microseconds', () => {
  expect(interfaceDescriptionBlock({ name: 'psdn0', description: 'line', linkType: 252 })).toEqual(
    hex(`
      01000000 34000000 fc00 0000 00000000
      0200 0500 7073646e30 000000
      0300 0400 6c696e65
      0900 0100 06 000000
      0000 0000 34000000
    `),
  );
});

test('a packet has its interface, time, both lengths, padding, direction and comment', () => {
  // 631 152 000 001 500 microseconds since 1970 are 23e07 86c265dc hex; the high word comes first.
  const wallTime = Date.UTC(1990, 0, 1) + 1.5;
  expect(
    enhancedPacketBlock({
      interfaceId: 1,
      wallTime,
      direction: 'sent',
      octets: hex('013feb'),
      comment: 'hi',
    }),
  ).toEqual(
    hex(`
      06000000 38000000 01000000 073e0200 dc65c286 03000000 03000000
      013feb 00
      0200 0400 02000000
      0100 0200 6869 0000
      0000 0000 38000000
    `),
  );
});

test('every block is a whole number of 32-bit words, whatever the packet is long', () => {
  for (let length = 0; length < 9; length++) {
    const octets = new Uint8Array(length);
    const block = enhancedPacketBlock({ interfaceId: 0, wallTime: 0, direction: 'received', octets });
    const view = new DataView(block.buffer);
    expect(block.length % 4).toBe(0);
    expect(view.getUint32(4, true)).toBe(block.length);
    expect(view.getUint32(block.length - 4, true)).toBe(block.length);
  }
});

describe('a capture', () => {
  const link = { name: 'psdn0', role: 'dce' } as const;
  const event: TraceEvent = {
    at: 0,
    wallTime: 0,
    layer: 'frame',
    direction: 'sent',
    octets: hex('013f'),
  };

  test('introduces each link once, in order', () => {
    const encoder = new CaptureEncoder();
    const interfaceOf = (block: Uint8Array) => new DataView(block.buffer).getUint32(8, true);
    expect(encoder.introduce(link)).toBeDefined();
    expect(encoder.introduce({ name: 'wan', role: 'either' })).toBeDefined();
    expect(encoder.introduce(link)).toBeUndefined();
    expect(interfaceOf(encoder.encode({ name: 'wan', role: 'either' }, event))).toBe(1);
    expect(interfaceOf(encoder.encode(link, event))).toBe(0);
  });

  test('takes no packet of a link it does not know', () => {
    expect(() => new CaptureEncoder().encode(link, event)).toThrow(/not introduced/);
  });

  test.each([
    ['a frame that a DCE sends', link, 'sent', 'frame', '000c0004 6c617062 00230004 00000001 00000000'],
    [
      'a frame that a DCE receives',
      link,
      'received',
      'frame',
      '000c0004 6c617062 00230004 00000000 00000000',
    ],
    [
      'a packet of a DTE',
      { name: 'a', role: 'dte' },
      'sent',
      'packet',
      '000c0004 782e3235 00230004 00000000 00000000',
    ],
    ['a packet of XOT', { name: 'a', role: 'either' }, 'sent', 'packet', '000c0004 782e3235 00000000'],
  ] as const)('names dissector and sender of %s', (_what, of, direction, layer, tags) => {
    const encoder = new CaptureEncoder();
    encoder.introduce(of);
    const octets = encoder.encode(of, { ...event, direction, layer });
    const expected = hex(`${tags} 013f`);
    expect(octets.subarray(28, 28 + expected.length)).toEqual(expected);
  });
});
