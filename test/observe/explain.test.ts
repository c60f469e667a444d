import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  describePacketOctets,
  explain,
  OCTET_KINDS,
  type OctetKind,
  recognise,
  type Sender,
} from '../../src/observe/index.js';
import { encodePacket } from '../../src/x25/index.js';
import { hex } from '../support/hex.js';
import { packetArbitrary } from '../support/packet-arbitraries.js';

/** `4-5 user data: 41 42`, and faults. */
function lines(octets: string, kind: OctetKind, sender: Sender = 'either'): string[] {
  return explain(hex(octets), kind, sender).flatMap(({ fields, fault }) => [
    ...fields.map(({ octets: [from, to], name, value }) => `${from}-${to} ${name}: ${value}`),
    ...(fault === undefined ? [] : [`fault at ${fault.octet}: ${fault.words}`]),
  ]);
}

describe('what octets are taken for', () => {
  test.each([
    ['01 3F', 'lapb'],
    ['03 24 10 01 21', 'lapb'],
    ['03 01 0A', 'lapb128'],
    ['03 04 0A 10 01 21', 'lapb128'],
    ['10 01 21', 'x25'],
    ['A0 01 06 0B 41', 'x25'],
    ['00 00 00 03 10 01 21', 'xot'],
    ['', undefined],
    ['FF', undefined],
    ['30 01 0B', undefined],
  ])('%s: %s', (octets, kind) => {
    expect(recognise(hex(octets))?.kind).toBe(kind);
  });
});

describe('fields', () => {
  test('of a frame, and of the packet in it', () => {
    expect(lines('01 00 50 01 0B 06 70 00 01 05 01 01 42 09 07 C0 F7 00 00', 'lapb')).toEqual([
      '1-1 address: 01 B, the DCE: command to it',
      '2-2 control: 00 I, N(S) 0, N(R) 0',
      '3-3 general format: modulo 8, D',
      '3-4 logical channel: 1',
      '5-5 packet type: 0B CALL REQUEST from the DTE, INCOMING CALL from the DCE',
      '6-6 address lengths: called 6, calling 0',
      '7-9 called: 700001',
      '10-10 facility length: 5',
      '11-12 facility: 01 01 reverse charging',
      '13-15 facility: 42 09 07 packet size 128/512',
      '16-19 user data: C0 F7 00 00 (SMTP, RFC 1090)',
    ]);
  });

  test('of frames in modulo 128', () => {
    expect(lines('03 04 0B 20 01 06 0B 41', 'lapb128')).toEqual([
      '1-1 address: 03 A, the DTE: command to it',
      '2-3 control: 04 0B I, N(S) 2, N(R) 5, P',
      '4-4 general format: modulo 128',
      '4-5 logical channel: 1',
      '6-6 packet type: 06 DATA',
      '6-6 P(S): 3',
      '7-7 P(R): 5',
      '7-7 M: 1, the sequence goes on',
      '8-8 user data: 41 "A"',
    ]);
  });

  test('of a frame that may be of either side', () => {
    expect(lines('01 21', 'lapb')[0]).toBe('1-1 address: 01 B, the DCE: command to it, if the DTE sent it');
    expect(lines('01 21', 'lapb', 'dce')[0]).toBe('1-1 address: 01 B, the DCE: response from it');
  });

  test('of a FRMR', () => {
    expect(lines('03 97 10 02 01', 'lapb')).toEqual([
      '1-1 address: 03 A, the DTE: response from it',
      '2-2 control: 97 FRMR, F',
      '3-5 rejected: 10 vr=0 vs=1 W',
    ]);
  });

  test('of addresses that share an octet; of DTE facilities behind their marker', () => {
    expect(lines('10 01 0B 35 12 34 56 78 06 00 0F 0B 01 0A 99', 'x25').slice(3)).toEqual([
      '4-4 address lengths: called 5, calling 3',
      '5-7 called: 12345',
      '7-8 calling: 678',
      '9-9 facility length: 6',
      '10-11 facility: 00 0F marker: facilities of the DTEs follow',
      '12-13 facility: 0B 01 expedited data',
      '14-15 facility: 0A 99 minimum throughput 4800/4800 bit/s',
    ]);
  });

  test.each([
    ['10 01 13 01', ['4-4 cause: 01 number busy']],
    ['10 01 13 00 F1', ['4-4 cause: 00 DTE originated', '5-5 diagnostic: F1 disconnection, normal']],
    ['10 01 1B 07 00', ['4-4 cause: 07 network congestion', '5-5 diagnostic: 00 no additional information']],
    ['10 00 FB 07 00', ['4-4 cause: 07 network operational', '5-5 diagnostic: 00 no additional information']],
    ['10 00 F1 21 10 01 23', ['4-4 diagnostic: 21 unidentifiable packet', '5-7 about: 10 01 23']],
    ['10 01 23 03', ['4-4 user data: 03']],
    ['10 01 A1', ['3-3 P(R): 5']],
    ['20 01 09 0A', ['4-4 P(R): 5']],
    ['10 00 F3 00 00', ['4-5 registration: 00 00']],
    [
      '10 00 F7 7F 00 00 00',
      [
        '4-4 cause: 7F registration/cancellation confirmed',
        '5-5 diagnostic: 00 no additional information',
        '6-7 registration: 00 00',
      ],
    ],
    [
      '10 00 F5 81 13 07 00 01 07 00 02 02 02 07 08 53 65 72 69 61 6C 30 53 65 72 69 61 6C 31',
      [
        '4-4 version: 81',
        '5-5 status: 13 no such destination interface',
        '7-8 initiator channel: 1',
        '10-11 responder channel: 2',
        '12-13 windows: incoming 2, outgoing 2',
        '14-15 packet sizes: incoming 128, outgoing 256',
        '16-29 interfaces: initiator "Serial0", responder "Serial1"',
      ],
    ],
    ['10 01 17', []],
    // Some peers pad what they clear with.
    ['10 01 17 FF 00', ['4-5 not read: FF 00']],
  ])('of %s', (octets, fields) => {
    expect(lines(octets, 'x25').slice(3)).toEqual(fields);
  });

  test('of several XOT messages', () => {
    const two = lines('00 00 00 03 10 01 21 00 00 00 04 10 01 23 03', 'xot');
    expect(two.filter((line) => /XOT header|user data/.test(line))).toEqual([
      '1-4 XOT header: version 0, packet of 3 octets',
      '8-11 XOT header: version 0, packet of 4 octets',
      '15-15 user data: 03',
    ]);
  });
});

describe('what is wrong, and at which octet', () => {
  test.each<[string, OctetKind, string]>([
    ['', 'x25', 'fault at 1: packet too short'],
    ['10 01 0B 02 12 03 42 FF 07', 'x25', 'fault at 7: facility parameter not allowed'],
    ['03 00 10 01 03', 'lapb', 'fault at 5: unidentifiable packet'],
    ['05 00', 'lapb', 'fault at 1: the address is neither A (03) nor B (01)'],
    ['03 21 00', 'lapb', 'fault at 3: an information field where none is permitted'],
    ['00 00 00 05 10 01 21', 'xot', 'fault at 8: the header says 5 octets, there are 3'],
    ['00 00 00', 'xot', 'fault at 4: the header is cut short'],
    ['00 00 00 03 10 01 21 00 01 00 00', 'xot', 'fault at 8: found version 0001; allowed: 0000'],
  ])('%s as %s: %s', (octets, kind, fault) => {
    expect(lines(octets, kind).at(-1)).toBe(fault);
  });
});

const anyOctets = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc
    .tuple(
      fc.constantFrom(
        '10 01 0B',
        '90 01 0B',
        '10 01 13 00 00',
        '01 00 10 01 0B',
        '00 00 00 20 10 01 0B',
        '03 97',
        '10 00 F5',
        '10 00 F7',
      ),
      fc.uint8Array({ maxLength: 80 }),
    )
    .map(([start, rest]) => Uint8Array.from([...hex(start), ...rest])),
);

test('no octets make it throw; every field and fault lies within them, or right behind', () => {
  fc.assert(
    fc.property(
      anyOctets,
      fc.constantFrom(...OCTET_KINDS),
      fc.constantFrom<Sender>('dte', 'dce', 'either'),
      (octets, kind, sender) => {
        recognise(octets);
        for (const { fields, fault } of explain(octets, kind, sender)) {
          for (const { octets: range } of fields) {
            expect(range[0]).toBeGreaterThan(0);
            expect(range[1]).toBeLessThanOrEqual(octets.length + 1);
          }
          if (fault !== undefined) expect(fault.octet).toBeLessThanOrEqual(octets.length + 1);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test.each([8, 128] as const)(
  'every packet of modulo %i is taken for what it is, and told whole',
  (modulo) => {
    fc.assert(
      fc.property(packetArbitrary(modulo), (packet) => {
        const octets = encodePacket(packet, modulo);
        expect(recognise(octets)?.kind).toBe('x25');
        const [explained] = explain(octets, 'x25', 'dte');
        expect(explained).toMatchObject({ words: describePacketOctets(octets, 'dte') });
        expect(explained).not.toHaveProperty('fault');
        expect(Math.max(...(explained?.fields.map(({ octets: [, to] }) => to) ?? []))).toBe(octets.length);
      }),
    );
  },
);
