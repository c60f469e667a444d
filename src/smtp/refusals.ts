/** What a client is told that did something wrong, in one place (RFC 5321 §4.2.4, RFC 3463 §3). */
import type { ArgumentFault } from './commands.js';
import type { DataFault } from './data.js';
import type { LineFault } from './line.js';
import type { EnhancedReply } from './reply.js';

/** How far a transaction has come, between commands. */
export type Moment =
  /** We refused to serve this client in our greeting (RFC 5321 §3.1): only QUIT is heard. */
  | 'refused'
  | 'start'
  | 'ready'
  | 'mail'
  | 'recipients'
  /** MAIL was answered with 355: the rest of a message is to come (RFC 1845). */
  | 'resumed'
  /** Some chunks are there, and not the last (RFC 3030). */
  | 'chunks';

export const OUT_OF_ORDER: Record<Moment, EnhancedReply> = {
  refused: { code: 503, status: '5.5.1', text: 'No service here; say QUIT' },
  start: { code: 503, status: '5.5.1', text: 'Say EHLO or HELO first' },
  ready: { code: 503, status: '5.5.1', text: 'Say MAIL first' },
  mail: { code: 503, status: '5.5.1', text: 'Say RCPT or RSET first' },
  recipients: { code: 503, status: '5.5.1', text: 'Say DATA or RSET first' },
  resumed: { code: 503, status: '5.5.1', text: 'Go on with DATA, or say RSET' },
  chunks: { code: 503, status: '5.5.1', text: 'Say BDAT with LAST, or RSET, first' },
};

export const LINE_REFUSALS: Record<LineFault, EnhancedReply> = {
  tooLong: { code: 500, status: '5.5.2', text: 'Line too long' },
  bareLineEnd: { code: 500, status: '5.5.2', text: 'Lines end with CR LF, and contain neither alone' },
};

export const TOO_MANY_ERRORS: EnhancedReply = { code: 421, status: '4.7.0', text: 'Too many errors' };
export const TOO_MANY_IDLE_COMMANDS: EnhancedReply = {
  code: 421,
  status: '4.7.0',
  text: 'Too many commands without a message',
};
export const NO_COMMAND: EnhancedReply = { code: 500, status: '5.5.2', text: 'Not a command' };
export const UNKNOWN_COMMAND: EnhancedReply = { code: 500, status: '5.5.1', text: 'Unknown command' };
export const NOT_IMPLEMENTED: EnhancedReply = { code: 502, status: '5.5.1', text: 'Not done here' };
export const LOGIN_NEEDED: EnhancedReply = { code: 530, status: '5.7.0', text: 'Say AUTH first' };
/** RFC 3207 §4. */
export const TLS_NEEDED: EnhancedReply = {
  code: 530,
  status: '5.7.0',
  text: 'Must issue a STARTTLS command first',
};
export const NO_LOGIN: EnhancedReply = {
  code: 530,
  status: '5.7.0',
  text: 'Authentication required, and there is no way to log in here',
};
export const TOO_MANY_RECIPIENTS: EnhancedReply = { code: 452, status: '4.5.3', text: 'Too many recipients' };

const ARGUMENT_REFUSALS: Record<Exclude<ArgumentFault, 'syntax'>, EnhancedReply> = {
  badSender: { code: 501, status: '5.1.7', text: 'Bad sender address syntax' },
  badRecipient: { code: 501, status: '5.1.3', text: 'Bad recipient address syntax' },
  notAscii: { code: 553, status: '5.6.7', text: 'Addresses are ASCII here' },
  needsSmtpUtf8: { code: 553, status: '5.6.7', text: 'Such an address needs SMTPUTF8' },
  badParameter: { code: 501, status: '5.5.4', text: 'Bad parameter, or one given twice' },
  unknownParameter: { code: 555, status: '5.5.4', text: 'Parameter not supported' },
};

/** @param syntax how the command is to be written. */
export function argumentRefusal(fault: ArgumentFault, syntax: string): EnhancedReply {
  return fault === 'syntax'
    ? { code: 501, status: '5.5.4', text: `Syntax: ${syntax}` }
    : ARGUMENT_REFUSALS[fault];
}

export const DATA_REFUSALS: Record<DataFault, EnhancedReply> = {
  tooBig: { code: 552, status: '5.3.4', text: 'Message too big' },
  bareLineEnd: { code: 554, status: '5.6.0', text: 'Message refused: CR or LF alone in it' },
  // RFC 5321 §4.5.3.1.10.
  lineTooLong: { code: 500, status: '5.6.0', text: 'Message refused: line too long' },
};
