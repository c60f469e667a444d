import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/core/index.js';
import {
  decodeLapbFrame,
  decodeRejection,
  encodeLapbFrame,
  encodeRejection,
  type LapbFrame,
} from '../../src/lapb/frame.js';
import { describeLapbFrame, type Role } from '../../src/lapb/index.js';
import { hex } from '../support/hex.js';

const NONE = new Uint8Array(0);
const command = (type: 'SABM' | 'SABME' | 'DISC', pollFinal = true): LapbFrame => ({
  type,
  isCommand: true,
  pollFinal,
});
const response = (type: 'UA' | 'DM', pollFinal = true): LapbFrame => ({ type, isCommand: false, pollFinal });
const supervisory = (
  type: 'RR' | 'RNR' | 'REJ',
  isCommand: boolean,
  nr: number,
  pollFinal: boolean,
): LapbFrame => ({
  type,
  isCommand,
  nr,
  pollFinal,
});
const information = (ns: number, nr: number, pollFinal: boolean, octets: Uint8Array): LapbFrame => ({
  type: 'I',
  isCommand: true,
  ns,
  nr,
  pollFinal,
  information: octets,
});

// The first four with these octets stand in X.25, Appendix I; the I frames are from a recorded session.
const GOLDEN: readonly (readonly [LapbFrame, Role, string, string])[] = [
  [command('SABM'), 'dce', '03 3F', 'SABM P'],
  [response('UA'), 'dce', '01 73', 'UA F'],
  [command('SABM'), 'dte', '01 3F', 'SABM P'],
  [response('UA'), 'dte', '03 73', 'UA F'],
  [command('SABM', false), 'dte', '01 2F', 'SABM'],
  [command('SABME'), 'dce', '03 7F', 'SABME P'],
  [command('SABME', false), 'dce', '03 6F', 'SABME'],
  [command('DISC'), 'dce', '03 53', 'DISC P'],
  [command('DISC', false), 'dte', '01 43', 'DISC'],
  [response('DM'), 'dce', '01 1F', 'DM F'],
  [response('DM', false), 'dce', '01 0F', 'DM'],
  [response('UA', false), 'dte', '03 63', 'UA'],
  [supervisory('RR', true, 0, false), 'dce', '03 01', 'RR nr=0'],
  [supervisory('RR', false, 2, false), 'dte', '03 41', 'RR nr=2'],
  [supervisory('RR', true, 3, true), 'dte', '01 71', 'RR nr=3 P'],
  [supervisory('RR', false, 3, true), 'dte', '03 71', 'RR nr=3 F'],
  [supervisory('RNR', false, 7, true), 'dce', '01 F5', 'RNR nr=7 F'],
  [supervisory('RNR', true, 0, false), 'dte', '01 05', 'RNR nr=0'],
  [supervisory('REJ', false, 5, false), 'dce', '01 A9', 'REJ nr=5'],
  [supervisory('REJ', true, 1, true), 'dce', '03 39', 'REJ nr=1 P'],
  [information(0, 0, false, hex('10 00 FB 00 00')), 'dte', '01 00 10 00 FB 00 00', 'I ns=0 nr=0'],
  [information(0, 1, false, hex('10 00 FF 00 00')), 'dce', '03 20 10 00 FF 00 00', 'I ns=0 nr=1'],
  [information(3, 2, false, hex('10 01 02')), 'dte', '01 46 10 01 02', 'I ns=3 nr=2'],
  [information(7, 6, true, NONE), 'dte', '01 DE', 'I ns=7 nr=6 P'],
  [
    { type: 'FRMR', isCommand: false, pollFinal: true, information: hex('21 24 08') },
    'dte',
    '03 97 21 24 08',
    'FRMR F 21 vr=1 vs=2 Z',
  ],
  [
    { type: 'FRMR', isCommand: false, pollFinal: false, information: hex('BF F0 03') },
    'dce',
    '01 87 BF F0 03',
    'FRMR bf vr=7 vs=0 WX',
  ],
];

describe.each(GOLDEN)('%o from the %s', (frame, sender, octets, text) => {
  test(`is ${octets}`, () => {
    expect(toHex(encodeLapbFrame(frame, sender), ' ')).toBe(octets);
  });

  test('is read back', () => {
    expect(decodeLapbFrame(hex(octets), sender === 'dte' ? 'dce' : 'dte')).toEqual({
      ok: true,
      value: frame,
    });
  });

  test(`reads ${text}`, () => {
    expect(describeLapbFrame(frame)).toBe(text);
  });
});

test.each([
  ['', 'truncated'],
  ['03', 'truncated'],
  ['0F 3F', 'unknownAddress'], // multilink
  ['FF 3F', 'unknownAddress'],
  ['01 00 10 00 FB', 'wrongAddress'], // an I frame as a response
  ['01 3F', 'wrongAddress'],
  ['01 6F', 'wrongAddress'],
  ['01 53', 'wrongAddress'],
  ['03 73', 'wrongAddress'],
  ['03 1F', 'wrongAddress'],
  ['03 97 21 24 08', 'wrongAddress'],
  ['03 0D', 'undefinedControl'], // S frame of type 11: SREJ elsewhere
  ['03 BF', 'undefinedControl'], // XID
  ['03 F3', 'undefinedControl'], // TEST
  ['03 03', 'undefinedControl'], // UI
  ['03 01 00', 'informationNotPermitted'],
  ['01 E9 00', 'informationNotPermitted'],
  ['03 3F 00', 'informationNotPermitted'],
  ['03 53 00 00', 'informationNotPermitted'],
  ['01 73 00', 'informationNotPermitted'],
])('a DTE that receives %j calls it %s', (octets, why) => {
  expect(decodeLapbFrame(hex(octets), 'dte')).toEqual({ ok: false, fault: why });
});

test('a FRMR is one, however long its information field is', () => {
  for (const octets of ['01 87', '01 87 21', '01 87 21 24 08 00'])
    expect(decodeLapbFrame(hex(octets), 'dte')).toMatchObject({ ok: true, value: { type: 'FRMR' } });
  const short: LapbFrame = { type: 'FRMR', isCommand: false, pollFinal: false, information: hex('21 24') };
  expect(describeLapbFrame(short)).toBe('FRMR (truncated)');
});

const sequenceNumber = fc.nat(7);
const frames: fc.Arbitrary<LapbFrame> = fc.oneof(
  fc.record({
    type: fc.constant('I' as const),
    isCommand: fc.constant(true as const),
    ns: sequenceNumber,
    nr: sequenceNumber,
    pollFinal: fc.boolean(),
    information: fc.uint8Array({ maxLength: 20 }),
  }),
  fc.record({
    type: fc.constantFrom('RR' as const, 'RNR' as const, 'REJ' as const),
    isCommand: fc.boolean(),
    nr: sequenceNumber,
    pollFinal: fc.boolean(),
  }),
  fc.record({
    type: fc.constantFrom('SABM' as const, 'SABME' as const, 'DISC' as const),
    isCommand: fc.constant(true),
    pollFinal: fc.boolean(),
  }),
  fc.record({
    type: fc.constantFrom('UA' as const, 'DM' as const),
    isCommand: fc.constant(false),
    pollFinal: fc.boolean(),
  }),
);

test('decode undoes encode, in both directions', () => {
  fc.assert(
    fc.property(frames, fc.boolean(), (frame, fromDte) => {
      const octets = encodeLapbFrame(frame, fromDte ? 'dte' : 'dce');
      expect(decodeLapbFrame(octets, fromDte ? 'dce' : 'dte')).toEqual({ ok: true, value: frame });
    }),
  );
});

test('encode undoes decode, where that succeeds', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 3),
      fc.nat(255),
      fc.uint8Array({ maxLength: 4 }),
      (address, control, rest) => {
        const octets = Uint8Array.of(address, control, ...rest);
        const result = decodeLapbFrame(octets, 'dte');
        if (result.ok) expect(encodeLapbFrame(result.value, 'dce')).toEqual(octets);
      },
    ),
  );
});

test('no octets make decode or describe throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 8 }), fc.constantFrom<Role>('dte', 'dce'), (octets, role) => {
      const result = decodeLapbFrame(octets, role);
      if (result.ok) describeLapbFrame(result.value);
    }),
  );
});

test('the information field of FRMR is read back', () => {
  const rejection = fc.record({
    control: fc.nat(255),
    wasResponse: fc.boolean(),
    vs: sequenceNumber,
    vr: sequenceNumber,
    w: fc.boolean(),
    x: fc.boolean(),
    y: fc.boolean(),
    z: fc.boolean(),
  });
  fc.assert(
    fc.property(rejection, (value) => {
      expect(decodeRejection(encodeRejection(value))).toEqual({ ok: true, value });
    }),
  );
});
