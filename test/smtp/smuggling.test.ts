/**
 * What looks like the end of data to some servers and is none here (SMTP smuggling). Behind each variant stands a second
 * message in the first one's data. It must never become a message of its own, neither here nor at the next hop, wherever
 * the octets are cut.
 */
import { describe, expect, test } from 'vitest';
import type { ServerOptions } from '../../src/smtp/index.js';
import { ClientDriver, queued, ServerDriver } from '../support/smtp-drivers.js';
import { ENDS_LF_SESSION, expectOneMessage, SMUGGLED, VARIANTS } from '../support/smuggling.js';

function session(lineEnd: string, variant: string): string {
  const envelope = ['EHLO c', 'MAIL FROM:<a@x>', 'RCPT TO:<b@y>', 'DATA', ''].join(lineEnd);
  const smuggled = SMUGGLED.replaceAll('\r\n', lineEnd);
  return `${envelope}first${variant}${smuggled}${lineEnd}.${lineEnd}QUIT${lineEnd}`;
}

interface Outcome {
  readonly senders: readonly string[];
  readonly bodies: readonly string[];
  readonly discarded: number;
  readonly closed: string | undefined;
}

/** Plays it cut in two at every octet, and once octet by octet. @returns the different outcomes; there should be one. */
function playEveryCut(octets: string, options: Partial<ServerOptions>): Outcome[] {
  const outcomes = new Set<string>();
  for (let cut = 0; cut <= octets.length; cut++) {
    const server = new ServerDriver(options).start();
    const pieces = cut === octets.length ? octets.split('') : [octets.slice(0, cut), octets.slice(cut)];
    for (const piece of pieces) server.give(piece);
    const senders = server.asks.flatMap((ask) => (ask.type === 'sender' ? [ask.mail.address] : []));
    const bodies = server.messages.map(({ body }) => body);
    outcomes.add(JSON.stringify({ senders, bodies, discarded: server.discarded, closed: server.closed }));
  }
  return [...outcomes].map((outcome) => JSON.parse(outcome));
}

/** What a client of ours sends on for this body: the octets behind DATA. */
function sentOn(body: string, chunk: number): string {
  const client = new ClientDriver([queued('m', ['b@y'], body)], {}, chunk).start();
  client.give('220 x\r\n');
  client.give('250-x\r\n250 PIPELINING\r\n');
  client.said();
  client.give('250 ok\r\n250 ok\r\n354 go\r\n');
  return client.said();
}

describe.each(Object.entries(VARIANTS))('%s', (name, variant) => {
  describe.each<[string, Partial<ServerOptions>]>([
    ['TCP', { lineEnds: 'crlf' }],
    ['a circuit whose first line ended with CR LF', { lineEnds: 'learn' }],
  ])('on %s', (_, options) => {
    const octets = session('\r\n', variant);

    test('is refused where a bare line end is in it, and else is text', () => {
      const hasBare = /[\r\n]/.test(variant.replaceAll('\r\n', ''));
      expect(playEveryCut(octets, { ...options, bareLineEnd: 'refuse' })).toEqual([
        {
          senders: ['a@x'],
          bodies: hasBare ? [] : [expect.stringContaining('smuggled')],
          discarded: hasBare ? 1 : 0,
          closed: 'quit',
        },
      ]);
    });

    test('becomes text, and stays text at the next hop', () => {
      const outcomes = playEveryCut(octets, { ...options, bareLineEnd: 'crlf' });
      expect(outcomes).toEqual([
        { senders: ['a@x'], bodies: [expect.stringContaining('smuggled')], discarded: 0, closed: 'quit' },
      ]);
      const body = outcomes[0]?.bodies[0] ?? '';
      expect(body.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      for (let chunk = 1; chunk < 20; chunk++) expectOneMessage(sentOn(body, chunk));
    });
  });

  test('in an LF session ends the data only by the one rule of that session', () => {
    const ends = ENDS_LF_SESSION.has(name);
    const strayCr = variant.replaceAll('\r\n', '').includes('\r');
    const outcomes = playEveryCut(session('\n', variant), { lineEnds: 'learn' });
    expect(outcomes).toMatchObject([
      { senders: ends ? ['a@x', 'evil@x'] : ['a@x'], discarded: strayCr ? 1 : 0, closed: 'quit' },
    ]);
    const bodies = outcomes[0]?.bodies ?? [];
    expect(bodies).toHaveLength((strayCr ? 0 : 1) + (ends ? 1 : 0));
    for (const body of bodies) expectOneMessage(sentOn(body, 7));
  });
});

test('a body that comes to the client with any line ends is sent on as one message', () => {
  for (const variant of Object.values(VARIANTS))
    for (let chunk = 1; chunk < 20; chunk++) expectOneMessage(sentOn(`first${variant}${SMUGGLED}`, chunk));
});
