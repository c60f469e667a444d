/** Both halves back to back, and one half against itself, however the octets are cut. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BASIC_OFFERS, type ServerOptions } from '../../src/smtp/index.js';
import {
  ALL_OFFERS,
  ClientDriver,
  converse,
  type QueuedMessage,
  queued,
  ServerDriver,
} from '../support/smtp-drivers.js';

const localPart = fc.stringMatching(/^[a-z0-9.+=_-]{1,20}$/);
const domain = fc.constantFrom('b.example', '700001', '[192.0.2.1]', 'X.Example');
const address = fc.tuple(localPart, domain).map(([local, host]) => `${local}@${host}`);
const line = fc.oneof(
  fc.constantFrom('', '.', '..', '.text', 'QUIT', '250 ok', '\t'),
  fc.string({ unit: fc.constantFrom('a', ' ', '.', '\0', '\xff', ':'), maxLength: 80 }),
);
const body = fc.array(line, { maxLength: 20 }).map((lines) => lines.map((text) => `${text}\r\n`).join(''));

const messages = fc
  .array(
    fc.record({
      sender: fc.oneof(fc.constant(''), address),
      recipients: fc.uniqueArray(address, { minLength: 1, maxLength: 5 }),
      body,
      eightBit: fc.boolean(),
    }),
    { maxLength: 4 },
  )
  .map((list) =>
    list.map(({ sender, recipients, body: text, eightBit }, i) =>
      queued(`m${i}`, recipients, text, { sender, body: eightBit ? '8BITMIME' : '7BIT' }),
    ),
  );

const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 });

/** Cuts text into pieces of these lengths, over and over. */
function cutBy(sizes: readonly number[]): (text: string) => string[] {
  let next = 0;
  return (text) => {
    const pieces: string[] = [];
    for (let at = 0; at < text.length; ) {
      const size = sizes[next++ % sizes.length] ?? 1;
      pieces.push(text.slice(at, at + size));
      at += size;
    }
    return pieces;
  };
}

const taken = ({ message, body: text }: QueuedMessage): object => ({
  mail: { address: message.sender, size: message.size, body: message.parameters.body },
  recipients: message.recipients.map((recipient) => recipient.address),
  body: text,
});

test('whatever the client is given, the server takes, octet for octet', () => {
  const options = fc.record({
    pipelining: fc.boolean(),
    chunk: fc.integer({ min: 1, max: 100 }),
    offers: fc.constantFrom(BASIC_OFFERS, ALL_OFFERS, { ...BASIC_OFFERS, chunking: true }),
  });
  fc.assert(
    fc.property(messages, lengths, options, (queue, sizes, { pipelining, chunk, offers }) => {
      const client = new ClientDriver(queue, { pipelining }, chunk);
      const server = new ServerDriver({ offers });
      converse(client, server, cutBy(sizes));
      expect(server.messages).toEqual(queue.map(taken));
      const outcomes = [...client.results.values()].flat();
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(outcomes.map(() => 'delivered'));
      expect(client.finished).toEqual({ how: 'close', reason: '221 2.0.0 gw.example closing' });
      expect(server.closed).toBe('quit');
      expect(server.discarded).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('the outcomes are those that the server decided', () => {
  const queue = [
    queued('m', ['good@y', 'bad@y', 'later@y'], 'x\r\n'),
    queued('n', ['bad@y'], 'y\r\n'),
    queued('o', ['good@y'], 'z\r\n'),
  ];
  for (const pipelining of [true, false]) {
    const client = new ClientDriver(queue, { pipelining });
    const server = new ServerDriver({}, (ask) => {
      if (ask.type === 'recipient' && ask.address === 'bad@y')
        return { accept: false, reply: { code: 550, status: '5.1.1', text: 'no' } };
      if (ask.type === 'recipient' && ask.address === 'later@y')
        return { accept: false, reply: { code: 450, status: '4.2.0', text: 'later' } };
      return { accept: true };
    });
    converse(client, server, (text) => (text === '' ? [] : [text]));
    expect(client.outcomes('m')).toEqual([
      'good@y: delivered 250 2.0.0 Message accepted',
      'bad@y: permanent 550 5.1.1 no',
      'later@y: temporary 450 4.2.0 later',
    ]);
    expect(client.outcomes('n')).toEqual(['bad@y: permanent 550 5.1.1 no']);
    expect(server.messages.map((message) => message.recipients)).toEqual([['good@y'], ['good@y']]);
  }
});

const said = fc.array(
  fc.oneof(
    fc.constantFrom(
      'EHLO c',
      'HELO c',
      'MAIL FROM:<a@x>',
      'RCPT TO:<b@y>',
      'DATA',
      'RSET',
      'NOOP',
      'VRFY b',
      'FOO',
    ),
    fc.constantFrom('.', '..', 'text', '', 'a\nb', 'a\rb', '\r', '\n', 'x'.repeat(100), 'QUIT'),
  ),
  { maxLength: 25 },
);

describe('however its octets are cut', () => {
  const summary = (server: ServerDriver): object => ({
    said: server.said(),
    asks: server.asks,
    messages: server.messages,
    discarded: server.discarded,
    consumed: server.closed === undefined ? server.consumed : undefined,
    closed: server.closed,
  });

  const options = fc.record<Partial<ServerOptions>>({
    lineEnds: fc.constantFrom('crlf', 'learn'),
    bareLineEnd: fc.constantFrom('refuse', 'crlf'),
    maxMessageSize: fc.constantFrom(50, 10_000),
    maxErrors: fc.constantFrom(3, 100),
  });

  test('a server session is the same', () => {
    fc.assert(
      fc.property(said, fc.constantFrom('\r\n', '\n'), options, lengths, (lines, lineEnd, given, sizes) => {
        const octets = ['EHLO c', 'MAIL FROM:<a@x>', 'RCPT TO:<b@y>', 'DATA', ...lines, '.', ...lines].join(
          lineEnd,
        );
        const whole = new ServerDriver(given).start();
        whole.give(octets);
        const cut = new ServerDriver(given).start();
        for (const piece of cutBy(sizes)(octets)) cut.give(piece);
        expect(summary(cut)).toEqual(summary(whole));
      }),
      { numRuns: 200 },
    );
  });

  const replies = fc.array(
    fc.constantFrom(
      '220 s',
      '250 ok',
      '250-s\r\n250 PIPELINING',
      '354 go',
      '550 5.1.1 no',
      '450 later',
      '421 bye',
      '221 bye',
      'what',
    ),
    { maxLength: 12 },
  );

  /** Shorter than any reply: a reply that comes before its command is one to nothing, and cutting is not to join them. */
  const short = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 });

  test('a client session is the same', () => {
    fc.assert(
      fc.property(replies, fc.constantFrom('\r\n', '\n'), short, (lines, lineEnd, sizes) => {
        const octets = lines.map((text) => `${text}${lineEnd}`).join('');
        const play = (pieces: readonly string[]): object => {
          const client = new ClientDriver([queued('m', ['b@y', 'c@y'], 'x\r\n')]).start();
          for (const piece of pieces) client.give(piece);
          return {
            results: client.results,
            finished: client.finished,
            events: client.events.filter((event) => event !== 'awaiting' && event !== 'settled'),
          };
        };
        const one = play(lines.map((text) => `${text}${lineEnd}`));
        expect(play(cutBy(sizes)(octets))).toEqual(one);
      }),
      { numRuns: 200 },
    );
  });
});

test('a client makes its peace with any server: it always comes to an end, with an outcome for everyone', () => {
  const piece = fc.constantFrom(
    '220 s\r\n',
    '250 ok\r\n',
    '354 go\r\n',
    '550 no\r\n',
    '421 x\r\n',
    '250-',
    '\r\n',
    '\0',
    '5',
    '\xff',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const client = new ClientDriver([queued('m', ['b@y', 'c@y'], 'x\r\n')]).start();
      for (const text of pieces) client.give(text);
      client.input({ type: 'ended', reason: 'gone' });
      expect(client.finished).toBeDefined();
      const begun = client.readies.length > 0;
      expect(client.outcomes('m')).toHaveLength(begun ? 2 : 0);
    }),
    { numRuns: 300 },
  );
});

test('a server makes its peace with any client', () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), fc.boolean(), (pieces, inData) => {
      const server = new ServerDriver({ lineEnds: 'learn', bareLineEnd: 'crlf' }).start();
      if (inData) server.give('HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<b@y>\r\nDATA\r\n');
      for (const octets of pieces) server.give(octets);
      server.input({ type: 'ended' });
      expect(server.closed).toBeDefined();
      expect(server.discarded + server.messages.length).toBe(inData ? 1 : 0);
    }),
    { numRuns: 200 },
  );
});
