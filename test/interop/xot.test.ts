/**
 * XOT on real sockets: two gateways that are each other's router, with a relay between that writes down what passes.
 * Wireshark's dissectors, which are not ours, say what the octets mean.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallRequest } from '../../src/circuit/index.js';
import { SystemClock, toHex } from '../../src/core/index.js';
import { NameCache, XotListener, XotSocket } from '../../src/line/index.js';
import { CaptureFile } from '../../src/observe/index.js';
import { XotCircuits } from '../../src/xot/index.js';
import { CallWatch, RecordedEnd, type Recorder } from '../circuit/recorder.js';
import { hex } from '../support/hex.js';
import { PARAMETERS } from '../xot/circuits-pair.js';

const version = spawnSync('tshark', ['--version'], { encoding: 'utf8' }).stdout?.split('\n')[0];
const sessionOver = { cause: 0x00, diagnostic: 0xf1 };
const clock = new SystemClock();

/** One chunk that TCP delivered to the relay. */
interface Chunk {
  readonly from: 'caller' | 'called';
  readonly octets: Uint8Array;
}

/** A gateway, as far as XOT goes. */
interface End {
  readonly circuits: XotCircuits;
  readonly calls: RecordedEnd;
  readonly listener: XotListener;
  /** What passed on each connection to it. */
  readonly connections: Chunk[][];
  /** Where its connections arrive. */
  readonly port: number;
  stop(): Promise<void>;
}

const NUMBER = { a: '23421000001', b: '26245300040' } as const;
let directory: string;
let capture: CaptureFile;
let a: End;
let b: End;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'x25mail-'));
  capture = new CaptureFile(join(directory, 'ours.pcapng'), {
    section: { hardware: 'none', application: 'x25mail test' },
    onError: (error) => {
      throw error;
    },
  });
  const ports: Partial<Record<string, number>> = {};
  const router = (called: string): number => ports[called] ?? 1;
  a = await makeEnd('a', router);
  b = await makeEnd('b', router);
  ports[NUMBER.a] = a.port;
  ports[NUMBER.b] = b.port;
});

afterEach(async () => {
  await Promise.all([a.stop(), b.stop()]);
  await capture.close();
  await rm(directory, { recursive: true });
});

async function makeEnd(name: 'a' | 'b', router: (called: string) => number): Promise<End> {
  const circuits = new XotCircuits({
    name: `xot-${name}`,
    clock,
    packet: PARAMETERS,
    maxCircuits: 20,
    calling: NUMBER[name],
    connect: (called) =>
      XotSocket.connect({
        host: '127.0.0.1',
        port: router(called),
        names: new NameCache(clock, async () => ({ addresses: [] })),
        connectMs: 10_000,
        keepAliveMs: 60_000,
      }),
    trace: (event) => capture.record({ name: `xot-${name}`, role: 'either' }, event),
  });
  const listener = new XotListener({
    host: '127.0.0.1',
    port: 0,
    maxConnections: 40,
    keepAliveMs: 60_000,
    mayConnect: () => true,
    onConnection: (connection) => circuits.accept(connection),
    onRefused: (address, why) => {
      throw new Error(`${address} ${why}`);
    },
  });
  await listener.listen();
  const relay = await startRelay(listener.port);
  const calls = new RecordedEnd(circuits, new CallWatch());
  calls.listen();
  return {
    circuits,
    calls,
    listener,
    connections: relay.connections,
    port: relay.port,
    stop: async () => {
      listener.stopListening();
      await new Promise<void>((resolve) => circuits.stop(resolve));
      listener.close();
      relay.close();
    },
  };
}

async function startRelay(to: number): Promise<{ port: number; connections: Chunk[][]; close: () => void }> {
  const connections: Chunk[][] = [];
  const sockets: Socket[] = [];
  const server = createServer((caller) => {
    const chunks: Chunk[] = [];
    connections.push(chunks);
    const called = connect(to, '127.0.0.1');
    const pass = (from: Chunk['from'], source: Socket, target: Socket): void => {
      sockets.push(source);
      source.setNoDelay(true);
      source.on('data', (octets) => chunks.push({ from, octets }));
      source.on('error', () => {}); // the end that matters is told by its own socket
      source.pipe(target);
    };
    pass('caller', caller, called);
    pass('called', called, caller);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, connections, close };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Octets that show every loss, repetition and exchange. */
function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + seed) & 0xff);
}

/** Sends it in sequences of 2048 octets, as fast as the circuit takes them. */
function sendAll(from: Recorder, octets: Uint8Array): void {
  let at = 0;
  const goOn = (): void => {
    for (let takes = true; takes && at < octets.length; at += 2048)
      takes = from.send({ octets: octets.subarray(at, at + 2048) });
  };
  from.react = ({ type }) => {
    if (type === 'ready') goOn();
  };
  goOn();
}

async function call(from: End, to: End, request: Partial<CallRequest> = {}) {
  const before = to.calls.accepted.length;
  const called = to === a ? NUMBER.a : NUMBER.b;
  const caller = from.calls.place({ called, userData: hex('c0 f7 00 00'), ...request });
  await until(() => caller.count('connected') > 0 && to.calls.accepted.length > before);
  return { caller, called: to.calls.accepted[before] as Recorder };
}

describe('two gateways by XOT on loopback', () => {
  test('calls and octets go both ways, each call on its own connection', async () => {
    const fast = {
      facilities: {
        packetSize: { fromCalled: 1024, fromCalling: 1024 },
        windowSize: { fromCalled: 7, fromCalling: 7 },
      },
    };
    const pairs = [await call(a, b), await call(b, a, fast), await call(a, b, fast)];
    expect([a.connections.length, b.connections.length]).toEqual([1, 2]);
    const sent = pairs.map((_, i) => [pattern(300_000, i), pattern(200_000, i + 100)] as const);
    pairs.forEach(({ caller, called }, i) => {
      const [forth, back] = sent[i] ?? [];
      sendAll(caller, forth ?? hex(''));
      sendAll(called, back ?? hex(''));
    });
    await until(() => pairs.every(({ caller }) => caller.delivered === 300_000));
    await until(() => pairs.every(({ called }) => called.delivered === 200_000));
    pairs.forEach(({ caller, called }, i) => {
      expect(Buffer.compare(called.octets, sent[i]?.[0] ?? hex(''))).toBe(0);
      expect(Buffer.compare(caller.octets, sent[i]?.[1] ?? hex(''))).toBe(0);
    });
    for (const { caller } of pairs) caller.clear(sessionOver);
    await until(() =>
      pairs.every(({ caller, called }) => caller.count('cleared') + called.count('cleared') === 2),
    );
    expect(pairs.map(({ called }) => called.ending.diagnostic)).toEqual([0xf1, 0xf1, 0xf1]);
    expect([a.circuits.status().circuits, b.circuits.status().circuits]).toEqual([0, 0]);
  });

  test('a receiver that does not consume stops the sender, and nothing is lost', async () => {
    const { caller, called } = await call(a, b);
    called.consumes = false;
    sendAll(caller, pattern(50_000, 3));
    await until(() => called.octets.length === 256);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(called.octets.length).toBe(256);
    called.consumes = true;
    called.consumed(256);
    await until(() => called.octets.length === 50_000);
    expect(Buffer.compare(called.octets, pattern(50_000, 3))).toBe(0);
  });

  test('a router that is not there is told as what it is', async () => {
    const caller = a.calls.place({ called: '999', userData: hex('c0 f7 00 00') });
    await until(() => caller.count('cleared') > 0);
    expect(caller.ending).toMatchObject({ by: 'link', cause: 0x09, diagnostic: 0x78 });
    expect(a.circuits.status().lastFailure).toBe(
      "127.0.0.1 can't be reached: connect ECONNREFUSED 127.0.0.1:1",
    );
  });

  test('a gateway that dies takes its circuits with it', async () => {
    const { caller } = await call(a, b);
    b.listener.close();
    await until(() => caller.count('cleared') > 0);
    expect(caller.ending).toMatchObject({ by: 'link', cause: 0x09 });
  });
});

describe.skipIf(version === undefined)(version ?? 'tshark is not installed: octets are not checked', () => {
  const EXPECTED = [
    'Inc. call/Call req. VC:1',
    'Call conn./Call acc. VC:1',
    'Data VC:1 P(S):0 P(R):0',
    'RR VC:1 P(R):1',
    'Data VC:1 P(S):0 P(R):1',
    'RR VC:1 P(R):1',
    'Interrupt VC:1',
    'Interrupt Conf. VC:1',
    'Reset ind./Reset req. VC:1 DTE Originated - Diag.:250',
    'Reset conf. VC:1',
    'Clear ind./Clear req. VC:1 DTE Originated - Disconnection - normal',
    'Clear Conf. VC:1',
  ];

  /** Everything that a circuit can do, one thing after the other. */
  async function talk(): Promise<void> {
    const { caller, called } = await call(a, b);
    caller.send({ octets: hex('48 45 4c 4f') });
    await until(() => caller.delivered === 4);
    called.send({ octets: hex('32 35 30') });
    await until(() => called.delivered === 3);
    caller.interrupt(hex('01'));
    await until(() => caller.count('interruptConfirmed') === 1);
    caller.reset(0x00, 0xfa);
    await until(() => caller.count('reset') === 1);
    caller.clear(sessionOver);
    await until(() => caller.count('cleared') === 1);
  }

  test('what went over TCP is XOT, packet for packet', async () => {
    await talk();
    const path = join(directory, 'tcp.pcap');
    tcpCapture(path, b.connections[0] ?? []);
    const fields = tshark(path, ['_ws.col.Info', '_ws.malformed', 'xot.version']);
    expect(fields.map(([info]) => info)).toEqual(EXPECTED);
    expect(fields.filter(([, malformed]) => malformed !== '')).toEqual([]);
    expect(new Set(fields.map(([, , xotVersion]) => xotVersion))).toEqual(new Set(['0']));
  });

  test('both ends trace what went over TCP', async () => {
    await talk();
    await capture.close();
    const fields = tshark(join(directory, 'ours.pcapng'), [
      'frame.interface_name',
      '_ws.col.Info',
      '_ws.malformed',
    ]);
    for (const link of ['xot-a', 'xot-b'])
      expect(fields.filter(([name]) => name === link).map(([, info]) => info)).toEqual(EXPECTED);
    expect(fields.filter(([, , malformed]) => malformed !== '')).toEqual([]);
  });
});

/** The chunks as TCP segments to and from the port of XOT. */
function tcpCapture(path: string, chunks: readonly Chunk[]): void {
  const dump = chunks
    .map(({ from, octets }) => `${from === 'caller' ? 'I' : 'O'}\n0000 ${toHex(octets, ' ')}\n`)
    .join('\n');
  const { status, stderr } = spawnSync('text2pcap', ['-q', '-D', '-T', '20000,1998', '-', path], {
    input: dump,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`text2pcap: ${stderr}`);
}

function tshark(path: string, fields: readonly string[]): string[][] {
  const { stdout, stderr, status } = spawnSync(
    'tshark',
    ['-n', '-r', path, '-T', 'fields', '-E', 'separator=|', ...fields.flatMap((field) => ['-e', field])],
    { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } },
  );
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|').map((field) => field.trimEnd()));
}
