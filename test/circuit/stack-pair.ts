import { LinkStack, type LinkStackOptions, type TraceEvent } from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { deriveParameters } from '../../src/lapb/index.js';
import { type MemoryLineOptions, memoryLine } from '../../src/line/index.js';
import { DEFAULT_PACKET_TIMERS, type PacketLayerParameters } from '../../src/x25/index.js';

export interface StackPairOptions {
  readonly bitsPerSecond?: number;
  readonly delayMs?: number;
  readonly disturb?: MemoryLineOptions['disturb'];
  readonly extraDelayMs?: MemoryLineOptions['extraDelayMs'];
  /** Of both layers. Default 8. */
  readonly modulo?: 8 | 128;
  readonly packet?: Partial<PacketLayerParameters>;
  readonly channels?: PacketLayerParameters['channels'];
  readonly escapeXonXoff?: boolean;
  readonly fcs?: LinkStackOptions['fcs'];
  readonly linkWaitMs?: number;
  readonly trace?: (end: 'a' | 'b', event: TraceEvent) => void;
}

export interface StackPair {
  readonly clock: VirtualClock;
  /** The DTE. */
  readonly a: LinkStack;
  /** The DCE. */
  readonly b: LinkStack;
}

/** Two stacks on a line, DTE and DCE, started. */
export function stackPair(options: StackPairOptions = {}): StackPair {
  const { a, b, clock } = unstartedPair(options);
  a.start();
  b.start();
  return { clock, a, b };
}

/** Two stacks without a line between: what one writes is received within the write. */
export function directPair(): StackPair {
  const clock = new VirtualClock();
  const a = new LinkStack(stackOptions('a', clock, 64_000, (octets) => deliver(b, octets), {}));
  const b: LinkStack = new LinkStack(stackOptions('b', clock, 64_000, (octets) => deliver(a, octets), {}));
  a.start();
  b.start();
  return { clock, a, b };
}

function deliver(to: LinkStack, octets: Uint8Array): boolean {
  to.received(octets);
  return true;
}

export function unstartedPair(options: StackPairOptions = {}): StackPair {
  const clock = new VirtualClock();
  const { bitsPerSecond = 64_000, delayMs = 20 } = options;
  const line = memoryLine({
    clock,
    bitsPerSecond,
    delayMs,
    ...(options.disturb !== undefined && { disturb: options.disturb }),
    ...(options.extraDelayMs !== undefined && { extraDelayMs: options.extraDelayMs }),
  });
  const make = (end: 'a' | 'b'): LinkStack => {
    const write = (octets: Uint8Array): boolean => line[end].write(octets);
    const stack = new LinkStack(stackOptions(end, clock, bitsPerSecond, write, options));
    void line[end].open({
      received: (octets) => stack.received(octets),
      writable: () => stack.writable(),
      lost: () => stack.lineDown(),
    });
    return stack;
  };
  return { clock, a: make('a'), b: make('b') };
}

export function stackOptions(
  end: 'a' | 'b',
  clock: VirtualClock,
  bitsPerSecond: number,
  write: LinkStackOptions['write'],
  {
    channels = { twoWay: [1, 8] },
    escapeXonXoff = false,
    fcs = '16',
    linkWaitMs,
    trace,
    modulo = 8,
    packet = {},
  }: StackPairOptions,
): LinkStackOptions {
  const role = end === 'a' ? 'dte' : 'dce';
  return {
    name: `link-${end}`,
    clock,
    lapb: deriveParameters({
      role,
      active: true,
      bitsPerSecond,
      bitsPerOctet: 10,
      packetSize: 1024,
      window: 7,
      modulo,
    }),
    packet: {
      role,
      modulo,
      channels,
      assign: role === 'dte' ? 'highest' : 'lowest',
      defaultPacketSize: 128,
      defaultWindow: 2,
      maxPacketSize: 1024,
      maxWindow: 7,
      negotiation: true,
      reject: false,
      timers: DEFAULT_PACKET_TIMERS,
      ...packet,
    },
    escapeXonXoff,
    fcs,
    ...(linkWaitMs !== undefined && { linkWaitMs }),
    write,
    ...(trace !== undefined && { trace: (event: TraceEvent) => trace(end, event) }),
  };
}
