import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Channel, DataPiece } from '../../src/x25/index.js';
import { LayerPair } from '../support/layer-pair.js';

const sequence = fc.record({
  pieces: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 }),
  qualified: fc.boolean(),
});
const size = fc.integer({ min: 4, max: 9 }).map((log2) => 1 << log2);
const window = fc.integer({ min: 1, max: 7 });
const way = fc.record({ sequences: fc.array(sequence, { maxLength: 6 }), size, window });

interface Way {
  readonly sequences: readonly { readonly pieces: readonly Uint8Array[]; readonly qualified: boolean }[];
  readonly size: number;
  readonly window: number;
}

/** Sends sequences piece by piece, with time between some of them. */
function feed(pair: LayerPair, channel: Channel, { sequences }: Way, pauses: readonly number[]): void {
  let at = pair.now;
  let index = 0;
  for (const { pieces, qualified } of sequences)
    pieces.forEach((octets, i) => {
      const piece = { octets, more: i < pieces.length - 1, qualified };
      at += pauses[index++ % pauses.length] ?? 0;
      pair.clock.wake(at, () => {
        channel.send(piece, pair.now);
        pair.pump();
      });
    });
}

/** Collects sequences, and uses octets up in lots of its own, later. */
class Collector {
  readonly sequences: { octets: number[]; qualified: boolean }[] = [];
  #open: number[] = [];
  #unused = 0;
  #index = 0;
  readonly #lots: readonly number[];
  readonly #use: (octets: number) => void;

  constructor(lots: readonly number[], use: (octets: number) => void) {
    this.#lots = lots;
    this.#use = use;
  }

  data(piece: Required<DataPiece>): void {
    this.#open.push(...piece.octets);
    this.#unused += piece.octets.length;
    if (piece.more) return;
    this.sequences.push({ octets: this.#open, qualified: piece.qualified });
    this.#open = [];
  }

  useSome(): void {
    const lot = Math.min(this.#lots[this.#index++ % this.#lots.length] ?? 0, this.#unused);
    this.#unused -= lot;
    if (lot > 0) this.#use(lot);
  }
}

const octetsOf = ({ sequences }: Way): { octets: number[]; qualified: boolean }[] =>
  sequences.map(({ pieces, qualified }) => ({ octets: pieces.flatMap((piece) => [...piece]), qualified }));

test('what is sent arrives, sequence by sequence, both ways, whatever sizes, windows and users', () => {
  const pauses = fc.array(fc.nat(300), { minLength: 1, maxLength: 8 });
  const lots = fc
    .array(fc.nat(200), { minLength: 1, maxLength: 8 })
    .filter((all) => all.some((lot) => lot > 0));
  fc.assert(
    fc.property(way, way, pauses, lots, fc.nat(50), (calling, called, pause, lot, delayMs) => {
      const grant = { maxPacketSize: 4096, maxWindow: 7, timers: { t25: 0 } };
      const pair = LayerPair.ready({ dte: grant, dce: grant, delayMs: delayMs + 1 });
      pair.dte.consumes = false;
      pair.dce.consumes = false;
      pair.dce.accepts = true;
      // Values that can't be negotiated away from the standard are agreed as asked.
      const caller = pair.dte.call(
        {
          facilities: {
            packetSize: { fromCalling: calling.size, fromCalled: called.size },
            windowSize: { fromCalling: calling.window, fromCalled: called.window },
          },
        },
        pair.now,
      );
      pair.run(500);
      const answerer = pair.dce.channel;
      if (caller === undefined || answerer === undefined) throw new Error('no call');
      const atDce = new Collector(lot, (octets) => answerer.consumed(octets, pair.now));
      const atDte = new Collector(lot, (octets) => caller.consumed(octets, pair.now));
      pair.dce.onData = (piece) => atDce.data(piece);
      pair.dte.onData = (piece) => atDte.data(piece);
      feed(pair, caller, calling, pause);
      feed(pair, answerer, called, pause);
      const isDone = (): boolean =>
        atDce.sequences.length === calling.sequences.length &&
        atDte.sequences.length === called.sequences.length;
      for (let i = 0; i < 20_000 && !isDone(); i++) {
        pair.run(50);
        atDce.useSome();
        atDte.useSome();
      }
      expect(atDce.sequences).toEqual(octetsOf(calling));
      expect(atDte.sequences).toEqual(octetsOf(called));
      expect([caller.state, answerer.state]).toEqual(['p4', 'p4']);
      expectWindowsKept(pair.trace, calling, called);
    }),
    { numRuns: 25 },
  );
});

/** No sender is ever further ahead of the P(R) that it was sent than its window, nor sends a longer packet. */
function expectWindowsKept(trace: readonly string[], calling: Way, called: Way): void {
  for (const [who, other, { size, window }] of [
    ['dte', 'dce', calling],
    ['dce', 'dte', called],
  ] as const) {
    let sent = 0;
    let acknowledged = 0;
    for (const line of trace) {
      const [, from, type] = line.split(' ');
      const pr = Number(/ r(\d)/.exec(line)?.[1] ?? 'NaN');
      if (from === who && type === 'DATA') {
        expect(Number(/ s(\d)/.exec(line)?.[1])).toBe(sent % 8);
        expect(Number(line.split(' ').at(-1))).toBeLessThanOrEqual(size);
        sent++;
        // The trace shows P(R) when it is sent, so this bound is what the line shows, not what the sender knew.
        expect(sent - acknowledged).toBeLessThanOrEqual(window);
      }
      if (from === other && !Number.isNaN(pr)) while (acknowledged % 8 !== pr) acknowledged++;
    }
  }
}
