/** Command lines: verb, argument, and what MAIL and RCPT say (RFC 5321 §4.1.1, §4.1.2). */
import { type Decoded, decoded, fault } from '../core/index.js';
import { parsePath } from './address.js';
import type { MailCommand } from './session.js';

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
  | 'badParameter'
  | 'unknownParameter';

/** @returns undefined when the line does not begin with a word, or has control characters in it. */
export function parseCommandLine(line: string): CommandLine | undefined {
  const match = /^([A-Za-z]+)(?:[ \t]+(.*))?$/s.exec(line.trimEnd());
  if (match === null || hasControls(line)) return undefined;
  return { verb: (match[1] ?? '').toUpperCase(), argument: match[2] ?? '' };
}

/** The argument of MAIL: `FROM:<address> [SIZE=n] [BODY=7BIT|8BITMIME]` (RFC 1870, RFC 6152). */
export function parseMail(argument: string): Decoded<MailCommand, ArgumentFault> {
  const parsed = parsePathAndParameters(argument, 'FROM', 'badSender');
  if (!parsed.ok) return parsed;
  let size: number | undefined;
  let body: MailCommand['body'] = '7BIT';
  for (const [keyword, value] of parsed.value.parameters) {
    if (keyword === 'SIZE') {
      if (!/^\d{1,20}$/.test(value)) return fault('badParameter');
      size = Number(value);
    } else if (keyword === 'BODY') {
      const type = value.toUpperCase();
      if (type !== '7BIT' && type !== '8BITMIME') return fault('badParameter');
      body = type;
    } else return fault('unknownParameter');
  }
  const { address } = parsed.value;
  return decoded(size === undefined ? { address, body } : { address, size, body });
}

/** The argument of RCPT: `TO:<address>`; no parameter is known yet. @returns the address. */
export function parseRecipient(argument: string): Decoded<string, ArgumentFault> {
  const parsed = parsePathAndParameters(argument, 'TO', 'badRecipient');
  if (!parsed.ok) return parsed;
  if (parsed.value.address === '') return fault('badRecipient');
  return parsed.value.parameters.size > 0 ? fault('unknownParameter') : decoded(parsed.value.address);
}

/**
 * The name given with HELO or EHLO. Any word that can't be mistaken for something else in a trace line is taken: many
 * hosts do not know their name, and refusing their mail for it helps nobody.
 */
export function isHelloName(text: string): boolean {
  return /^[A-Za-z0-9._:[\]+=#/-]{1,255}$/.test(text);
}

interface PathAndParameters {
  readonly address: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function parsePathAndParameters(
  argument: string,
  preposition: 'FROM' | 'TO',
  badAddress: ArgumentFault,
): Decoded<PathAndParameters, ArgumentFault> {
  const colon = argument.indexOf(':');
  if (colon < 0 || argument.slice(0, colon).trimEnd().toUpperCase() !== preposition) return fault('syntax');
  // Spaces after the colon are not allowed and common.
  const path = parsePath(argument.slice(colon + 1).trimStart());
  if (!path.ok) return fault(path.fault === 'notAscii' ? 'notAscii' : badAddress);
  const parameters = parseParameters(path.value.rest);
  if (parameters === undefined) return fault('badParameter');
  return decoded({ address: path.value.address, parameters });
}

/** `esmtp-param`s, each after a space; keywords in capitals, the value empty where there is none. */
function parseParameters(text: string): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  if (text !== '' && !text.startsWith(' ')) return undefined;
  for (const word of text.split(' ')) {
    if (word === '') continue;
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?$/.exec(word);
    const keyword = match?.[1]?.toUpperCase();
    if (keyword === undefined || parameters.has(keyword)) return undefined;
    parameters.set(keyword, match?.[2] ?? '');
  }
  return parameters;
}

/** NUL, bare line ends and their like have no place in a command, and must not reach a log. */
function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}
