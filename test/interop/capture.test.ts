/**
 * Our captures as Wireshark's dissectors read them. Golden octets are those of X.25 appendix I, RFC 1613 traffic between
 * other implementations, and packets laid out by hand.
 *
 * Known of tshark 4.0: it takes P(S) and P(R) of modulo-128 DATA packets for each other; it calls a CLEAR REQUEST without
 * diagnostic malformed, though X.25 lets a DTE leave the octet out; it takes the octet behind a facility code FF, which
 * is an extended code, for a length; and it reads numbered frames of modulo 128 as if they were of modulo 8, so that our
 * captures hold them as plain data.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../src/circuit/index.js';
import { CaptureFile, type TracedLink } from '../../src/observe/index.js';
import { encodePacket, type Facilities, type Modulo, type Packet } from '../../src/x25/index.js';
import { facilityArbitraries } from '../support/facility-arbitraries.js';
import { hex } from '../support/hex.js';
import { packetArbitrary } from '../support/packet-arbitraries.js';

const version = spawnSync('tshark', ['--version'], { encoding: 'utf8' }).stdout?.split('\n')[0];
const DTE: TracedLink = { name: 'psdn0', role: 'dte' };
const DCE: TracedLink = { name: 'local0', role: 'dce' };
const XOT: TracedLink = { name: 'wan', role: 'either' };
const START = Date.UTC(1990, 0, 1);

/** Link, direction, octets, what tshark must make of them. */
type Row = readonly [TracedLink, TraceEvent['direction'], string, string];

const FRAMES: readonly Row[] = [
  [DTE, 'sent', '01 3F', 'DTE DCE U P, func=SABM'],
  [DTE, 'received', '01 73', 'DCE DTE U F, func=UA'],
  [DCE, 'sent', '03 3F', 'DCE DTE U P, func=SABM'],
  [DCE, 'received', '03 73', 'DTE DCE U F, func=UA'],
  [DCE, 'sent', '03 7F', 'DCE DTE U P, func=SABME'],
  [DTE, 'received', '01 1F', 'DCE DTE U F, func=DM'],
  [DTE, 'sent', '01 53', 'DTE DCE U P, func=DISC'],
  [DTE, 'sent', '03 97 10 02 01', 'DTE DCE U F, func=FRMR'],
  [DTE, 'received', '03 01', 'DCE DTE S, func=RR, N(R)=0'],
  [DTE, 'sent', '01 A5', 'DTE DCE S, func=RNR, N(R)=5'],
  [DTE, 'sent', '03 59', 'DTE DCE S F, func=REJ, N(R)=2'],
  [DTE, 'sent', '01 00 10 00 FB 00 00', 'DTE DCE Restart req. DTE Originated - Diag.:0'],
  [DTE, 'received', '03 20 10 00 FF', 'DCE DTE Restart conf.'],
];

const DTE_128: TracedLink = { name: 'psdn128', role: 'dte', frameModulo: 128 };
const FRAMES_OF_128: readonly Row[] = [
  [DTE_128, 'sent', '01 7F', 'DTE DCE U P, func=SABME'],
  [DTE_128, 'received', '01 73', 'DCE DTE U F, func=UA'],
  [DTE_128, 'sent', '01 00 00 10 00 FB 00 00', ''],
  [DTE_128, 'received', '01 01 02', ''],
  [DTE_128, 'sent', '03 97 10 00 02 00 01', 'DTE DCE U F, func=FRMR'],
];

const CALL = '10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02';
const PACKETS: readonly Row[] = [
  [DTE, 'sent', `${CALL} C0 F7 00 00`, '701001 700001 Inc. call/Call req. VC:1'],
  [DTE, 'received', '10 01 0F 00 06 42 07 07 43 02 02', 'Call conn./Call acc. VC:1'],
  [DTE, 'sent', '10 01 00 48 45 4C 4F 20 6F 6E 65 0D', 'Data VC:1 P(S):0 P(R):0'],
  [DTE, 'received', '10 01 21', 'RR VC:1 P(R):1'],
  [DTE, 'received', '10 01 20 32 35 30 20 68 69 0D', 'Data VC:1 P(S):0 P(R):1'],
  [DTE, 'sent', '10 01 B6 48 49', 'Data VC:1 P(S):3 P(R):5  M'],
  [DTE, 'sent', '50 01 00 48 45', 'Data VC:1 P(S):0 P(R):0'],
  [DTE, 'sent', '90 01 00 02 01 00', 'Data VC:1 P(S):0 P(R):0'],
  [DTE, 'sent', '10 01 45', 'RNR VC:1 P(R):2'],
  [DTE, 'sent', '10 01 49', 'REJ VC:1 P(R):2'],
  [DTE, 'sent', '10 01 23 03', 'Interrupt VC:1'],
  [DTE, 'received', '10 01 27', 'Interrupt Conf. VC:1'],
  [DTE, 'received', '10 01 1B 05 00', 'Reset ind./Reset req. VC:1 Local Procedure Error - Diag.:0'],
  [DTE, 'sent', '10 01 1F', 'Reset conf. VC:1'],
  [DTE, 'sent', '10 01 13 00 F1', 'Clear ind./Clear req. VC:1 DTE Originated - Disconnection - normal'],
  [DTE, 'received', '10 01 17', 'Clear Conf. VC:1'],
  [
    DTE,
    'received',
    '10 02 13 05 00 00 00',
    'Clear ind./Clear req. VC:2 Network Congestion - No additional information',
  ],
  [DTE, 'sent', '10 00 FB 00 00', 'Restart ind./Restart req. DTE Originated - Diag.:0'],
  [DTE, 'received', '10 00 FF', 'Restart conf.'],
  [DTE, 'received', '10 00 F1 21 10 01 23', 'Diag. 33'],
  [DTE, 'sent', '10 00 F3 00 00', 'Registration req.'],
  [DTE, 'received', '10 00 F7 7F 00 00 00', 'Registration conf.'],
  [
    XOT,
    'sent',
    '10 01 0B 06 70 00 01 0E 01 81 03 12 42 08 08 43 07 07 C6 02 41 42 C0 F7 00 00',
    '700001 Inc. call/Call req. VC:1',
  ],
  [XOT, 'sent', '20 01 01 0A', 'RR VC:1 P(R):5'],
  [XOT, 'received', '20 01 05 0A', 'RNR VC:1 P(R):5'],
];

describe.skipIf(version === undefined)(version ?? 'tshark is not installed: captures are not checked', () => {
  let directory: string;
  let frames: readonly Dissected[];
  let packets: readonly Dissected[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'x25mail-'));
    frames = await dissect(join(directory, 'frames.pcapng'), 'frame', FRAMES);
    packets = await dissect(join(directory, 'packets.pcapng'), 'packet', PACKETS);
  });
  afterAll(() => rm(directory, { recursive: true }));

  test('every frame is decoded, from the side that sent it', () => {
    expect(frames.map(({ summary }) => summary)).toEqual(FRAMES.map(([, , , summary]) => summary));
  });

  test('every packet is decoded', () => {
    expect(packets.map(({ summary }) => summary)).toEqual(PACKETS.map(([, , , summary]) => summary));
  });

  test('nothing is malformed', () => {
    expect([...frames, ...packets].filter(({ malformed }) => malformed)).toEqual([]);
  });

  test('what tshark calls malformed would be seen here', async () => {
    const shortClear: Row = [XOT, 'received', '10 01 13 01', '[Malformed Packet]'];
    const [packet] = await dissect(join(directory, 'short-clear.pcapng'), 'packet', [shortClear]);
    expect(packet).toMatchObject({ malformed: true });
  });

  test('frames of modulo 128: U frames are decoded, numbered ones are there, and nothing is malformed', async () => {
    const found = await dissect(join(directory, 'frames-128.pcapng'), 'frame', FRAMES_OF_128);
    expect(found.map(({ summary }) => summary)).toEqual(FRAMES_OF_128.map(([, , , summary]) => summary));
    expect(found.filter(({ malformed }) => malformed)).toEqual([]);
    expect(found[2]?.data).toBe('01000010 00fb0000'.replace(' ', ''));
    expect(found[2]?.comment).toBe('number 2');
  });

  test('what numbered frames of modulo 128 would be to its LAPB', async () => {
    const asModulo8 = FRAMES_OF_128.map(([, ...rest]): Row => [DTE, ...rest]);
    const [, , restart] = await dissect(join(directory, 'as-8.pcapng'), 'frame', asModulo8);
    expect(restart?.summary).not.toContain('Restart');
  });

  test('modulo 128 DATA: P(S) 3 and P(R) 5, the other way round', async () => {
    const row: Row = [DTE, 'sent', '20 01 06 0B 41', ''];
    const [data] = await dissect(join(directory, 'data-128.pcapng'), 'packet', [row]);
    expect(data?.summary).toBe('Data VC:1 P(S):5 P(R):3  M');
  });

  test.each([8, 128] as const)('every facility, in modulo %i', async (modulo) => {
    const rows = facilityCalls(modulo);
    const found = await dissect(join(directory, `facilities-${modulo}.pcapng`), 'packet', rows);
    expect(found.flatMap(({ malformed }, n) => (malformed ? [rows[n]?.[2]] : []))).toEqual([]);
    expect(found.map(({ summary }) => summary)).toEqual(rows.map(([, , , summary]) => summary));
    expect(rows.length).toBeGreaterThan(150);
  });

  test.each([8, 128] as const)('400 packets of every type, in modulo %i', async (modulo) => {
    const packets = fc
      .sample(packetArbitrary(modulo), { numRuns: 400, seed: SEED })
      .map((packet) => ('facilities' in packet ? withoutUnknownFacilities(packet) : packet));
    const rows = packets.map((packet): Row => [DTE, 'sent', encoded(packet, modulo), NAMES[packet.type]]);
    const found = await dissect(join(directory, `packets-${modulo}.pcapng`), 'packet', rows);
    expect(found.filter(({ malformed }) => malformed)).toEqual([]);
    for (const [n, { summary }] of found.entries()) expect(summary).toContain(rows[n]?.[3]);
    expect(new Set(packets.map(({ type }) => type)).size).toBe(Object.keys(NAMES).length);
  });

  test('link, time, direction and comment are there', () => {
    expect(packets.map(({ link }) => link)).toEqual(PACKETS.map(([link]) => link.name));
    expect(packets.map(({ direction }) => direction)).toEqual(
      PACKETS.map(([, direction]) => (direction === 'sent' ? '0x00000002' : '0x00000001')),
    );
    expect(frames.map(({ time }) => Number(time))).toEqual(
      FRAMES.map((_row, n) => (START + 250.5 * n) / 1000),
    );
    expect(frames[2]?.comment).toBe('number 2');
  });

  test('the section says who made it and the interfaces what they are', () => {
    const { stdout } = spawnSync('capinfos', [join(directory, 'frames.pcapng')], { encoding: 'utf8' });
    expect(stdout).toMatch(/Capture application:\s+x25mail test/);
    expect(stdout).toMatch(/Name = local0/);
    expect(stdout).toMatch(/Description = X\.25 link, we are the DCE/);
  });
});

const SEED = 1976;

/** What tshark calls them. */
const NAMES: Readonly<Record<Packet['type'], string>> = {
  callRequest: 'Inc. call/Call req.',
  callAccepted: 'Call conn./Call acc.',
  clearRequest: 'Clear ind./Clear req.',
  clearConfirmation: 'Clear Conf.',
  data: 'Data VC:',
  rr: 'RR VC:',
  rnr: 'RNR VC:',
  rej: 'REJ VC:',
  interrupt: 'Interrupt VC:',
  interruptConfirmation: 'Interrupt Conf.',
  resetRequest: 'Reset ind./Reset req.',
  resetConfirmation: 'Reset conf.',
  restartRequest: 'Restart ind./Restart req.',
  restartConfirmation: 'Restart conf.',
  diagnostic: 'Diag.',
};

function encoded(packet: Packet, modulo: Modulo): string {
  return Buffer.from(encodePacket(packet, modulo)).toString('hex');
}

function withoutUnknownFacilities<Sent extends Packet & { readonly facilities: Facilities }>(
  packet: Sent,
): Sent {
  const { other: _, otherDte: __, ...facilities } = packet.facilities;
  return { ...packet, facilities };
}

/** Calls that have one facility each, several values of every one. */
function facilityCalls(modulo: Modulo): Row[] {
  const { other: _, otherDte: __, ...known } = facilityArbitraries(modulo);
  const sets: Facilities[] = Object.entries(known).flatMap(([name, values]) =>
    fc
      .sample<unknown>(values as fc.Arbitrary<unknown>, { numRuns: 10, seed: SEED })
      .map((value) => ({ [name]: value }) as Facilities),
  );
  // Of no known code, of each class; of the network, of the DTEs.
  const unknown = hex('05 01 7F 01 02 81 01 02 03 F6 02 01 02');
  sets.push(
    { other: unknown },
    { other: hex('00 00 42 01 02') },
    { other: hex('00 FF 05 01') },
    { otherDte: unknown },
  );
  const call = {
    type: 'callRequest',
    channel: 1,
    called: '700001',
    calling: '',
    confirmDelivery: false,
  } as const;
  const userData = hex('C0 F7 00 00');
  return sets.map((facilities): Row => {
    const octets = encoded({ ...call, facilities, userData }, modulo);
    return [DTE, 'sent', octets, '700001 Inc. call/Call req. VC:1'];
  });
}

interface Dissected {
  readonly link: string;
  readonly time: string;
  readonly direction: string;
  readonly comment: string;
  readonly summary: string;
  readonly malformed: boolean;
  /** Octets that no dissector has read. */
  readonly data: string;
}

async function dissect(path: string, layer: TraceEvent['layer'], rows: readonly Row[]): Promise<Dissected[]> {
  const onError = (error: Error): never => {
    throw error;
  };
  const capture = new CaptureFile(path, {
    section: { hardware: 'none', application: 'x25mail test' },
    onError,
  });
  for (const [n, [link, direction, octets]] of rows.entries()) {
    const at = 250.5 * n;
    capture.record(link, { at, wallTime: START + at, layer, direction, octets: hex(octets) }, `number ${n}`);
  }
  await capture.close();
  const fields = [
    ...['frame.interface_name', 'frame.time_epoch', 'frame.packet_flags', 'frame.comment'],
    ...['_ws.col.Source', '_ws.col.Destination', '_ws.col.Info', '_ws.malformed', 'data.data'],
  ];
  const { stdout, stderr, status } = spawnSync(
    'tshark',
    ['-n', '-r', path, '-T', 'fields', '-E', 'separator=|', ...fields.flatMap((field) => ['-e', field])],
    { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } },
  );
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [link, time, direction, comment, source, destination, info, malformed, data] = line.split('|');
      return {
        link: link ?? '',
        time: time ?? '',
        direction: direction ?? '',
        comment: comment ?? '',
        summary: [source, destination, info?.trimEnd()].filter((part) => part !== '').join(' '),
        malformed: malformed !== '',
        data: data ?? '',
      };
    });
}
