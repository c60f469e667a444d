/** What becomes of the lines of a client whom the server must not take for somebody else. */
import type { Decoded } from '../core/index.js';
import {
  type EnhancedReply,
  LINE_REFUSALS,
  type LineFault,
  NO_COMMAND,
  NOT_IMPLEMENTED,
} from '../smtp/index.js';
import { BAD_QUIT } from './our-replies.js';

/** What a reply of the server answers. */
export type Asked =
  | 'greeting'
  | 'EHLO'
  | 'MAIL'
  | 'DATA'
  /** The end of data, or the last chunk. */
  | 'message'
  | 'STARTTLS'
  /** ATRN, TURN. */
  | 'turn'
  | 'QUIT'
  /** A command behind which others may follow at once. */
  | 'pipelined'
  | 'other';

export type Passage =
  | {
      readonly to: 'server';
      readonly verb: string;
      readonly line: string;
      readonly asked: Asked;
      /** Commands behind it may pass before its reply is known. */
      readonly mayFollow: boolean;
      /** So many octets follow that are no lines. */
      readonly chunk: number;
    }
  | { readonly to: 'server'; readonly verb: 'QUIT' }
  | { readonly to: 'nobody'; readonly reply: EnhancedReply; readonly why: Refused }
  /** What follows it would be commands to one and a message to another. */
  | { readonly to: 'nobody'; readonly why: 'badChunk' };

export type Refused =
  /** No line that every server reads alike. */
  | 'linesRefused'
  /** The client would speak for somebody else, or in a way that can't be followed. */
  | 'verbsWithheld';

/** Longest line: one that carries credentials (RFC 4954 §4). Octets, without its end. */
export const MAX_LINE = 12_288;
const MAX_OTHER_LINE = 2048;

/** @param offered keywords of the last reply to EHLO. */
export function passageOf(line: Decoded<string, LineFault>, offered: ReadonlySet<string>): Passage {
  if (!line.ok) return refused(LINE_REFUSALS[line.fault]);
  const command = readCommand(line.value);
  if (command === undefined) return refused(NO_COMMAND);
  const { verb, argument } = command;
  if (line.value.length > MAX_OTHER_LINE && verb !== 'AUTH') return refused(LINE_REFUSALS.tooLong);
  if (isWithheld(verb) || (verb === 'STARTTLS' && !offered.has(verb)))
    return { to: 'nobody', reply: NOT_IMPLEMENTED, why: 'verbsWithheld' };
  if (verb === 'QUIT') return argument === '' ? { to: 'server', verb } : refused(BAD_QUIT);
  if (verb === 'BDAT') return offered.has('CHUNKING') ? chunkPassage(argument) : BAD_CHUNK;
  const mayFollow = MAY_BE_FOLLOWED.has(verb);
  const asked = ASKED[verb] ?? (mayFollow ? 'pipelined' : 'other');
  return { to: 'server', verb, line: line.value, asked, mayFollow, chunk: 0 };
}

/** The answer to a 334 (RFC 4954 §4). Anything else than base64 cancels, as `*` does. */
export function credentialsOf(line: Decoded<string, LineFault>): string {
  return line.ok && /^[A-Za-z0-9+/]*={0,2}$/.test(line.value) ? line.value : '*';
}

/**
 * Verbs, and keywords of EHLO, that a client behind a bridge neither says nor sees: those that speak for others, PRDR (a
 * number of replies that can't be foretold), XEXCH50 and X-ANONYMOUSTLS (octets that are no lines).
 */
export function isWithheld(word: string): boolean {
  return speaksForOthers(word) || NOT_FOLLOWED.has(word.toUpperCase());
}

/** The server trusts us to say for whom we speak; nobody may say it through us. */
export function speaksForOthers(word: string): boolean {
  return /^(?:XCLIENT|XFORWARD|XPROXY|PROXY)/i.test(word);
}

const NOT_FOLLOWED: ReadonlySet<string> = new Set(['PRDR', 'XEXCH50', 'X-ANONYMOUSTLS']);

const ASKED: Readonly<Record<string, Asked>> = {
  EHLO: 'EHLO',
  MAIL: 'MAIL',
  DATA: 'DATA',
  STARTTLS: 'STARTTLS',
  ATRN: 'turn',
  TURN: 'turn',
};

/**
 * Verbs behind which the next ones may follow at once (RFC 2920 §3.1; RFC 3030 §4.2 for BDAT). What comes behind any
 * other waits for its reply: only that tells what the next octets are.
 */
const MAY_BE_FOLLOWED: ReadonlySet<string> = new Set(['RSET', 'MAIL', 'SEND', 'SOML', 'SAML', 'RCPT']);

/**
 * Only what is plainly a command: Postfix skips white space before a verb, others may stop at a NUL or take a control
 * character for a space.
 */
function readCommand(line: string): { verb: string; argument: string } | undefined {
  const match = /^([A-Za-z][A-Za-z0-9-]*)(?:[ \t]+(.*))?$/s.exec(line.trimEnd());
  if (match === null || hasControls(line)) return undefined;
  return { verb: (match[1] ?? '').toUpperCase(), argument: match[2] ?? '' };
}

function hasControls(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

/** RFC 3030 §2; written anew, with a number that no server misreads, whatever integers it counts with. */
function chunkPassage(argument: string): Passage {
  const match = /^(\d{1,10})(?:[ \t]+(LAST))?$/i.exec(argument);
  const chunk = Number(match?.[1]);
  if (match === null || chunk > 0x7fff_ffff) return BAD_CHUNK;
  const isLast = match[2] !== undefined;
  return {
    to: 'server',
    verb: 'BDAT',
    line: `BDAT ${chunk}${isLast ? ' LAST' : ''}`,
    asked: isLast ? 'message' : 'pipelined',
    mayFollow: true,
    chunk,
  };
}

const BAD_CHUNK: Passage = { to: 'nobody', why: 'badChunk' };

function refused(reply: EnhancedReply): Passage {
  return { to: 'nobody', reply, why: 'linesRefused' };
}
