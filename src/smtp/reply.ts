/** A reply with its enhanced status code (RFC 5321 §4.2, RFC 3463), before it is put into lines. */
export interface EnhancedReply {
  /** 200 .. 599. */
  readonly code: number;
  /** `5.7.1`; absent where the code has none (354, greeting, EHLO). */
  readonly status?: string;
  readonly text: string;
}
