import type { LinkStackOptions } from '../circuit/index.js';
import { deriveParameters, LAPB_PARAMETERS, type LapbParameters, type Role } from '../lapb/index.js';
import type { Direction } from './at-dialogue.js';

/** The stack of a connection, apart from what its owner does for it. */
export type StackOptions = Omit<LinkStackOptions, 'clock' | 'write'>;

export interface ConnectionTraits {
  readonly direction: Direction;
  /** As CONNECT told it. */
  readonly bitsPerSecond?: number;
}

export interface ConnectionRules {
  /** Link layer role when we have answered. */
  readonly answerRole: Role;
  /** T1 follows the speed of the connection where that is slower than what it was derived for. */
  readonly adaptsT1: boolean;
}

/** There and back through two modems with error correction, without the time that octets take. */
const ROUND_TRIP_MS = 1000;
const BITS_PER_OCTET = 10;

const OPPOSITE = { dte: 'dce', dce: 'dte', highest: 'lowest', lowest: 'highest', auto: 'auto' } as const;

/**
 * What stands for connections that we dial, made fit for this one: of the two ends of a dialled connection the caller
 * is the DTE, unless agreed otherwise (X.32), so who answers plays the other role, in both layers.
 */
export function stackOptionsFor(
  dialled: StackOptions,
  { direction, bitsPerSecond }: ConnectionTraits,
  { answerRole, adaptsT1 }: ConnectionRules,
): StackOptions {
  const lapb = adaptsT1 && bitsPerSecond !== undefined ? atSpeed(dialled, bitsPerSecond) : dialled.lapb;
  if (direction === 'dialled' || answerRole === dialled.lapb.role) return { ...dialled, lapb };
  const { packet } = dialled;
  return {
    ...dialled,
    lapb: { ...lapb, role: answerRole },
    packet: {
      ...packet,
      role: OPPOSITE[packet.role],
      assign: OPPOSITE[packet.assign],
    },
  };
}

function atSpeed({ lapb, packet }: StackOptions, bitsPerSecond: number): LapbParameters {
  const derived = deriveParameters({
    role: lapb.role,
    active: lapb.active,
    bitsPerSecond,
    bitsPerOctet: BITS_PER_OCTET,
    packetSize: packet.maxPacketSize,
    window: lapb.window,
    roundTripMs: ROUND_TRIP_MS,
  });
  const t1Ms = Math.min(Math.max(lapb.t1Ms, derived.t1Ms), LAPB_PARAMETERS.t1Ms.max);
  // T3 is more than T1, or off.
  const t3Ms = lapb.t3Ms !== 0 && lapb.t3Ms <= t1Ms ? 2 * t1Ms : lapb.t3Ms;
  return { ...lapb, t1Ms, t3Ms };
}
