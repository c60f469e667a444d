import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SystemClock } from '../../src/core/index.js';
import {
  type LookUp,
  NameCache,
  XotListener,
  type XotListenerOptions,
  XotSocket,
  type XotTarget,
} from '../../src/line/index.js';

const closers: Array<() => void> = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Resolves as soon as it is so: what sockets do takes a moment, and no set time. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** Writes down what a connection tells. */
function listenTo(connection: XotSocket): { events: string[]; octets: number } {
  const heard = { events: [] as string[], octets: 0 };
  connection.setHandler({
    opened: () => heard.events.push('opened'),
    received: (octets) => {
      heard.octets += octets.length;
      heard.events.push(`received ${Buffer.from(octets.subarray(0, 20)).toString('latin1')}`);
    },
    writable: () => heard.events.push('writable'),
    closed: (why) => heard.events.push(`closed: ${why}`),
  });
  return heard;
}

/** A connection that we ask for; names are those that `lookUp` knows. */
function connectTo(
  host: string,
  port: number,
  { lookUp = async () => ({ addresses: [] }), ...more }: Partial<XotTarget> & { lookUp?: LookUp } = {},
): XotSocket {
  const names = new NameCache(new SystemClock(), lookUp);
  return XotSocket.connect({ host, port, names, connectMs: 10_000, keepAliveMs: 60_000, ...more });
}

async function listener(
  options: Partial<XotListenerOptions> = {},
): Promise<{ port: number; connections: XotSocket[]; refused: string[]; xot: XotListener }> {
  const connections: XotSocket[] = [];
  const refused: string[] = [];
  const xot = new XotListener({
    host: '127.0.0.1',
    port: 0,
    maxConnections: 10,
    keepAliveMs: 60_000,
    mayConnect: () => true,
    onConnection: (connection) => connections.push(connection),
    onRefused: (address, why) => refused.push(`${address} ${why}`),
    ...options,
  });
  await xot.listen();
  closers.push(() => xot.close());
  return { port: xot.port, connections, refused, xot };
}

/** A router that is nothing but a socket. */
async function router(): Promise<{ port: number; server: Server; accepted: Promise<Socket> }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const accepted = once(server, 'connection').then(([socket]) => {
    closers.push(() => (socket as Socket).destroy());
    return socket as Socket;
  });
  return { port: (server.address() as AddressInfo).port, server, accepted };
}

/** Resolves when it is gone, in whatever way. */
function gone(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}

function client(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  closers.push(() => socket.destroy());
  return socket;
}

describe('a connection that we ask for', () => {
  test('tells when it is open, what comes, and that the other end has closed it', async () => {
    const { port, accepted } = await router();
    const connection = connectTo('127.0.0.1', port);
    const { events } = listenTo(connection);
    const socket = await accepted;
    await until(() => events.length > 0);
    connection.write(Buffer.from('call'));
    const [received] = (await once(socket, 'data')) as [Buffer];
    expect(received.toString()).toBe('call');
    socket.end('answer');
    await until(() => events.length === 3);
    expect(events).toEqual(['opened', 'received answer', 'closed: closed by the other end']);
    expect(connection.remoteAddress).toBe('127.0.0.1');
  });

  test('that nobody takes is closed, and says why', async () => {
    const { port, server } = await router();
    server.close();
    const { events } = listenTo(connectTo('127.0.0.1', port));
    await until(() => events.length > 0);
    expect(events).toEqual([`closed: connect ECONNREFUSED 127.0.0.1:${port}`]);
  });

  test('to a name that none has is closed, and says why', async () => {
    const { events } = listenTo(connectTo('700.001.invalid', 1998));
    await until(() => events.length > 0);
    expect(events).toEqual(['closed: no such name: 700.001.invalid']);
  });

  test('to a name that nobody can look up is closed, and says why', async () => {
    const lookUp = () => Promise.reject(new Error('queryA ETIMEOUT r.example'));
    const { events } = listenTo(connectTo('r.example', 1998, { lookUp }));
    await until(() => events.length > 0);
    expect(events).toEqual(['closed: r.example: queryA ETIMEOUT r.example']);
  });

  test('to a name with several addresses takes the first that answers, and keeps the name', async () => {
    const { port, accepted } = await router();
    const lookUp = async () => ({ addresses: ['127.0.0.2', '127.0.0.1', '127.0.0.3'] });
    const connection = connectTo('r.example', port, { lookUp });
    const { events } = listenTo(connection);
    await accepted;
    await until(() => events.length > 0);
    expect(events).toEqual(['opened']);
    expect(connection.remoteAddress).toBe('r.example');
  });

  test('says why of each address when none answers', async () => {
    const { port, server } = await router();
    server.close();
    const lookUp = async () => ({ addresses: ['127.0.0.2', '127.0.0.1'] });
    const { events } = listenTo(connectTo('r.example', port, { lookUp }));
    await until(() => events.length > 0);
    expect(events).toEqual([
      `closed: connect ECONNREFUSED 127.0.0.2:${port}; connect ECONNREFUSED 127.0.0.1:${port}`,
    ]);
  });

  test('goes on to the next address when one does not answer in time', async () => {
    const { port, accepted } = await router();
    // Of TEST-NET-1 (RFC 5737): nobody is there, or it can't even be reached.
    const lookUp = async () => ({ addresses: ['192.0.2.1', '127.0.0.1'] });
    const connection = connectTo('r.example', port, { lookUp, connectMs: 20 });
    const { events } = listenTo(connection);
    await accepted;
    await until(() => events.length > 0);
    expect(events).toEqual(['opened']);
  });

  test('that is closed while its name is looked up, or tried, is never opened', async () => {
    const { port } = await router();
    let answer = (_: { addresses: string[] }): void => {};
    const lookUp: LookUp = () => new Promise((resolve) => (answer = resolve));
    const connection = connectTo('r.example', port, { lookUp });
    const { events } = listenTo(connection);
    connection.close();
    answer({ addresses: ['127.0.0.1'] });
    const trying = connectTo('127.0.0.1', port);
    const { events: others } = listenTo(trying);
    await new Promise((resolve) => setImmediate(resolve));
    trying.close();
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect([events, others]).toEqual([[], []]);
  });

  test('is heard no more of once we have closed it, open or not', async () => {
    const { port, accepted } = await router();
    const early = connectTo('127.0.0.1', port);
    const { events: none } = listenTo(early);
    early.close();
    const connection = connectTo('127.0.0.1', port);
    const { events } = listenTo(connection);
    const socket = await accepted;
    await until(() => events.length > 0);
    connection.close();
    socket.write('too late');
    socket.resume();
    await once(socket, 'end');
    socket.end();
    await gone(socket);
    expect([none, events]).toEqual([[], ['opened']]);
  });

  test('sends everything before it closes', async () => {
    const { port, accepted } = await router();
    const connection = connectTo('127.0.0.1', port);
    const { events } = listenTo(connection);
    const socket = await accepted;
    await until(() => events.length > 0);
    const length = 16 * 1024 * 1024;
    connection.write(Buffer.alloc(length));
    connection.close();
    let arrived = 0;
    socket.on('data', (octets) => {
      arrived += octets.length;
    });
    await once(socket, 'end');
    expect(arrived).toBe(length);
  });
});

describe('a connection that is taken', () => {
  test('says who it is, and hears what came before anybody listened', async () => {
    const { port, connections } = await listener();
    const socket = client(port);
    socket.write('call');
    await until(() => connections.length === 1);
    const [connection] = connections as [XotSocket];
    expect(connection.remoteAddress).toBe('127.0.0.1');
    const { events } = listenTo(connection);
    await until(() => events.length > 0);
    expect(events).toEqual(['received call']);
  });

  test('paused, takes nothing, and the sender is stopped by TCP', async () => {
    const { port, connections } = await listener();
    const socket = client(port);
    await until(() => connections.length === 1);
    const [connection] = connections as [XotSocket];
    const heard = listenTo(connection);
    connection.pause();
    const length = 16 * 1024 * 1024;
    socket.write(Buffer.alloc(length));
    await until(() => socket.bytesWritten > 0);
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(heard.octets).toBe(0);
    expect(socket.writableLength).toBeGreaterThan(0);
    connection.resume();
    await until(() => heard.octets === length);
  });

  test('that takes no more says so, and when it does again', async () => {
    const { port, connections } = await listener();
    const socket = client(port);
    await until(() => connections.length === 1);
    const [connection] = connections as [XotSocket];
    const { events } = listenTo(connection);
    while (connection.write(Buffer.alloc(64 * 1024)));
    expect(events).toEqual([]);
    socket.resume();
    await until(() => events.length > 0);
    expect(events).toEqual(['writable']);
  });

  test('on a socket for both families, has its IPv4 address', async () => {
    const { port, connections } = await listener({ host: '::' });
    client(port);
    await until(() => connections.length === 1);
    expect(connections[0]?.remoteAddress).toBe('127.0.0.1');
  });

  test('is closed at once, and told of, when its address is not allowed', async () => {
    const { port, connections, refused } = await listener({
      mayConnect: (address) => address !== '127.0.0.1',
    });
    await gone(client(port));
    expect([connections, refused]).toEqual([[], ['127.0.0.1 notAllowed']]);
  });

  test('is closed at once when there are too many, and taken when one has gone', async () => {
    const { port, connections, refused } = await listener({ maxConnections: 1 });
    const first = client(port);
    await until(() => connections.length === 1);
    await gone(client(port));
    expect(refused).toEqual(['127.0.0.1 tooMany']);
    const { events } = listenTo(connections[0] as XotSocket);
    first.end();
    await until(() => events.length > 0);
    client(port);
    await until(() => connections.length === 2);
  });
});

test.each([
  [60_000, [true, 60_000]],
  [0, [false, 0]],
])('an other end that is silent for %i ms is asked by TCP whether it is there', (keepAliveMs, asked) => {
  const socket = new Socket();
  const set = vi.spyOn(socket, 'setKeepAlive');
  XotSocket.accepted(socket, '10.1.1.1', keepAliveMs).close();
  expect(set).toHaveBeenCalledWith(...asked);
});

describe('the listener', () => {
  test('says what is wrong when it can’t listen', async () => {
    const { port } = await listener();
    const other = new XotListener({
      host: '127.0.0.1',
      port,
      maxConnections: 1,
      keepAliveMs: 0,
      mayConnect: () => true,
      onConnection: () => {},
      onRefused: () => {},
    });
    await expect(other.listen()).rejects.toMatchObject({
      code: 'listen',
      temporary: false,
      message: `cannot listen on 127.0.0.1:${port} for XOT: another program listens there`,
    });
  });

  test('stops listening first, and drops the rest when it closes', async () => {
    const { port, connections, xot } = await listener();
    const socket = client(port);
    await until(() => connections.length === 1);
    xot.stopListening();
    await gone(client(port));
    expect(socket.destroyed).toBe(false);
    socket.resume();
    xot.close();
    await gone(socket);
    expect(connections).toHaveLength(1);
  });
});
