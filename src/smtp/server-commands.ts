/** The commands of the server, as a table: when they may be given, how they are written, what they bring about. */
import type { Answer } from './answer.js';
import { isHelloName } from './commands.js';
import { fromUtf8, isAscii } from './octets.js';
import { offerLines } from './offers.js';
import { argumentRefusal, type Moment } from './refusals.js';
import type { EnhancedReply } from './reply.js';
import { auth, startTls } from './server-auth.js';
import type { Ask } from './server-interface.js';
import { chunk, data, mail, recipient } from './server-mail.js';
import { xclient, xforward } from './server-proxies.js';
import type { ServerState } from './server-state.js';
import { atrn, etrn } from './server-turning.js';

export interface Command {
  readonly during: readonly Moment[];
  readonly argument: 'none' | 'needed' | 'optional';
  /** What a client is told that got the argument wrong. */
  readonly syntax: string;
  readonly answer: (state: ServerState, argument: string, syntax: string) => Answer;
  /** Absent: always. */
  readonly offered?: (state: ServerState) => boolean;
  /** It brings no message forward. */
  readonly isIdle?: boolean;
  /** Where `tlsRequired` or `authRequired` holds: only after STARTTLS, only after AUTH. */
  readonly needs?: readonly ('tls' | 'login')[];
  /** Longest line, octets, where extensions ask for more than `MAX_COMMAND_LINE`. */
  readonly maxLine?: number;
}

/**
 * Octets of a command line, its end not counted. RFC 5321 §4.5.3.1.4 asks for 512; the parameters of MAIL together
 * (RFC 1870, 1845, 2852, 3461, 4954, 6152, 6531, 6710) for some 900 more, those of RCPT (RFC 3461) for 600.
 */
export const MAX_COMMAND_LINE = 2048;
/** RFC 4954 §4: a line of base64, in AUTH or behind it. */
export const MAX_AUTH_LINE = 12_288;

const ALWAYS: readonly Moment[] = ['start', 'ready', 'mail', 'recipients', 'resumed', 'chunks'];
const OUTSIDE: readonly Moment[] = ['start', 'ready'];
/** Everything that shows or takes something, or counts as asking for service. */
const GUARDED = ['tls', 'login'] as const;

const OK: EnhancedReply = { code: 250, status: '2.0.0', text: 'OK' };

export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    HELO: {
      during: ALWAYS,
      argument: 'needed',
      syntax: 'HELO hostname',
      answer: (state, name, syntax) => greet(state, name, syntax, false),
      isIdle: true,
    },
    EHLO: {
      during: ALWAYS,
      argument: 'needed',
      syntax: 'EHLO hostname',
      answer: (state, name, syntax) => greet(state, name, syntax, true),
      isIdle: true,
    },
    STARTTLS: {
      during: ['ready'],
      argument: 'none',
      syntax: 'STARTTLS',
      answer: startTls,
      offered: ({ offers }) => offers.startTls === true,
      isIdle: true,
    },
    AUTH: {
      during: ['ready'],
      argument: 'needed',
      syntax: 'AUTH mechanism [initial-response]',
      answer: auth,
      offered: ({ offers }) => offers.auth !== undefined,
      isIdle: true,
      needs: ['tls'],
      maxLine: MAX_AUTH_LINE,
    },
    MAIL: {
      during: ['ready'],
      argument: 'needed',
      syntax: 'MAIL FROM:<address> [parameters]',
      answer: mail,
      needs: GUARDED,
    },
    RCPT: {
      during: ['mail', 'recipients'],
      argument: 'needed',
      syntax: 'RCPT TO:<address> [parameters]',
      answer: recipient,
    },
    DATA: { during: ['recipients', 'resumed'], argument: 'none', syntax: 'DATA', answer: data },
    BDAT: {
      // At any moment its octets follow, and it has to look after them itself.
      during: [...ALWAYS, 'refused'],
      argument: 'optional',
      syntax: 'BDAT size [LAST]',
      answer: chunk,
      offered: ({ offers }) => offers.chunking === true,
    },
    RSET: { during: ALWAYS, argument: 'none', syntax: 'RSET', answer: reset, isIdle: true },
    NOOP: {
      during: ALWAYS,
      argument: 'optional',
      syntax: 'NOOP',
      answer: () => ({ say: OK }),
      isIdle: true,
    },
    VRFY: {
      during: ALWAYS,
      argument: 'needed',
      syntax: 'VRFY address',
      answer: (state, text, syntax) => lookUp(state, 'verify', text, syntax),
      isIdle: true,
      needs: GUARDED,
    },
    EXPN: {
      during: ALWAYS,
      argument: 'needed',
      syntax: 'EXPN list',
      answer: (state, text, syntax) => lookUp(state, 'expand', text, syntax),
      isIdle: true,
      needs: GUARDED,
    },
    ETRN: {
      during: ['ready'],
      argument: 'needed',
      syntax: 'ETRN [@|#]name',
      answer: etrn,
      offered: ({ offers }) => offers.etrn === true,
      isIdle: true,
      needs: GUARDED,
    },
    ATRN: {
      during: ['ready'],
      argument: 'optional',
      syntax: 'ATRN [domain,...]',
      answer: atrn,
      offered: ({ offers }) => offers.atrn === true,
      needs: GUARDED,
    },
    XCLIENT: {
      during: OUTSIDE,
      argument: 'needed',
      syntax: 'XCLIENT name=value ...',
      answer: xclient,
      offered: ({ offers }) => offers.xclient === true,
    },
    XFORWARD: {
      during: OUTSIDE,
      argument: 'needed',
      syntax: 'XFORWARD name=value ...',
      answer: xforward,
      offered: ({ offers }) => offers.xforward === true,
    },
    HELP: { during: ALWAYS, argument: 'optional', syntax: 'HELP', answer: help, isIdle: true },
    QUIT: { during: [...ALWAYS, 'refused'], argument: 'none', syntax: 'QUIT', answer: quit },
  } satisfies Record<string, Command>),
);

/** Verbs of RFC 5321 and its forebears, and of extensions, that we know and do not do. */
export const KNOWN_VERBS: ReadonlySet<string> = new Set([...COMMANDS.keys(), 'SEND', 'SOML', 'SAML', 'TURN']);

/** RFC 5321 §4.1.1.1; either verb ends a transaction as RSET does (§4.1.4). */
function greet(state: ServerState, name: string, syntax: string, extended: boolean): Answer {
  if (!isHelloName(name)) return { error: argumentRefusal('syntax', syntax) };
  const { offers, options, authAllowed } = state;
  const { maxMessageSize, maxRecipients, hostname } = options;
  state.hello = { name, extended };
  state.endTransaction();
  const context = { offers, maxMessageSize, maxRecipients, tls: state.tls !== undefined, authAllowed };
  const lines = [`${hostname} greets ${name}`, ...(extended ? offerLines(context) : [])];
  return { say: { code: 250, text: lines.join('\n') } };
}

function reset(state: ServerState): Answer {
  state.endTransaction();
  return { say: OK };
}

/** VRFY and EXPN tell nothing of themselves (RFC 5321 §7.3); they are needed, and so answered, all the same (§4.5.1). */
function lookUp(state: ServerState, type: 'verify' | 'expand', argument: string, syntax: string): Answer {
  // RFC 6531 §3.7.4.2.
  const international = state.offers.smtpUtf8 === true && / SMTPUTF8$/i.test(argument);
  const text = international ? fromUtf8(argument.slice(0, -' SMTPUTF8'.length).trimEnd()) : argument;
  if (text === undefined || text === '') return { error: argumentRefusal('syntax', syntax) };
  if (!isAscii(text) && !international)
    return { error: argumentRefusal(state.offers.smtpUtf8 === true ? 'needsSmtpUtf8' : 'notAscii', syntax) };
  const question: Ask = { type, text };
  return { ask: question, decided: ({ reply }) => ({ say: reply ?? NOT_TOLD[type] }) };
}

const NOT_TOLD: Record<'verify' | 'expand', EnhancedReply> = {
  verify: { code: 252, status: '2.0.0', text: 'Not verified, but send some mail and see' },
  expand: { code: 252, status: '2.0.0', text: 'Not expanded, but send some mail and see' },
};

function help(state: ServerState): Answer {
  const verbs = [...COMMANDS].filter(([, { offered }]) => offered?.(state) ?? true).map(([verb]) => verb);
  return { say: { code: 214, status: '2.0.0', text: `Commands: ${verbs.join(' ')}\nSee RFC 5321` } };
}

function quit({ options }: ServerState): Answer {
  return { say: { code: 221, status: '2.0.0', text: `${options.hostname} closing` }, next: { end: 'quit' } };
}
