import { beforeEach, describe, expect, test } from 'vitest';
import { JoinedStream, memoryCircuits } from '../../src/circuit/index.js';
import { type CloseReason, fromAscii, type StreamEnd, VirtualClock } from '../../src/core/index.js';
import { hex } from '../support/hex.js';
import { CallWatch, RecordedEnd, type Recorder } from './recorder.js';

/** The user of a stream that writes down what it hears. */
class Reader {
  readonly octets: number[] = [];
  readonly chunks: number[] = [];
  readonly ends: StreamEnd[] = [];
  readies = 0;

  constructor(stream: JoinedStream, { consumes = true } = {}) {
    stream.setReceiver({
      octets: (octets) => {
        this.octets.push(...octets);
        this.chunks.push(octets.length);
        if (consumes) stream.consumed(octets.length);
      },
      ready: () => {
        this.readies++;
      },
      ended: (end) => this.ends.push(end),
    });
  }
}

let clock: VirtualClock;
let b: RecordedEnd;
/** The stream's end is the caller; the other end is bare packets. */
let stream: JoinedStream;
let peer: Recorder;

beforeEach(() => {
  clock = new VirtualClock();
  const pair = memoryCircuits({ clock, delayMs: 10 });
  b = new RecordedEnd(pair.b, new CallWatch());
  b.listen();
  stream = new JoinedStream(pair.a.place({ called: '1', userData: hex('c0 f7 00 00') }), clock);
  clock.runFor(100);
  const [accepted] = b.accepted;
  if (accepted === undefined) throw new Error('not accepted');
  peer = accepted;
});

const lengths = (): number[] => peer.sequences.map(({ octets }) => octets.length);
const zeros = (length: number): Uint8Array => new Uint8Array(length);

describe('writing', () => {
  test('a command is one sequence', () => {
    stream.write(fromAscii('MAIL FROM:<a@b>\r\n'), true);
    clock.runFor(100);
    expect(peer.sequences.map(({ octets }) => octets)).toEqual([fromAscii('MAIL FROM:<a@b>\r\n')]);
  });

  test('what belongs together is one sequence, however often it was written', () => {
    for (let i = 0; i < 10; i++) stream.write(zeros(100), i === 9);
    clock.runFor(1000);
    expect(lengths()).toEqual([1000]);
  });

  test.each([
    [[2048], [2048]],
    [[2049], [2048, 1]],
    [[5000], [2048, 2048, 904]],
    [[4096], [2048, 2048]],
    [[2048, 0], [2048]],
    [[0], []],
  ])('%j octets are sequences of %j', (writes, sequences) => {
    writes.forEach((length, i) => {
      stream.write(zeros(length), i === writes.length - 1);
    });
    clock.runFor(60_000);
    expect(lengths()).toEqual(sequences);
  });

  test('data goes out in full sequences while it lasts', () => {
    stream.write(zeros(5000), false);
    clock.runFor(60_000);
    expect(lengths()).toEqual([2048, 2048]);
    stream.write(zeros(100), true);
    clock.runFor(60_000);
    expect(lengths()).toEqual([2048, 2048, 1004]);
  });

  test('a peer that does not read makes the writer wait, then go on', () => {
    const reader = new Reader(stream);
    peer.consumes = false;
    expect(stream.write(zeros(100), true)).toBe(true);
    let room = true;
    for (let i = 0; i < 20 && room; i++) room = stream.write(zeros(2048), false);
    expect(room).toBe(false);
    clock.runFor(60_000);
    expect(reader.readies).toBe(0);
    // Also a write that has to wait for a full sequence tells that there is no room.
    expect(stream.write(zeros(1), false)).toBe(false);
    peer.consumes = true;
    peer.consumed(peer.octets.length);
    clock.runFor(60_000);
    expect(reader.readies).toBe(1);
  });
});

describe('reading', () => {
  test('octets come as sequences, without packet limits', () => {
    const reader = new Reader(stream);
    peer.send({ octets: zeros(500) });
    clock.runFor(1000);
    expect(reader.chunks).toEqual([500]);
  });

  test('a sequence that is not continued is passed on after a second', () => {
    const reader = new Reader(stream);
    peer.send({ octets: zeros(128), more: true });
    clock.runFor(1000);
    expect(reader.chunks).toEqual([]);
    clock.runFor(20);
    expect(reader.chunks).toEqual([128]);
    expect(stream.count('passedAfterPause')).toBe(1);
  });

  test('what is not consumed stops the other end after 2048 octets and its window', () => {
    const reader = new Reader(stream, { consumes: false });
    peer.send({ octets: zeros(20_000) });
    clock.runFor(60_000);
    expect(peer.delivered).toBe(2048);
    expect(reader.octets).toHaveLength(2048 + 2 * 128);
    stream.consumed(reader.octets.length);
    clock.runFor(60_000);
    expect(peer.delivered).toBe(2 * 2048 + 2 * 128);
  });

  test('interrupts are confirmed, counted, and otherwise nothing (RFC 1090 §5)', () => {
    const reader = new Reader(stream);
    peer.interrupt(hex('01'));
    clock.runFor(100);
    expect(peer.count('interruptConfirmed')).toBe(1);
    expect(stream.count('interruptsIgnored')).toBe(1);
    expect(reader.octets).toEqual([]);
  });

  test('Q-bit data does not reach the reader, nor does it close the window', () => {
    const reader = new Reader(stream);
    peer.send({ octets: zeros(5000), qualified: true });
    peer.send({ octets: hex('01') });
    clock.runFor(10_000);
    expect(reader.octets).toEqual([1]);
    expect(stream.count('qualifiedOctetsDropped')).toBe(5000);
  });

  test('what comes before there is a reader waits for one', () => {
    peer.send({ octets: hex('01 02') });
    peer.clear({ cause: 0, diagnostic: 0xf1 });
    clock.runFor(100);
    const reader = new Reader(stream);
    expect(reader.octets).toEqual([]); // not within setReceiver
    clock.runFor(0);
    expect(reader.octets).toEqual([1, 2]);
    expect(reader.ends).toHaveLength(1);
  });
});

describe('the end', () => {
  test.each([
    ['sessionOver', 0xf1],
    ['shuttingDown', 0xa2],
    ['noResources', 0xa3],
    ['protocolError', 0xf2],
    ['timeout', 0xf2],
  ] as const)('%s is told to the other end as %i', (why: CloseReason, diagnostic) => {
    stream.abort(why);
    clock.runFor(100);
    expect(peer.ending).toMatchObject({ by: 'peer', cause: 0x00, diagnostic });
  });

  test('close clears; the reader hears it once, and nothing else', () => {
    const reader = new Reader(stream);
    peer.send({ octets: zeros(100) });
    stream.close();
    stream.close();
    expect(reader.ends).toEqual([]);
    clock.runFor(100);
    expect(peer.ending.diagnostic).toBe(0xf1);
    expect(reader.ends).toEqual([{ inOrder: true, reason: 'cleared by us: disconnection, normal (00/F1)' }]);
    expect(reader.octets).toEqual([]);
    expect(stream.write(zeros(10), true)).toBe(true);
    stream.consumed(0);
  });

  test('a clear from there tells its reason, after all that had come', () => {
    const reader = new Reader(stream);
    peer.send({ octets: zeros(128), more: true });
    clock.runFor(100);
    peer.clear({ cause: 0x05, diagnostic: 0 });
    clock.runFor(100);
    expect(reader.chunks).toEqual([128]);
    expect(reader.ends).toEqual([
      { inOrder: false, reason: 'cleared by the network: network congestion (05/00)' },
    ]);
  });

  test('a reset is the end of the stream, for nobody knows what is missing', () => {
    const reader = new Reader(stream);
    peer.send({ octets: zeros(128), more: true });
    clock.runFor(100);
    peer.reset(0x00, 0xfa);
    clock.runFor(100);
    expect(reader.chunks).toEqual([128]);
    expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf2 });
    expect(reader.ends).toHaveLength(1);
  });
});
