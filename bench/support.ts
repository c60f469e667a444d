import { LinkStack } from '../src/circuit/index.js';
import { VirtualClock } from '../src/core/index.js';
import { deriveParameters } from '../src/lapb/index.js';
import { type Disturbance, memoryLine } from '../src/line/index.js';
import { DEFAULT_PACKET_TIMERS, type PacketLayerParameters } from '../src/x25/index.js';
import { seeded } from '../test/support/random.js';

export interface PairOptions {
  /** Of both layers. Default 8. */
  readonly modulo?: 8 | 128;
  readonly packetSize: number;
  readonly packetWindow: number;
  readonly frameWindow: number;
  /** Absent: as fast as the machine. */
  readonly bitsPerSecond?: number;
  readonly delayMs?: number;
  /** Default: 16, two-way. */
  readonly channels?: PacketLayerParameters['channels'];
  /** How likely a bit is damaged, each way; start and stop bits never are. Default 0. */
  readonly bitErrorRate?: number;
}

/** A DTE and a DCE with everything between them, on a clock that jumps: framing, LAPB, packet layer. */
export function stackPair(options: PairOptions): { clock: VirtualClock; dte: LinkStack; dce: LinkStack } {
  const clock = new VirtualClock();
  const line = memoryLine({
    clock,
    ...(options.bitsPerSecond !== undefined && { bitsPerSecond: options.bitsPerSecond }),
    delayMs: options.delayMs ?? 0,
    ...(options.bitErrorRate && { disturb: bitErrors(options.bitErrorRate) }),
  });
  const end = (role: 'dte' | 'dce', octets: typeof line.a): LinkStack => {
    const stack = new LinkStack({
      name: role,
      clock,
      lapb: deriveParameters({
        role,
        active: role === 'dte',
        modulo: options.modulo ?? 8,
        bitsPerSecond: options.bitsPerSecond ?? 1_000_000,
        bitsPerOctet: 10,
        packetSize: options.packetSize,
        window: options.frameWindow,
        roundTripMs: 2 * (options.delayMs ?? 0) + 200,
      }),
      packet: {
        role,
        modulo: options.modulo ?? 8,
        channels: options.channels ?? { twoWay: [1, 16] },
        assign: role === 'dte' ? 'highest' : 'lowest',
        defaultPacketSize: options.packetSize,
        defaultWindow: options.packetWindow,
        maxPacketSize: options.packetSize,
        maxWindow: options.packetWindow,
        negotiation: true,
        reject: false,
        timers: DEFAULT_PACKET_TIMERS,
      },
      escapeXonXoff: false,
      write: (written) => octets.write(written),
    });
    void octets.open({
      received: (received) => stack.received(received),
      writable: () => stack.writable(),
      lost: () => stack.lineDown(),
    });
    stack.start();
    return stack;
  };
  return { clock, dte: end('dte', line.a), dce: end('dce', line.b) };
}

/** Flips bits at random distances, the same ones every time. */
function bitErrors(rate: number): Disturbance {
  const random = seeded(1);
  // The distance to the next error is geometric; to draw it once is much cheaper than to draw for each bit.
  const distance = (): number => Math.floor(Math.log(1 - random()) / Math.log(1 - rate));
  const next = { aToB: distance(), bToA: distance() };
  return (octets, direction) => {
    const bits = octets.length * 8;
    let damaged: Uint8Array | undefined;
    for (; next[direction] < bits; next[direction] += 1 + distance()) {
      damaged ??= octets.slice();
      const at = next[direction] >> 3;
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (next[direction] & 7));
    }
    next[direction] -= bits;
    return [damaged ?? octets];
  };
}

/** Opens one circuit and sends `total` octets through it. @returns when the first and the last octet arrived. */
export function transfer(
  { clock, dte, dce }: ReturnType<typeof stackPair>,
  total: number,
): { packets: number; firstAt: number; lastAt: number } {
  let received = 0;
  let packets = 0;
  let firstAt = 0;
  let lastAt = 0;
  dce.onIncoming((call) => {
    const circuit = call.accept();
    circuit?.setListener((event) => {
      if (event.type !== 'piece') return;
      packets++;
      received += event.piece.octets.length;
      if (firstAt === 0) firstAt = clock.now();
      lastAt = clock.now();
      circuit.consumed(event.piece.octets.length);
    });
  });
  const circuit = dte.place({ called: '1', userData: Uint8Array.of(0xc0, 0xf7, 0, 0) });
  // Letters: nothing that framing would have to escape.
  const block = new Uint8Array(2048).fill(0x41);
  let sent = 0;
  const sendMore = (): void => {
    while (sent < total) {
      sent += block.length;
      if (!circuit.send({ octets: block, more: sent < total })) return;
    }
  };
  circuit.setListener((event) => {
    if (event.type === 'connected' || event.type === 'ready') sendMore();
  });
  clock.runToRest(() => received >= total);
  if (received < total) throw new Error(`only ${received} of ${total} octets arrived`);
  return { packets, firstAt, lastAt };
}

export function row(...columns: readonly string[]): void {
  console.log(columns.map((column, i) => (i === 0 ? column.padEnd(46) : column.padStart(16))).join(''));
}
