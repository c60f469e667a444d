/**
 * Every facility as Wireshark's dissector reads it: it has its codes and layouts from elsewhere than we have. It does
 * not know 4C, 4D and D3, and takes an empty list of call durations for the end of the packet.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CaptureFile } from '../../src/observe/index.js';
import { encodePacket, type Facilities } from '../../src/x25/index.js';
import { GOLDEN_FACILITIES } from '../support/golden-facilities.js';
import { hex } from '../support/hex.js';

const version = spawnSync('tshark', ['--version'], { encoding: 'utf8' }).stdout?.split('\n')[0];

const READ: readonly (readonly [Facilities, readonly string[]])[] = [
  [
    { packetSize: { fromCalled: 256, fromCalling: 128 } },
    ['From the called DTE: 256 (8)', 'From the calling DTE: 128 (7)'],
  ],
  [{ windowSize: { fromCalled: 7, fromCalling: 2 } }, ['From the called DTE: 7', 'From the calling DTE: 2']],
  [
    { throughput: { fromCalled: 9600, fromCalling: 4800 } },
    ['= From the called DTE: 9600 bps (10)', '= From the calling DTE: 4800 bps (9)'],
  ],
  [
    { fastSelect: 'restricted', redirectionControl: 'allowed', reverseCharging: true },
    ['Fast select: Restriction on response', 'ICRD: Allowance requested', 'Reverse charging: Requested'],
  ],
  [
    { fastSelect: 'unrestricted', redirectionControl: 'prevented' },
    [
      'Fast select: No restriction on response',
      'ICRD: Prevention requested',
      'Reverse charging: Not requested',
    ],
  ],
  [{ closedUserGroup: '12' }, ['Closed user group: 0x12']],
  [{ closedUserGroup: '0012' }, ['Extended closed user group selection', 'Closed user group: 0x0012']],
  [{ closedUserGroupOutgoing: '07' }, ['with outgoing access selection (0x09)', 'Closed user group: 0x07']],
  [
    { closedUserGroupOutgoing: '1234' },
    ['with outgoing access selection (0x48)', 'Closed user group: 0x1234'],
  ],
  [{ bilateralClosedUserGroup: '0099' }, ['Bilateral CUG: 0x0099']],
  [{ userIdentification: hex('41 42 43') }, ['NUI: 414243']],
  [{ transitNetworks: '2342' }, ['Data network identification code: 0x2342']],
  [
    { transitNetworks: ['2342', '2080'] },
    ['Data network identification code: 0x2342', 'Data network identification code: 0x2080'],
  ],
  [{ chargingRequested: true }, ['Charging information: Requested']],
  [{ charge: hex('01 25') }, ['Monetary unit: 0125']],
  [
    { chargedSegments: [{ toDte: 24, fromDte: 1203 }] },
    ['Segments sent to DTE: 00000024', 'Segments received from DTE: 00001203'],
  ],
  [{ chargedSeconds: [93_784] }, ['Call duration: 1 Day(s) 02:03:04 Hour(s)']],
  [
    { deflectTo: { reason: 0xc0, address: '26245300040' } },
    ['Reason: call DTE originated', 'Alternative DTE address: 26245300040'],
  ],
  [
    { redirectedFrom: { reason: 1, address: '700001' } },
    ['Reason: originally called DTE busy', 'DTE address: 700001'],
  ],
  [{ calledAddressModified: 7 }, ['Called address modified (0x08)', 'Parameter: 0x07']],
  [{ transitDelay: 256 }, ['Transit delay (ms): 256']],
  [
    { callingAddressExtension: { use: 'nsap', digits: '47005' } },
    ['DTE complementary services', 'Calling address extension', 'DTE address: 47005'],
  ],
  [
    { calledAddressExtension: { use: 'other', digits: '12' } },
    ['DTE complementary services', 'Called address extension', 'DTE address: 12'],
  ],
  [
    { minimumThroughput: { fromCalled: 1200, fromCalling: 9600 } },
    ['Minimum throughput class', 'Parameter: 0x7a'],
  ],
  [
    { endToEndDelay: { cumulative: 100, wanted: 256, acceptable: 512 } },
    [
      'Cumulative end-to-end transit delay (ms): 100',
      'Requested end-to-end transit delay (ms): 256',
      'Maximum acceptable end-to-end transit delay (ms): 512',
    ],
  ],
  [
    { priority: [5, 6, 7] },
    ['Priority for data: 5', 'Priority for establishing connection: 6', 'Priority for keeping connection: 7'],
  ],
  [{ expedited: true }, ['Negotiation of express data']],
];

describe.skipIf(version === undefined)(
  version ?? 'tshark is not installed: facilities are not checked',
  () => {
    let directory: string;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'x25mail-'));
    });
    afterAll(() => rm(directory, { recursive: true }));

    test('each facility is read as it was meant', async () => {
      const dissected = await dissect(
        join(directory, 'known.pcapng'),
        READ.map(([facilities]) => facilities),
      );
      const missed = READ.map(([, words], n) =>
        words.filter((each) => dissected[n]?.includes(each) !== true),
      );
      expect(missed).toEqual(READ.map(() => []));
    });

    test('call user data begins where we say, whatever the facilities; nothing is malformed', async () => {
      const all = GOLDEN_FACILITIES.map(([, facilities]) => facilities).filter(
        ({ chargedSeconds }) => chargedSeconds?.length !== 0,
      );
      const dissected = await dissect(join(directory, 'all.pcapng'), all);
      expect(dissected.filter((text) => /malformed/i.test(text) || !text.includes('Data: aabbcc'))).toEqual(
        [],
      );
    });
  },
);

/** What tshark says of a call with each of these; C0 names a protocol to it, the rest is data. */
async function dissect(path: string, sets: readonly Facilities[]): Promise<string[]> {
  const onError = (error: Error): never => {
    throw error;
  };
  const section = { hardware: 'none', application: 'x25mail test' };
  const capture = new CaptureFile(path, { section, onError });
  const call = { type: 'callRequest', channel: 1, confirmDelivery: false, called: '7', calling: '' } as const;
  for (const facilities of sets) {
    const octets = encodePacket({ ...call, facilities, userData: hex('C0 AA BB CC') }, 8);
    const event = { at: 0, wallTime: 0, layer: 'packet', direction: 'sent', octets } as const;
    capture.record({ name: 'psdn0', role: 'dte' }, event);
  }
  await capture.close();
  const { stdout, stderr, status } = spawnSync('tshark', ['-n', '-V', '-r', path], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  const packets = stdout.split(/^Frame \d+:/m).slice(1);
  expect(packets).toHaveLength(sets.length);
  return packets;
}
