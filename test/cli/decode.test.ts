import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DecodeOptions, runDecode } from '../../src/cli/decode.js';
import { concat, toHex } from '../../src/core/index.js';
import { encodeFrame } from '../../src/hdlc/index.js';
import {
  CaptureEncoder,
  OCTET_KINDS,
  sectionHeaderBlock,
  type TracedLink,
  type TraceEvent,
} from '../../src/observe/index.js';
import { hex } from '../support/hex.js';

function decode(
  what: readonly string[],
  options: Partial<DecodeOptions> = {},
): { status: number; output: string; complaints: string[] } {
  let output = '';
  const complaints: string[] = [];
  const status = runDecode(
    what,
    { text: false, json: false, ...options },
    {
      write: (text) => {
        output += text;
      },
      complain: (line) => complaints.push(line),
    },
  );
  return { status, output, complaints };
}

describe('octets', () => {
  test('what they are taken for, in a line, and field by field', () => {
    expect(decode(['10011B0000'])).toEqual({
      status: 0,
      complaints: [],
      output: `Taken as a packet: it begins with the general format identifier of modulo 8. 5 octets.
ch 1 RESET REQUEST: DTE originated (00/00)
  1    general format   modulo 8
  1-2  logical channel  1
  3    packet type      1B RESET REQUEST from the DTE, RESET INDICATION from the DCE
  4    cause            00 DTE originated
  5    diagnostic       00 no additional information

`,
    });
  });

  test.each([
    ['apart', ['01', '3f'], 'SABM P'],
    ['in one argument', ['01 3F'], 'SABM P'],
    ['as other programs write them', ['0x01:0x3f'], 'SABM P'],
    ['with FCS', ['013febdf'], 'SABM P'],
    ['as on the line', ['7e 01 3f eb df 7e'], 'SABM P'],
  ])('%s', (_how, what, words) => {
    expect(decode(what).output).toContain(words);
  });

  test('as on the line, with escapes', () => {
    const framing = { escapeXonXoff: false, fcs: '16', maxFrameOctets: 100 } as const;
    const line = encodeFrame(hex('03 20 10 01 00 7D 7E'), framing, true);
    expect(line.filter((octet) => octet === 0x7d).length).toBeGreaterThan(1);
    expect(decode([toHex(line)]).output).toContain('I ns=0 nr=1 | ch 1 DATA ps=0 pr=0 2 octets');
  });

  test('several, each by itself', () => {
    const { output } = decode(['013f', '100121']);
    expect(output.match(/^Taken as/gm)).toHaveLength(2);
  });

  test('--as and --from', () => {
    expect(decode(['0121'], { as: 'lapb', from: 'dce' }).output).toContain('response from it');
    expect(decode(['03040a100121'], { as: 'lapb128' }).output).toContain('N(S) 2, N(R) 5');
    expect(decode(['100113'], { from: 'dce' }).complaints).toEqual(['at octet 4: packet too short']);
  });

  test('--json', () => {
    const [decoded] = JSON.parse(decode(['100121'], { json: true }).output) as unknown[];
    expect(decoded).toMatchObject({
      octets: 3,
      kind: 'x25',
      explanations: [
        {
          words: 'ch 1 RR pr=1',
          fields: [{ octets: [1, 1], name: 'general format', value: 'modulo 8' }, {}, {}, {}],
        },
      ],
    });
  });
});

describe('what is wrong', () => {
  test.each([
    [
      ['10zz'],
      2,
      '10zz: no such file, and no octets in hexadecimal: found "z" in octet 2; allowed: hexadecimal digits',
    ],
    [['100'], 2, '100: octet 2 has one digit only'],
    [['1001', '10g1'], 2, '10g1: found "g" in octet 2; allowed: hexadecimal digits'],
    [[' '], 2, ' : no octets'],
    [
      ['ff00'],
      1,
      'at octet 1: neither a frame, nor a packet, nor XOT: found ff; to take it for one, give --as lapb, lapb128, x25, xot',
    ],
    [['10010b0212034200ff07'], 1, 'at octet 7: facility parameter not allowed'],
    [['nowhere.pcapng'], 2, expect.stringMatching(/no such file/)],
  ])('%j', (what, status, complaint) => {
    const result = decode(what);
    expect(result.status).toBe(status);
    expect(result.complaints).toEqual([complaint]);
  });
});

test('nothing that is written makes it throw', () => {
  const hexadecimal = fc.uint8Array({ maxLength: 60 }).map((octets) => toHex(octets));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), hexadecimal), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(undefined, ...OCTET_KINDS),
      (what, as) => {
        fc.pre(!what.some((text) => existsSync(text)));
        const { status, complaints } = decode(what, as === undefined ? {} : { as });
        expect(complaints.length > 0).toBe(status !== 0);
      },
    ),
    { numRuns: 500 },
  );
});

describe('a capture', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'x25mail-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const DTE: TracedLink = { name: 'psdn0', role: 'dte', frameModulo: 8 };
  const PASSED: readonly (readonly [number, TraceEvent['direction'], string])[] = [
    [0, 'sent', '01 3F'],
    [10, 'received', '01 73'],
    [20, 'sent', '01 00 10 00 FB 00 00'],
    [30, 'received', '03 20 10 00 FF'],
    [1000, 'sent', '01 22 10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02 C0 F7 00 00'],
    [1500, 'received', '03 42 10 01 0F'],
    [1600, 'received', '03 44 10 01 00 32 32 30 20 68 69 0D 0A'],
    [1650, 'sent', '01 61'],
    [2000, 'sent', '01 64 10 01 13 00 F1'],
    [2100, 'received', '03 66 10 01 17'],
  ];

  function file(extra: Uint8Array = new Uint8Array(0)): string {
    const encoder = new CaptureEncoder();
    const path = join(folder, 'x.pcapng');
    writeFileSync(
      path,
      concat([
        sectionHeaderBlock({ hardware: 'none', application: 'test' }),
        encoder.introduce(DTE) ?? new Uint8Array(0),
        ...PASSED.map(([at, direction, octets]) =>
          encoder.encode(DTE, { at, wallTime: at, layer: 'frame', direction, octets: hex(octets) }),
        ),
        extra,
      ]),
    );
    return path;
  }

  test('what concerns the link, then a ladder for each circuit; what mail says is left out', () => {
    expect(decode([file()])).toEqual({
      status: 0,
      complaints: [],
      output: `Link psdn0, seen by the DTE: 10 frames of modulo 8, 7 packets
  00:00:00.000  dte > SABM P
  00:00:00.010  dce > UA F
  00:00:00.020  dte > RESTART REQUEST: DTE originated (00/00)
  00:00:00.030  dce > RESTART CONFIRMATION

Circuit on channel 1, 1970-01-01 00:00:01Z
    0.000  DTE  -->  DCE  CALL REQUEST to 700001 from 701001, user data C0F70000 (SMTP, RFC 1090), packet size 128/128, window 2/2
    0.500  DTE  <--  DCE  CALL CONNECTED
    0.600  DTE  <--  DCE  DATA 0 8 octets
    1.000  DTE  -->  DCE  CLEAR REQUEST: DTE originated, disconnection, normal (00/F1)
    1.100  DTE  <--  DCE  CLEAR CONFIRMATION
`,
    });
  });

  test('--text shows the dialogue', () => {
    expect(decode([file()], { text: true }).output).toContain('220 hi');
  });

  test('--json', () => {
    expect(JSON.parse(decode([file()], { json: true }).output)).toMatchObject({
      links: [
        {
          link: { name: 'psdn0', role: 'dte' },
          frames: 10,
          packets: 7,
          events: [
            { time: '1970-01-01T00:00:00.000Z', layer: 'frame', direction: 'sent', words: 'dte > SABM P' },
            {},
            {},
            {},
          ],
          calls: [{ channel: 1, events: [{}, {}, {}, {}, { words: 'dce > ch 1 CLEAR CONFIRMATION' }] }],
        },
      ],
      others: 0,
    });
  });

  test('that is cut short: what there is, and where it ends', () => {
    const { status, output, complaints } = decode([file(hex('06000000 40000000'))]);
    expect(status).toBe(1);
    expect(output).toContain('CLEAR CONFIRMATION');
    expect(complaints).toEqual([expect.stringMatching(/at octet \d+: the block is cut short$/)]);
  });

  test('a file that is none', () => {
    const path = join(folder, 'x');
    writeFileSync(path, 'hello');
    expect(decode([path])).toEqual({
      status: 1,
      output: '',
      complaints: [`${path}: at octet 1: neither pcapng nor pcap`],
    });
    writeFileSync(path, sectionHeaderBlock({ hardware: 'none', application: 'test' }));
    expect(decode([path])).toEqual({ status: 0, output: 'The capture is empty.\n', complaints: [] });
    expect(decode([folder]).complaints).toEqual([expect.stringMatching(/can't be read/)]);
  });
});
