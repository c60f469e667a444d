import { beforeEach, describe, expect, test } from 'vitest';
import type { CircuitEvent, IncomingCall } from '../../src/circuit/index.js';
import { fromAscii, type StreamEnd, type VirtualClock } from '../../src/core/index.js';
import {
  type CallOutcome,
  type CallTimers,
  MailCircuit,
  type MailCircuitOptions,
} from '../../src/rfc1090/index.js';
import type { CircuitsPair } from '../circuit/compliance.js';
import { CallWatch, RecordedEnd, type Recorder } from '../circuit/recorder.js';
import { hex } from '../support/hex.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const request = { called: '26245300040', calling: '23421000001', userData: hex('c0 f7 00 00') };

/** Whoever drives a session over a mail circuit, writing down what it hears and when. */
class Session {
  readonly log: string[] = [];
  readonly events: CircuitEvent['type'][] = [];
  readonly mail: MailCircuit;
  outcome: CallOutcome | undefined;
  end: StreamEnd | undefined;
  received = '';
  readies = 0;

  constructor(clock: VirtualClock, open: (options: MailCircuitOptions) => MailCircuit, timers?: CallTimers) {
    this.mail = open({
      clock,
      ...(timers !== undefined && { timers }),
      watch: ({ type }) => this.events.push(type),
      opened: () => {
        this.log.push('opened');
        this.mail.setReceiver({
          octets: (octets) => {
            this.received += Buffer.from(octets).toString('latin1');
            this.mail.consumed(octets.length);
          },
          ready: () => {
            this.readies++;
          },
          ended: (end) => {
            this.log.push('stream ended');
            this.end = end;
          },
        });
      },
      ended: (outcome) => {
        this.log.push('call ended');
        this.outcome = outcome;
      },
    });
  }

  say(line: string): boolean {
    return this.mail.write(fromAscii(`${line}\r\n`), true);
  }
}

function expectWithin(seconds: number, least: number, most: number): void {
  expect(seconds).toBeGreaterThanOrEqual(least);
  expect(seconds).toBeLessThanOrEqual(most);
}

/** The rules of RFC 1090 on whatever circuits, in virtual time. */
export function mailCircuitSuite(name: string, makePair: () => CircuitsPair): void {
  describe(`RFC 1090 over ${name}`, () => {
    let clock: VirtualClock;
    let pair: CircuitsPair;
    let a: RecordedEnd;
    let b: RecordedEnd;

    beforeEach(() => {
      pair = makePair();
      clock = pair.clock;
      a = new RecordedEnd(pair.a, new CallWatch());
      b = new RecordedEnd(pair.b, new CallWatch());
      b.listen();
    });

    /** How long the other end hears nothing of an end, seconds (as long as `limit` at most). */
    function secondsUntilCleared(other: Recorder, limitMs: number): number {
      const start = clock.now();
      while (other.count('cleared') === 0 && clock.now() - start < limitMs) clock.runFor(100);
      return Math.round((clock.now() - start) / SECOND);
    }

    function call(timers?: CallTimers): Session {
      const session = new Session(clock, (options) => MailCircuit.place(pair.a, request, options), timers);
      while (b.incoming.length === 0) clock.runFor(10);
      return session;
    }

    /** A call of ours that was accepted a moment ago; `peer` is the other end, bare. */
    function connected(timers?: CallTimers): { session: Session; peer: Recorder } {
      const session = call(timers);
      const [peer] = b.accepted;
      if (peer === undefined) throw new Error('not accepted');
      while (session.log.length === 0) clock.runFor(10);
      return { session, peer };
    }

    /** ... and the 220 was read. */
    function greeted(timers?: CallTimers): { session: Session; peer: Recorder } {
      const both = connected(timers);
      both.peer.send({ octets: fromAscii('220 b.example\r\n') });
      clock.runFor(2 * SECOND);
      both.session.mail.dialogue('greetingSeen');
      return both;
    }

    /** A call that came and that we accepted; `peer` is the caller, bare. */
    function answered(timers?: CallTimers): { session: Session; peer: Recorder } {
      let session: Session | undefined;
      b.policy = (incoming) => {
        session = new Session(clock, (options) => answer(incoming, options), timers);
      };
      const peer = a.place(request);
      while (session === undefined || session.log.length === 0) clock.runFor(10);
      return { session, peer };
    }

    function answer(incoming: IncomingCall, options: MailCircuitOptions): MailCircuit {
      const mail = MailCircuit.answer(incoming, options);
      if (mail === undefined) throw new Error('the caller is gone');
      return mail;
    }

    describe('a session', () => {
      test('from the call to the clear of the side that reads the 221', () => {
        let called: Session | undefined;
        b.policy = (incoming) => {
          called = new Session(clock, (options) => answer(incoming, options));
        };
        const caller = new Session(clock, (options) => MailCircuit.place(pair.a, request, options));
        const settle = (): void => clock.runFor(5 * SECOND);
        settle();
        called?.say('220 b.example');
        called?.mail.dialogue('awaiting');
        settle();
        expect(caller.received).toBe('220 b.example\r\n');
        caller.mail.dialogue('greetingSeen');
        caller.say('QUIT');
        caller.mail.dialogue('quitSent');
        settle();
        expect(called?.received).toBe('QUIT\r\n');
        called?.mail.dialogue('settled');
        called?.say('221 bye');
        called?.mail.dialogue('farewellSent');
        called?.mail.close();
        settle();
        expect(caller.received).toBe('220 b.example\r\n221 bye\r\n');
        expect(caller.outcome).toBeUndefined();
        caller.mail.dialogue('farewellSeen');
        caller.mail.close();
        settle();

        expect(caller.outcome).toMatchObject({
          direction: 'outgoing',
          called: request.called,
          calling: request.calling,
          verdict: { how: 'completed' },
          ending: { by: 'us', cause: 0x00, diagnostic: 0xf1 },
          reason: 'cleared by us: disconnection, normal (00/F1)',
          traffic: { octetsSent: 6, octetsReceived: 24, packetsSent: 1, packetsReceived: 2 },
        });
        expect(caller.outcome?.facilities?.packetSize).toBeDefined();
        expect(called?.outcome).toMatchObject({
          direction: 'incoming',
          verdict: { how: 'completed' },
          ending: { by: 'peer', cause: 0x00, diagnostic: 0xf1 },
        });
        expect(caller.end?.inOrder).toBe(true);
        expect(called?.end?.inOrder).toBe(true);
        expect(caller.log).toEqual(['opened', 'stream ended', 'call ended']);
        expect(caller.events.filter((type) => type !== 'delivered')).toEqual([
          'requested',
          'connected',
          'piece',
          'piece',
          'cleared',
        ]);
        const times = caller.outcome?.times;
        expect(times?.requested).toBeGreaterThanOrEqual(times?.begun ?? Number.NaN);
        expect(times?.connected).toBeGreaterThanOrEqual(times?.requested ?? Number.NaN);
        expect(times?.ended).toBeGreaterThan(times?.connected ?? Number.NaN);
      });

      test('a driver that is late loses nothing', () => {
        const { peer } = connected();
        peer.send({ octets: fromAscii('220 b.example\r\n') });
        const late = new Session(clock, (options) =>
          MailCircuit.place(pair.a, request, { ...options, opened: () => {} }),
        );
        clock.runFor(5 * SECOND);
        b.accepted.at(-1)?.send({ octets: fromAscii('220 hello\r\n') });
        clock.runFor(5 * SECOND);
        let received = '';
        late.mail.setReceiver({
          octets: (octets) => {
            received += Buffer.from(octets).toString('latin1');
          },
          ready: () => {},
          ended: () => {},
        });
        clock.runFor(1);
        expect(received).toBe('220 hello\r\n');
      });

      test('a call that failed has no stream, only an outcome', () => {
        b.policy = (incoming) => b.refuse(incoming, { cause: 0x00, diagnostic: 0xf9 });
        const session = call();
        clock.runFor(5 * SECOND);
        expect(session.log).toEqual(['call ended']);
        expect(session.outcome).toMatchObject({
          verdict: { how: 'callFailed', retry: { pace: 'unwanted', tellOperator: true } },
          reason:
            'cleared by the other end: connection rejected, unrecognizable protocol identifier in user data (00/F9)',
        });
        expect(session.outcome?.times.connected).toBeUndefined();
      });

      test('nobody can answer a call that is gone', () => {
        b.policy = () => {};
        const session = call();
        session.mail.close();
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict.how).toBe('closed');
        expect(MailCircuit.answer(b.incoming[0] as IncomingCall, { clock })).toBeUndefined();
      });
    });

    describe('§10.1 the call and the greeting', () => {
      test('100 s for the acceptance', () => {
        b.policy = () => {};
        const session = call();
        clock.runFor(98 * SECOND);
        expect(b.withdrawn).toEqual([]);
        clock.runFor(3 * SECOND);
        expect(b.withdrawn).toMatchObject([{ by: 'peer', cause: 0x00, diagnostic: 0x31 }]);
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict).toMatchObject({ how: 'callTimeout', retry: { pace: 'queue' } });
        expect(session.outcome?.reason).toMatch(/^the call was not accepted in time, cleared by us/);
      });

      test('120 s for the 220, counted from the acceptance; half a greeting gains nothing', () => {
        b.policy = () => {};
        const session = call();
        clock.runFor(90 * SECOND);
        const peer = b.accept(b.incoming[0] as IncomingCall) as Recorder;
        while (session.log.length === 0) clock.runFor(10);
        clock.runFor(60 * SECOND);
        peer.send({ octets: fromAscii('220-b.example\r\n') });
        expectWithin(secondsUntilCleared(peer, HOUR), 59, 61);
        expect(peer.ending.diagnostic).toBe(0xf2);
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict.how).toBe('greetingTimeout');
        expect(session.end?.inOrder).toBe(false);
      });

      test('a called side waits for no greeting', () => {
        const { peer } = answered();
        clock.runFor(HOUR);
        expect(peer.count('cleared')).toBe(0);
      });
    });

    describe('§10.2 the reply', () => {
      test('10 minutes of silence while something is awaited', () => {
        const { session, peer } = greeted();
        session.say('EHLO a.example');
        clock.runFor(5 * SECOND);
        session.mail.dialogue('awaiting');
        expectWithin(secondsUntilCleared(peer, HOUR), 600, 601);
        expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf2 });
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict).toMatchObject({ how: 'replyTimeout', retry: { pace: 'queue' } });
      });

      test('the same for a called side that waits for a command', () => {
        const { session, peer } = answered();
        session.mail.dialogue('awaiting');
        expectWithin(secondsUntilCleared(peer, HOUR), 600, 601);
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict).toEqual({ how: 'replyTimeout' });
      });

      test('an octet from there begins them anew', () => {
        const { session, peer } = greeted();
        session.mail.dialogue('awaiting');
        for (let i = 0; i < 3; i++) {
          clock.runFor(9 * MINUTE);
          peer.send({ octets: fromAscii('2') });
        }
        expectWithin(secondsUntilCleared(peer, HOUR), 600, 602);
      });

      test('an acknowledgement of ours begins them anew', () => {
        const { session, peer } = greeted();
        peer.consumes = false;
        session.say('x'.repeat(900));
        session.mail.dialogue('awaiting');
        clock.runFor(9 * MINUTE);
        peer.consumed(128);
        expectWithin(secondsUntilCleared(peer, HOUR), 600, 602);
      });

      test('octets that nobody reads do not count as a sign of life', () => {
        const { session, peer } = greeted();
        session.mail.dialogue('awaiting');
        clock.runFor(9 * MINUTE);
        peer.send({ octets: hex('01'), qualified: true });
        expectWithin(secondsUntilCleared(peer, HOUR), 60, 61);
      });

      test('nothing awaited, nothing timed', () => {
        const { session, peer } = greeted();
        session.mail.dialogue('awaiting');
        clock.runFor(9 * MINUTE);
        session.mail.dialogue('settled');
        clock.runFor(HOUR);
        expect(peer.count('cleared')).toBe(0);
        session.mail.dialogue('awaiting');
        expectWithin(secondsUntilCleared(peer, HOUR), 600, 601);
      });

      test('a peer that takes nothing any longer is silent too', () => {
        const { session, peer } = greeted();
        peer.consumes = false;
        while (session.mail.write(new Uint8Array(2048), false));
        expectWithin(secondsUntilCleared(peer, HOUR), 600, 610);
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict.how).toBe('replyTimeout');
      });

      test('a slow one is not', () => {
        const { session, peer } = greeted();
        peer.consumes = false;
        let room = true;
        while (room) room = session.mail.write(new Uint8Array(2048), false);
        for (let i = 0; i < 3; i++) {
          clock.runFor(9 * MINUTE);
          peer.consumed(128);
        }
        expect(peer.count('cleared')).toBe(0);
        peer.consumes = true;
        peer.consumed(peer.octets.length - 3 * 128);
        clock.runFor(HOUR);
        expect(session.readies).toBe(1);
        expect(peer.count('cleared')).toBe(0);
      });
    });

    describe('§10.3 QUIT', () => {
      test('20 s for the 221, then we clear; there is no need to call again', () => {
        const { session, peer } = greeted();
        session.mail.dialogue('awaiting');
        session.say('QUIT');
        session.mail.dialogue('quitSent');
        expectWithin(secondsUntilCleared(peer, HOUR), 20, 21);
        expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf1 });
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict).toEqual({ how: 'quitTimeout' });
      });

      test('a peer that clears on QUIT has ended the session as well', () => {
        const { session, peer } = greeted();
        session.say('QUIT');
        session.mail.dialogue('quitSent');
        clock.runFor(2 * SECOND);
        peer.clear({ cause: 0x00, diagnostic: 0x00 });
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict).toEqual({ how: 'completed' });
      });
    });

    describe('§9 closing', () => {
      test.each(['greeting', 'session', 'awaiting'])(
        '421 in %s: the side that reads it clears at once',
        (state) => {
          const { session, peer } = state === 'greeting' ? connected() : greeted();
          if (state === 'awaiting') session.mail.dialogue('awaiting');
          peer.send({ octets: fromAscii('421 later\r\n') });
          clock.runFor(2 * SECOND);
          session.mail.dialogue('farewellSeen');
          expectWithin(secondsUntilCleared(peer, MINUTE), 0, 1);
          expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf1 });
          clock.runFor(5 * SECOND);
          expect(session.outcome?.verdict).toMatchObject({ how: 'dismissed', retry: { pace: 'queue' } });
        },
      );

      test('the side that has sent 221 or 421 gives the other one 20 s, and clears then', () => {
        const { session, peer } = answered();
        session.say('421 b.example');
        session.mail.dialogue('farewellSent');
        session.mail.close();
        expectWithin(secondsUntilCleared(peer, HOUR), 20, 21);
        expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf1 });
        expect(peer.octets).toEqual(fromAscii('421 b.example\r\n'));
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict).toEqual({ how: 'completed' });
      });

      test('after ATRN the called side reads the 221 and clears at once', () => {
        const { session, peer } = answered();
        for (const event of ['greetingSeen', 'awaiting', 'settled', 'quitSent'] as const)
          session.mail.dialogue(event);
        clock.runFor(2 * SECOND);
        session.mail.dialogue('farewellSeen');
        expectWithin(secondsUntilCleared(peer, HOUR), 0, 1);
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict).toEqual({ how: 'completed' });
      });
    });

    describe.runIf(makePair().a.can.reset)('§6 reset', () => {
      test.each([
        ['greeting', 'reset'],
        ['session', 'reset'],
        ['awaiting', 'reset'],
        ['quitSent', 'completed'],
        ['farewellSent', 'completed'],
      ] as const)('in %s: the call is cleared, %s', (state, how) => {
        const { session, peer } = state === 'greeting' ? connected() : greeted();
        if (state === 'awaiting' || state === 'quitSent' || state === 'farewellSent')
          session.mail.dialogue(state);
        peer.reset(0x00, 0xfa);
        expectWithin(secondsUntilCleared(peer, MINUTE), 0, 1);
        expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf2 });
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict).toMatchObject({
          how,
          ...(how === 'reset' && { retry: { pace: 'queue', nextFacilitySet: true } }),
        });
        if (how === 'reset')
          expect(session.outcome?.reason).toBe(
            'circuit reset by the other end: reset, user resynchronization (00/FA), cleared by us: disconnection, abnormal (00/F2)',
          );
      });

      test('what came whole before it is still read', () => {
        const { session, peer } = greeted();
        peer.send({ octets: fromAscii('250 kept\r\n'), more: true });
        peer.send({ octets: new Uint8Array(118), more: true });
        clock.runFor(500);
        peer.reset(0x00, 0xfa);
        clock.runFor(5 * SECOND);
        expect(session.received).toContain('250 kept\r\n');
      });
    });

    describe('a clear from there', () => {
      test.each(['greeting', 'session', 'awaiting'])('in %s', (state) => {
        const { session, peer } = state === 'greeting' ? connected() : greeted();
        if (state === 'awaiting') session.mail.dialogue('awaiting');
        peer.clear({ cause: 0x00, diagnostic: 0xa2 });
        clock.runFor(5 * SECOND);
        expect(session.outcome).toMatchObject({
          verdict: { how: 'cleared', retry: { pace: 'queue' } },
          reason: 'cleared by the other end: DTE not operational (00/A2)',
        });
        expect(session.end).toEqual({ inOrder: false, reason: session.outcome?.reason });
        clock.runFor(HOUR);
        expect(session.log).toEqual(['opened', 'stream ended', 'call ended']);
      });

      test('of a call that we had accepted: nothing to call again for', () => {
        const { session, peer } = answered();
        peer.clear({ cause: 0x00, diagnostic: 0xf1 });
        clock.runFor(5 * SECOND);
        expect(session.outcome?.verdict).toEqual({ how: 'cleared' });
      });
    });

    test('we stop: the other end is told that we do', () => {
      const { session, peer } = greeted();
      session.mail.abort('shuttingDown');
      clock.runFor(5 * SECOND);
      expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xa2 });
      expect(session.outcome?.verdict.how).toBe('aborted');
    });

    test('every timer can be set', () => {
      const timers = {
        callAcceptMs: 7 * SECOND,
        serviceReadyMs: 11 * SECOND,
        replyMs: 13 * SECOND,
        quitMs: 3 * SECOND,
      };
      b.policy = () => {};
      call(timers);
      clock.runFor(8 * SECOND);
      expect(b.withdrawn).toHaveLength(1);
      b.policy = (incoming) => void b.accept(incoming);

      const again = (): { session: Session; peer: Recorder } => {
        b.incoming.length = 0;
        b.accepted.length = 0;
        return greeted(timers);
      };
      b.incoming.length = 0;
      expectWithin(secondsUntilCleared(connected(timers).peer, HOUR), 11, 12);
      const replying = again();
      replying.session.mail.dialogue('awaiting');
      expectWithin(secondsUntilCleared(replying.peer, HOUR), 13, 14);
      const quitting = again();
      quitting.session.mail.dialogue('quitSent');
      expectWithin(secondsUntilCleared(quitting.peer, HOUR), 3, 4);
    });
  });
}
