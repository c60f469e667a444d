import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfiguration } from '../src/config/index.js';
import { SystemClock } from '../src/core/index.js';
import { Gateway } from '../src/gateway/index.js';
import { type SimulatedNetwork, simulatedNetwork } from '../src/psdn/index.js';
import { openSpool, type Spool } from '../src/spool/index.js';
import { row } from './support.js';

const MESSAGES = 500;
const SIZES = [1_000, 10_000];
const NUMBERS = { a: '23421000001', b: '26245300040' };

/**
 * Two gateways and the network between them in one process, lines as fast as the machine, spools on disk. Counted is
 * from the first call until the last message is on stable storage at the other site.
 */
export async function benchGateways(): Promise<void> {
  row('two gateways, one circuit, spools on disk', 'messages/s', 'octets/s');
  for (const size of SIZES) {
    const folder = await mkdtemp(join(tmpdir(), 'x25mail-bench-'));
    try {
      const seconds = await relay(folder, size);
      row(
        `  ${MESSAGES} messages of ${size} octets`,
        Math.round(MESSAGES / seconds).toLocaleString('en'),
        Math.round((MESSAGES * size) / seconds).toLocaleString('en'),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function relay(folder: string, size: number): Promise<number> {
  const clock = new SystemClock();
  const network = simulatedNetwork({ clock });
  const spool = await openSpool({ directory: join(folder, 'a') });
  await fill(spool, size);
  let received = 0;
  let allReceived = (): void => {};
  const done = new Promise<void>((resolve) => {
    allReceived = resolve;
  });
  const b = await start(network, clock, 'b', folder, () => {
    if (++received === MESSAGES) allReceived();
  });
  const began = performance.now();
  const a = await start(network, clock, 'a', folder, () => {}, spool);
  await done;
  const seconds = (performance.now() - began) / 1000;
  await Promise.all([a.stop(), b.stop()]);
  await network.close();
  return seconds;
}

async function fill(spool: Spool, size: number): Promise<void> {
  const body = Buffer.from(
    `Subject: bench\r\n\r\n${'x'.repeat(70).concat('\r\n').repeat(size)}`.slice(0, size - 2).concat('\r\n'),
  );
  await Promise.all(
    Array.from({ length: MESSAGES }, async () => {
      const writer = await spool.receive();
      await writer.write(body);
      await writer.commit({
        sender: 'from@site-a.example',
        recipients: [{ address: 'to@site-b.example', destination: 'peer:other' }],
        body: '7BIT',
        source: 'bench',
        received: Date.now(),
      });
    }),
  );
}

async function start(
  network: SimulatedNetwork,
  clock: SystemClock,
  name: 'a' | 'b',
  folder: string,
  onReceived: () => void,
  spool?: Spool,
): Promise<Gateway> {
  const result = parseConfiguration(toml(name), join(folder, `${name}.toml`));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return Gateway.start(result.configuration, {
    clock,
    openLine: () => network.attach({ nua: NUMBERS[name] }),
    // What arrives stays in the queue: this is about the way there.
    connect: async () => 'not in this benchmark',
    ...(spool !== undefined && { openSpool: async () => spool }),
    observe: (event) => {
      if (event.type === 'received') onReceived();
    },
  });
}

function toml(name: 'a' | 'b'): string {
  const other = name === 'a' ? 'b' : 'a';
  return `
[gateway]
hostname = "gw-${name}.example"
nua = "${NUMBERS[name]}"
spool = "${name}"
[relay]
domains = ["site-${name}.example"]
[[link]]
name = "psdn0"
type = "serial"
path = "simulated"
baud = 1000000
[[peer]]
name = "other"
nua = "${NUMBERS[other]}"
link = "psdn0"
facilities = [{ packet_size = 1024, window = 7 }]
[[route]]
domain = "site-${other}.example"
peer = "other"
[[route]]
domain = "site-${name}.example"
smtp = "127.0.0.1:25"
`;
}
