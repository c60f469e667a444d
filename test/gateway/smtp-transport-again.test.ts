/** A host that does not take what it was offered is tried again at once without it, and not for ever. */
import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import type { MailSource } from '../../src/gateway/mail-source.js';
import { SmtpTransport } from '../../src/gateway/smtp-transport.js';
import { ScriptedStream, settled } from '../support/scripted-stream.js';

const NO_MAIL = { next: async () => undefined } as unknown as MailSource;

/** Connections one after the other, each played by `host`; what was said on each. */
async function deliver(
  host: (stream: ScriptedStream) => void,
): Promise<{ said: string[]; inOrder: boolean }> {
  const streams: ScriptedStream[] = [];
  const transport = new SmtpTransport({
    place: { host: 'mail.example', port: 25 },
    terms: { tls: 'none' },
    clock: new VirtualClock(),
    connect: async () => {
      const stream = new ScriptedStream();
      streams.push(stream);
      void settled().then(() => host(stream));
      return stream;
    },
    session: {
      hostname: 'gw.example',
      pipelining: true,
      timeouts: { greetingMs: 60_000, commandMs: 60_000, dataMs: 60_000, endOfDataMs: 60_000 },
    },
  });
  const { inOrder } = await transport.run(NO_MAIL);
  return { said: streams.map(({ written }) => written), inOrder };
}

test('one that drops EHLO gets HELO', async () => {
  const { said, inOrder } = await deliver(async (stream) => {
    stream.say('220 old\r\n');
    if (stream.written.startsWith('EHLO')) return stream.end('closed');
    stream.say('250 old\r\n');
    await settled();
    stream.say('221 bye\r\n');
  });
  expect(said).toEqual(['EHLO gw.example\r\n', 'HELO gw.example\r\nQUIT\r\n']);
  expect(inOrder).toBe(true);
});

test('one that drops HELO too is left alone', async () => {
  const { said, inOrder } = await deliver((stream) => {
    stream.say('220 odd\r\n');
    stream.end('closed');
  });
  expect(said).toEqual(['EHLO gw.example\r\n', 'HELO gw.example\r\n']);
  expect(inOrder).toBe(false);
});
