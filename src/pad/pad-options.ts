import type { LinkState } from '../circuit/index.js';
import type { Clock } from '../core/index.js';
import type { PadLineControl } from './pad-output.js';
import type { PadTimers } from './timers.js';
import type { Clearing, Parameters } from './x3.js';

export interface PadCircuitsOptions {
  /** Comes first in the ids of the circuits; no other link has it. */
  readonly name: string;
  readonly clock: Clock;
  /** The number by which the PAD is called. */
  readonly nua?: string;
  /** Sends octets; all are taken. False: wait for `writable`. */
  readonly write: (octets: Uint8Array) => boolean;
  /** Stops reading from the line, so that its flow control stops the PAD, and goes on again. */
  readonly pause?: (paused: boolean) => void;
  readonly control?: PadLineControl;
  /** How calls are cleared: docs/decisions/0004-pad-clearing.md. */
  readonly clearing: Clearing;
  /** What wakes the PAD. Default: CR. */
  readonly serviceRequest?: string;
  /** Parameters (X.3) that this PAD wants otherwise, by reference; 1, 6 and 7 follow from `clearing`. */
  readonly parameters?: Parameters;
  /** What stands before user data in a selection. Default `D`; other PADs want `*D` or `*`. */
  readonly userDataMark?: string;
  readonly timers?: Partial<PadTimers>;
}

export type PadCount =
  | 'callsPlaced'
  | 'callsConnected'
  | 'callsReceived'
  | 'callsNotTaken'
  | 'signals'
  | 'signalsUnknown'
  | 'answersMissing'
  | 'preparationsFailed'
  | 'clearsSuspected'
  | 'clearsMistaken'
  | 'escapesInData'
  | 'qualifiedDropped'
  | 'overruns';

export interface PadStatus {
  readonly name: string;
  readonly state: LinkState;
  /** Since when it is in this state, milliseconds since 1970-01-01 UTC. */
  readonly since: number;
  /** What the PAD did not do when it was made ready, in words; undefined once it did. */
  readonly lastFailure: string | undefined;
  /** 0 or 1. */
  readonly circuits: number;
  readonly counters: { readonly pad: Readonly<Partial<Record<PadCount, number>>> };
}
