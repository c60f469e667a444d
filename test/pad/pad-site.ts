import type { LinkStack } from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { PadCircuits, type PadCircuitsOptions } from '../../src/pad/index.js';
import { type PadProfile, type PadTerminal, SimulatedNetwork } from '../../src/psdn/index.js';

export const PAD_NUA = '23421000001';
export const HOST_NUA = '26245300040';

export interface PadSiteOptions extends Partial<Omit<PadCircuitsOptions, 'control'>> {
  readonly bitsPerSecond?: number;
  readonly delayMs?: number;
  readonly profile?: PadProfile;
  /** What the line can do; default all. */
  readonly lineCan?: ReadonlyArray<'break' | 'dtr'>;
}

export interface PadSite {
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly terminal: PadTerminal;
  readonly pad: PadCircuits;
  /** A packet-mode DTE of the same network. */
  readonly host: LinkStack;
  /** All that passed on the line to the PAD: `<` from the PAD. */
  readonly line: { readonly sent: Uint8Array[]; readonly received: Uint8Array[] };
  /** A break or a hang-up, when it happened. */
  readonly control: string[];
}

/** A gateway behind an emulated PAD, and a packet-mode host to talk with. */
export function padSite(options: PadSiteOptions = {}): PadSite {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork({ clock });
  const { bitsPerSecond = 9600, delayMs = 5, profile, lineCan = ['break', 'dtr'], ...rest } = options;
  const terminal = network.attachPad({ nua: PAD_NUA, bitsPerSecond, delayMs, ...(profile && { profile }) });
  const line = { sent: [] as Uint8Array[], received: [] as Uint8Array[] };
  const control: string[] = [];
  const pad = new PadCircuits({
    name: 'pad0',
    clock,
    nua: PAD_NUA,
    clearing: 'break',
    write: (octets) => {
      line.sent.push(octets);
      return terminal.write(octets);
    },
    pause: (paused) => terminal.pause(paused),
    control: {
      ...(lineCan.includes('break') && {
        sendBreak: () => {
          control.push('break');
          terminal.sendBreak();
        },
      }),
      ...(lineCan.includes('dtr') && {
        hangUp: () => {
          control.push('hangUp');
          terminal.hangUp();
        },
      }),
    },
    ...rest,
  });
  void terminal.open({
    received: (octets) => {
      line.received.push(octets);
      pad.received(octets);
    },
    writable: () => pad.writable(),
    lost: () => pad.lineDown(),
  });
  const host = network.subscribe({ nua: HOST_NUA, bitsPerSecond: 64_000 });
  pad.start();
  return { clock, network, terminal, pad, host, line, control };
}
