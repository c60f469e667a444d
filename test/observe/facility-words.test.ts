import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { facilityWords } from '../../src/observe/facility-words.js';
import type { Facilities } from '../../src/x25/index.js';
import { facilitySets } from '../support/facility-arbitraries.js';
import { hex } from '../support/hex.js';

describe('every facility in words', () => {
  test.each<[Facilities, ...string[]]>([
    [{}],
    [{ packetSize: { fromCalled: 256, fromCalling: 128 } }, 'packet size 128/256'],
    [{ windowSize: { fromCalled: 7, fromCalling: 2 } }, 'window 2/7'],
    [{ throughput: { fromCalled: 9600, fromCalling: 2400 } }, 'throughput 2400/9600 bit/s'],
    [{ fastSelect: 'unrestricted', reverseCharging: true }, 'fast select', 'reverse charging'],
    [{ fastSelect: 'restricted' }, 'fast select with restricted response'],
    [{ reverseCharging: false }, 'no fast select, no reverse charging'],
    [{ redirectionControl: 'prevented' }, 'redirection prevented'],
    [{ closedUserGroup: '0012' }, 'closed user group 0012'],
    [{ closedUserGroupOutgoing: '12' }, 'closed user group 12 with outgoing access'],
    [{ bilateralClosedUserGroup: '0012' }, 'bilateral closed user group 0012'],
    [{ userIdentification: hex('41 42') }, 'network user identification'],
    [{ transitNetworks: '2342' }, 'transit network 2342'],
    [{ transitNetworks: ['2342', '2080'] }, 'transit networks 2342, 2080'],
    [{ chargingRequested: true }, 'charging information requested'],
    [{ chargingRequested: false }, 'charging information not requested'],
    [{ charge: hex('01 25') }, 'charged 0125 (monetary units)'],
    [
      {
        chargedSegments: [
          { toDte: 1, fromDte: 2 },
          { toDte: 3, fromDte: 4 },
        ],
      },
      'charged 1 segment in, 2 out; 3 segments in, 4 out',
    ],
    [{ chargedSeconds: [3723, 5] }, 'charged 3723 s; 5 s'],
    [{ deflectTo: { reason: 0xc1, address: '700' } }, 'deflected to 700 (by the called DTE)'],
    [{ redirectedFrom: { reason: 1, address: '700' } }, 'redirected from 700 (busy)'],
    [{ redirectedFrom: { reason: 0x22, address: '' } }, 'redirected from no number (reason 22)'],
    [{ calledAddressModified: 7 }, 'called address modified (hunt group)'],
    [{ calledAddressModified: 9 }, 'called address modified (out of order)'],
    [{ calledAddressModified: 15 }, 'called address modified (all calls)'],
    [{ transitDelay: 256 }, 'transit delay 256 ms'],
    [
      { other: hex('05 01 00 00 01 80 00 FF 42 07 07 00 05 01 01') },
      'facility 05',
      'facility 01 of the network',
      'facility 42 of the remote network',
      'facility 01 of an unknown section',
    ],
    [{ other: hex('00 0F 0B 01') }, 'facility 0B of the DTEs'],
    [{ other: hex('05') }],
    [{ callingAddressExtension: { use: 'nsap', digits: '12' } }, 'calling address extension'],
    [{ calledAddressExtension: { use: 'nsap', digits: '12' } }, 'called address extension'],
    [{ minimumThroughput: { fromCalled: 75, fromCalling: 150 } }, 'minimum throughput 150/75 bit/s'],
    [{ endToEndDelay: { cumulative: 5 } }, 'end-to-end delay 5 ms'],
    [
      { endToEndDelay: { cumulative: 0xffff, wanted: 6, acceptable: 7 } },
      'end-to-end delay unknown, wanted 6 ms, at most 7 ms',
    ],
    [{ priority: [5, 6] }, 'priority 5/6'],
    [{ protection: hex('80') }, 'protection'],
    [{ expedited: true }, 'expedited data'],
    [{ expedited: false }, 'no expedited data'],
    [{ otherDte: hex('D4 01 43 05 01') }, 'facility D4 of the DTEs', 'facility 05 of the DTEs'],
  ])('%o', (facilities, ...words) => {
    expect(facilityWords(facilities)).toEqual(words);
  });

  test('no facility that came is passed over', () => {
    fc.assert(
      fc.property(facilitySets(128), (facilities) => {
        const kept = ['other', 'otherDte'];
        const named = Object.keys(facilities).filter((key) => !kept.includes(key));
        expect(facilityWords(facilities).length).toBeGreaterThanOrEqual(named.length);
      }),
    );
  });
});
