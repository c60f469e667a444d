import { LinkStack, memoryCircuits, type TraceEvent } from '../circuit/index.js';
import type { Clock } from '../core/index.js';
import { deriveParameters } from '../lapb/index.js';
import { type Disturbance, type Line, memoryLine } from '../line/index.js';
import { type ChannelRanges, DEFAULT_PACKET_TIMERS, type PacketLayerParameters } from '../x25/index.js';
import { EmulatedPad, type EmulatedPadOptions } from './emulated-pad.js';
import { PadTerminal } from './pad-terminal.js';
import { Switch } from './switch.js';

export interface NetworkOptions {
  readonly clock: Clock;
  /** How long a packet needs from one access to the other, milliseconds. Default 0. */
  readonly transitDelayMs?: number;
}

/** One access line of the network and what is subscribed to on it. */
export interface SubscriptionOptions {
  /** 1 to 15 digits. Longer called numbers that begin with it reach it as well (subaddress). */
  readonly nua: string;
  /** Bit rate of the line; absent: as fast as the machine. */
  readonly bitsPerSecond?: number;
  /** From the last bit sent to the last bit received, milliseconds. Default 0. */
  readonly delayMs?: number;
  /** As the DTE sees them. Default: two-way 1-16. */
  readonly channels?: ChannelRanges;
  /** LAPB window k. Default 7. */
  readonly frameWindow?: number;
  /** Default 128; 16 .. 4096. */
  readonly packetSize?: number;
  /** Default 2; 1 .. 7. */
  readonly window?: number;
  /** The most that is granted to a caller. Default 1024. */
  readonly maxPacketSize?: number;
  /** Default 7. */
  readonly maxWindow?: number;
  readonly disturb?: Disturbance;
  /** How much later each write arrives, milliseconds. */
  readonly extraDelayMs?: () => number;
  /** Sees every frame and packet of the network's end of the line. */
  readonly trace?: (event: TraceEvent) => void;
}

/** A start/stop line to a PAD of the network. */
export interface PadSubscriptionOptions
  extends Pick<SubscriptionOptions, 'nua' | 'bitsPerSecond' | 'delayMs' | 'disturb'> {
  /** What the PAD's parameters are before the terminal sets them. Default 90, simple. */
  readonly profile?: EmulatedPadOptions['profile'];
}

/** What timers are derived from where a line is as fast as the machine. */
const NOMINAL_BITS_PER_SECOND = 1_000_000;

/**
 * A packet-switched data network in memory: each subscriber has an access line with the complete protocols on it, the
 * network is the DCE, and a switch joins the accesses. On a `VirtualClock` hours of it pass in a moment.
 */
export class SimulatedNetwork {
  readonly #clock: Clock;
  readonly #switch: Switch;
  readonly #accesses: { readonly line: Line; readonly stack: LinkStack }[] = [];
  readonly #terminals: PadTerminal[] = [];

  constructor(options: NetworkOptions) {
    this.#clock = options.clock;
    this.#switch = new Switch(options.clock, options.transitDelayMs);
  }

  /** Calls that are being set up or open. */
  get calls(): number {
    return this.#switch.calls;
  }

  get counters(): Switch['counters'] {
    return this.#switch.counters;
  }

  /**
   * Attaches an access line.
   * @returns the subscriber's end of it.
   * @throws Error when the number is taken.
   */
  attach(options: SubscriptionOptions): Line {
    const { a: subscriber, b: network } = memoryLine({
      clock: this.#clock,
      name: `line-${options.nua}`,
      ...pick(options, 'bitsPerSecond', 'delayMs', 'disturb', 'extraDelayMs'),
    });
    const stack = makeStack(this.#clock, `network-${options.nua}`, 'dce', options, network, options.trace);
    this.#switch.attach({ nua: options.nua, circuits: stack });
    this.#accesses.push({ line: network, stack });
    startStack(stack, network);
    return subscriber;
  }

  /**
   * Attaches an access line with a DTE at its end.
   * @returns the DTE, its link coming up: calls placed now wait for that.
   */
  subscribe(options: SubscriptionOptions & { readonly traceDte?: (event: TraceEvent) => void }): LinkStack {
    const line = this.attach(options);
    const stack = makeStack(this.#clock, `dte-${options.nua}`, 'dte', options, line, options.traceDte);
    startStack(stack, line);
    return stack;
  }

  /**
   * Attaches a start/stop line with a PAD of the network at its other end.
   * @returns the terminal's end of it.
   * @throws Error when the number is taken.
   */
  attachPad(options: PadSubscriptionOptions): PadTerminal {
    const { nua, delayMs = 0, profile } = options;
    const clock = this.#clock;
    const { a, b } = memoryLine({
      clock,
      name: `pad-${nua}`,
      ...pick(options, 'bitsPerSecond', 'delayMs', 'disturb'),
    });
    const circuits = memoryCircuits({ clock, name: `pad-${nua}` });
    this.#switch.attach({ nua, circuits: circuits.a });
    const pad = new EmulatedPad({ clock, circuits: circuits.b, line: b, ...(profile && { profile }) });
    const terminal = new PadTerminal(a, pad, clock, delayMs);
    this.#terminals.push(terminal);
    return terminal;
  }

  /** Disconnects every access and every terminal. */
  async close(): Promise<void> {
    await Promise.all(this.#terminals.map((terminal) => terminal.close()));
    await Promise.all(
      this.#accesses.map(async ({ line, stack }) => {
        await new Promise<void>((resolve) => stack.stop(resolve));
        await line.close();
      }),
    );
  }
}

/** A network to simulate circuits in: see `SimulatedNetwork`. */
export function simulatedNetwork(options: NetworkOptions): SimulatedNetwork {
  return new SimulatedNetwork(options);
}

function makeStack(
  clock: Clock,
  name: string,
  role: 'dte' | 'dce',
  options: SubscriptionOptions,
  line: Line,
  trace: ((event: TraceEvent) => void) | undefined,
): LinkStack {
  const packet = packetLayerParameters(role, options);
  return new LinkStack({
    name,
    clock,
    lapb: deriveParameters({
      role,
      active: role === 'dte',
      bitsPerSecond: options.bitsPerSecond ?? NOMINAL_BITS_PER_SECOND,
      bitsPerOctet: 10,
      packetSize: packet.maxPacketSize,
      window: options.frameWindow ?? 7,
      roundTripMs: 2 * (options.delayMs ?? 0) + 200,
    }),
    packet,
    escapeXonXoff: false,
    ...(role === 'dte' && { calling: options.nua }),
    write: (octets) => line.write(octets),
    ...(trace !== undefined && { trace }),
  });
}

function packetLayerParameters(role: 'dte' | 'dce', options: SubscriptionOptions): PacketLayerParameters {
  const packetSize = options.packetSize ?? 128;
  const window = options.window ?? 2;
  return {
    role,
    modulo: 8,
    channels: options.channels ?? { twoWay: [1, 16] },
    assign: role === 'dte' ? 'highest' : 'lowest',
    defaultPacketSize: packetSize,
    defaultWindow: window,
    maxPacketSize: Math.max(options.maxPacketSize ?? 1024, packetSize),
    maxWindow: Math.max(options.maxWindow ?? 7, window),
    negotiation: true,
    reject: false,
    timers: DEFAULT_PACKET_TIMERS,
  };
}

function startStack(stack: LinkStack, line: Line): void {
  // A line in memory is open at once; nothing is written before the next turn of the clock.
  void line.open({
    received: (octets) => stack.received(octets),
    writable: () => stack.writable(),
    lost: () => stack.lineDown(),
  });
  stack.start();
}

function pick<T extends object, K extends keyof T>(from: T, ...keys: K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => key in from).map((key) => [key, from[key]])) as Pick<T, K>;
}
