import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { logEvents } from '../../src/cli/log-events.js';
import type { GatewayEvent } from '../../src/gateway/index.js';
import { createLog } from '../../src/observe/index.js';
import { SimulatedSites } from '../support/simulated-sites.js';

/** What the log says of events, without the time. */
function logged(events: readonly GatewayEvent[]): Record<string, unknown>[] {
  const lines: string[] = [];
  const destination = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  const observe = logEvents(createLog({ level: 'info', pretty: false, destination }), undefined);
  for (const event of events) observe(event);
  return lines.map((line) => {
    const { time, ...fields } = JSON.parse(line);
    return fields;
  });
}

test('a message can be followed by its id, to the record of the call that carried it', async () => {
  const sites = new SimulatedSites();
  const slow = { subscription: { bitsPerSecond: 2400 } };
  const [a, b] = [await sites.start('a', slow), await sites.start('b', slow)];
  const id = await a.enqueue({ to: 'you@site-b.example' });
  await sites.runUntil(() => a.calls().length === 1 && b.events.some(({ type }) => type === 'received'));
  const [delivered] = logged(a.events.filter(({ type }) => type === 'settled'));
  expect(delivered).toEqual({
    level: 'info',
    msg: 'delivered',
    message: id,
    recipient: 'you@site-b.example',
    destination: 'peer:other',
    sender: 'from@site-a.example',
    relay: a.calls()[0]?.circuit,
    delayMs: expect.any(Number),
    tookMs: expect.any(Number),
    status: '2.0.0',
    reason: expect.stringMatching(/^250 2\.0\.0 /),
  });
  expect(Number(delivered?.delayMs)).toBeGreaterThan(Number(delivered?.tookMs));
  const [received] = logged(b.events.filter(({ type }) => type === 'received'));
  expect(received).toMatchObject({ msg: 'received', sender: 'from@site-a.example', recipients: 1 });
  // What the other end called it stands in our line: the trace goes on there.
  expect(delivered?.reason).toContain(received?.message);
});

test('refused mail is told with who, for whom, by what, and what was said', () => {
  const refused = {
    by: 'access',
    rule: 'no spam',
    source: 'smtp 192.0.2.1',
    hello: 'mx.example',
    sender: 'a@x',
    recipient: 'b@y',
    reply: { code: 554, status: '5.7.1', text: 'go away' },
  } as const;
  const { reply, ...facts } = refused;
  expect(logged([{ type: 'refused', refused }])).toEqual([
    { level: 'info', ...facts, msg: 'refused: 554 5.7.1 go away' },
  ]);
});

test.each([
  ['deferred', '451 4.3.0 not now', 'warn', '4.3.0'],
  ['failed', '550 5.1.1 nobody', 'warn', '5.1.1'],
  ['deferred', 'the link is down', 'warn', undefined],
] as const)('%s: %s', (outcome, reason, level, status) => {
  const recipient = {
    message: 'm1',
    recipient: 'b@y',
    destination: 'smtp:host:25',
    sender: 'a@x',
    outcome,
    reason,
    delayMs: 10,
  };
  const { outcome: msg, ...fields } = recipient;
  expect(logged([{ type: 'settled', recipient }])).toEqual([
    { level, msg, ...fields, ...(status !== undefined && { status }) },
  ]);
});
