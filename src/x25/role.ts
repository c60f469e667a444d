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

/** What DTE and DCE do differently, apart from the state tables. */
export interface RoleTraits {
  readonly restart: Procedure<RestartState> & { readonly linkUpCause: number };
  readonly reset: Procedure<ResetState>;
  readonly clear: Procedure<CallState>;
  readonly call: { readonly ours: CallState; readonly theirs: CallState; readonly timer: keyof PacketTimers };
}

export const ROLES: Readonly<Record<Role, RoleTraits>> = {
  dte: {
    restart: {
      ours: 'r2',
      theirs: 'r3',
      timer: 't20',
      repeats: 'r20',
      errorCause: RESTART_CAUSE.dteOriginated,
      linkUpCause: RESTART_CAUSE.dteOriginated,
    },
    reset: {
      ours: 'd2',
      theirs: 'd3',
      timer: 't22',
      repeats: 'r22',
      errorCause: RESET_CAUSE.dteOriginated,
    },
    clear: {
      ours: 'p6',
      theirs: 'p7',
      timer: 't23',
      repeats: 'r23',
      errorCause: CLEAR_CAUSE.dteOriginated,
    },
    call: { ours: 'p2', theirs: 'p3', timer: 't21' },
  },
  dce: {
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
  },
};

/**
 * A cause that a DTE gives. 01 to 7F are the network's to say: what else a DTE sends or wants to send counts as 00
 * (X.25 §5.2.4).
 */
export function dteCause(cause: number): number {
  return isDteCause(cause) ? cause : 0;
}
