import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { type OctetStream, type StreamEnd, SystemClock } from '../../src/core/index.js';
import { secure } from '../../src/line/index.js';
import { streamPair } from '../bridge/stream-pair.js';

const pem = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../fixtures/tls', name), 'utf8');
const server = {
  role: 'server',
  context: createSecureContext({ cert: pem('cert.pem'), key: pem('key.pem') }),
} as const;
const trusting = createSecureContext({ ca: pem('ca.pem') });

/** Everything that a stream tells. */
class Heard {
  text = '';
  end: StreamEnd | undefined;
  readonly #stream: OctetStream;
  #changed: () => void = () => {};

  constructor(stream: OctetStream) {
    this.#stream = stream;
    stream.setReceiver({
      octets: (octets) => {
        this.text += Buffer.from(octets).toString('latin1');
        this.#stream.consumed(octets.length);
        this.#changed();
      },
      ready: () => this.#changed(),
      ended: (end) => {
        this.end = end;
        this.#changed();
      },
    });
  }

  async until(what: () => boolean): Promise<void> {
    while (!what()) await new Promise<void>((resolve) => (this.#changed = resolve));
  }
}

async function encrypted() {
  const { a, b } = streamPair(new SystemClock());
  const [left, right] = await Promise.all([
    secure(a, server, 5000),
    secure(b, { role: 'client', servername: 'gw.example', context: trusting }, 5000),
  ]);
  if (!left.ok || !right.ok) throw new Error(JSON.stringify([left, right]));
  return { a, b, left, right, heard: { left: new Heard(left.stream), right: new Heard(right.stream) } };
}

describe('TLS over any stream', () => {
  test('both ends know what they have, and text passes both ways, unreadable on the way', async () => {
    const { a, left, right, heard } = await encrypted();
    expect(left.facts).toEqual({ protocol: 'TLSv1.3', cipher: expect.any(String), servername: 'gw.example' });
    expect(right.facts).toEqual({ protocol: 'TLSv1.3', cipher: expect.any(String) });
    right.stream.write(Buffer.from('secret'), true);
    left.stream.write(Buffer.from('answer'), true);
    await heard.left.until(() => heard.left.text === 'secret');
    await heard.right.until(() => heard.right.text === 'answer');
    expect(a.received).not.toContain('secret');
  });

  test('much more than any buffer holds passes whole', async () => {
    const { left, right, heard } = await encrypted();
    const block = Buffer.alloc(16_384, 'x');
    for (let i = 0; i < 64; i++) if (!right.stream.write(block, true)) await heard.right.until(() => true);
    await heard.left.until(() => heard.left.text.length === 64 * block.length);
    expect(left.ok).toBe(true);
  });

  test('an end in order arrives as one, and ends the stream below', async () => {
    const { a, right, heard } = await encrypted();
    right.stream.write(Buffer.from('last'), true);
    right.stream.close();
    await heard.left.until(() => heard.left.end !== undefined);
    expect([heard.left.text, heard.left.end?.inOrder]).toEqual(['last', true]);
    await heard.right.until(() => heard.right.end !== undefined);
    expect(a.isOpen).toBe(false);
  });

  test('a stream below that is lost is the end, out of order', async () => {
    const { a, heard } = await encrypted();
    a.abort('timeout');
    await heard.right.until(() => heard.right.end !== undefined);
    expect(heard.right.end?.inOrder).toBe(false);
  });

  test.each([
    ['another name', { role: 'client', servername: 'other.example', context: trusting }, /for another name/],
    ['a signer that nobody knows', { role: 'client', servername: 'gw.example' }, /not trusted \(UNABLE/],
  ] as const)('a certificate with %s is told, not refused', async (_, role, why) => {
    const { a, b } = streamPair(new SystemClock());
    const [, client] = await Promise.all([secure(a, server, 5000), secure(b, role, 5000)]);
    expect(client.ok && client.facts.unverified).toMatch(why);
  });

  test('what is no TLS fails with a reason and breaks the stream off', async () => {
    const { a, b } = streamPair(new SystemClock());
    const failing = secure(a, server, 5000);
    b.setReceiver({ octets: () => {}, ready: () => {}, ended: () => {} });
    b.write(Buffer.from('EHLO me\r\n'), true);
    expect(await failing).toEqual({ ok: false, reason: expect.stringMatching(/^TLS: /) });
    expect(a.aborted).toBe('protocolError');
  });

  test('a stream that ends during the handshake fails', async () => {
    const { a, b } = streamPair(new SystemClock());
    const failing = secure(a, server, 5000);
    b.close();
    expect(await failing).toMatchObject({ ok: false });
  });
});
