/** How slowly mail may come over a circuit, before whoever sends it is taken for somebody who only holds it open. */
import type { Facilities } from '../circuit/index.js';
import { SLOWEST_DATA } from './session-options.js';

/** A link as its circuits have to share it. */
export interface SharedLink {
  /** Of its line, start and stop bits included; undefined where nobody knows (XOT). */
  readonly bitsPerSecond: number | undefined;
  /** All that are on it now. */
  readonly circuits: number;
  /** False while it is being set up again, or its line is gone. */
  readonly isUp: boolean;
}

export interface CircuitToRate {
  readonly direction: 'incoming' | 'outgoing';
  /** Absent before it is connected. */
  readonly agreed: Facilities | undefined;
}

type PerDirection = NonNullable<Facilities['windowSize']>;

const BITS_PER_OCTET = 10;
/** For an acknowledgement to come back at worst: what a window lets through in this time is all that can come. */
const ROUND_TRIP_S = 1;
/** The rule for TCP is no measure for a line on which it would be more than this of what it can carry. */
const LARGEST_SHARE = 0.1;

/**
 * @param share of what the circuit can carry.
 * @returns octets per second that are the least; undefined while nothing can come.
 */
export function slowestRate(circuit: CircuitToRate, link: SharedLink, share: number): number | undefined {
  if (!link.isUp) return undefined;
  const carried = carriedBy(circuit, link);
  const { octetsPerSecond } = SLOWEST_DATA;
  if (carried === undefined) return octetsPerSecond;
  return Math.max(carried * share, Math.min(octetsPerSecond, carried * LARGEST_SHARE));
}

/** @returns octets per second; undefined where neither the line nor the call says anything of it. */
function carriedBy({ direction, agreed }: CircuitToRate, link: SharedLink): number | undefined {
  const towardsUs = ({ fromCalling, fromCalled }: PerDirection): number =>
    direction === 'incoming' ? fromCalling : fromCalled;
  const limits: number[] = [];
  if (link.bitsPerSecond !== undefined)
    limits.push(link.bitsPerSecond / BITS_PER_OCTET / Math.max(link.circuits, 1));
  if (agreed?.throughput !== undefined) limits.push(towardsUs(agreed.throughput) / 8);
  if (limits.length === 0) return undefined;
  if (agreed?.packetSize !== undefined && agreed.windowSize !== undefined)
    limits.push((towardsUs(agreed.packetSize) * towardsUs(agreed.windowSize)) / ROUND_TRIP_S);
  return Math.min(...limits);
}
