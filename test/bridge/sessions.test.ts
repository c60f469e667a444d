/** The engine's client and server with two bridges and a call between them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryCircuits } from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import type { ClientOptions, ServerOptions } from '../../src/smtp/index.js';
import { settled } from '../support/scripted-stream.js';
import { ClientDriver, type QueuedMessage, queued, ServerDriver } from '../support/smtp-drivers.js';
import { answerBridged, type BridgedCall, placeBridged, speak } from './bridged-site.js';

interface Conversation {
  readonly client: ClientDriver;
  readonly server: ServerDriver;
  readonly caller: BridgedCall;
  readonly called: BridgedCall;
}

interface Options {
  readonly client?: Partial<ClientOptions>;
  readonly server?: Partial<ServerOptions>;
  readonly chunk?: number;
}

/** client - TCP - bridge - circuit - bridge - TCP - server, until nothing is left to happen. */
function converse(
  queue: readonly QueuedMessage[],
  options: Options = {},
  server?: ServerDriver,
): Conversation {
  const clock = new VirtualClock();
  const { a, b } = memoryCircuits({ clock, delayMs: 40 });
  const receiving = server ?? new ServerDriver(options.server);
  let called: BridgedCall | undefined;
  b.onIncoming((call) => {
    called = answerBridged(clock, call);
    speak(receiving, called.mta, clock);
  });
  const client = new ClientDriver(queue, options.client, options.chunk);
  const caller = placeBridged(clock, a);
  speak(client, caller.mta, clock);
  clock.runToRest(() => caller.outcome !== undefined && called?.outcome !== undefined && !called.tcp.isOpen);
  if (called === undefined) throw new Error('no call came');
  return { client, server: receiving, caller, called };
}

const address = fc.stringMatching(/^[a-z0-9.+=_-]{1,20}$/).map((local) => `${local}@b.example`);
const line = fc.oneof(
  fc.constantFrom('', '.', '..', '.text', 'QUIT', '250 ok', '\t', 'x'.repeat(998)),
  fc.string({ unit: fc.constantFrom('a', ' ', '.', '\0', '\xff', ':'), maxLength: 80 }),
);
const body = fc.array(line, { maxLength: 30 }).map((lines) => lines.map((text) => `${text}\r\n`).join(''));
const messages = fc
  .array(fc.record({ recipients: fc.uniqueArray(address, { minLength: 1, maxLength: 4 }), body }), {
    maxLength: 3,
  })
  .map((list) => list.map(({ recipients, body: text }, i) => queued(`m${i}`, recipients, text)));

test('whatever the client is given, the server takes, octet for octet', () => {
  const options = fc.record({ pipelining: fc.boolean(), chunk: fc.integer({ min: 1, max: 3000 }) });
  fc.assert(
    fc.property(messages, options, (queue, { pipelining, chunk }) => {
      const { client, server, caller, called } = converse(queue, { client: { pipelining }, chunk });
      expect(server.messages).toEqual(
        queue.map(({ message, body: text }) => ({
          mail: { address: message.sender, size: message.size, body: message.parameters.body },
          recipients: message.recipients.map((recipient) => recipient.address),
          body: text,
        })),
      );
      expect(client.finished).toEqual({ how: 'close', reason: '221 2.0.0 gw.example closing' });
      expect(server.closed).toBe('quit');
      expect(caller.outcome?.verdict).toEqual({ how: 'completed' });
      expect(called.outcome?.verdict).toEqual({ how: 'completed' });
      expect(caller.outcome?.ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 0xf1 });
    }),
    { numRuns: 25 },
  );
});

test('what was counted on the way', async () => {
  const { caller, called } = converse([queued('m', ['b@y'], 'x\r\n'), queued('n', ['c@y'], 'y\r\n')]);
  await settled();
  for (const { end } of [caller, called])
    expect(end).toMatchObject({ inOrder: true, reason: '221 2.0.0 gw.example closing', messages: 2 });
  expect(caller.end?.octets).toEqual({
    fromCircuit: called.end?.octets.toCircuit,
    toCircuit: called.end?.octets.fromCircuit,
  });
  expect(caller.outcome?.traffic.octetsSent).toBe(caller.end?.octets.toCircuit);
});

test('the outcomes are those that the server decided', () => {
  const server = new ServerDriver({}, (ask) =>
    ask.type === 'recipient' && ask.address === 'bad@y'
      ? { accept: false, reply: { code: 550, status: '5.1.1', text: 'no' } }
      : { accept: true },
  );
  const { client } = converse(
    [queued('m', ['good@y', 'bad@y'], 'x\r\n'), queued('n', ['bad@y'], 'y\r\n')],
    {},
    server,
  );
  expect(client.outcomes('m')).toEqual([
    'good@y: delivered 250 2.0.0 Message accepted',
    'bad@y: permanent 550 5.1.1 no',
  ]);
  expect(client.outcomes('n')).toEqual(['bad@y: permanent 550 5.1.1 no']);
});

test('a server that has too many errors of a client ends the call for both', () => {
  const { client, caller, called } = converse([queued('m', ['b@y'], 'x\r\n')], {
    server: { maxErrors: 1, maxMessageSize: 100 },
    client: { hostname: 'not a name' },
  });
  expect(client.finished?.reason).toBe('421 4.7.0 Too many errors');
  expect(caller.outcome?.verdict.how).toBe('dismissed');
  expect(called.outcome?.verdict).toEqual({ how: 'completed' });
});
