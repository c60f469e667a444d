import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/core/index.js';
import { encodeFrame, type Fcs, FrameDecoder, type FramingOptions } from '../../src/hdlc/index.js';
import { hex } from '../support/hex.js';

const PLAIN: FramingOptions = { fcs: '16', escapeXonXoff: false, maxFrameOctets: 261 };
const XON_XOFF: FramingOptions = { fcs: '16', escapeXonXoff: true, maxFrameOctets: 261 };

const WITHOUT_FCS: FramingOptions = { fcs: 'none', escapeXonXoff: false, maxFrameOctets: 261 };

/** The frames found in the pieces, as hexadecimal, and what was counted besides. */
function decode(pieces: readonly Uint8Array[], options = PLAIN) {
  const frames: string[] = [];
  const decoder = new FrameDecoder(options, (frame) => frames.push(toHex(frame, ' ')));
  for (const piece of pieces) decoder.push(piece);
  const { framesReceived, lineOctetsReceived, ...dropped } = decoder.counters.snapshot();
  expect(framesReceived ?? 0).toBe(frames.length);
  expect(lineOctetsReceived).toBe(pieces.reduce((sum, piece) => sum + piece.length, 0));
  return { frames, dropped };
}

// The first four are printed in X.25, Appendix I.
describe.each([
  ['SABM to A', '03 3F', '5B EC'],
  ['UA from B', '01 73', '83 57'],
  ['SABM to B', '01 3F', 'EB DF'],
  ['UA from A', '03 73', '33 64'],
  ['DISC to A', '03 53', '31 45'],
  ['DISC to B', '01 53', '81 76'],
  ['DM from B', '01 1F', 'E9 FE'],
  ['RR to A', '03 01', 'A6 34'],
  ['SABME to A', '03 7F', '5F AE'],
])('%s', (_name, frame, fcs) => {
  test('goes out between flags, with its FCS', () => {
    expect(toHex(encodeFrame(hex(frame), PLAIN, true), ' ')).toBe(`7E ${frame} ${fcs} 7E`);
  });

  test('is found between flags', () => {
    expect(decode([hex(`7E ${frame} ${fcs} 7E`)])).toEqual({ frames: [frame], dropped: {} });
  });
});

describe('encodeFrame', () => {
  test('leaves out the opening flag where the closing flag before serves for both', () => {
    expect(toHex(encodeFrame(hex('03 3F'), PLAIN, false), ' ')).toBe('03 3F 5B EC 7E');
  });

  test('escapes flags and escapes, and nothing else', () => {
    expect(toHex(encodeFrame(hex('03 00 7E 7D 11 13 91 93 5E 5D'), PLAIN, true), ' ')).toMatch(
      /^7E 03 00 7D 5E 7D 5D 11 13 91 93 5E 5D .. .. 7E$/,
    );
  });

  test('escapes XON and XOFF where the line eats them', () => {
    expect(toHex(encodeFrame(hex('03 00 7E 7D 11 13 91 93'), XON_XOFF, true), ' ')).toMatch(
      /^7E 03 00 7D 5E 7D 5D 7D 31 7D 33 91 93 .. .. 7E$/,
    );
  });

  test.each([
    ['low', -4],
    ['high', -3],
  ])('escapes the %s octet of the FCS like the rest', (_which, escapeAt) => {
    const frame = findFrame((line) => line.at(escapeAt) === 0x7d);
    expect(decode([encodeFrame(frame, PLAIN, true)]).frames).toEqual([toHex(frame, ' ')]);
  });

  test.each([0, 1, 262])('refuses a frame of %d octets', (length) => {
    expect(() => encodeFrame(new Uint8Array(length), PLAIN, true)).toThrow(RangeError);
  });
});

/** Some frame of four octets whose octets on the line satisfy the condition. */
function findFrame(condition: (line: Uint8Array) => boolean): Uint8Array {
  for (let i = 0; i < 0x10000; i++) {
    const frame = Uint8Array.of(0x03, 0x00, i & 0xff, i >> 8);
    if (condition(encodeFrame(frame, PLAIN, false))) return frame;
  }
  throw new Error('no such frame');
}

describe('without FCS', () => {
  test('a frame goes out between flags as it is', () => {
    expect(toHex(encodeFrame(hex('03 3F'), WITHOUT_FCS, true), ' ')).toBe('7E 03 3F 7E');
    expect(toHex(encodeFrame(hex('03 00 7E 7D'), WITHOUT_FCS, false), ' ')).toBe('03 00 7D 5E 7D 5D 7E');
  });

  test.each([
    ['two octets are the shortest frame', '7E 03 3F 7E 03 7E', ['03 3F'], { tooShort: 1 }],
    ['what has an FCS is taken with it', '7E 03 3F 5B EC 7E', ['03 3F 5B EC'], {}],
    ['what is damaged is not known', '7E 03 3E 7E', ['03 3E'], {}],
    ['a frame can be aborted', '7E 03 3F 7D 7E 01 73 7E', ['01 73'], { aborted: 1 }],
  ])('%s', (_why, octets, frames, dropped) => {
    expect(decode([hex(octets)], WITHOUT_FCS)).toEqual({ frames, dropped });
  });

  test('the longest frame is as long', () => {
    const longest = new Uint8Array(261).fill(7);
    expect(decode([encodeFrame(longest, WITHOUT_FCS, true)], WITHOUT_FCS).frames).toHaveLength(1);
    const line = encodeFrame(new Uint8Array(262), { ...WITHOUT_FCS, maxFrameOctets: 1000 }, true);
    expect(decode([line], WITHOUT_FCS)).toEqual({ frames: [], dropped: { tooLong: 1 } });
  });
});

describe('FrameDecoder', () => {
  test.each([
    ['one flag closes a frame and opens the next', '7E 03 3F 5B EC 7E 01 73 83 57 7E', ['03 3F', '01 73']],
    ['flags fill the time', '7E 7E 7E 03 3F 5B EC 7E 7E 7E 01 73 83 57 7E 7E', ['03 3F', '01 73']],
    ['the octets before the first flag are not a frame', '03 3F 5B EC 7E 01 73 83 57 7E', ['01 73']],
    ['escapes are undone wherever they stand', '7E 7D 23 7D 1F 5B 7D CC 7E', ['03 3F']],
    ['XON and XOFF may come escaped', '7E 01 7D 31 97 17 7E', ['01 11']],
    ['no end, no frame', '7E 03 3F 5B EC', []],
  ])('%s', (_why, octets, frames) => {
    expect(decode([hex(octets)])).toEqual({ frames, dropped: {} });
  });

  test.each([
    ['a wrong FCS', '03 3F 5B ED', { badFcs: 1 }],
    ['a frame of one octet with FCS', '03 3F 5B', { tooShort: 1 }],
    ['a single octet', 'FF', { tooShort: 1 }],
    ['an abort', '03 3F 5B EC 7D', { aborted: 1 }],
    ['an abort at once', '7D', { aborted: 1 }],
  ])('%s is dropped and counted; the next frame is not', (_why, octets, dropped) => {
    expect(decode([hex(`7E ${octets} 7E 01 73 83 57 7E`)])).toEqual({ frames: ['01 73'], dropped });
  });

  test('takes the longest frame and drops a longer one, however long, once', () => {
    const longest = new Uint8Array(261).fill(7);
    const roomy = { ...PLAIN, maxFrameOctets: 100_000 };
    expect(decode([encodeFrame(longest, PLAIN, true)]).frames).toEqual([toHex(longest, ' ')]);
    for (const length of [262, 263, 264, 99_999]) {
      const line = [encodeFrame(new Uint8Array(length), roomy, true), hex('01 73 83 57 7E')];
      expect(decode(line)).toEqual({ frames: ['01 73'], dropped: { tooLong: 1 } });
    }
  });

  test('drops bare XON and XOFF where modems put them in', () => {
    expect(decode([hex('7E 13 03 11 7D 13 1F 5B EC 11 7E')], XON_XOFF)).toEqual({
      frames: ['03 3F'],
      dropped: { flowControlDropped: 4 },
    });
  });

  test('forgets the frame under way on reset', () => {
    const frames: string[] = [];
    const decoder = new FrameDecoder(PLAIN, (frame) => frames.push(toHex(frame, ' ')));
    decoder.push(hex('7E 03 3F'));
    decoder.reset();
    decoder.push(hex('5B EC 7E 01 73 83 57 7E'));
    expect(frames).toEqual(['01 73']);
  });

  test('a frame handed out stays as it is', () => {
    const frames: Uint8Array[] = [];
    const decoder = new FrameDecoder(PLAIN, (frame) => frames.push(frame));
    for (let i = 0; i < 1000; i++) decoder.push(encodeFrame(Uint8Array.of(3, i & 0xff, i >> 8), PLAIN, true));
    expect(frames.map((frame) => (frame[1] ?? 0) | ((frame[2] ?? 0) << 8))).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    );
  });
});

const options = fc.record({
  fcs: fc.constantFrom<Fcs>('16', 'none'),
  escapeXonXoff: fc.boolean(),
  maxFrameOctets: fc.constant(40),
});
/** Octets that framing cares about are as likely as all others together. */
const octet = fc.oneof(fc.constantFrom(0x7e, 0x7d, 0x5e, 0x5d, 0x11, 0x13, 0x31, 0x33), fc.nat(255));
const octets = (bounds: { minLength: number; maxLength: number }) =>
  fc.array(octet, bounds).map((values) => Uint8Array.from(values));

/** The octets cut into pieces of the lengths given, the rest in one. */
function cut(line: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const length of [...lengths, line.length]) {
    pieces.push(line.subarray(at, at + length));
    at = Math.min(at + length, line.length);
  }
  return pieces;
}

describe('properties', () => {
  test('decoding undoes encoding, however the octets are cut', () => {
    const frames = fc.array(octets({ minLength: 2, maxLength: 40 }), { maxLength: 4 });
    fc.assert(
      fc.property(frames, options, fc.array(fc.nat(20)), (sent, framing, lengths) => {
        const line = Buffer.concat(sent.map((frame, i) => encodeFrame(frame, framing, i === 0)));
        expect(decode(cut(line, lengths), framing)).toEqual({
          frames: sent.map((frame) => toHex(frame, ' ')),
          dropped: {},
        });
      }),
    );
  });

  test('any octets give the same frames and counts, however they are cut', () => {
    fc.assert(
      fc.property(
        octets({ minLength: 0, maxLength: 200 }),
        options,
        fc.array(fc.nat(20)),
        (line, framing, lengths) => {
          expect(decode(cut(line, lengths), framing)).toEqual(decode([line], framing));
        },
      ),
    );
  });

  test('what goes over the line holds no bare flag, escape, XON or XOFF', () => {
    fc.assert(
      fc.property(octets({ minLength: 2, maxLength: 40 }), (frame) => {
        const inside = encodeFrame(frame, XON_XOFF, false).subarray(0, -1);
        const bare = inside.filter(
          (value, i) => [0x7e, 0x11, 0x13].includes(value) || inside[i - 1] === 0x7d,
        );
        // An escape is always followed by an octet with its bit 6 turned, which is none of the four.
        expect([...bare].every((value) => [0x5e, 0x5d, 0x31, 0x33].includes(value))).toBe(true);
      }),
    );
  });

  test('damage of up to 16 bits in a row never passes as another frame', () => {
    fc.assert(
      fc.property(
        octets({ minLength: 2, maxLength: 40 }),
        fc.nat(),
        fc.integer({ min: 1, max: 0xffff }),
        (frame, where, pattern) => {
          const line = encodeFrame(frame, PLAIN, true);
          const at = 1 + (where % (line.length - 3));
          const damaged = line.slice();
          damaged[at] = (line[at] ?? 0) ^ (pattern & 0xff);
          damaged[at + 1] = (line[at + 1] ?? 0) ^ (pattern >> 8);
          // Damage that makes or breaks a flag or an escape moves octets: it is no burst any more.
          fc.pre(
            [line, damaged].every(
              (o) => ![o[at - 1], o[at], o[at + 1]].some((v) => v === 0x7e || v === 0x7d),
            ),
          );
          expect(decode([damaged])).toEqual({ frames: [], dropped: { badFcs: 1 } });
        },
      ),
    );
  });
});
