/** What there is to say in a delivery report, and how facts are written in its parts. */

/** What became of recipients (RFC 3464 §2.3.3). */
export type ReportAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';

/** A recipient as a report names it. */
export interface ReportedRecipient {
  readonly address: string;
  /** `type;address`, as the sender knows it. */
  readonly originalRecipient?: string;
  /** The reply (`550 5.1.1 no such user`) or the clear cause in words; absent where nothing was tried. */
  readonly reason?: string;
  /** Where the reason does not tell it: an enhanced status code (RFC 3463). */
  readonly status?: string;
  /** Attempts so far. */
  readonly attempts: number;
  /** Wall time; absent where it is not known. */
  readonly lastAttempt?: number;
}

/** What comes back of the message. */
export interface ReturnedContent {
  readonly what: 'header' | 'message';
  readonly octets: Uint8Array;
}

export interface Report {
  readonly action: ReportAction;
  readonly hostname: string;
  /** Of the report itself, as the spool names it. */
  readonly id: string;
  /** Who gets the report. */
  readonly to: string;
  /** Why that is not the sender: in his place, with what he would have been told. */
  readonly insteadOf?: string;
  readonly message: string;
  /** Wall times: when the message came, and now. */
  readonly received: number;
  readonly now: number;
  readonly envelopeId?: string;
  /** Wall time by which it was to be delivered (RFC 2852). */
  readonly deliverBy?: number;
  /** Of what is delayed: wall time after which it is given up. */
  readonly retryUntil?: number;
  /** What was tried to reach, as `Remote-MTA` has it: `dns; mx.example`. */
  readonly remoteMta?: string;
  readonly recipients: readonly ReportedRecipient[];
  /** Absent where the message can't be read. */
  readonly content?: ReturnedContent;
  /** The message was sent with SMTPUTF8, and its header may be UTF-8. */
  readonly smtpUtf8: boolean;
}

/** RFC 3463 §3.5: delivery time expired. */
export const TIME_IS_OVER = '5.4.7';

/** A reason that is a reply; else it is what happened to a call or a connection. */
export function isReply(reason: string): boolean {
  return /^[245]\d\d[ -]/.test(reason);
}

/** @param reason a reply in one line. @returns its status (RFC 3463), `5.1.1`. */
export function enhancedStatusOf(reason: string): string | undefined {
  return /^[245]\d\d[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(reason)?.[1];
}

/** So that nothing that a server said can begin a field or a line of its own. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

export function isAscii(what: string | Uint8Array): boolean {
  return typeof what === 'string' ? /^\p{ASCII}*$/u.test(what) : what.every((octet) => octet < 0x80);
}

/** RFC 5322 §3.3. */
export function internetDate(wallTime: number): string {
  return new Date(wallTime).toUTCString().replace('GMT', '+0000');
}
