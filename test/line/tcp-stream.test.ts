import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StreamEnd } from '../../src/core/index.js';
import { TcpStream } from '../../src/line/index.js';

let server: Server;
let client: Socket;
let stream: TcpStream;

beforeEach(async () => {
  server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  stream = new TcpStream(socket);
});

afterEach(() => {
  client.destroy();
  server.close();
});

/** Receives and consumes at once unless told otherwise. */
function receive(consume = true) {
  let text = '';
  let octetCount = 0;
  let end: (end: StreamEnd) => void;
  const ended = new Promise<StreamEnd>((resolve) => {
    end = resolve;
  });
  stream.setReceiver({
    octets: (octets) => {
      text += Buffer.from(octets).toString('latin1').slice(0, 100);
      octetCount += octets.length;
      if (consume) stream.consumed(octets.length);
    },
    ready: () => {},
    ended: (how) => end(how),
  });
  return { text: () => text, count: () => octetCount, ended };
}

describe('a TCP connection as a stream', () => {
  test('what came before there was a receiver is not lost', async () => {
    client.write('EHLO a\r\n');
    const received = receive();
    client.end();
    const end = await received.ended;
    expect([received.text(), end]).toEqual([
      'EHLO a\r\n',
      { inOrder: true, reason: 'closed by the other end' },
    ]);
  });

  test('closing sends everything first', async () => {
    receive();
    stream.write(Buffer.from('221 bye\r\n'), true);
    stream.close();
    let text = '';
    client.on('data', (octets) => {
      text += octets.toString();
    });
    await once(client, 'end');
    expect(text).toBe('221 bye\r\n');
  });

  test('a receiver that consumes nothing stops the sender', async () => {
    const received = receive(false);
    const block = Buffer.alloc(256 * 1024);
    let written = 0;
    while (client.write(block) || written < 64) {
      written++;
      if (written > 4000) break;
      if (client.writableLength > 8 * 1024 * 1024) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The kernel's buffers hold some; we hold the pause mark and one read more.
    expect(received.count()).toBeLessThan(256 * 1024);
    expect(client.writableLength).toBeGreaterThan(0);
  });

  test('breaking off says so', async () => {
    const received = receive();
    stream.abort('timeout');
    expect(await received.ended).toEqual({ inOrder: false, reason: 'broken off by us (timeout)' });
  });
});
