/**
 * The SMTP dialogue on a circuit in words, for a demonstration that shows its own mail. Only commands and replies come
 * out: of a message there is its size, of credentials nothing.
 */
import { count } from './words.js';

export type Side = 'sent' | 'received';

const COMMAND = /^(HELO|EHLO|MAIL|RCPT|DATA|RSET|NOOP|QUIT|VRFY|EXPN|HELP|STARTTLS|AUTH|ETRN|ATRN)(?:[ ]|$)/i;
const REPLY = /^(\d{3})(?:[ -]|$)/;
const START_BODY = '354';
const ASK_FOR_CREDENTIALS = '334';
const LONGEST_LINE = 1000;

/** What a side sends next. */
type Mode = 'dialogue' | 'body' | 'credentials';

interface SideState {
  /** The line under way. */
  line: string;
  mode: Mode;
  bodyLines: number;
}

/** Reads both directions of one circuit, in the order in which the octets pass. */
export class SmtpWords {
  readonly #sides: Readonly<Record<Side, SideState>> = { sent: newSide(), received: newSide() };
  #startTls: Side | undefined;
  #opaque = false;

  /** @returns what can be said now: whole commands and replies, in order. */
  read(side: Side, octets: Uint8Array): string[] {
    const words: string[] = [];
    const state = this.#sides[side];
    for (const octet of octets) {
      if (this.#opaque) return words;
      if (octet === 0x0a) {
        const line = state.line.replace(/\r$/, '');
        state.line = '';
        const said = this.#line(side, line);
        if (said !== undefined) words.push(said);
      } else if (state.line.length < LONGEST_LINE) state.line += String.fromCharCode(octet);
    }
    return words;
  }

  #line(side: Side, line: string): string | undefined {
    const state = this.#sides[side];
    if (state.mode === 'body') return bodyLine(state, line);
    if (state.mode === 'credentials') {
      state.mode = 'dialogue';
      return '(credentials)';
    }
    const reply = REPLY.exec(line)?.[1];
    if (reply !== undefined) return this.#reply(side, reply, line);
    const command = COMMAND.exec(line)?.[1]?.toUpperCase();
    if (command === undefined) return undefined;
    this.#startTls = command === 'STARTTLS' ? side : undefined;
    // An initial response stands after the mechanism.
    return printable(command === 'AUTH' ? line.split(' ').slice(0, 2).join(' ') : line);
  }

  #reply(side: Side, code: string, line: string): string {
    const other = this.#sides[side === 'sent' ? 'received' : 'sent'];
    if (code === START_BODY) other.mode = 'body';
    if (code === ASK_FOR_CREDENTIALS) other.mode = 'credentials';
    if (code === '220' && this.#startTls !== undefined && this.#startTls !== side) this.#opaque = true;
    return printable(code === ASK_FOR_CREDENTIALS ? code : line);
  }
}

function bodyLine(state: SideState, line: string): string | undefined {
  if (line !== '.') {
    state.bodyLines++;
    return undefined;
  }
  const words = `(message of ${count(state.bodyLines, 'line')})`;
  Object.assign(state, newSide());
  return words;
}

function newSide(): SideState {
  return { line: '', mode: 'dialogue', bodyLines: 0 };
}

/** What a terminal would obey is shown as a dot: the line comes from the other end. */
function printable(line: string): string {
  return line.replace(/[^\x20-\x7e]/g, '.');
}
