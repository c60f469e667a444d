import type { CallState } from './call.js';
import { CLEAR_CAUSE, isDteCause, RESET_CAUSE, RESTART_CAUSE } from './packet/cause.js';
import type { PacketTimers } from './parameters.js';
import type { ResetState } from './reset.js';
import type { RestartState } from './restart.js';

export type Role = 'dte' | 'dce';

/** A request of ours that the other end confirms, repeated when its timer runs out. */
interface Procedure<State> {
  /** We asked and wait. */
  readonly ours: State;
  /** The other end asked, and our answer is not sent yet. */
  readonly theirs: State;
  readonly timer: keyof PacketTimers;
  readonly repeats: keyof PacketTimers;
  /** The cause when the other end is at fault. */
  readonly errorCause: number;
}

/** What the two ends of a link do differently, apart from the state tables. */
export interface RoleTraits {
  /** Whose state tables, states and channels are ours; who gives way when calls collide. */
  readonly role: Role;
  /** Speaks for a network, which may give causes of its own. */
  readonly isNetwork: boolean;
  readonly restart: Procedure<RestartState> & { readonly linkUpCause: number };
  readonly reset: Procedure<ResetState>;
  readonly clear: Procedure<CallState>;
  readonly call: { readonly ours: CallState; readonly theirs: CallState; readonly timer: keyof PacketTimers };
}

const DTE: RoleTraits = {
  role: 'dte',
  isNetwork: false,
  restart: {
    ours: 'r2',
    theirs: 'r3',
    timer: 't20',
    repeats: 'r20',
    errorCause: RESTART_CAUSE.dteOriginated,
    linkUpCause: RESTART_CAUSE.dteOriginated,
  },
  reset: { ours: 'd2', theirs: 'd3', timer: 't22', repeats: 'r22', errorCause: RESET_CAUSE.dteOriginated },
  clear: { ours: 'p6', theirs: 'p7', timer: 't23', repeats: 'r23', errorCause: CLEAR_CAUSE.dteOriginated },
  call: { ours: 'p2', theirs: 'p3', timer: 't21' },
};

const DCE: RoleTraits = {
  role: 'dce',
  isNetwork: true,
  restart: {
    ours: 'r3',
    theirs: 'r2',
    timer: 't10',
    repeats: 'r10',
    errorCause: RESTART_CAUSE.localProcedureError,
    linkUpCause: RESTART_CAUSE.networkOperational,
  },
  reset: {
    ours: 'd3',
    theirs: 'd2',
    timer: 't12',
    repeats: 'r12',
    errorCause: RESET_CAUSE.localProcedureError,
  },
  clear: {
    ours: 'p7',
    theirs: 'p6',
    timer: 't13',
    repeats: 'r13',
    errorCause: CLEAR_CAUSE.localProcedureError,
  },
  call: { ours: 'p3', theirs: 'p2', timer: 't11' },
};

/**
 * A DTE that plays the DCE towards another DTE (ISO 8208 §4): channels, collisions and tables are a DCE's, timers and
 * causes stay those of a DTE, which it is.
 */
const DTE_AS_DCE: RoleTraits = {
  role: 'dce',
  isNetwork: false,
  restart: { ...DTE.restart, ours: 'r3', theirs: 'r2' },
  reset: { ...DTE.reset, ours: 'd3', theirs: 'd2' },
  clear: { ...DTE.clear, ours: 'p7', theirs: 'p6' },
  call: { ours: 'p3', theirs: 'p2', timer: 't21' },
};

export const TRAITS = { dte: DTE, dce: DCE, dteAsDce: DTE_AS_DCE } as const;

/** A cause that this end may give: only a network has others than 00 and 80-FF (X.25 §5.2.4). */
export function ownCause({ isNetwork }: RoleTraits, cause: number): number {
  return isNetwork ? cause : dteCause(cause);
}

/** A cause that the other end gave: a network believes its DTEs no other than 00 and 80-FF. */
export function theirCause({ isNetwork }: RoleTraits, cause: number): number {
  return isNetwork ? dteCause(cause) : cause;
}

/**
 * A cause that a DTE gives. 01 to 7F are the network's to say: what else a DTE sends or wants to send counts as 00
 * (X.25 §5.2.4).
 */
function dteCause(cause: number): number {
  return isDteCause(cause) ? cause : 0;
}
