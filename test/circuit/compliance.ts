import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallRequest, Circuits, IncomingCall } from '../../src/circuit/index.js';
import type { VirtualClock } from '../../src/core/index.js';
import { hex } from '../support/hex.js';
import { CallWatch, RecordedEnd, Recorder } from './recorder.js';

/** Two ends of one link; calls placed at either end arrive at the other. */
export interface CircuitsPair {
  readonly clock: VirtualClock;
  readonly a: Circuits;
  readonly b: Circuits;
  /** How long everything that one action leads to takes at most. Default 20 s. */
  readonly settleMs?: number;
}

const NUA_A = '23421000001';
const NUA_B = '26245300040';
const CUD = hex('c0 f7 00 00');

const call: CallRequest = { called: NUA_B, calling: NUA_A, userData: CUD };
const sessionOver = { cause: 0x00, diagnostic: 0xf1 };

/** Octets that show every loss, repetition and exchange. */
function pattern(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + seed) & 0xff);
}

function byteCount(pieces: ReadonlyArray<{ octets: Uint8Array }>): number {
  return pieces.reduce((sum, { octets }) => sum + octets.length, 0);
}

/** What the calling end of a link does not carry, although it is no capability that its users could ask for. */
export type Lack =
  /** Cause and diagnostic of our clear do not reach the other end: a PAD gives its own. */
  | 'reasons'
  /** Nothing tells that the other end has octets: `delivered` means that they are on their way. */
  | 'acknowledgements'
  /** Nobody sees packets: they are reckoned. */
  | 'packets';

/** What every kind of circuits does, whatever link carries them; what one cannot do (`can`, `lacks`) is not asked of it. */
export function circuitsCompliance(
  name: string,
  makePair: () => CircuitsPair,
  lacks: readonly Lack[] = [],
): void {
  const { can } = makePair().a;
  const told = (diagnostic: number): { diagnostic?: number } =>
    lacks.includes('reasons') ? {} : { diagnostic };

  describe(`${name}: circuits`, () => {
    let clock: VirtualClock;
    let watch: CallWatch;
    let a: RecordedEnd;
    let b: RecordedEnd;
    let settle: () => void;

    beforeEach(() => {
      const pair = makePair();
      clock = pair.clock;
      watch = new CallWatch();
      a = new RecordedEnd(pair.a, watch);
      b = new RecordedEnd(pair.b, watch);
      a.listen();
      b.listen();
      settle = () => clock.runFor(pair.settleMs ?? 20_000);
    });

    afterEach(() => {
      expect(watch.violations).toEqual([]);
    });

    /** A call from a to b, accepted. */
    function connect(request: Partial<CallRequest> = {}): { caller: Recorder; called: Recorder } {
      const caller = a.place({ ...call, ...request });
      settle();
      const called = b.accepted.at(-1);
      if (called === undefined) throw new Error('the call was not accepted');
      return { caller, called };
    }

    describe('calls', () => {
      test('a call arrives with what the caller said, and both ends are told of the connection', () => {
        const { caller, called } = connect();
        const [incoming] = b.incoming;
        expect(incoming?.called).toBe(NUA_B);
        expect(incoming?.calling).toBe(NUA_A);
        expect(caller.types).toEqual(['requested', 'connected']);
        expect(called.types).toEqual(['connected']);
        expect(caller.circuit).toMatchObject({ direction: 'outgoing', called: NUA_B, calling: NUA_A });
        expect(called.circuit).toMatchObject({ direction: 'incoming', called: NUA_B, calling: NUA_A });
      });

      test.runIf(can.userData === 'any')('call user data arrives as it was', () => {
        connect({ userData: hex('c0 f7 00 00 de ad be ef') });
        expect(b.incoming[0]?.userData).toEqual(hex('c0 f7 00 00 de ad be ef'));
      });

      test('packet and window size are always known, and the same at both ends', () => {
        const { caller, called } = connect();
        const { packetSize, windowSize } = caller.only('connected').facilities;
        expect(packetSize).toBeDefined();
        expect(windowSize).toBeDefined();
        expect(called.only('connected').facilities).toMatchObject({ packetSize, windowSize });
      });

      test.runIf(can.facilities)('sizes asked for are agreed where both ends grant them', () => {
        const asked = {
          packetSize: { fromCalled: 256, fromCalling: 64 },
          windowSize: { fromCalled: 3, fromCalling: 4 },
        };
        const { caller, called } = connect({ facilities: asked });
        expect(caller.only('connected').facilities).toMatchObject(asked);
        expect(called.only('connected').facilities).toMatchObject(asked);
      });

      test.runIf(can.facilities)('facilities that nobody here acts on pass unchanged', () => {
        connect({ facilities: { chargingRequested: true, other: hex('85 01 02 03') } });
        expect(b.incoming[0]?.facilities).toMatchObject({
          chargingRequested: true,
          other: hex('85 01 02 03'),
        });
      });

      test.runIf(can.facilities)('with fast select 128 octets go with the call, and with its refusal', () => {
        const most = (octet: number): Uint8Array => new Uint8Array(128).fill(octet);
        b.policy = (incoming) => b.refuse(incoming, { cause: 0x00, diagnostic: 0xf5, userData: most(0x42) });
        const caller = a.place({ ...call, userData: most(0x41), facilities: { fastSelect: 'restricted' } });
        settle();
        expect(b.incoming[0]?.userData).toEqual(most(0x41));
        expect(caller.ending).toMatchObject({ by: 'peer', diagnostic: 0xf5, userData: most(0x42) });
      });

      test('a refused call ends with the cause and diagnostic of the refusal', () => {
        b.policy = (incoming) => b.refuse(incoming, { cause: 0x00, diagnostic: 0xf9 });
        const caller = a.place(call);
        settle();
        expect(caller.types).toEqual(['requested', 'cleared']);
        expect(caller.ending).toMatchObject({ by: 'peer', cause: 0x00, diagnostic: 0xf9 });
        expect(b.withdrawn).toEqual([]);
      });

      test('a call that nobody answers for is refused for want of resources', () => {
        const pair = makePair();
        const caller = new RecordedEnd(pair.a, watch).place(call);
        pair.clock.runFor(pair.settleMs ?? 20_000);
        expect(caller.ending).toMatchObject({ by: 'peer', cause: 0x00, diagnostic: 0xa3 });
      });

      test('a caller that goes before the answer withdraws the call', () => {
        b.policy = () => {};
        const caller = a.place(call);
        settle();
        caller.clear({ cause: 0x00, diagnostic: 0x31 });
        settle();
        expect(caller.ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 0x31 });
        expect(b.withdrawn).toMatchObject([{ by: 'peer', ...told(0x31) }]);
        const [incoming] = b.incoming;
        expect(incoming && b.accept(incoming)).toBeUndefined();
        incoming?.refuse(sessionOver);
        settle();
        expect(b.withdrawn).toHaveLength(1);
      });

      test('a caller that changes its mind at once hears the end and nothing more', () => {
        const caller = a.place(call);
        caller.clear(sessionOver);
        settle();
        expect(caller.types.filter((type) => type !== 'requested')).toEqual(['cleared']);
        expect(b.accepted.every(({ types }) => types.at(-1) === 'cleared')).toBe(true);
      });

      test('an answer can be given long after the call came', () => {
        b.policy = () => {};
        const caller = a.place(call);
        clock.runFor(90_000);
        const [incoming] = b.incoming;
        expect(incoming && b.accept(incoming)).toBeInstanceOf(Recorder);
        settle();
        expect(caller.types).toEqual(['requested', 'connected']);
      });

      test('a call is answered once', () => {
        const { caller } = connect();
        const incoming = b.incoming[0] as IncomingCall;
        expect(b.accept(incoming)).toBeUndefined();
        b.refuse(incoming, sessionOver);
        settle();
        expect(caller.types).toEqual(['requested', 'connected']);
      });

      test.runIf(can.circuits > 1)('calls go both ways, and no two circuits have the same id', () => {
        const placed = [a.place(call), b.place({ ...call, called: NUA_A, calling: NUA_B })];
        settle();
        const all = [...placed, ...a.accepted, ...b.accepted];
        expect(placed.map(({ types }) => types.at(-1))).toEqual(['connected', 'connected']);
        expect(new Set(all.map(({ circuit }) => circuit.id)).size).toBe(4);
      });

      test.runIf(can.circuits <= 64)('there are as many circuits as it can, the next call finds none', () => {
        const placed = Array.from({ length: can.circuits }, () => a.place(call));
        settle();
        const tooMany = a.place(call);
        settle();
        expect(placed.map(({ types }) => types.at(-1))).toEqual(placed.map(() => 'connected'));
        expect(tooMany.types).toEqual(['cleared']);
        expect(tooMany.ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 0xa3 });

        placed[0]?.clear(sessionOver);
        settle();
        const again = a.place(call);
        settle();
        expect(again.types.at(-1)).toBe('connected');
      });

      test('circuits do not disturb each other', () => {
        const placed = Array.from({ length: Math.min(can.circuits, 6) }, () => a.place(call));
        settle();
        const sent = placed.map((_, i) => pattern(3000, i));
        placed.forEach((recorder, i) => {
          recorder.send({ octets: sent[i] ?? hex('') });
        });
        clock.runFor(120_000);
        const arrived = b.accepted.map(({ octets }) => octets);
        for (const octets of sent) expect(arrived).toContainEqual(octets);
      });
    });

    describe('data', () => {
      test('octets arrive once, in order, both ways at the same time', () => {
        const { caller, called } = connect();
        caller.send({ octets: pattern(5000, 1) });
        called.send({ octets: pattern(4000, 2) });
        clock.runFor(120_000);
        expect(called.octets).toEqual(pattern(5000, 1));
        expect(caller.octets).toEqual(pattern(4000, 2));
      });

      test.runIf(can.sequences).each([1, 127, 128, 129, 256, 1000, 2048])(
        'a sequence of %i octets stays one',
        (length) => {
          const { caller, called } = connect();
          caller.send({ octets: pattern(length) });
          caller.send({ octets: hex('0d 0a') });
          clock.runFor(60_000);
          expect(called.sequences.map(({ octets }) => octets)).toEqual([pattern(length), hex('0d 0a')]);
        },
      );

      test.runIf(can.sequences)('pieces sent with `more` are one sequence', () => {
        const { caller, called } = connect();
        for (let at = 0; at < 400; at += 50)
          caller.send({ octets: pattern(400).subarray(at, at + 50), more: at < 350 });
        clock.runFor(60_000);
        expect(called.sequences.map(({ octets }) => octets)).toEqual([pattern(400)]);
      });

      test.runIf(can.qualified)('the Q bit arrives', () => {
        const { caller, called } = connect();
        caller.send({ octets: pattern(300), qualified: true });
        caller.send({ octets: hex('01') });
        clock.runFor(60_000);
        expect(called.sequences.map(({ qualified }) => qualified)).toEqual([true, false]);
      });

      test.runIf(can.confirm)('the D bit arrives', () => {
        const { caller, called } = connect();
        caller.send({ octets: hex('01 02'), confirm: true });
        caller.send({ octets: hex('03') });
        settle();
        expect(called.sequences.map(({ confirm }) => confirm)).toEqual([true, false]);
      });

      test('what was consumed is told as delivered, all of it and no more', () => {
        const { caller } = connect();
        caller.send({ octets: pattern(1000) });
        clock.runFor(60_000);
        expect(caller.delivered).toBe(1000);
      });

      test('what is not consumed stops the sender, and memory stays small', () => {
        const { caller, called } = connect();
        called.consumes = false;
        let written = 0;
        const write = (): void => {
          for (let goesOn = true; goesOn && written < 30_000; written += 100)
            goesOn = caller.send({ octets: pattern(100, written / 100) });
        };
        caller.react = ({ type }) => {
          if (type === 'ready') write();
        };
        write();
        clock.runFor(60_000);
        const stoppedAt = written;
        expect(stoppedAt).toBeLessThan(20_000);
        if (!lacks.includes('acknowledgements')) expect(caller.delivered).toBe(0);

        clock.runFor(60_000);
        expect(written).toBe(stoppedAt);
        expect(called.octets.length).toBeLessThanOrEqual(stoppedAt);
        expect(caller.count('cleared') + called.count('cleared')).toBe(0);

        const waiting = called.octets.length;
        called.consumes = true;
        called.consumed(waiting);
        clock.runFor(900_000);
        expect(written).toBe(30_000);
        expect(called.octets.length).toBe(30_000);
        expect(caller.delivered).toBe(30_000);
        expect(called.octets.subarray(29_900)).toEqual(pattern(100, 299));
      });

      test('a listener may do everything within an event', () => {
        const { caller, called } = connect();
        called.react = (event) => {
          if (event.type === 'piece') called.send({ octets: event.piece.octets, more: event.piece.more });
        };
        caller.react = () => {
          if (caller.octets.length >= 1000) caller.clear(sessionOver);
        };
        caller.send({ octets: pattern(1000) });
        clock.runFor(60_000);
        expect(caller.octets).toEqual(pattern(1000));
        expect(called.ending).toMatchObject({ by: 'peer', ...told(0xf1) });
      });

      test.runIf(!lacks.includes('packets'))(
        'traffic is counted alike at both ends, segments rounded up per packet',
        () => {
          const { caller, called } = connect();
          caller.send({ octets: pattern(129) });
          caller.send({ octets: pattern(64) });
          called.send({ octets: pattern(1) });
          clock.runFor(60_000);
          const segments = (recorder: Recorder): number =>
            recorder.pieces.reduce((sum, { octets }) => sum + Math.ceil(octets.length / 64), 0);
          expect(caller.circuit.traffic).toEqual({
            packetsSent: called.pieces.length,
            octetsSent: byteCount(called.pieces),
            segmentsSent: segments(called),
            packetsReceived: 1,
            octetsReceived: 1,
            segmentsReceived: 1,
          });
          expect(called.circuit.traffic).toEqual({
            packetsReceived: called.pieces.length,
            octetsReceived: 193,
            segmentsReceived: segments(called),
            packetsSent: 1,
            octetsSent: 1,
            segmentsSent: 1,
          });
        },
      );

      test('octets before the connection are a mistake, octets after the end are nothing', () => {
        b.policy = () => {};
        const caller = a.place(call);
        settle();
        expect(() => caller.send({ octets: hex('01') })).toThrow();
        caller.clear(sessionOver);
        settle();
        expect(caller.send({ octets: hex('01') })).toBe(true);
        caller.consumed(1);
        caller.clear(sessionOver);
        settle();
        expect(caller.count('cleared')).toBe(1);
      });
    });

    describe.runIf(can.interrupt)('interrupts', () => {
      test('an interrupt arrives and is confirmed, one at a time', () => {
        const { caller, called } = connect();
        expect(caller.interrupt(hex('01'))).toBe(true);
        expect(caller.interrupt(hex('02'))).toBe(false);
        settle();
        expect(called.only('interrupt').octets).toEqual(hex('01'));
        expect(caller.count('interruptConfirmed')).toBe(1);
        expect(caller.interrupt(hex('03'))).toBe(true);
        settle();
        expect(called.all('interrupt').map(({ octets }) => octets)).toEqual([hex('01'), hex('03')]);
      });

      test('an interrupt needs no open window', () => {
        const { caller, called } = connect();
        called.consumes = false;
        caller.send({ octets: pattern(10_000) });
        settle();
        caller.interrupt(hex('2a'));
        settle();
        expect(called.only('interrupt').octets).toEqual(hex('2a'));
      });
    });

    describe.runIf(can.reset)('resets', () => {
      test.each(['caller', 'called'] as const)(
        'by the %s: both ends are told once, then data flows again',
        (who) => {
          const ends = connect();
          const one = ends[who];
          const other = who === 'caller' ? ends.called : ends.caller;
          one.reset(0x00, 0xfa);
          settle();
          expect(one.only('reset')).toMatchObject({ by: 'us', diagnostic: 0xfa });
          expect(other.only('reset')).toMatchObject({ by: 'peer', diagnostic: 0xfa });
          one.send({ octets: pattern(500, 1) });
          other.send({ octets: pattern(500, 2) });
          clock.runFor(60_000);
          expect(other.octets).toEqual(pattern(500, 1));
          expect(one.octets).toEqual(pattern(500, 2));
        },
      );

      test('what was received before it no longer counts for the window', () => {
        const { caller, called } = connect();
        caller.send({ octets: pattern(256) });
        caller.reset(0x00, 0xfa);
        settle();
        const before = caller.delivered;
        called.consumes = false;
        while (caller.send({ octets: pattern(128) }));
        settle();
        called.consumed(1);
        settle();
        expect(caller.delivered).toBe(before);
        const arrived = called.types.slice(called.types.indexOf('reset')).filter((type) => type === 'piece');
        const window = caller.only('connected').facilities.windowSize?.fromCalling ?? 0;
        expect(arrived).toHaveLength(window);
      });

      test('from both ends at once', () => {
        const { caller, called } = connect();
        caller.reset(0x00, 0xfa);
        called.reset(0x00, 0xfa);
        settle();
        expect([caller.count('reset'), called.count('reset')]).toEqual([1, 1]);
        caller.send({ octets: hex('01') });
        settle();
        expect(called.octets).toEqual(hex('01'));
      });

      test('what was not delivered is lost, what comes later is whole, and a waiting sender goes on', () => {
        const { caller, called } = connect();
        called.consumes = false;
        while (caller.send({ octets: pattern(200) }));
        settle();
        called.reset(0x00, 0xfa);
        settle();
        expect(caller.count('ready')).toBeGreaterThan(0);
        const before = called.pieces.length;
        called.consumes = true;
        caller.send({ octets: pattern(700, 3) });
        clock.runFor(60_000);
        expect(Buffer.concat(called.pieces.slice(before).map(({ octets }) => octets))).toEqual(
          Buffer.from(pattern(700, 3)),
        );
      });
    });

    describe('the end', () => {
      test.each(['caller', 'called'] as const)('by the %s: the other one hears why', (who) => {
        const ends = connect();
        const other = who === 'caller' ? ends.called : ends.caller;
        ends[who].clear({ cause: 0x00, diagnostic: 0xa2 });
        settle();
        expect(ends[who].ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 0xa2 });
        const heard = who === 'caller' ? told(0xa2) : { diagnostic: 0xa2 };
        expect(other.ending).toMatchObject({ by: 'peer', cause: 0x00, ...heard });
      });

      test('from both ends at once: each hears it once, as the last thing', () => {
        const { caller, called } = connect();
        caller.clear(sessionOver);
        called.clear(sessionOver);
        settle();
        expect(caller.types.at(-1)).toBe('cleared');
        expect(called.types.at(-1)).toBe('cleared');
        expect(caller.count('cleared') + called.count('cleared')).toBe(2);
      });

      test('nothing is heard after it, and nothing said then has an effect', () => {
        const { caller, called } = connect();
        caller.clear(sessionOver);
        settle();
        for (const end of [caller, called]) {
          end.clear(sessionOver);
          end.reset(0x00, 0xfa);
          expect(end.interrupt(hex('01'))).toBe(false);
          end.send({ octets: hex('01') });
        }
        settle();
        expect(caller.types.at(-1)).toBe('cleared');
        expect(called.types.at(-1)).toBe('cleared');
      });

      test('traffic can still be read after it', () => {
        const { caller } = connect();
        caller.send({ octets: pattern(10) });
        settle();
        caller.clear(sessionOver);
        settle();
        expect(caller.circuit.traffic.octetsSent).toBe(10);
      });
    });
  });
}
