/** Command lines: verb, argument, and what MAIL, RCPT and BDAT say (RFC 5321 §4.1.1, §4.1.2). */
import { type Decoded, decoded, fault } from '../core/index.js';
import { parsePath } from './address.js';
import type { RecipientParameters } from './envelope.js';
import { fromUtf8, isAscii } from './octets.js';
import type { Offers } from './offers.js';
import { readMailParameters, readRecipientParameters } from './parameters.js';
import type { MailCommand } from './server-interface.js';

export interface CommandLine {
  /** In capitals. */
  readonly verb: string;
  /** Without the spaces around it. */
  readonly argument: string;
}

/** What is wrong with an argument. */
export type ArgumentFault =
  | 'syntax'
  | 'badSender'
  | 'badRecipient'
  | 'notAscii'
  | 'needsSmtpUtf8'
  | 'badParameter'
  | 'unknownParameter';

/** @returns undefined when the line does not begin with a word, or has control characters in it. */
export function parseCommandLine(line: string): CommandLine | undefined {
  const match = /^([A-Za-z]+)(?:[ \t]+(.*))?$/s.exec(line.trimEnd());
  if (match === null || hasControls(line)) return undefined;
  return { verb: (match[1] ?? '').toUpperCase(), argument: match[2] ?? '' };
}

/** The argument of MAIL: `FROM:<address>` and the parameters that the offers bring. */
export function parseMail(argument: string, offers: Offers): Decoded<MailCommand, ArgumentFault> {
  const path = parsePathArgument(argument, 'FROM', 'badSender', offers);
  if (!path.ok) return path;
  const parameters = readMailParameters(path.value.rest, offers);
  if (!parameters.ok) return parameters;
  const { address } = path.value;
  if (!isAscii(address) && parameters.value.smtpUtf8 !== true) return fault('needsSmtpUtf8');
  return decoded({ address, body: '7BIT', ...parameters.value });
}

export interface RecipientCommand {
  readonly address: string;
  readonly parameters: RecipientParameters;
}

/**
 * The argument of RCPT: `TO:<address>` and the parameters that the offers bring.
 *
 * @param smtpUtf8 whether MAIL said that addresses may be in UTF-8 (RFC 6531 §3.4).
 */
export function parseRecipient(
  argument: string,
  offers: Offers,
  smtpUtf8: boolean,
): Decoded<RecipientCommand, ArgumentFault> {
  const path = parsePathArgument(argument, 'TO', 'badRecipient', offers);
  if (!path.ok) return path;
  const { address, rest } = path.value;
  if (address === '') return fault('badRecipient');
  if (!isAscii(address) && !smtpUtf8) return fault('needsSmtpUtf8');
  const parameters = readRecipientParameters(rest, offers);
  return parameters.ok ? decoded({ address, parameters: parameters.value }) : parameters;
}

export interface ChunkCommand {
  /** Octets that follow the command line. */
  readonly size: number;
  readonly last: boolean;
}

/** The argument of BDAT (RFC 3030 §2). @returns undefined when the length of the chunk can't be known. */
export function parseChunk(argument: string): ChunkCommand | undefined {
  const match = /^(\d{1,15})(?:[ \t]+(LAST))?$/i.exec(argument);
  return match === null ? undefined : { size: Number(match[1]), last: match[2] !== undefined };
}

/**
 * The name given with HELO or EHLO. Any word that can't be mistaken for something else in a trace line is taken: many
 * hosts do not know their name, and refusing their mail for it helps nobody.
 */
export function isHelloName(text: string): boolean {
  return /^[A-Za-z0-9._:[\]+=#/-]{1,255}$/.test(text);
}

/** @returns the path, and what follows it. */
function parsePathArgument(
  argument: string,
  preposition: 'FROM' | 'TO',
  badAddress: ArgumentFault,
  offers: Offers,
): Decoded<{ readonly address: string; readonly rest: string }, ArgumentFault> {
  const international = offers.smtpUtf8 === true;
  const text = international ? fromUtf8(argument) : argument;
  if (text === undefined) return fault(badAddress);
  const colon = text.indexOf(':');
  if (colon < 0 || text.slice(0, colon).trimEnd().toUpperCase() !== preposition) return fault('syntax');
  // Spaces after the colon are not allowed and common.
  const path = parsePath(text.slice(colon + 1).trimStart(), international);
  if (path.ok) return path;
  return fault(path.fault === 'notAscii' ? 'notAscii' : badAddress);
}

/** NUL, bare line ends and their like have no place in a command, and must not reach a log. */
function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}
