/** RFC 1090 through a bridge: its timers and closing rules, with a bare circuit at the other end, in virtual time. */
import { beforeEach, describe, expect, test } from 'vitest';
import { memoryCircuits } from '../../src/circuit/index.js';
import { fromAscii, VirtualClock } from '../../src/core/index.js';
import { CallWatch, RecordedEnd, type Recorder } from '../circuit/recorder.js';
import { settled } from '../support/scripted-stream.js';
import { text } from '../support/smtp-drivers.js';
import { answerBridged, type BridgedCall, placeBridged, REQUEST } from './bridged-site.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let clock: VirtualClock;
let near: ReturnType<typeof memoryCircuits>['a'];
let far: RecordedEnd;

beforeEach(() => {
  clock = new VirtualClock();
  const { a, b } = memoryCircuits({ clock, delayMs: 40 });
  near = a;
  far = new RecordedEnd(b, new CallWatch());
  far.listen();
});

/** One end of a bridge says something; it arrives. */
function say(end: BridgedCall | Recorder, line: string): void {
  if ('mta' in end) {
    // Nobody plays a whole MTA here: what it reads is used up at once.
    end.mta.write(fromAscii(line), true);
  } else end.send({ octets: fromAscii(line) });
  clock.runFor(SECOND);
}

function play(call: BridgedCall): BridgedCall {
  call.mta.setReceiver({
    octets: (octets) => call.mta.consumed(octets.length),
    ready: () => {},
    ended: () => {},
  });
  return call;
}

/** A connection of an MTA that became a call; it was accepted. */
function placed(): { call: BridgedCall; peer: Recorder } {
  const call = play(placeBridged(clock, near));
  clock.runFor(SECOND);
  const [peer] = far.accepted;
  if (peer === undefined) throw new Error('no call came');
  return { call, peer };
}

function greeted(): { call: BridgedCall; peer: Recorder } {
  const both = placed();
  say(both.peer, '220 far\n');
  return both;
}

/** A call that became a connection to an MTA, which has greeted. */
function answered(): { call: BridgedCall; peer: Recorder } {
  let call: BridgedCall | undefined;
  near.onIncoming((incoming) => {
    call = play(answerBridged(clock, incoming));
  });
  const peer = far.place(REQUEST);
  clock.runFor(SECOND);
  if (call === undefined) throw new Error('no call came');
  say(call, '220 mta\r\n');
  return { call, peer };
}

/** How long it takes until the call is cleared, seconds. */
function secondsUntilCleared(peer: Recorder): number {
  const start = clock.now();
  while (peer.count('cleared') === 0 && clock.now() - start < HOUR) clock.runFor(100);
  return Math.round((clock.now() - start) / SECOND);
}

describe('a call of ours', () => {
  test('the greeting passes, and the LF of the other end becomes CR LF', () => {
    const { call, peer } = greeted();
    say(call, 'HELO mta\r\n');
    expect(call.mta.received).toBe('220 far\r\n');
    expect(text(peer.octets)).toBe('HELO mta\r\n');
  });

  test('is not accepted within 100 s: the client hears why', async () => {
    far.policy = () => {};
    const call = play(placeBridged(clock, near));
    clock.runFor(102 * SECOND);
    expect(call.mta.received).toMatch(
      /^421 4\.4\.2 the call was not accepted in time, cleared by us: [^\r\n]*\r\n$/,
    );
    expect(call.mta.isOpen).toBe(false);
    await settled();
    expect(call.end).toMatchObject({ inOrder: false, messages: 0 });
  });

  test('is refused', () => {
    far.policy = (incoming) => far.refuse(incoming, { cause: 0x00, diagnostic: 0xf5 });
    const call = play(placeBridged(clock, near));
    clock.runFor(5 * SECOND);
    expect(call.mta.received).toMatch(/^421 4\.4\.2 cleared by the other end: .*\(00\/F5\)\r\n$/);
    expect(call.outcome?.verdict.how).toBe('callFailed');
  });

  test('is not greeted within 120 s', () => {
    const { call, peer } = placed();
    expect(secondsUntilCleared(peer)).toBeCloseTo(119, -1);
    clock.runFor(SECOND);
    expect(call.mta.received).toMatch(/^421 4\.4\.2 no greeting in time, cleared by us/);
    expect(call.outcome?.verdict.how).toBe('greetingTimeout');
  });

  test('is not answered for ten minutes', () => {
    const { call, peer } = greeted();
    say(call, 'HELO mta\r\n');
    expect(secondsUntilCleared(peer)).toBeCloseTo(600, -1);
    expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf2 });
    clock.runFor(SECOND);
    expect(call.mta.received).toMatch(/\r\n421 4\.4\.2 silence for too long, cleared by us/);
    expect(call.outcome?.verdict.how).toBe('replyTimeout');
  });

  test('has no timer while it is the client that is awaited, until we lose patience with that', () => {
    const { call, peer } = greeted();
    clock.runFor(9 * MINUTE);
    expect(peer.count('cleared')).toBe(0);
    clock.runFor(2 * MINUTE);
    expect(call.mta.received).toMatch(/\r\n421 4\.4\.2 Silence for too long\r\n$/);
    expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf2 });
    expect(call.outcome?.verdict.how).toBe('aborted');
  });

  test('is cleared at once by the side that reads the 221', () => {
    const { call, peer } = greeted();
    say(call, 'QUIT\r\n');
    peer.send({ octets: fromAscii('221 bye\r\n') });
    expect(secondsUntilCleared(peer)).toBeLessThan(1);
    expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf1 });
    clock.runFor(SECOND);
    expect(call.mta.received).toMatch(/\r\n221 bye\r\n$/);
    expect(call.outcome?.verdict).toEqual({ how: 'completed' });
  });

  test('has its QUIT unanswered for 20 s', () => {
    const { call, peer } = greeted();
    say(call, 'QUIT\r\n');
    expect(secondsUntilCleared(peer)).toBeCloseTo(19, 0);
    clock.runFor(SECOND);
    expect(call.mta.received).toMatch(/\r\n421 4\.4\.2 QUIT was not answered in time/);
    expect(call.outcome?.verdict).toEqual({ how: 'quitTimeout' });
  });

  test('has 20 s for its QUIT from when it goes out, however long the message before it takes', () => {
    const { call, peer } = greeted();
    say(call, 'DATA\r\n');
    say(peer, '354 go\r\n');
    say(call, 'x\r\n.\r\nQUIT\r\n');
    clock.runFor(5 * MINUTE);
    expect(peer.count('cleared')).toBe(0);
    say(peer, '250 taken\r\n');
    expect(text(peer.octets)).toMatch(/\r\n\.\r\nQUIT\r\n$/);
    expect(secondsUntilCleared(peer)).toBeCloseTo(19, 0);
  });

  test('is dismissed by a 421: cleared at once', () => {
    const { call, peer } = greeted();
    peer.send({ octets: fromAscii('421 later\n') });
    expect(secondsUntilCleared(peer)).toBeLessThan(1);
    clock.runFor(SECOND);
    expect(call.mta.received).toMatch(/\r\n421 later\r\n$/);
    expect(call.outcome?.verdict.how).toBe('dismissed');
  });

  test('is reset in the middle of a message: cleared, and the client hears it', () => {
    const { call, peer } = greeted();
    say(call, 'DATA\r\n');
    say(peer, '354 go\r\n');
    say(call, 'half\r\n');
    peer.reset(0x00, 0xfa);
    clock.runFor(5 * SECOND);
    expect(call.mta.received).toMatch(/\r\n421 4\.4\.2 circuit reset by the other end/);
    expect(call.outcome?.verdict).toMatchObject({ how: 'reset', retry: { nextFacilitySet: true } });
  });

  test('the client goes while the call is being placed: it is given up', () => {
    far.policy = () => {};
    const call = play(placeBridged(clock, near));
    clock.runFor(SECOND);
    call.mta.close();
    clock.runFor(5 * SECOND);
    expect(far.withdrawn).toHaveLength(1);
    expect(call.outcome?.verdict.how).toBe('aborted');
  });
});

describe('a call that came in', () => {
  test('learns the line ends of the caller, and answers with CR LF', () => {
    const { call, peer } = answered();
    say(peer, 'HELO caller\n');
    say(call, '250 mta\r\n');
    say(peer, 'DATA\n');
    say(call, '354 go\r\n');
    say(peer, 'a\n..b\n.\nQUIT\n');
    expect(call.mta.received).toBe('HELO caller\r\nDATA\r\na\r\n..b\r\n.\r\n');
    expect(text(peer.octets)).toBe('220 mta\r\n250 mta\r\n354 go\r\n');
  });

  test('whose caller is silent for ten minutes: cleared, and the MTA sees no end of a message', () => {
    const { call, peer } = answered();
    say(peer, 'DATA\r\n');
    say(call, '354 go\r\n');
    say(peer, 'half\r\n');
    expect(secondsUntilCleared(peer)).toBeCloseTo(600, -1);
    expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf2 });
    clock.runFor(SECOND);
    expect(call.mta.isOpen).toBe(false);
    expect(call.tcp.aborted).toBe('protocolError');
    expect(call.mta.received).toBe('DATA\r\nhalf\r\n');
    expect(call.outcome?.verdict).toEqual({ how: 'replyTimeout' });
  });

  test('whose MTA is silent for ten minutes: the caller gets a 421 and has 20 s to clear', () => {
    const { call, peer } = answered();
    say(peer, 'NOOP\r\n');
    clock.runFor(10 * MINUTE);
    expect(text(peer.octets)).toMatch(/\r\n421 4\.4\.2 Silence for too long\r\n$/);
    expect(call.tcp.aborted).toBe('timeout');
    expect(secondsUntilCleared(peer)).toBeCloseTo(19, -1);
    expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf1 });
  });

  test('after the 221 the caller has 20 s to clear', () => {
    const { call, peer } = answered();
    say(peer, 'QUIT\r\n');
    say(call, '221 bye\r\n');
    call.mta.close();
    expect(secondsUntilCleared(peer)).toBeCloseTo(19, 0);
    expect(text(peer.octets)).toMatch(/\r\n221 bye\r\n$/);
    clock.runFor(SECOND);
    expect(call.outcome?.verdict).toEqual({ how: 'completed' });
  });

  test('whose MTA breaks off: cleared with F2', () => {
    const { call, peer } = answered();
    call.mta.abort('protocolError');
    expect(secondsUntilCleared(peer)).toBeLessThan(2);
    expect(peer.ending).toMatchObject({ cause: 0x00, diagnostic: 0xf2 });
  });

  test('is reset in the middle of a message: nothing is completed at the MTA', () => {
    const { call, peer } = answered();
    say(peer, 'DATA\r\n');
    say(call, '354 go\r\n');
    peer.send({ octets: fromAscii('half\r\n') });
    peer.reset(0x00, 0xfa);
    peer.send({ octets: fromAscii('.\r\n') });
    clock.runFor(5 * SECOND);
    expect(call.mta.received).toMatch(/^DATA\r\n(?:half\r\n)?$/);
    expect(call.mta.isOpen).toBe(false);
    expect(call.outcome?.verdict).toEqual({ how: 'reset' });
  });

  test('is cleared by the caller in the middle of a message', () => {
    const { call, peer } = answered();
    say(peer, 'DATA\r\n');
    say(call, '354 go\r\n');
    say(peer, 'half\r\n');
    peer.clear({ cause: 0x00, diagnostic: 0xf1 });
    clock.runFor(5 * SECOND);
    expect(call.mta.received).toBe('DATA\r\nhalf\r\n');
    expect(call.tcp.aborted).toBe('protocolError');
  });
});

test('an MTA that takes nothing shuts the window of the caller', () => {
  let call: BridgedCall | undefined;
  near.onIncoming((incoming) => {
    call = answerBridged(clock, incoming);
  });
  const peer = far.place(REQUEST);
  clock.runFor(SECOND);
  if (call === undefined) throw new Error('no call came');
  const { mta } = call;
  mta.setReceiver({ octets: () => {}, ready: () => {}, ended: () => {} });
  say(call, '220 mta\r\n');
  say(peer, 'DATA\r\n');
  say(call, '354 go\r\n');
  let sent = 0;
  while (peer.send({ octets: fromAscii(`${'x'.repeat(126)}\r\n`) }) && sent < 1000) {
    sent++;
    clock.runFor(SECOND);
  }
  expect(sent).toBeLessThan(100);
  mta.consumed(mta.received.length);
  clock.runFor(SECOND);
  expect(peer.count('ready')).toBeGreaterThan(0);
});
