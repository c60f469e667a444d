import { describe, expect, test } from 'vitest';
import { decodePacket, encodePacket, moduloOf, type Packet } from '../../../src/x25/index.js';
import { hex } from '../../support/hex.js';

const NO_FIELDS = { called: '', calling: '', facilities: {}, userData: hex('') };
const both = (value: number): { fromCalled: number; fromCalling: number } => ({
  fromCalled: value,
  fromCalling: value,
});

/**
 * Octets seen on lines between other implementations (XOT and LAPB captures, without their own headers), or decoded
 * by a protocol analyser, in the wording of the fact sheet they come from.
 */
const GOLDEN: readonly (readonly [what: string, octets: string, packet: Packet])[] = [
  [
    'call 701001 to 700001, X.29, seen on XOT',
    '10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02 01 00 00 00',
    {
      type: 'callRequest',
      channel: 1,
      confirmDelivery: false,
      called: '700001',
      calling: '701001',
      facilities: { packetSize: both(128), windowSize: both(2) },
      userData: hex('01 00 00 00'),
    },
  ],
  [
    'RFC 1090 call of a router, packets of 2048, window 7',
    '10 01 0B 66 70 00 01 70 10 01 06 42 0B 0B 43 07 07 C0 F7 00 00',
    {
      type: 'callRequest',
      channel: 1,
      confirmDelivery: false,
      called: '700001',
      calling: '701001',
      facilities: { packetSize: both(2048), windowSize: both(7) },
      userData: hex('C0 F7 00 00'),
    },
  ],
  [
    'call without facilities',
    '10 01 0B 66 70 00 01 70 10 01 00 C0 F7 00 00',
    {
      type: 'callRequest',
      channel: 1,
      confirmDelivery: false,
      called: '700001',
      calling: '701001',
      facilities: {},
      userData: hex('C0 F7 00 00'),
    },
  ],
  [
    'call seen on LAPB: seven digits each, D bit procedure not asked for',
    '10 01 0B 77 76 54 32 11 23 45 67 06 42 07 07 43 02 02',
    {
      type: 'callRequest',
      channel: 1,
      confirmDelivery: false,
      called: '7654321',
      calling: '1234567',
      facilities: { packetSize: both(128), windowSize: both(2) },
      userData: hex(''),
    },
  ],
  [
    'call connected with facilities, seen on XOT',
    '10 01 0F 00 06 42 07 07 43 02 02',
    {
      ...NO_FIELDS,
      type: 'callAccepted',
      channel: 1,
      confirmDelivery: false,
      facilities: { packetSize: both(128), windowSize: both(2) },
    },
  ],
  [
    'clear by a DTE, diagnostic F1',
    '10 01 13 00 F1',
    { ...NO_FIELDS, type: 'clearRequest', channel: 1, cause: 0, diagnostic: 0xf1 },
  ],
  ['clear confirmation', '10 01 17', { ...NO_FIELDS, type: 'clearConfirmation', channel: 1 }],
  [
    'data "HELO one", CR, seen on XOT',
    '10 01 00 48 45 4C 4F 20 6F 6E 65 0D',
    {
      type: 'data',
      channel: 1,
      qualified: false,
      confirm: false,
      ps: 0,
      pr: 0,
      more: false,
      payload: hex('48 45 4C 4F 20 6F 6E 65 0D'),
    },
  ],
  [
    'data, P(R)=5, M, P(S)=3',
    '10 01 B6 48',
    {
      type: 'data',
      channel: 1,
      qualified: false,
      confirm: false,
      ps: 3,
      pr: 5,
      more: true,
      payload: hex('48'),
    },
  ],
  [
    'data with Q: X.29 set 1:0',
    '90 01 00 02 01 00',
    {
      type: 'data',
      channel: 1,
      qualified: true,
      confirm: false,
      ps: 0,
      pr: 0,
      more: false,
      payload: hex('02 01 00'),
    },
  ],
  [
    'data with D',
    '50 01 00 48 45',
    {
      type: 'data',
      channel: 1,
      qualified: false,
      confirm: true,
      ps: 0,
      pr: 0,
      more: false,
      payload: hex('48 45'),
    },
  ],
  ['RR, P(R)=1, seen on XOT', '10 01 21', { type: 'rr', channel: 1, pr: 1 }],
  ['RNR, P(R)=2', '10 01 45', { type: 'rnr', channel: 1, pr: 2 }],
  ['REJ, P(R)=2', '10 01 49', { type: 'rej', channel: 1, pr: 2 }],
  ['interrupt', '10 01 23 03', { type: 'interrupt', channel: 1, payload: hex('03') }],
  ['interrupt confirmation', '10 01 27', { type: 'interruptConfirmation', channel: 1 }],
  ['reset', '10 01 1B 00 00', { type: 'resetRequest', channel: 1, cause: 0, diagnostic: 0 }],
  ['reset confirmation', '10 01 1F', { type: 'resetConfirmation', channel: 1 }],
  [
    'restart, seen on LAPB',
    '10 00 FB 00 00',
    { type: 'restartRequest', channel: 0, cause: 0, diagnostic: 0 },
  ],
  ['restart confirmation', '10 00 FF', { type: 'restartConfirmation', channel: 0 }],
  [
    'diagnostic 33 about an interrupt',
    '10 00 F1 21 10 01 23',
    { type: 'diagnostic', channel: 0, diagnostic: 33, explanation: hex('10 01 23') },
  ],
];

describe('golden octets', () => {
  test.each(GOLDEN)('%s', (_what, octets, packet) => {
    expect(decodePacket(hex(octets), 8)).toEqual({ ok: true, value: packet });
    expect(encodePacket(packet, 8)).toEqual(hex(octets));
  });
});

test('a call with many facilities keeps those that we do not read, octet for octet', () => {
  const octets = hex('10 01 0B 06 70 00 01 0E 01 81 03 12 42 08 08 43 07 07 C6 02 41 42 C0 F7 00 00');
  expect(decodePacket(octets, 8)).toEqual({
    ok: true,
    value: {
      type: 'callRequest',
      channel: 1,
      confirmDelivery: false,
      called: '700001',
      calling: '',
      facilities: {
        packetSize: both(256),
        windowSize: both(7),
        fastSelect: 'unrestricted',
        reverseCharging: true,
        closedUserGroup: '12',
        userIdentification: hex('41 42'),
      },
      userData: hex('C0 F7 00 00'),
    },
  });
});

/** What others send that is shorter or longer than what we do. */
const ALSO_READ: readonly (readonly [what: string, octets: string, packet: Partial<Packet>])[] = [
  [
    'busy clear without a diagnostic, seen on XOT',
    '10 01 13 01',
    { type: 'clearRequest', cause: 1, diagnostic: 0 },
  ],
  [
    'clear with addresses and facilities',
    '10 01 13 00 F1 06 70 00 01 02 04 01 41',
    { called: '700001', facilities: { chargingRequested: true }, userData: hex('41') },
  ],
  [
    'clear with octets that are no fields',
    '10 01 13 09 00 FF FF',
    { type: 'clearRequest', cause: 9, called: '', facilities: {}, userData: hex('') },
  ],
  [
    'clear confirmation with the time charged',
    '10 01 17 00 06 C1 04 00 00 01 30',
    { type: 'clearConfirmation', facilities: { chargedSeconds: [90] } },
  ],
  ['clear confirmation with octets that are no fields', '10 01 17 01', { facilities: {} }],
  ['call connected of three octets', '10 01 0F', { type: 'callAccepted', called: '', facilities: {} }],
  ['reset without a diagnostic', '10 01 1B 05', { type: 'resetRequest', cause: 5, diagnostic: 0 }],
  ['reset, long', '10 01 1B 05 21 00', { type: 'resetRequest', cause: 5, diagnostic: 33 }],
  ['reset confirmation, long', '10 01 1F 00 00', { type: 'resetConfirmation' }],
  ['restart without a cause', '10 00 FB', { type: 'restartRequest', cause: 0, diagnostic: 0 }],
  ['restart, long', '10 00 FB 07 00 00 00', { type: 'restartRequest', cause: 7 }],
  ['restart confirmation of seven octets, seen on LAPB', '10 00 FF 00 00', { type: 'restartConfirmation' }],
  ['diagnostic without an explanation', '10 00 F1 21', { diagnostic: 33, explanation: hex('') }],
  [
    'call with addresses of type and plan (A bit)',
    '90 01 0B 08 07 11 70 00 01 11 70 10 10 00',
    {
      type: 'callRequest',
      called: '700001',
      calling: '70101',
      addressTypes: { called: { type: 1, plan: 1 }, calling: { type: 1, plan: 1 } },
    },
  ],
  [
    'an A bit address that begins within an octet',
    '90 01 0B 05 0D 23 70 01 32 62 45 30 00 40 00',
    {
      called: '700',
      calling: '26245300040',
      addressTypes: { called: { type: 2, plan: 3 }, calling: { type: 1, plan: 3 } },
    },
  ],
  [
    'a name in place of a number (A bit, type 5)',
    '90 01 0B 14 03 56 67 77 2D 62 2E 65 78 61 6D 13 70 00',
    {
      called: '',
      calling: '7',
      addressTypes: { called: { type: 5, plan: 6 }, calling: { type: 1, plan: 3 } },
    },
  ],
  ['the A bit and no addresses', '90 01 0B 00 00 00', { called: '', calling: '' }],
  [
    'type and plan without a number',
    '90 01 0B 02 00 13 00',
    { called: '', addressTypes: { called: { type: 1, plan: 3 } } },
  ],
  [
    'accepted with A bit addresses',
    '90 01 0F 00 05 13 70 00 00',
    { type: 'callAccepted', called: '', calling: '700' },
  ],
  [
    'cleared with A bit addresses',
    '90 01 13 09 00 05 00 13 70 00 00',
    { type: 'clearRequest', called: '700' },
  ],
  ['call with D bit procedure', '50 01 0B 00 00', { type: 'callRequest', confirmDelivery: true }],
  ['data without user data', '10 01 00', { type: 'data', payload: hex('') }],
  ['interrupt of 32 octets', `10 01 23 ${'41 '.repeat(32)}`, { type: 'interrupt' }],
];

describe('also read', () => {
  test.each(ALSO_READ)('%s', (_what, octets, expected) => {
    expect(decodePacket(hex(octets), 8)).toMatchObject({ ok: true, value: expected });
  });
});

test('a clear with user data is sent in the extended format', () => {
  const packet: Packet = {
    ...NO_FIELDS,
    type: 'clearRequest',
    channel: 0x123,
    cause: 0,
    diagnostic: 0,
    facilities: { chargingRequested: true },
    userData: hex('41 42'),
  };
  expect(encodePacket(packet, 8)).toEqual(hex('11 23 13 00 00 00 02 04 01 41 42'));
});

/** Octets 3 and 4 as Linux and two open implementations have them; some analysers take the two numbers for each other. */
const MODULO_128: readonly (readonly [what: string, octets: string, packet: Packet])[] = [
  [
    'data, P(S)=3, P(R)=5, M',
    '20 01 06 0B 48',
    {
      type: 'data',
      channel: 1,
      qualified: false,
      confirm: false,
      ps: 3,
      pr: 5,
      more: true,
      payload: hex('48'),
    },
  ],
  [
    'data with Q and D, P(S)=127, P(R)=126, nothing in it',
    'E1 23 FE FC',
    {
      type: 'data',
      channel: 0x123,
      qualified: true,
      confirm: true,
      ps: 127,
      pr: 126,
      more: false,
      payload: hex(''),
    },
  ],
  ['RR, P(R)=100', '20 01 01 C8', { type: 'rr', channel: 1, pr: 100 }],
  ['RNR, P(R)=127', '20 01 05 FE', { type: 'rnr', channel: 1, pr: 127 }],
  ['REJ, P(R)=0', '20 01 09 00', { type: 'rej', channel: 1, pr: 0 }],
  [
    'call with a window of 127 from the called side',
    '20 01 0B 06 70 00 01 03 43 7F 02 C0 F7 00 00',
    {
      ...NO_FIELDS,
      type: 'callRequest',
      channel: 1,
      confirmDelivery: false,
      called: '700001',
      facilities: { windowSize: { fromCalled: 127, fromCalling: 2 } },
      userData: hex('C0 F7 00 00'),
    },
  ],
  ['restart confirmation', '20 00 FF', { type: 'restartConfirmation', channel: 0 }],
];

describe('modulo 128', () => {
  test.each(MODULO_128)('%s', (_what, octets, packet) => {
    expect(encodePacket(packet, 128)).toEqual(hex(octets));
    expect(decodePacket(hex(octets), 128)).toEqual({ ok: true, value: packet });
  });
});

test.each([
  ['10', 8],
  ['D5', 8],
  ['20', 128],
  ['E1', 128],
  ['30', undefined],
  ['00', undefined],
])('octet 1 of %s says modulo %s', (first, modulo) => {
  expect(moduloOf(hex(first)[0] ?? 0)).toBe(modulo);
});
