/** What a client says of a message and of each recipient, beside their addresses, and what is carried on to the next hop. */

export type BodyType = '7BIT' | '8BITMIME' | 'BINARYMIME';

/** Parameters of MAIL FROM; absent ones were not given. */
export interface MailParameters {
  /** As declared (RFC 1870), octets. */
  readonly size?: number;
  /** RFC 6152, RFC 3030. Default 7BIT. */
  readonly body?: BodyType;
  /** The envelope or the header may hold UTF-8 (RFC 6531). */
  readonly smtpUtf8?: boolean;
  /** How much of the message comes back with a report of failure (RFC 3461 §4.3). */
  readonly ret?: 'FULL' | 'HDRS';
  /** Decoded from xtext (RFC 3461 §4.4). */
  readonly envelopeId?: string;
  /** RFC 2852. */
  readonly deliverBy?: DeliverBy;
  /** -9 to 9 (RFC 6710). */
  readonly priority?: number;
  /** Who is said to have submitted the message; `<>` where nobody is known (RFC 4954 §5). Decoded from xtext. */
  readonly submitter?: string;
  /** The transaction of a checkpointed message, as it stands on the wire, brackets included (RFC 1845 §4). */
  readonly transactionId?: string;
}

export interface DeliverBy {
  /** From now; less than 0 when the time is over already (mode N only). */
  readonly seconds: number;
  /** R: returned when late; N: the sender is told, and it goes on. */
  readonly mode: 'R' | 'N';
  readonly trace: boolean;
}

/** Parameters of RCPT TO (RFC 3461 §4.1, §4.2). */
export interface RecipientParameters {
  /** Empty: never. Absent: as the RFC's default, FAILURE (and DELAY, if we tell it). */
  readonly notify?: readonly NotifyEvent[];
  /** `type;address`, the address decoded from xtext. */
  readonly originalRecipient?: string;
}

export type NotifyEvent = 'SUCCESS' | 'FAILURE' | 'DELAY';
