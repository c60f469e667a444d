/** What a client hears from the bridge itself; the rest it hears from the server, or in words of the engine. */
import type { EnhancedReply } from '../smtp/index.js';

export const BAD_QUIT: EnhancedReply = { code: 501, status: '5.5.4', text: 'Syntax: QUIT' };
export const BAD_CHUNK: EnhancedReply = {
  code: 501,
  status: '5.5.4',
  text: 'BDAT is not offered, or not with such a size',
};

// The last of a session (RFC 5321 §3.8).
export const TOO_MANY_ERRORS: EnhancedReply = { code: 421, status: '4.7.0', text: 'Too many errors' };
export const BROKEN_OFF: EnhancedReply = {
  code: 421,
  status: '4.3.0',
  text: 'Connection to the mail server broken off',
};
export const NOT_UNDERSTOOD: EnhancedReply = {
  code: 421,
  status: '4.3.0',
  text: 'The mail server was not understood',
};
export const SHUTTING_DOWN: EnhancedReply = { code: 421, status: '4.3.2', text: 'Gateway shutting down' };
export const TIMED_OUT: EnhancedReply = { code: 421, status: '4.4.2', text: 'Silence for too long' };

/** The connection to the server is lost or never came about. @param reason in words, as of a clear. */
export function connectionLost(reason: string): EnhancedReply {
  return { code: 421, status: '4.4.2', text: reason };
}
