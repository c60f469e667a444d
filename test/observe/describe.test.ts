import { expect, test } from 'vitest';
import type { TraceEvent } from '../../src/circuit/index.js';
import {
  describeEvent,
  describePacketOctets,
  type Sender,
  type TracedLink,
} from '../../src/observe/index.js';
import { hex } from '../support/hex.js';

const CALL = '10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02 C0 F7 00 00';

test.each<[Sender, string, string]>([
  [
    'dte',
    CALL,
    'ch 1 CALL REQUEST to 700001 from 701001, user data C0F70000 (SMTP, RFC 1090), packet size 128/128, window 2/2',
  ],
  [
    'dce',
    '10 01 0B 06 70 00 01 00 01 00 00 00 41 42 43',
    'ch 1 INCOMING CALL to 700001, user data 01000000 and 3 octets (X.29, a PAD)',
  ],
  ['either', '10 02 0B 00 00 AA', 'ch 2 CALL REQUEST, user data AA'],
  [
    'dte',
    // The called side's value comes first in the packet, the caller's in the words.
    '10 01 0F 00 06 42 09 07 43 04 02',
    'ch 1 CALL ACCEPTED, packet size 128/512, window 2/4',
  ],
  ['dce', '10 01 0F', 'ch 1 CALL CONNECTED'],
  ['dce', '10 01 13 01 00', 'ch 1 CLEAR INDICATION: number busy (01/00)'],
  ['dte', '10 01 13 00 F1', 'ch 1 CLEAR REQUEST: DTE originated, disconnection, normal (00/F1)'],
  [
    'dce',
    '10 01 13 05 00 00 00 48 69',
    'ch 1 CLEAR INDICATION: network congestion (05/00), user data, 2 octets',
  ],
  [
    'dce',
    '10 01 17 00 10 C1 04 00 01 02 03 C2 08 00 00 00 12 00 00 00 34',
    'ch 1 CLEAR CONFIRMATION, charged 12 segments in, 34 out, charged 3723 s',
  ],
  ['dte', '14 01 B6 48 49', 'ch 1025 DATA ps=3 pr=5 M 2 octets'],
  ['dte', 'D0 01 00 48', 'ch 1 DATA ps=0 pr=0 Q D 1 octet'],
  ['dce', '10 01 A1', 'ch 1 RR pr=5'],
  ['dce', '10 01 45', 'ch 1 RNR pr=2'],
  ['dte', '10 01 49', 'ch 1 REJ pr=2'],
  ['dte', '10 01 23 41', 'ch 1 INTERRUPT, 1 octet'],
  ['dce', '10 01 27', 'ch 1 INTERRUPT CONFIRMATION'],
  ['dce', '10 01 1B 07 00', 'ch 1 RESET INDICATION: network congestion (07/00)'],
  ['dte', '10 01 1F', 'ch 1 RESET CONFIRMATION'],
  ['dte', '10 00 FB 00 00', 'RESTART REQUEST: DTE originated (00/00)'],
  ['dce', '10 00 FF', 'RESTART CONFIRMATION'],
  ['dce', '10 00 F1 21 10 01 23', 'DIAGNOSTIC: unidentifiable packet (21), about 10 01 23'],
  ['dte', '20 01 01 0A', 'ch 1 RR pr=5'],
  ['dce', '20 01 05 FE', 'ch 1 RNR pr=127'],
  ['dte', '20 01 09 0A', 'ch 1 REJ pr=5'],
  ['dte', '20 01 06 0B 41', 'ch 1 DATA ps=3 pr=5 M 1 octet'],
  ['dte', '50 01 0B 06 70 00 01 00', 'ch 1 CALL REQUEST to 700001, D bit wanted'],
  // A bit: each address behind its type and numbering plan.
  [
    'dce',
    '90 01 0B 08 07 13 70 00 01 13 70 10 10 00',
    'ch 1 INCOMING CALL to 700001 (international, X.121) from 70101 (international, X.121)',
  ],
  ['dte', '10 00 F3 00 00', 'REGISTRATION REQUEST, 5 octets'],
  ['dce', '10 00 F7 7F 00 00 00', 'REGISTRATION CONFIRMATION: registration/cancellation confirmed (7F/00)'],
  [
    'dce',
    '10 00 F7 03 42',
    'REGISTRATION CONFIRMATION: invalid facility request, facility parameter not allowed (03/42)',
  ],
  ['either', '10 00 F5 81 13 00 00 01 00 00 02', 'PVC SETUP: no such destination interface (13)'],
  ['dte', '', 'no packet, 0 octets: packet too short (at octet 1)'],
  ['dte', '30 01 0B', 'no packet, 3 octets: invalid general format identifier (at octet 1)'],
  ['dte', '10 00 0B 00 00', 'no packet, 5 octets: packet on unassigned logical channel (at octet 2)'],
  [
    'dte',
    '10 01 FB 00',
    'no packet, 4 octets: restart or registration packet with nonzero logical channel (at octet 2)',
  ],
  ['dte', '10 01 03', 'no packet, 3 octets: unidentifiable packet (at octet 3)'],
  ['dte', '10 01 0B 01 A0 00', 'no packet, 6 octets: invalid called address (at octet 4)'],
  ['dte', '10 01 0B 02 12 03 42 FF 07', 'no packet, 9 octets: facility parameter not allowed (at octet 7)'],
  ['dte', '10 01 13 00 00 02 12 02 42 07', 'ch 1 CLEAR REQUEST: DTE originated (00/00)'],
])('from %s: %s', (sender, octets, words) => {
  expect(describePacketOctets(hex(octets), sender)).toBe(words);
});

test.each([
  [
    '90 01 0B 08 07 13 70 00 01 23 70 10 10 00',
    'to 700001 (international, X.121) from 70101 (national, X.121)',
  ],
  ['90 01 0B 04 03 01 12 41 70 00', 'to 12 (as the network has it, E.164) from 7 (type 4, E.164)'],
  ['90 01 0B 14 00 56 67 77 2D 62 2E 65 78 61 6D 00', 'to no number (alternative, plan 6)'],
])('addresses with their types: %s', (octets, words) => {
  expect(describePacketOctets(hex(octets), 'either')).toBe(`ch 1 CALL REQUEST ${words}`);
});

test('facilities in words, but neither a network user identification nor what we do not know', () => {
  const call =
    '10 01 0B 06 70 00 01 23 01 81 02 BA 03 12 49 01 00 C6 02 41 42 C9 02 41 42 D4 01 43 00 0F 0A BB C9 02 02 41 D9 01 43 00 00 01 80';
  expect(describePacketOctets(hex(call), 'either')).toBe(
    'ch 1 CALL REQUEST to 700001, throughput 9600/19200 bit/s, fast select, reverse charging, closed user group 12, ' +
      'network user identification, transit delay 256 ms, facility C9, facility D4, facility 01 of the network, ' +
      'called address extension, minimum throughput 19200/19200 bit/s, facility D9 of the DTEs',
  );
});

const DTE: TracedLink = { name: 'psdn0', role: 'dte' };
const XOT: TracedLink = { name: 'wan', role: 'either' };

test.each<[TracedLink, TraceEvent['layer'], TraceEvent['direction'], string, string]>([
  [DTE, 'frame', 'sent', '01 3F', 'dte > SABM P'],
  [DTE, 'frame', 'received', '01 73', 'dce > UA F'],
  [DTE, 'frame', 'sent', '01 71', 'dte > RR nr=3 P'],
  [DTE, 'frame', 'received', '01 65', 'dce > RNR nr=3'],
  [DTE, 'frame', 'received', '03 24 10 01 21', 'dce > I ns=2 nr=1 | ch 1 RR pr=1'],
  [DTE, 'frame', 'sent', '07 3F', 'dte > no frame (unknownAddress), 2 octets'],
  [{ name: 'a', role: 'dce' }, 'frame', 'sent', '03 3F', 'dce > SABM P'],
  [DTE, 'packet', 'received', '10 01 21', 'dce > ch 1 RR pr=1'],
  [XOT, 'packet', 'sent', '10 01 21', 'us > ch 1 RR pr=1'],
  [XOT, 'packet', 'received', '10 01 21', 'peer > ch 1 RR pr=1'],
])('%o %s %s %s', (link, layer, direction, octets, words) => {
  expect(describeEvent(link, { at: 0, wallTime: 0, layer, direction, octets: hex(octets) })).toBe(words);
});
