/** Both halves of a session over every kind of circuit: messages, chunks, changed places, and what a sequence is. */
import { describe, expect, test } from 'vitest';
import { type CircuitEvent, memoryCircuits } from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { type CallOutcome, MailCircuit } from '../../src/rfc1090/index.js';
import type { Offers } from '../../src/smtp/index.js';
import type { CircuitsPair } from '../circuit/compliance.js';
import { directPair, stackPair } from '../circuit/stack-pair.js';
import { connectedPair } from '../modem/connected-pair.js';
import { padSite } from '../pad/pad-site.js';
import { MailEnd, type MailEndOptions } from '../support/circuit-sessions.js';
import { hex } from '../support/hex.js';
import { type QueuedMessage, queued } from '../support/smtp-drivers.js';
import { circuitsPair } from '../xot/circuits-pair.js';

const KINDS: ReadonlyArray<[string, () => CircuitsPair]> = [
  [
    'circuits in memory',
    () => {
      const clock = new VirtualClock();
      return { clock, ...memoryCircuits({ clock, delayMs: 40 }) };
    },
  ],
  ['X.25 at 64 000 bit/s', () => stackPair()],
  ['X.25 at 2400 bit/s', () => stackPair({ bitsPerSecond: 2400, delayMs: 300, escapeXonXoff: true })],
  ['X.25 joined without a line', () => directPair()],
  ['XOT', () => circuitsPair()],
  ['XOT in small pieces', () => circuitsPair({ delayMs: 150, capacity: 100, pieceOctets: 7 })],
  ['modems at 9600 bit/s', () => connectedPair()],
  [
    'a PAD at 19 200 bit/s',
    () => {
      const { clock, pad, host } = padSite({ bitsPerSecond: 19_200 });
      clock.runFor(10_000);
      return { clock, a: pad, b: host };
    },
  ],
];

const MINUTE = 60_000;

interface Played {
  readonly caller: MailEnd;
  readonly called: MailEnd;
  readonly outcomes: CallOutcome[];
  /** What the caller sent, sequence by sequence. */
  readonly sequences: string[];
}

function play(
  pair: CircuitsPair,
  caller: Partial<MailEndOptions>,
  called: Partial<MailEndOptions> = {},
): Played {
  const { clock } = pair;
  const outcomes: CallOutcome[] = [];
  const sequences: string[] = [];
  let sequence = '';
  const ended = (outcome: CallOutcome): number => outcomes.push(outcome);
  const watch = (event: CircuitEvent): void => {
    if (event.type !== 'piece') return;
    sequence += Buffer.from(event.piece.octets).toString('latin1');
    if (event.piece.more) return;
    sequences.push(sequence);
    sequence = '';
  };
  let ends: { a?: MailEnd; b?: MailEnd } = {};
  pair.b.onIncoming((call) => {
    const mail = MailCircuit.answer(call, {
      clock,
      watch,
      ended,
      opened: () => {
        const b = mail && new MailEnd(mail, 'server', { clock, queue: [], ...called });
        if (b !== undefined) ends = { ...ends, b };
      },
    });
  });
  const request = { called: '26245300040', calling: '23421000001', userData: hex('c0 f7 00 00') };
  const mail = MailCircuit.place(pair.a, request, {
    clock,
    ended,
    opened: () => {
      ends = { ...ends, a: new MailEnd(mail, 'client', { clock, queue: [], ...caller }) };
    },
  });
  for (let minutes = 0; outcomes.length < 2 && minutes < 60; minutes++) clock.runFor(MINUTE);
  const { a, b } = ends;
  if (a === undefined || b === undefined) throw new Error('no session came about');
  return { caller: a, called: b, outcomes, sequences };
}

const taken = ({ message, body }: QueuedMessage): object => ({
  sender: message.sender,
  recipients: message.recipients.map(({ address }) => address),
  body,
});

// A body as a PAD can carry it: no control characters.
const QUEUE = [
  queued('one', ['b@y', 'c@y'], 'hello\r\n.\r\n..dots\r\n'),
  queued('large', ['b@y'], `${'x'.repeat(78)}\r\n`.repeat(150)),
  queued('two', ['d@y'], 'again\r\n'),
];
const BACK = [queued('back', ['a@x'], 'answer\r\n.\r\n')];

const OFFERS: Record<string, Offers> = {
  nothing: {},
  PIPELINING: { pipelining: true, size: true },
  'PIPELINING and CHUNKING': { pipelining: true, chunking: true, size: true, enhancedStatusCodes: true },
};

describe.each(KINDS)('over %s', (_, makePair) => {
  test.each(Object.keys(OFFERS))('every message arrives, with %s', (offered) => {
    const { caller, called, outcomes } = play(
      makePair(),
      { queue: QUEUE },
      { server: { offers: OFFERS[offered] ?? {} } },
    );
    expect(called.taken).toEqual(QUEUE.map(taken));
    expect([...caller.results.values()].flat().map(({ outcome }) => outcome)).toEqual(
      Array(4).fill('delivered'),
    );
    expect(caller.finished).toMatch(/^221 /);
    expect(outcomes.map(({ verdict }) => verdict)).toEqual([{ how: 'completed' }, { how: 'completed' }]);
  });

  test('client and server change places: one call carries mail both ways', () => {
    const { caller, called, outcomes } = play(
      makePair(),
      { queue: QUEUE, turns: true },
      { queue: BACK, server: { offers: { pipelining: true, atrn: true } } },
    );
    expect(called.taken).toEqual(QUEUE.map(taken));
    expect(caller.taken).toEqual(BACK.map(taken));
    expect(called.results.get('back')?.map(({ outcome }) => outcome)).toEqual(['delivered']);
    expect(called.finished).toMatch(/^221 /);
    expect(outcomes.map(({ verdict }) => verdict.how)).toEqual(['completed', 'completed']);
  });
});

describe.each(KINDS.filter(([name]) => !name.includes('PAD')))(
  'sequences over %s (RFC 1090 §4)',
  (_, makePair) => {
    test('one command or one batch is one, data fills all but the last', () => {
      const { sequences } = play(
        makePair(),
        { queue: QUEUE.slice(1) },
        { server: { offers: { pipelining: true } } },
      );
      const [ehlo, batch, ...rest] = sequences;
      expect(ehlo).toBe('EHLO client.example\r\n');
      expect(batch).toBe('MAIL FROM:<a@from.example>\r\nRCPT TO:<b@y>\r\nDATA\r\n');
      const data = rest.slice(0, 6);
      expect(data.map(({ length }) => length)).toEqual([2048, 2048, 2048, 2048, 2048, 12_003 - 5 * 2048]);
      expect(rest.slice(6).map((sequence) => sequence.split('\r\n')[0])).toEqual([
        'MAIL FROM:<a@from.example>',
        'again',
        'QUIT',
      ]);
    });

    test('a small message and its envelope are one, when it goes out as a chunk', () => {
      const { sequences } = play(
        makePair(),
        { queue: QUEUE.slice(2) },
        { server: { offers: { pipelining: true, chunking: true } } },
      );
      expect(sequences.slice(1)).toEqual([
        'MAIL FROM:<a@from.example>\r\nRCPT TO:<d@y>\r\nBDAT 7 LAST\r\nagain\r\n',
        'QUIT\r\n',
      ]);
    });
  },
);
