import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../src/circuit/index.js';
import { fromAscii } from '../../src/core/index.js';
import { callsOf, ladder, type TracedLink } from '../../src/observe/index.js';
import { encodePacket, type Packet } from '../../src/x25/index.js';
import { hex } from '../support/hex.js';

const LINK: TracedLink = { name: 'psdn0', role: 'dte' };
const ENDS = { us: 'site-a', peer: 'network' };

/** A trace as it comes from a link: one packet every 100 ms, numbered as they should be. */
class Trace {
  readonly events: TraceEvent[] = [];
  readonly #channel: number;
  readonly #next = { sent: 0, received: 0 };

  constructor(channel = 1) {
    this.#channel = channel;
  }

  octets(
    direction: TraceEvent['direction'],
    octets: Uint8Array,
    layer: TraceEvent['layer'] = 'packet',
  ): this {
    const at = 5000 + 100 * this.events.length;
    this.events.push({ at, wallTime: at, layer, direction, octets });
    return this;
  }

  packet(direction: TraceEvent['direction'], text: string): this {
    return this.octets(direction, hex(text));
  }

  data(
    direction: TraceEvent['direction'],
    text: string,
    bits: Partial<Packet & { type: 'data' }> = {},
  ): this {
    const ps = this.#next[direction]++ % 8;
    const pr = this.#next[direction === 'sent' ? 'received' : 'sent'] % 8;
    const packet: Packet = {
      type: 'data',
      channel: this.#channel,
      qualified: false,
      confirm: false,
      more: false,
      ps,
      pr,
      payload: fromAscii(text),
      ...bits,
    };
    return this.octets(direction, encodePacket(packet, 8));
  }

  rr(direction: TraceEvent['direction']): this {
    const pr = this.#next[direction === 'sent' ? 'received' : 'sent'] % 8;
    return this.octets(direction, encodePacket({ type: 'rr', channel: this.#channel, pr }, 8));
  }
}

const CALL = '10 01 0B BB 26 24 53 00 04 02 34 21 00 00 01 06 42 09 09 43 04 04 C0 F7 00 00';

/** A call with one message in it, as RFC 1090 would have it. */
function mailCall(): Trace {
  const trace = new Trace()
    .packet('sent', CALL)
    .packet('received', '10 01 0F 00 06 42 09 09 43 04 04')
    .data('received', '220 gw-b.example ESMTP\r\n')
    .data('sent', 'EHLO gw-a.example\r\n')
    .data('received', '250-gw-b.example\r\n250 PIPELINING\r\n')
    .data('sent', 'MAIL FROM:<a@site-a.example>\r\nRCPT TO:<b@site-b.example>\r\nDATA\r\n')
    .data('received', '250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go ahead\r\n')
    .rr('sent');
  for (let i = 0; i < 9; i++) {
    trace.data('sent', `250 a line of the message, ${i} QUIT\r\n`.padEnd(60), { more: true });
    if (i % 3 === 2) trace.rr('received');
  }
  return trace
    .data('sent', '\r\n.\r\n')
    .data('received', '250 2.0.0 kept\r\n')
    .data('sent', 'QUIT\r\n')
    .data('received', '221 2.0.0 bye\r\n')
    .packet('sent', '10 01 13 00 F1')
    .packet('received', '10 01 17');
}

test('a call for people, data folded', () => {
  expect(ladder(LINK, mailCall().events, ENDS)).toEqual([
    '    0.000  site-a  -->  network  CALL REQUEST to 26245300040 from 23421000001, user data C0F70000 (SMTP, RFC 1090), packet size 512/512, window 4/4',
    '    0.100  site-a  <--  network  CALL CONNECTED, packet size 512/512, window 4/4',
    '    0.200  site-a  <--  network  DATA 0 24 octets',
    '    0.300  site-a  -->  network  DATA 0 19 octets',
    '    0.400  site-a  <--  network  DATA 1 34 octets',
    '    0.500  site-a  -->  network  DATA 1 64 octets',
    '    0.600  site-a  <--  network  DATA 2 42 octets, RR',
    '    0.800  site-a  -->  network  10 DATA, 545 octets in 1.2 s, 3 RR',
    '    2.100  site-a  <--  network  DATA 3 16 octets',
    '    2.200  site-a  -->  network  DATA 4 6 octets',
    '    2.300  site-a  <--  network  DATA 4 15 octets',
    '    2.400  site-a  -->  network  CLEAR REQUEST: DTE originated, disconnection, normal (00/F1)',
    '    2.500  site-a  <--  network  CLEAR CONFIRMATION',
  ]);
});

describe('the dialogue', () => {
  const dialogue = (trace: Trace): string[] =>
    ladder(LINK, trace.events, { ...ENDS, text: true })
      .filter((line) => /^ {20}/.test(line))
      .map((line) => line.trim());

  test('is shown where asked for: commands and replies, of the message its size', () => {
    expect(dialogue(mailCall())).toEqual([
      '220 gw-b.example ESMTP',
      'EHLO gw-a.example',
      '250-gw-b.example',
      '250 PIPELINING',
      'MAIL FROM:<a@site-a.example>',
      'RCPT TO:<b@site-b.example>',
      'DATA',
      '250 2.1.0 ok',
      '250 2.1.5 ok',
      '354 go ahead',
      '(message of 10 lines)',
      '250 2.0.0 kept',
      'QUIT',
      '221 2.0.0 bye',
    ]);
  });

  test('is not shown otherwise', () => {
    expect(ladder(LINK, mailCall().events, ENDS).join()).not.toMatch(/EHLO|QUIT|kept/);
  });

  test('is read across packets, whatever ends the lines', () => {
    expect(
      dialogue(new Trace().data('sent', 'MAIL FR', { more: true }).data('sent', 'OM:<>\nRSET\n')),
    ).toEqual(['MAIL FROM:<>', 'RSET']);
  });

  test('tells no credentials', () => {
    const trace = new Trace()
      .data('sent', 'AUTH PLAIN AGEAYg==\r\n')
      .data('received', '334 c2VjcmV0\r\n')
      .data('sent', 'AGEAYg==\r\n')
      .data('received', '235 2.7.0 ok\r\n');
    expect(dialogue(trace)).toEqual(['AUTH PLAIN', '334', '(credentials)', '235 2.7.0 ok']);
  });

  test('ends where TLS begins', () => {
    const trace = new Trace()
      .data('sent', 'STARTTLS\r\n')
      .data('received', '220 go\r\n')
      .data('sent', 'QUIT\r\n');
    expect(dialogue(trace)).toEqual(['STARTTLS', '220 go']);
  });

  test('can not command the terminal, and Q-bit data is none', () => {
    const trace = new Trace()
      .data('received', '250 \u001b[2J\u0007\r\n')
      .data('received', '250 not mail\r\n', { qualified: true });
    expect(dialogue(trace)).toEqual(['250 .[2J.']);
  });

  test('lines without end cost no memory', () => {
    const trace = new Trace();
    for (let i = 0; i < 100; i++) trace.data('sent', `RSET ${'x'.repeat(400)}`);
    trace.data('sent', '\r\n');
    expect(dialogue(trace).map((line) => line.length)).toEqual([1000]);
  });
});

test('RNR, interrupts and resets stand on lines of their own and cut a run', () => {
  const trace = new Trace()
    .data('sent', 'a')
    .data('sent', 'b')
    .packet('received', '10 01 45')
    .rr('received')
    .data('sent', 'c', { qualified: true, confirm: true, more: true })
    .packet('received', '10 01 1B 07 00');
  expect(ladder(LINK, trace.events, ENDS).map((line) => line.slice(33))).toEqual([
    '2 DATA, 2 octets in 0.1 s',
    'RNR pr=2',
    'RR',
    'DATA 2 (Q) (D) (M) 1 octet',
    'RESET INDICATION: network congestion (07/00)',
  ]);
});

test('frames are passed over, what is no packet is said', () => {
  const trace = new Trace().octets('sent', hex('01 3F'), 'frame').packet('received', '00 01');
  expect(ladder(LINK, trace.events, ENDS)).toEqual([
    '    0.000  site-a  <--  network  no packet, 2 octets: invalid general format identifier (at octet 1)',
  ]);
});

test('nothing is nothing', () => {
  expect(ladder(LINK, [], ENDS)).toEqual([]);
});

describe('a trace is taken apart into calls', () => {
  const shape = (events: readonly TraceEvent[]): string[] =>
    callsOf(events).map(
      ({ channel, events: own }) =>
        `${channel}: ${own.map(({ octets }) => (octets[2] ?? 0).toString(16).padStart(2, '0')).join(' ')}`,
    );

  test('by channel, a call request beginning each', () => {
    const trace = new Trace()
      .packet('sent', '10 01 0B 00 00')
      .packet('received', '14 02 0B 00 00')
      .packet('received', '10 01 13 00 00')
      .packet('sent', '10 01 17')
      .packet('sent', '14 02 0F')
      .packet('sent', '10 01 0B 00 00');
    expect(shape(trace.events)).toEqual(['1: 0b 13 17', '1026: 0b 0f', '1: 0b']);
  });

  test('a restart ends those that live', () => {
    const trace = new Trace()
      .packet('sent', '10 01 0B 00 00')
      .packet('sent', '10 02 0B 00 00')
      .packet('sent', '10 01 13 00 00')
      .packet('received', '10 01 13 00 00') // crossed: both are confirmed
      .packet('received', '10 00 FB 07 00')
      .packet('sent', '10 00 FF');
    expect(shape(trace.events)).toEqual(['1: 0b 13 13', '2: 0b fb']);
  });

  test('a clear that is repeated is not two that cross', () => {
    const trace = new Trace()
      .packet('sent', '10 01 0B 00 00')
      .packet('sent', '10 01 13 00 00')
      .packet('sent', '10 01 13 00 00')
      .packet('received', '10 00 FB 07 00');
    expect(shape(trace.events)).toEqual(['1: 0b 13 13 fb']);
  });

  test('a trace may begin in the middle, and unreadable packets belong to their channel', () => {
    const trace = new Trace()
      .packet('received', '10 01 21')
      .packet('received', '20 01 05')
      .packet('sent', '10');
    expect(shape(trace.events)).toEqual(['1: 21 05']);
  });
});

test('a call in modulo 128, from INTERRUPT to REJ, is one call and reads like any other', () => {
  const trace = new Trace()
    .packet('sent', '20 01 0B 06 70 00 01 00 C0 F7 00 00')
    .packet('received', '20 01 0F')
    .packet('sent', '20 01 00 00 41 42')
    .packet('sent', '20 01 02 00 43')
    .packet('received', '20 01 01 04')
    .packet('received', '20 01 05 04')
    .packet('sent', '20 01 23 01')
    .packet('received', '20 01 27')
    .packet('sent', '20 01 09 00')
    .packet('received', '20 01 1B 07 00')
    .packet('sent', '20 01 1F')
    .packet('received', '20 01 13 09 00')
    .packet('sent', '20 01 17');
  const [call, ...others] = callsOf(trace.events);
  expect(others).toEqual([]);
  expect(ladder(LINK, call?.events ?? [], ENDS).map((line) => line.slice(11))).toEqual([
    'site-a  -->  network  CALL REQUEST to 700001, user data C0F70000 (SMTP, RFC 1090)',
    'site-a  <--  network  CALL CONNECTED',
    'site-a  -->  network  2 DATA, 3 octets in 0.1 s, RR',
    'site-a  <--  network  RNR pr=2',
    'site-a  -->  network  INTERRUPT, 1 octet',
    'site-a  <--  network  INTERRUPT CONFIRMATION',
    'site-a  -->  network  REJ pr=0',
    'site-a  <--  network  RESET INDICATION: network congestion (07/00)',
    'site-a  -->  network  RESET CONFIRMATION',
    'site-a  <--  network  CLEAR INDICATION: out of order (09/00)',
    'site-a  -->  network  CLEAR CONFIRMATION',
  ]);
});
