import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Circuit } from '../src/circuit/index.js';
import { SystemClock } from '../src/core/index.js';
import { NameCache, XotListener, XotSocket } from '../src/line/index.js';
import { DEFAULT_PACKET_TIMERS, type Modulo } from '../src/x25/index.js';
import { XotCircuits } from '../src/xot/index.js';
import { row } from './support.js';

const MEASURED_MS = 1_000;
const ROUNDS = 3;

/** Both ends have sequences of this many octets, as mail does (RFC 1090 §4). */
const PIECE = 2048;

interface Sizes {
  readonly packetSize: number;
  readonly modulo: Modulo;
  readonly window: number;
}

const CASES: readonly Sizes[] = [
  { packetSize: 128, modulo: 8, window: 7 },
  { packetSize: 128, modulo: 128, window: 127 },
  { packetSize: 1024, modulo: 8, window: 7 },
  { packetSize: 1024, modulo: 128, window: 127 },
];

/**
 * One XOT circuit on loopback, both ends in this process, beside a plain relay: the same octets in the same pieces from
 * one TCP connection to another, here too. The relay has two connections where XOT has one, and no more to do than to
 * pass on what comes.
 */
export async function benchXot(): Promise<void> {
  row('octets/s on loopback, both ends in one process', 'XOT', 'plain relay', 'ratio');
  for (const sizes of CASES) {
    const { packetSize, modulo, window } = sizes;
    // In turn, so that whatever else the machine does slows both.
    const rates = { xot: 0, relay: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      rates.relay = Math.max(rates.relay, await throughRelay(PIECE));
      rates.xot = Math.max(rates.xot, await throughXot(sizes));
    }
    row(
      `  packets of ${packetSize}, modulo ${modulo}, window ${window}`,
      Math.round(rates.xot).toLocaleString('en'),
      Math.round(rates.relay).toLocaleString('en'),
      (rates.xot / rates.relay).toFixed(2),
    );
  }
}

/** Counts what arrives within the time. @returns octets a second. */
async function measure(octets: () => number): Promise<number> {
  await sleep(MEASURED_MS / 5); // until everything is compiled and flows
  const before = octets();
  const began = performance.now();
  await sleep(MEASURED_MS);
  return (octets() - before) / ((performance.now() - began) / 1000);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function throughRelay(piece: number): Promise<number> {
  let arrived = 0;
  const sink = createServer((socket) => {
    socket.on('data', (octets) => {
      arrived += octets.length;
    });
  });
  const sinkPort = await listen(sink);
  const relay = createServer((from) => {
    const to = connect(sinkPort, '127.0.0.1');
    ignoreErrors(from, to);
    from.setNoDelay(true);
    to.setNoDelay(true);
    from.pipe(to);
  });
  const source = connect(await listen(relay), '127.0.0.1');
  ignoreErrors(source);
  source.setNoDelay(true);
  await once(source, 'connect');
  const octets = Buffer.alloc(piece, 'x');
  const send = (): void => {
    while (source.write(octets));
  };
  source.on('drain', send);
  send();
  const rate = await measure(() => arrived);
  source.destroy();
  relay.close();
  sink.close();
  return rate;
}

async function throughXot({ packetSize, modulo, window }: Sizes): Promise<number> {
  const clock = new SystemClock();
  const names = new NameCache(clock, async () => ({ addresses: [] }));
  let arrived = 0;
  let port = 0;
  const make = (name: string): XotCircuits =>
    new XotCircuits({
      name,
      clock,
      packet: {
        modulo,
        defaultPacketSize: packetSize,
        maxPacketSize: packetSize,
        defaultWindow: window,
        maxWindow: window,
        timers: DEFAULT_PACKET_TIMERS,
      },
      maxCircuits: 1,
      connect: () =>
        XotSocket.connect({ host: '127.0.0.1', port, names, connectMs: 1_000, keepAliveMs: 60_000 }),
    });
  const [a, b] = [make('a'), make('b')];
  const listener = new XotListener({
    host: '127.0.0.1',
    port: 0,
    maxConnections: 1,
    keepAliveMs: 60_000,
    mayConnect: () => true,
    onConnection: (connection) => b.accept(connection),
    onRefused: () => {},
  });
  await listener.listen();
  port = listener.port;
  b.onIncoming((call) => {
    const circuit = call.accept();
    circuit?.setListener((event) => {
      if (event.type !== 'piece') return;
      arrived += event.piece.octets.length;
      circuit.consumed(event.piece.octets.length);
    });
  });
  sendForever(a.place({ called: '1', userData: Uint8Array.of(0xc0, 0xf7, 0, 0) }));
  const rate = await measure(() => arrived);
  await Promise.all([a, b].map((end) => new Promise<void>((resolve) => end.stop(resolve))));
  listener.close();
  return rate;
}

function sendForever(circuit: Circuit): void {
  const octets = new Uint8Array(PIECE).fill(0x78);
  const send = (): void => {
    while (circuit.send({ octets, more: false }));
  };
  circuit.setListener(({ type }) => {
    if (type === 'connected' || type === 'ready') send();
  });
}

function ignoreErrors(...sockets: Socket[]): void {
  for (const socket of sockets) socket.on('error', () => {}); // they are destroyed in full flow
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
