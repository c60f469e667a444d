import type { CallFailureCode } from './result-code.js';

/** Why no connection came about. */
export type CallFailure =
  | CallFailureCode
  /** The modem answered the command with ERROR. */
  | 'refused'
  /** It said nothing within the time limit. */
  | 'noResult'
  /** Given up by us. */
  | 'cancelled';

/** Why the modem can't be used. */
export type ModemFault =
  | { readonly fault: 'silent' }
  /** It answered this command with ERROR. */
  | { readonly fault: 'initRefused'; readonly command: string };

export type DisconnectReason = 'hungUp' | 'carrierLost';

const CALL_FAILURES: Readonly<Record<CallFailure, string>> = {
  noCarrier: 'no carrier: nothing, or no modem of a common kind, answered (NO CARRIER)',
  noDialtone: 'no dial tone: is the telephone line plugged in, and free? (NO DIALTONE)',
  busy: 'the number is busy (BUSY)',
  noAnswer: 'nobody answers (NO ANSWER)',
  delayed: 'the modem refuses to dial this number again so soon (DELAYED)',
  blacklisted: 'the modem refuses to dial this number until it is reset (BLACKLISTED)',
  voice: 'a person answered (VOICE)',
  refused: 'the modem does not understand the command (ERROR): does the profile fit, is the number right?',
  noResult: 'the modem gave no result in time',
  cancelled: 'no longer wanted',
};

const DISCONNECTIONS: Readonly<Record<DisconnectReason, string>> = {
  hungUp: 'hung up by us',
  carrierLost: 'the carrier was lost, or the other end has hung up',
};

/** In words for an operator. */
export function describeCallFailure(failure: CallFailure): string {
  return CALL_FAILURES[failure];
}

export function describeDisconnect(reason: DisconnectReason): string {
  return DISCONNECTIONS[reason];
}

export function describeFault(fault: ModemFault): string {
  if (fault.fault === 'initRefused')
    return `the modem refuses ${JSON.stringify(fault.command)} (ERROR): does the profile fit?`;
  return 'the modem does not answer commands: is it on, are cable and speed right? A connection it may have is still open';
}
