/** Packets that carry a cause. The same number means different things in each. */
export type CauseKind = 'clear' | 'reset' | 'restart';

/** Clearing causes (X.25 §5.2.4). 00 and 80-FF are the remote DTE's, the rest the network's. */
export const CLEAR_CAUSE = {
  dteOriginated: 0x00,
  numberBusy: 0x01,
  invalidFacilityRequest: 0x03,
  networkCongestion: 0x05,
  outOfOrder: 0x09,
  accessBarred: 0x0b,
  notObtainable: 0x0d,
  remoteProcedureError: 0x11,
  localProcedureError: 0x13,
  rpoaOutOfOrder: 0x15,
  reverseChargingNotSubscribed: 0x19,
  incompatibleDestination: 0x21,
  fastSelectNotSubscribed: 0x29,
  shipAbsent: 0x39,
} as const;

/** Resetting causes (X.25 §5.4.3). */
export const RESET_CAUSE = {
  dteOriginated: 0x00,
  outOfOrder: 0x01,
  remoteProcedureError: 0x03,
  localProcedureError: 0x05,
  networkCongestion: 0x07,
  remoteDteOperational: 0x09,
  networkOperational: 0x0f,
  incompatibleDestination: 0x11,
  networkOutOfOrder: 0x1d,
} as const;

/** Restarting causes (X.25 §5.5.1). */
export const RESTART_CAUSE = {
  dteOriginated: 0x00,
  localProcedureError: 0x01,
  networkCongestion: 0x03,
  networkOperational: 0x07,
  registrationConfirmed: 0x7f,
} as const;

const CLEAR_TEXTS: Readonly<Record<number, string>> = {
  [CLEAR_CAUSE.numberBusy]: 'number busy',
  [CLEAR_CAUSE.invalidFacilityRequest]: 'invalid facility request',
  [CLEAR_CAUSE.networkCongestion]: 'network congestion',
  [CLEAR_CAUSE.outOfOrder]: 'out of order',
  [CLEAR_CAUSE.accessBarred]: 'access barred',
  [CLEAR_CAUSE.notObtainable]: 'not obtainable',
  [CLEAR_CAUSE.remoteProcedureError]: 'remote procedure error',
  [CLEAR_CAUSE.localProcedureError]: 'local procedure error',
  [CLEAR_CAUSE.rpoaOutOfOrder]: 'transit network (RPOA) out of order',
  [CLEAR_CAUSE.reverseChargingNotSubscribed]: 'reverse charging acceptance not subscribed',
  [CLEAR_CAUSE.incompatibleDestination]: 'incompatible destination',
  [CLEAR_CAUSE.fastSelectNotSubscribed]: 'fast select acceptance not subscribed',
  [CLEAR_CAUSE.shipAbsent]: 'ship absent',
  193: 'gateway detected a procedure error',
  195: 'gateway congestion',
};

const RESET_TEXTS: Readonly<Record<number, string>> = {
  [RESET_CAUSE.outOfOrder]: 'out of order',
  [RESET_CAUSE.remoteProcedureError]: 'remote procedure error',
  [RESET_CAUSE.localProcedureError]: 'local procedure error',
  [RESET_CAUSE.networkCongestion]: 'network congestion',
  [RESET_CAUSE.remoteDteOperational]: 'remote DTE operational',
  [RESET_CAUSE.networkOperational]: 'network operational',
  [RESET_CAUSE.incompatibleDestination]: 'incompatible destination',
  [RESET_CAUSE.networkOutOfOrder]: 'network out of order',
  193: 'gateway detected a procedure error',
  195: 'gateway congestion',
  199: 'gateway operational',
};

const RESTART_TEXTS: Readonly<Record<number, string>> = {
  [RESTART_CAUSE.localProcedureError]: 'local procedure error',
  [RESTART_CAUSE.networkCongestion]: 'network congestion',
  [RESTART_CAUSE.networkOperational]: 'network operational',
  [RESTART_CAUSE.registrationConfirmed]: 'registration or cancellation confirmed',
};

const TEXTS = { clear: CLEAR_TEXTS, reset: RESET_TEXTS, restart: RESTART_TEXTS };

/** Whether a cause is one that a DTE may give, rather than the network. */
export function isDteCause(cause: number): boolean {
  return cause === 0 || cause >= 0x80;
}

/** What a cause means, in words for people. */
export function causeText(kind: CauseKind, cause: number): string {
  return TEXTS[kind][cause] ?? (isDteCause(cause) ? 'DTE originated' : 'unknown cause');
}

/** The clearing cause that says the same as a restarting cause: restarts clear calls (X.25 §3.3). */
export function clearCauseOfRestart(cause: number): number {
  switch (cause) {
    case RESTART_CAUSE.localProcedureError:
      return CLEAR_CAUSE.localProcedureError;
    case RESTART_CAUSE.networkCongestion:
      return CLEAR_CAUSE.networkCongestion;
    default:
      return isDteCause(cause) ? cause : CLEAR_CAUSE.outOfOrder;
  }
}
