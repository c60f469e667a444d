/** The extensions that a server offers, and the lines of EHLO that say so. */
import type { MechanismName } from './sasl/index.js';

/** What is absent is not offered: its keyword is not said, its commands and parameters are refused. */
export interface Offers {
  /** RFC 2920. A client that pipelines unasked is served all the same. */
  readonly pipelining?: boolean;
  /** RFC 6152. */
  readonly eightBitMime?: boolean;
  /** RFC 1870, with `maxMessageSize`. */
  readonly size?: boolean;
  /** RFC 2034. Without it replies have no enhanced status codes. */
  readonly enhancedStatusCodes?: boolean;
  /** RFC 6531; asks for `eightBitMime`. */
  readonly smtpUtf8?: boolean;
  /** BDAT (RFC 3030). */
  readonly chunking?: boolean;
  /** RFC 3030; asks for `chunking`. Only for a driver that can keep such a message, and send it on. */
  readonly binaryMime?: boolean;
  /** RFC 3461. */
  readonly dsn?: boolean;
  /** RFC 2852; the least time that may be asked for with mode R, seconds. 0: any. */
  readonly deliverBy?: { readonly leastSeconds: number };
  /** RFC 6710; the name of a priority assignment policy, if one is told. */
  readonly priority?: { readonly profile?: string };
  /** RFC 3207. Not offered once TLS is on. */
  readonly startTls?: boolean;
  /** RFC 4954. Offered once TLS is on, and without it where the line is private. */
  readonly auth?: AuthOffer;
  /** RFC 1985. */
  readonly etrn?: boolean;
  /** RFC 2645. */
  readonly atrn?: boolean;
  /** RFC 1845. */
  readonly checkpoint?: boolean;
  /** RFC 9422. RCPTMAX is `maxRecipients`; a limit that is told here is held. */
  readonly limits?: LimitsOffer;
  /** Postfix's XCLIENT, XFORWARD: only for a client whose word is taken. */
  readonly xclient?: boolean;
  readonly xforward?: boolean;
}

export interface AuthOffer {
  /** In the order in which they are told. */
  readonly mechanisms: readonly MechanismName[];
  /** A line on which nobody listens: passwords may pass in the clear. */
  readonly withoutTls: boolean;
}

export interface LimitsOffer {
  /** MAILMAX: messages in one session. */
  readonly messages?: number;
  /** RCPTDOMAINMAX: different domains among the recipients of a message. */
  readonly recipientDomains?: number;
}

/** What every server of today does, and what no driver needs to know of. */
export const BASIC_OFFERS: Offers = {
  pipelining: true,
  eightBitMime: true,
  size: true,
  enhancedStatusCodes: true,
};

/** What of a session decides about the lines of EHLO. */
export interface OfferContext {
  readonly offers: Offers;
  readonly maxMessageSize: number;
  readonly maxRecipients: number;
  readonly tls: boolean;
  /** Whether AUTH may be used now. */
  readonly authAllowed: boolean;
}

type Line = (context: OfferContext) => string | false | undefined;

/** In the order in which they are said. */
const LINES: readonly Line[] = [
  ({ offers }) => offers.pipelining && 'PIPELINING',
  ({ offers }) => offers.eightBitMime && '8BITMIME',
  ({ offers, maxMessageSize }) => offers.size && `SIZE ${maxMessageSize}`,
  ({ offers }) => offers.enhancedStatusCodes && 'ENHANCEDSTATUSCODES',
  ({ offers }) => offers.smtpUtf8 && 'SMTPUTF8',
  ({ offers }) => offers.chunking && 'CHUNKING',
  ({ offers }) => offers.binaryMime && 'BINARYMIME',
  ({ offers }) => offers.dsn && 'DSN',
  ({ offers }) => offers.deliverBy && withText('DELIVERBY', offers.deliverBy.leastSeconds || undefined),
  ({ offers }) => offers.priority && withText('MT-PRIORITY', offers.priority.profile),
  ({ offers, tls }) => offers.startTls && !tls && 'STARTTLS',
  ({ offers, authAllowed }) => offers.auth && authAllowed && `AUTH ${offers.auth.mechanisms.join(' ')}`,
  ({ offers }) => offers.etrn && 'ETRN',
  ({ offers }) => offers.atrn && 'ATRN',
  ({ offers }) => offers.checkpoint && 'CHECKPOINT',
  ({ offers, maxRecipients }) => offers.limits && limitsLine(offers.limits, maxRecipients),
  ({ offers }) => offers.xclient && 'XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT',
  ({ offers }) => offers.xforward && 'XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE',
  () => 'HELP',
];

/** The lines of the reply to EHLO after the first (RFC 5321 §4.1.1.1). */
export function offerLines(context: OfferContext): string[] {
  return LINES.map((line) => line(context)).filter((line): line is string => typeof line === 'string');
}

function withText(keyword: string, text: string | number | undefined): string {
  return text === undefined ? keyword : `${keyword} ${text}`;
}

/** RFC 9422 §3. */
function limitsLine({ messages, recipientDomains }: LimitsOffer, maxRecipients: number): string {
  const limits = { MAILMAX: messages, RCPTMAX: maxRecipients, RCPTDOMAINMAX: recipientDomains };
  const told = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  return `LIMITS ${told.map(([name, limit]) => `${name}=${limit}`).join(' ')}`;
}
