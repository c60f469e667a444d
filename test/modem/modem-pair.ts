import type { TraceEvent } from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { deriveParameters } from '../../src/lapb/index.js';
import {
  decodeProfile,
  ModemCircuits,
  type ModemCircuitsOptions,
  type ModemEvent,
  type ModemProfile,
  modemSettings,
  type StackOptions,
} from '../../src/modem/index.js';
import { DEFAULT_PACKET_TIMERS } from '../../src/x25/index.js';
import { EmulatedModem, type EmulatedModemOptions } from '../support/emulated-modem.js';
import { TelephoneNetwork, type TelephoneNetworkOptions } from '../support/telephone-network.js';

export const NUMBER_A = '0301111';
export const NUMBER_B = '0892222';

/** As an operator would write one. */
export function testProfile(changes: object = {}): ModemProfile {
  const profile = decodeProfile(
    JSON.stringify({
      name: 'test',
      description: 'the emulated modem',
      source: 'test/support/emulated-modem.ts',
      init: ['ATZ', 'ATE0Q0V1X4S0=0&C1&D2'],
      ...changes,
    }),
  );
  if (!profile.ok) throw new Error(profile.fault);
  return profile.value;
}

export function stackOptions(
  name: string,
  trace?: (event: TraceEvent) => void,
  portSpeed = 9600,
): StackOptions {
  return {
    name,
    lapb: deriveParameters({
      role: 'dte',
      active: true,
      bitsPerSecond: portSpeed,
      bitsPerOctet: 10,
      packetSize: 256,
      window: 7,
    }),
    packet: {
      role: 'dte',
      modulo: 8,
      channels: { twoWay: [1, 8] },
      assign: 'highest',
      defaultPacketSize: 128,
      defaultWindow: 2,
      maxPacketSize: 256,
      maxWindow: 7,
      negotiation: true,
      reject: false,
      timers: DEFAULT_PACKET_TIMERS,
    },
    escapeXonXoff: false,
    ...(trace !== undefined && { trace }),
  };
}

export interface ModemEndOptions {
  readonly modem?: Partial<EmulatedModemOptions>;
  readonly circuits?: Partial<ModemCircuitsOptions>;
  readonly choice?: Partial<Parameters<typeof modemSettings>[1]>;
  readonly profile?: ModemProfile;
  readonly portSpeed?: number;
  /** Whether it has the other one's number. Default true. */
  readonly dials?: boolean;
}

export interface ModemEnd {
  readonly circuits: ModemCircuits;
  readonly modem: EmulatedModem;
  readonly events: ModemEvent[];
  readonly packets: TraceEvent[];
}

export interface ModemPair {
  readonly clock: VirtualClock;
  readonly network: TelephoneNetwork;
  readonly a: ModemEnd;
  readonly b: ModemEnd;
}

/** Two ends with a modem each, started: a dials b, b dials a, both answer. */
export function modemPair(
  ends: { readonly a?: ModemEndOptions; readonly b?: ModemEndOptions } = {},
  networkOptions: TelephoneNetworkOptions = {},
): ModemPair {
  const clock = new VirtualClock();
  const network = new TelephoneNetwork(clock, networkOptions);
  const a = modemEnd(clock, network, NUMBER_A, NUMBER_B, ends.a);
  const b = modemEnd(clock, network, NUMBER_B, NUMBER_A, ends.b);
  a.circuits.start();
  b.circuits.start();
  return { clock, network, a, b };
}

function modemEnd(
  clock: VirtualClock,
  network: TelephoneNetwork,
  number: string,
  other: string,
  options: ModemEndOptions = {},
): ModemEnd {
  const modem = new EmulatedModem({ clock, network, number, ...options.modem });
  return { modem, ...circuitsOn(clock, modem, other, options) };
}

/** Takes the modem over from whoever had it. */
export function circuitsOn(
  clock: VirtualClock,
  modem: EmulatedModem,
  dial: string,
  options: ModemEndOptions = {},
): Omit<ModemEnd, 'modem'> {
  const events: ModemEvent[] = [];
  const packets: TraceEvent[] = [];
  const trace = (event: TraceEvent): void => {
    if (event.layer === 'packet') packets.push(event);
  };
  const circuits = new ModemCircuits({
    clock,
    line: modem.line,
    stack: stackOptions(`modem-${modem.number}`, trace, options.portSpeed),
    modem: modemSettings(options.profile ?? testProfile(), {
      flow: 'rtscts',
      answerAfterRings: 1,
      ...options.choice,
    }),
    ...(options.dials !== false && { dial }),
    onEvent: (event) => events.push(event),
    ...options.circuits,
  });
  modem.connect({
    received: (octets) => circuits.received(octets),
    writable: () => circuits.writable(),
  });
  return { circuits, events, packets };
}
