import type { LinkState, LinkStatus } from '../circuit/index.js';
import type { DialogueState, Direction } from './at-dialogue.js';
import type { Connection } from './connection.js';
import type { Modem, ModemCounter } from './modem.js';

/** What a link over a modem is doing. */
export interface ModemStatus extends Omit<LinkStatus, 'state'> {
  /** `onHook`: no connection now; a call dials, if it can. */
  readonly state: LinkState | 'onHook';
  readonly modem: {
    readonly state: DialogueState['name'];
    readonly counters: Readonly<Partial<Record<ModemCounter, number>>>;
    readonly connection?: {
      readonly direction: Direction;
      readonly message: string;
      readonly bitsPerSecond?: number;
      /** How long it has been there, milliseconds. */
      readonly connectedMs: number;
    };
  };
}

type StackCounters = LinkStatus['counters'];

interface Facts {
  readonly name: string;
  readonly now: number;
  readonly isStopped: boolean;
  readonly circuits: number;
  readonly waiting: number;
  /** When the modem came into its state. */
  readonly since: number;
  readonly modem: Modem;
  readonly connection: Connection | undefined;
}

const STATES: Readonly<Record<DialogueState['name'], LinkState | 'onHook'>> = {
  off: 'lineDown',
  initialising: 'onHook',
  idle: 'onHook',
  ringing: 'onHook',
  dialling: 'comingUp',
  answering: 'comingUp',
  aborting: 'onHook',
  online: 'comingUp',
  hangingUp: 'stopping',
  broken: 'lineDown',
};

/** Keeps what outlives a connection: totals, and why the last one failed. */
export class StatusBook {
  #past: StackCounters = { framing: {}, link: {}, packet: {} };
  #lastFailure: string | undefined;
  #connected: { readonly message: string; readonly bitsPerSecond?: number } = { message: '' };

  failed(why: string): void {
    this.#lastFailure = why;
  }

  connected({ message, bitsPerSecond }: { readonly message: string; readonly bitsPerSecond?: number }): void {
    this.#connected = { message, ...(bitsPerSecond !== undefined && { bitsPerSecond }) };
  }

  disconnected({ stack }: Connection): void {
    this.#past = total(this.#past, stack.status().counters);
  }

  status({ name, now, isStopped, circuits, waiting, since, modem, connection }: Facts): ModemStatus {
    const link = connection?.stack.status();
    return {
      name,
      state: isStopped ? 'stopped' : stateOf(modem, connection),
      since: connection?.isOpen === true ? connection.stack.status().since : since,
      lastFailure: link?.lastFailure ?? this.#lastFailure,
      circuits: waiting + (link?.circuits ?? 0),
      waiting: waiting + (link?.waiting ?? 0),
      freeChannels: link?.freeChannels ?? circuits,
      counters: link === undefined ? this.#past : total(this.#past, link.counters),
      modem: {
        state: modem.state.name,
        counters: modem.counters.snapshot(),
        ...(connection !== undefined && {
          connection: {
            direction: connection.direction,
            ...this.#connected,
            connectedMs: now - connection.since,
          },
        }),
      },
    };
  }
}

function stateOf({ state }: Modem, connection: Connection | undefined): ModemStatus['state'] {
  if (connection === undefined) return STATES[state.name];
  return connection.isOpen ? connection.stack.status().state : 'stopping';
}

function total(a: StackCounters, b: StackCounters): StackCounters {
  return { framing: sum(a.framing, b.framing), link: sum(a.link, b.link), packet: sum(a.packet, b.packet) };
}

type Totals = StackCounters[keyof StackCounters];

function sum(a: Totals, b: Totals): Totals {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}
