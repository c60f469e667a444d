import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/core/index.js';
import {
  CaptureEncoder,
  describeEvent,
  readTrace,
  sectionHeaderBlock,
  type TracedLink,
  type TraceEvent,
} from '../../src/observe/index.js';
import { hex } from '../support/hex.js';

type Passed = readonly [TraceEvent['layer'], TraceEvent['direction'], string];

function captureOf(link: TracedLink, passed: readonly Passed[]): Uint8Array {
  const encoder = new CaptureEncoder();
  return concat([
    sectionHeaderBlock({ hardware: 'none', application: 'test' }),
    encoder.introduce(link) ?? new Uint8Array(0),
    ...passed.map(([layer, direction, octets], n) =>
      encoder.encode(link, { at: n, wallTime: 1000 + n, layer, direction, octets: hex(octets) }, 'a comment'),
    ),
  ]);
}

function pcap(linkType: number, ...records: Uint8Array[]): Uint8Array {
  const header = new Uint8Array(24);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0xa1b2c3d4);
  view.setUint32(20, linkType);
  const framed = records.map((octets, n) => {
    const head = new Uint8Array(16);
    const at = new DataView(head.buffer);
    at.setUint32(0, n);
    at.setUint32(8, octets.length);
    at.setUint32(12, octets.length);
    return concat([head, octets]);
  });
  return concat([header, ...framed]);
}

/** `frame dte > SABM P`. */
function told(capture: Uint8Array): string[] {
  return readTrace(capture).links.flatMap(({ link, frames, packets }) =>
    [...frames, ...packets].map((event) => `${event.layer} ${describeEvent(link, event)}`),
  );
}

describe('our own captures', () => {
  test.each(['dte', 'dce'] as const)('frames of a %s, and the packets in them', (role) => {
    const [to, from] = role === 'dte' ? ['01', '03'] : ['03', '01'];
    const peer = role === 'dte' ? 'dce' : 'dte';
    const passed: Passed[] = [
      ['frame', 'sent', `${to} 3F`],
      ['frame', 'received', `${to} 73`],
      ['frame', 'sent', `${to} 00 10 01 00 41`],
      ['frame', 'received', `${from} 20 10 01 21`],
    ];
    expect(told(captureOf({ name: 'psdn0', role, frameModulo: 8 }, passed))).toEqual([
      `frame ${role} > SABM P`,
      `frame ${peer} > UA F`,
      `frame ${role} > I ns=0 nr=0 | ch 1 DATA ps=0 pr=0 1 octet`,
      `frame ${peer} > I ns=0 nr=1 | ch 1 RR pr=1`,
      `packet ${role} > ch 1 DATA ps=0 pr=0 1 octet`,
      `packet ${peer} > ch 1 RR pr=1`,
    ]);
  });

  test('frames of modulo 128', () => {
    const passed: Passed[] = [
      ['frame', 'sent', '01 7F'],
      ['frame', 'received', '01 73'],
      ['frame', 'sent', '01 00 00 20 01 00 00 41'],
      ['frame', 'received', '01 01 02'],
    ];
    expect(told(captureOf({ name: 'psdn0', role: 'dte', frameModulo: 128 }, passed))).toEqual([
      'frame dte > SABME P',
      'frame dce > UA F',
      'frame dte > I ns=0 nr=0 | ch 1 DATA ps=0 pr=0 1 octet',
      'frame dce > RR nr=1',
      'packet dte > ch 1 DATA ps=0 pr=0 1 octet',
    ]);
  });

  test('packets captured by themselves are not told twice', () => {
    const passed: Passed[] = [
      ['packet', 'sent', '10 01 21'],
      ['frame', 'sent', '01 00 10 01 21'],
    ];
    expect(told(captureOf({ name: 'psdn0', role: 'dte' }, passed))).toEqual([
      'frame dte > I ns=0 nr=0 | ch 1 RR pr=1',
      'packet dte > ch 1 RR pr=1',
    ]);
  });

  test('XOT has no roles', () => {
    expect(told(captureOf({ name: 'wan', role: 'either' }, [['packet', 'received', '10 01 21']]))).toEqual([
      'packet peer > ch 1 RR pr=1',
    ]);
  });
});

test('a packet whose frame is repeated, or comes again after one was missed, is told once', () => {
  const i = (ns: number, payload: string): Passed => [
    'frame',
    'sent',
    `01 ${(ns << 1).toString(16).padStart(2, '0')} 10 01 00 ${payload}`,
  ];
  const passed = [i(6, '41'), i(7, '42'), i(7, '42'), i(0, '43'), i(7, '42'), i(0, '43'), i(1, '44')];
  const [link] = readTrace(captureOf({ name: 'psdn0', role: 'dte' }, passed)).links;
  expect(link?.packets.map(({ octets }) => octets.at(-1))).toEqual([0x41, 0x42, 0x43, 0x44]);
});

test('after SABM numbers begin at 0 again', () => {
  const passed: Passed[] = [
    ['frame', 'sent', '01 06 10 01 00 41'],
    ['frame', 'received', '03 3F'],
    ['frame', 'sent', '01 00 10 01 00 42'],
  ];
  const [link] = readTrace(captureOf({ name: 'psdn0', role: 'dte' }, passed)).links;
  expect(link?.packets.length).toBe(2);
});

describe('LAPB with direction', () => {
  test('whose side it was is told by addresses', () => {
    // RR tells nothing; the UA that was received comes from A, the DTE.
    expect(told(pcap(207, hex('01 01 21'), hex('00 03 73'), hex('01 01 01')))).toEqual([
      'frame dce > RR nr=1',
      'frame dte > UA F',
      'frame dce > RR nr=0',
    ]);
  });

  test('SABME tells of modulo 128', () => {
    expect(told(pcap(207, hex('01 01 7F'), hex('00 01 73'), hex('00 03 00 00 20 01 01 0A')))).toEqual([
      'frame dte > SABME P',
      'frame dce > UA F',
      'frame dce > I ns=0 nr=0 | ch 1 RR pr=5',
      'packet dce > ch 1 RR pr=5',
    ]);
  });

  test('a record without a frame is no X.25', () => {
    expect(readTrace(pcap(207, new Uint8Array(0)))).toMatchObject({ links: [], others: 1 });
  });
});

describe('XOT in TCP', () => {
  const CALLER = '0a000001';
  const CALLED = '0a000002';
  const segment = (isFromCaller: boolean, sequence: number, payload: string, flags = '18'): string => {
    const [from, to] = isFromCaller ? [CALLER, CALLED] : [CALLED, CALLER];
    const [fromPort, toPort] = isFromCaller ? ['0fa0', '07ce'] : ['07ce', '0fa0'];
    const octets = hex(payload);
    const length = (40 + octets.length).toString(16).padStart(4, '0');
    const number = (sequence >>> 0).toString(16).padStart(8, '0');
    return `4500 ${length} 0000 0000 40 06 0000 ${from} ${to} ${fromPort} ${toPort} ${number} 00000000 50 ${flags} ffff 0000 0000 ${payload}`;
  };
  const ETHERNET = '020000000001 020000000002 0800';
  const CALL = '0000000a 10010b 02 12 00 c0f70000';
  const RR = '00000003 100121';

  test('each connection is a link, whoever opened it is the caller', () => {
    const capture = pcap(
      1,
      hex(`${ETHERNET} ${segment(true, 99, '', '02')}`),
      hex(`${ETHERNET} ${segment(true, 100, CALL)}`),
      hex(`${ETHERNET} ${segment(false, 500, RR)}`),
    );
    expect(readTrace(capture).links.map(({ link }) => link.name)).toEqual(['10.0.0.1:4000 > 10.0.0.2:1998']);
    expect(told(capture)).toEqual([
      'packet us > ch 1 CALL REQUEST to 12, user data C0F70000 (SMTP, RFC 1090)',
      'packet peer > ch 1 RR pr=1',
    ]);
  });

  test.each([
    ['behind a VLAN tag', 1, `020000000001 020000000002 8100 0005 0800`],
    ['from Linux "any"', 113, `0000 0001 0006 020000000001 0000 0800`],
    ['raw IP', 101, ''],
    ['loopback', 0, '02000000'],
  ])('%s', (_what, linkType, before) => {
    expect(told(pcap(linkType, hex(`${before} ${segment(true, 1, RR)}`)))).toEqual([
      'packet us > ch 1 RR pr=1',
    ]);
  });

  test('by IPv6', () => {
    const address = (last: string): string => `20010db8 00000000 00000000 000000${last}`;
    const tcp = '0fa0 07ce 00000001 00000000 50 18 ffff 0000 0000';
    const ip = `60000000 001b 06 40 ${address('01')} ${address('02')}`;
    expect(readTrace(pcap(101, hex(`${ip} ${tcp} ${RR}`))).links[0]?.link.name).toBe(
      '[2001:db8:0:0:0:0:0:1]:4000 > [2001:db8:0:0:0:0:0:2]:1998',
    );
  });

  test('segments that are cut anywhere, repeated, swapped, and go round at 2^32', () => {
    const stream = hex(`${CALL} ${RR} ${RR}`);
    const text = (from: number, to: number): string => Buffer.from(stream.subarray(from, to)).toString('hex');
    const start = 0xffff_fff8;
    const at = (from: number, to: number): Uint8Array => hex(segment(true, start + from, text(from, to)));
    const capture = pcap(
      101,
      at(0, 3),
      at(3, 9),
      at(0, 9),
      at(16, 20),
      at(9, 16),
      at(5, 22),
      at(22, stream.length),
    );
    expect(told(capture)).toEqual([
      expect.stringMatching(/CALL REQUEST/) as string,
      'packet us > ch 1 RR pr=1',
      'packet us > ch 1 RR pr=1',
    ]);
  });

  test('what is no XOT, or no TCP, is counted', () => {
    const other = segment(true, 1, RR).replace('07ce', '0050');
    const udp = segment(true, 1, RR).replace('40 06', '40 11');
    expect(readTrace(pcap(101, hex(other), hex(udp), hex('45')))).toMatchObject({ links: [], others: 3 });
  });

  test('a stream that is not XOT is not followed', () => {
    const capture = pcap(101, hex(segment(true, 1, '4745 5420 2f0d')), hex(segment(true, 7, RR)));
    expect(told(capture)).toEqual([]);
  });
});

test('no records make it throw', () => {
  const linkTypes = fc.constantFrom(0, 1, 101, 113, 207, 252, 276, 999);
  const records = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc.uint8Array({ maxLength: 80 }).map((rest) => concat([hex('000c0004 6c617062 00000000'), rest])),
      fc.uint8Array({ maxLength: 80 }).map((rest) => concat([hex('4500 0050 0000 0000 40 06 0000'), rest])),
    ),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(linkTypes, records, (linkType, all) => {
      const trace = readTrace(pcap(linkType, ...all));
      for (const { link, frames, packets } of trace.links)
        for (const event of [...frames, ...packets])
          expect(describeEvent(link, event)).toMatch(/^[\x20-\x7e]+$/);
    }),
    { numRuns: 500 },
  );
});
