import { linkSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ControlClient, ControlServer, request, untilCancelled } from '../../src/console/index.js';

let folder: string;
let path: string;
let flooded: boolean;
let closing: Array<() => Promise<void> | void>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'x25mail-'));
  path = join(folder, 'control');
  closing = [];
  flooded = false;
});
afterEach(async () => {
  for (const close of closing) await close();
  rmSync(folder, { recursive: true });
});

async function serve(): Promise<ControlServer> {
  const server = await ControlServer.listen(path, {
    hello: request({}, () => ({ hello: 'world' })),
    count: async (_parameters, asked) => {
      for (let n = 0; n < 3; n++) asked.event(n);
      await untilCancelled(asked);
      return { events: 3 };
    },
    flood: async (_parameters, asked) => {
      let told = 0;
      for (let n = 0; n < 20_000; n++) {
        if (asked.event('x'.repeat(1000))) told++;
        if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      flooded = true;
      await untilCancelled(asked);
      return { told };
    },
  });
  closing.push(() => server.close());
  return server;
}

async function connect(): Promise<ControlClient> {
  const client = await ControlClient.connect(path);
  closing.unshift(() => client.close());
  return client;
}

test('asks and answers; only the owner may open it', async () => {
  await serve();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const client = await connect();
  expect(await client.ask('hello')).toEqual({ hello: 'world' });
  await expect(client.ask('bye')).rejects.toThrow('found bye; allowed: hello, count');
});

test('a stream goes on until it is cancelled', async () => {
  await serve();
  const client = await connect();
  const events: unknown[] = [];
  const stream = client.stream(
    'count',
    {},
    {
      event: (event) => {
        events.push(event);
        if (events.length === 3) stream.cancel();
      },
    },
  );
  expect(await stream.answer).toEqual({ events: 3 });
  expect(events).toEqual([0, 1, 2]);
});

test('a client that does not read costs the server no wait and bounded memory; it is told what it has missed', async () => {
  await serve();
  const client = await connect();
  let events = 0;
  let lost = 0;
  const stream = client.stream(
    'flood',
    {},
    {
      event: () => events++,
      lost: (count) => {
        lost = count;
      },
    },
  );
  client.pause();
  await vi.waitFor(() => expect(flooded).toBe(true), 10_000);
  client.resume();
  stream.cancel();
  const { told } = (await stream.answer) as { told: number };
  expect(events).toBe(told);
  expect(told).toBeLessThan(10_000); // what the system and our bound hold
  expect(lost).toBe(0); // nothing was told after the first that was left out
});

test('closing removes the socket, and tells those who wait', async () => {
  const server = await serve();
  const client = await connect();
  const answer = client.ask('count').catch((error: unknown) => String(error));
  await client.ask('hello');
  await server.close();
  closing.pop();
  expect(await answer).toContain('the gateway has closed the connection');
  expect(() => statSync(path)).toThrow('ENOENT');
});

test('a socket that nobody listens on any more is replaced', async () => {
  // A server that is closed removes its socket; one that is killed does not.
  const killed = createServer();
  await new Promise<void>((resolve) => killed.listen(path, resolve));
  const linked = join(folder, 'kept');
  linkSync(path, linked);
  await new Promise((resolve) => killed.close(resolve));
  renameSync(linked, path);
  await serve();
  expect(await (await connect()).ask('hello')).toEqual({ hello: 'world' });
});

test('another gateway there is an error, and goes on', async () => {
  await serve();
  await expect(ControlServer.listen(path, {})).rejects.toThrow('another gateway listens there');
  expect(await (await connect()).ask('hello')).toEqual({ hello: 'world' });
});

test('a file in the way stays', async () => {
  writeFileSync(path, 'mine');
  await expect(ControlServer.listen(path, {})).rejects.toThrow('something that is no socket is in the way');
  expect(statSync(path).size).toBe(4);
});

test('a path that is too long is told before it is tried', async () => {
  const long = join(folder, 'x'.repeat(120));
  await expect(ControlServer.listen(long, {})).rejects.toThrow(/octets long, the system allows 10[37]/);
  await expect(ControlClient.connect(long)).rejects.toThrow(/octets long, the system allows 10[37]/);
});

test('a directory that is not there is told with what to do', async () => {
  const nowhere = join(folder, 'no', 'control');
  await expect(ControlServer.listen(nowhere, {})).rejects.toThrow('check its directory');
});

test('no gateway there: what to do', async () => {
  await expect(ControlClient.connect(path)).rejects.toThrow(
    'no gateway runs there: start it with x25mail run',
  );
});

test('something else that answers there', async () => {
  const other = createServer((socket) => void socket.resume().end('220 hello\r\n'));
  await new Promise<void>((resolve) => other.listen(path, resolve));
  closing.push(() => new Promise<void>((resolve) => void other.close(() => resolve())));
  await expect((await connect()).ask('hello')).rejects.toThrow('something answers there that is no gateway');
});
