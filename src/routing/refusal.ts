import type { EnhancedReply } from '../smtp/index.js';

/**
 * What of the policy says no: the words of logs and counters.
 *
 *   connections     too many, or too often
 *   rate            messages or recipients of a caller
 *   protectedSender one of our domains, by who may not send as it
 *   access          a rule of [[access]]
 *   relaying        not for this client
 *   recipient       nobody of that name, or no route
 *   headerLimits    a header that is too long, or that has passed too many systems
 *   authentication  SPF, DKIM and DMARC
 */
export type RefusedBy =
  | 'connections'
  | 'rate'
  | 'protectedSender'
  | 'access'
  | 'relaying'
  | 'recipient'
  | 'headerLimits'
  | 'authentication';

/** Why mail is not taken. */
export interface Refusal {
  readonly by: RefusedBy;
  /** The name of the rule or list, where there are several. */
  readonly rule?: string;
  readonly reply: EnhancedReply;
}
