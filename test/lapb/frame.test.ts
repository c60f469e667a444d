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
import { describeLapbFrame, type Modulo, type Role } from '../../src/lapb/index.js';
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

/** U frames look alike in both. */
const GOLDEN_128: readonly (readonly [LapbFrame, Role, string, string])[] = [
  [command('SABME'), 'dce', '03 7F', 'SABME P'],
  [response('UA'), 'dte', '03 73', 'UA F'],
  [supervisory('RR', true, 0, false), 'dce', '03 01 00', 'RR nr=0'],
  [supervisory('RR', false, 127, true), 'dte', '03 01 FF', 'RR nr=127 F'],
  [supervisory('RNR', true, 1, true), 'dte', '01 05 03', 'RNR nr=1 P'],
  [supervisory('REJ', false, 64, false), 'dce', '01 09 80', 'REJ nr=64'],
  [information(0, 0, false, hex('20 00 FB 00 00')), 'dte', '01 00 00 20 00 FB 00 00', 'I ns=0 nr=0'],
  [information(127, 8, true, hex('41')), 'dce', '03 FE 11 41', 'I ns=127 nr=8 P'],
  [
    { type: 'FRMR', isCommand: false, pollFinal: true, information: hex('01 C8 46 2B 08') },
    'dte',
    '03 97 01 C8 46 2B 08',
    'FRMR F 01c8 vr=21 vs=35 Z',
  ],
  [
    { type: 'FRMR', isCommand: false, pollFinal: false, information: hex('BF 00 00 02 01') },
    'dce',
    '01 87 BF 00 00 02 01',
    'FRMR bf00 vr=1 vs=0 W',
  ],
];

const WITH_MODULO = [
  ...GOLDEN.map((row) => [8, ...row] as const),
  ...GOLDEN_128.map((row) => [128, ...row] as const),
];

describe.each(WITH_MODULO)('modulo %d: %o from the %s', (modulo, frame, sender, octets, text) => {
  test(`is ${octets}`, () => {
    expect(toHex(encodeLapbFrame(frame, sender, modulo), ' ')).toBe(octets);
  });

  test('is read back', () => {
    expect(decodeLapbFrame(hex(octets), sender === 'dte' ? 'dce' : 'dte', modulo)).toEqual({
      ok: true,
      value: frame,
    });
  });

  test(`reads ${text}`, () => {
    expect(describeLapbFrame(frame, modulo)).toBe(text);
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
  expect(decodeLapbFrame(hex(octets), 'dte', 8)).toEqual({ ok: false, fault: why });
});

test.each([
  ['03', 'truncated'],
  ['03 00', 'truncated'], // an I frame without N(R)
  ['01 01', 'truncated'],
  ['01 00 00 41', 'wrongAddress'],
  ['03 0D 00', 'undefinedControl'],
  ['03 BF', 'undefinedControl'],
  ['03 01 00 00', 'informationNotPermitted'],
  ['03 7F 00', 'informationNotPermitted'],
])('with modulo 128 it calls %j %s', (octets, why) => {
  expect(decodeLapbFrame(hex(octets), 'dte', 128)).toEqual({ ok: false, fault: why });
});

test('bits that modulo 128 keeps for later are not looked at', () => {
  expect(decodeLapbFrame(hex('03 F1 04'), 'dte', 128)).toEqual({
    ok: true,
    value: supervisory('RR', true, 2, false),
  });
});

test('a FRMR is one, however long its information field is', () => {
  for (const octets of ['01 87', '01 87 21', '01 87 21 24 08 00'])
    expect(decodeLapbFrame(hex(octets), 'dte', 8)).toMatchObject({ ok: true, value: { type: 'FRMR' } });
  const short: LapbFrame = { type: 'FRMR', isCommand: false, pollFinal: false, information: hex('21 24') };
  expect(describeLapbFrame(short, 8)).toBe('FRMR (truncated)');
  const ofModulo8: LapbFrame = { ...short, information: hex('21 24 08') };
  expect(describeLapbFrame(ofModulo8, 128)).toBe('FRMR (truncated)');
});

/** Frames of one modulus. */
function framesOf(modulo: Modulo): fc.Arbitrary<LapbFrame> {
  const sequenceNumber = fc.nat(modulo - 1);
  return fc.oneof(
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
    fc.record({
      type: fc.constant('FRMR' as const),
      isCommand: fc.constant(false),
      pollFinal: fc.boolean(),
      information: fc.uint8Array({ maxLength: 6 }),
    }),
  );
}

describe.each<Modulo>([8, 128])('modulo %d', (modulo) => {
  test('decode undoes encode, in both directions', () => {
    fc.assert(
      fc.property(framesOf(modulo), fc.boolean(), (frame, fromDte) => {
        const octets = encodeLapbFrame(frame, fromDte ? 'dte' : 'dce', modulo);
        expect(decodeLapbFrame(octets, fromDte ? 'dce' : 'dte', modulo)).toEqual({ ok: true, value: frame });
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
          const result = decodeLapbFrame(octets, 'dte', modulo);
          if (!result.ok) return;
          // S frames of modulo 128 have four bits that are sent as 0.
          if (modulo === 128 && (control & 3) === 1) octets[1] = control & 0x0f;
          expect(encodeLapbFrame(result.value, 'dce', modulo)).toEqual(octets);
        },
      ),
    );
  });

  test('no octets make decode or describe throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), fc.constantFrom<Role>('dte', 'dce'), (octets, role) => {
        const result = decodeLapbFrame(octets, role, modulo);
        if (result.ok) describeLapbFrame(result.value, modulo);
      }),
    );
  });

  test('the information field of FRMR is read back', () => {
    const rejection = fc.record({
      control: fc.nat(modulo === 8 ? 0xff : 0xffff),
      wasResponse: fc.boolean(),
      vs: fc.nat(modulo - 1),
      vr: fc.nat(modulo - 1),
      w: fc.boolean(),
      x: fc.boolean(),
      y: fc.boolean(),
      z: fc.boolean(),
    });
    fc.assert(
      fc.property(rejection, (value) => {
        const information = encodeRejection(value, modulo);
        expect(information).toHaveLength(modulo === 8 ? 3 : 5);
        expect(decodeRejection(information, modulo)).toEqual({ ok: true, value });
      }),
    );
  });
});
