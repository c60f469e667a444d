/**
 * What the server owes.
 *
 * Each command that goes out puts its step into a queue, each reply takes the first one off. So a batch of commands and a
 * single command are the same thing, and a reply for which nothing stands in the queue shows a server that can't be
 * trusted any longer.
 */
import { concat, TimerTable } from '../core/index.js';
import { ClientOutput } from './client-output.js';
import type { Reply } from './reply.js';
import type { ClientAction, ClientOptions } from './session.js';

export type Step =
  | 'greeting'
  | 'EHLO'
  | 'HELO'
  | 'LHLO'
  | 'STARTTLS'
  | 'AUTH'
  | 'RSET'
  | 'MAIL'
  | 'MAIL TRANSID'
  | 'RCPT'
  | 'DATA'
  | 'BDAT'
  | 'message'
  | 'ETRN'
  | 'ATRN'
  | 'QUIT';

/** How long each step may take (RFC 5321 §4.5.3.2). */
const TIMEOUTS: Record<Step, keyof ClientOptions['timeouts']> = {
  greeting: 'greetingMs',
  EHLO: 'commandMs',
  HELO: 'commandMs',
  LHLO: 'commandMs',
  STARTTLS: 'commandMs',
  AUTH: 'commandMs',
  RSET: 'commandMs',
  MAIL: 'commandMs',
  'MAIL TRANSID': 'commandMs',
  RCPT: 'commandMs',
  DATA: 'dataMs',
  BDAT: 'dataMs',
  message: 'endOfDataMs',
  ETRN: 'commandMs',
  ATRN: 'commandMs',
  QUIT: 'commandMs',
};

/** The codes beside 2xx that let the dialogue go on. */
const INTERMEDIATE: Partial<Record<Step, number>> = { 'MAIL TRANSID': 355, AUTH: 334 };

export interface Command {
  readonly step: Step;
  /** Without its end. */
  readonly line: string;
  /** Goes out behind the line: a chunk (RFC 3030). */
  readonly octets?: Uint8Array;
  /** Carries out what the reply means. `good`: it is of the class that lets the dialogue go on. */
  readonly answered: (reply: Reply, good: boolean) => void;
}

const SEQUENCE = 2048;

export class ClientDialogue {
  readonly output = new ClientOutput();
  readonly #timeouts: ClientOptions['timeouts'];
  readonly #timers = new TimerTable<'step'>();
  readonly #owed: Command[] = [];
  /** Something went out or came in: the wait begins anew. */
  #progress = false;
  /** Octets sent since a sequence ended. */
  #inSequence = 0;

  constructor(timeouts: ClientOptions['timeouts']) {
    this.#timeouts = timeouts;
  }

  /** What the server is to answer next. */
  get owed(): Step | undefined {
    return this.#owed[0]?.step;
  }

  /** Octets that fill the sequence which is open. */
  get room(): number {
    return SEQUENCE - (this.#inSequence % SEQUENCE);
  }

  /** One command, or one batch: one sequence (RFC 1090 §4), unless more of it is to follow. */
  send(commands: readonly Command[], endOfSequence = true): void {
    const parts: Uint8Array[] = [];
    let lines = '';
    for (const { line, octets } of commands) {
      lines += `${line}\r\n`;
      if (octets === undefined) continue;
      parts.push(Buffer.from(lines), octets);
      lines = '';
    }
    if (lines !== '') parts.push(Buffer.from(lines));
    this.sendOctets(concat(parts), endOfSequence);
    this.owe(...commands);
  }

  sendOctets(octets: Uint8Array, endOfSequence: boolean): void {
    this.#inSequence = endOfSequence ? 0 : this.#inSequence + octets.length;
    this.output.send(octets, endOfSequence);
  }

  owe(...commands: Command[]): void {
    this.#owed.push(...commands);
    this.#progress = true;
  }

  /** Asks for the next octets of the body. */
  pull(from?: number): void {
    this.output.handOver(from === undefined ? { do: 'pull' } : { do: 'pull', from });
    this.#progress = true;
  }

  /** What this reply answers. */
  next(): Command | undefined {
    this.#progress = true;
    return this.#owed.shift();
  }

  /** Nothing is owed any longer. */
  close(): void {
    this.#owed.length = 0;
  }

  nextDeadline(): number | undefined {
    return this.#timers.next();
  }

  /** @returns what was waited for too long: `no reply to MAIL within 300 s`. */
  takeExpired(now: number): string | undefined {
    if (this.#timers.takeExpired(now).length === 0) return undefined;
    const step = this.owed;
    const what =
      step === undefined ? 'message not taken' : step === 'greeting' ? 'no greeting' : `no reply to ${step}`;
    return `${what} within ${this.#timeoutMs() / 1000} s`;
  }

  /** All actions since the last time. @param pulling the driver owes octets of the body, or TLS. */
  take(now: number, pulling: boolean): readonly ClientAction[] {
    const isOwed = this.#owed.length > 0;
    this.output.awaiting(isOwed);
    const timeoutMs = this.#timeoutMs();
    if ((!isOwed && !pulling) || timeoutMs === Number.POSITIVE_INFINITY) this.#timers.stop('step');
    else if (this.#progress) this.#timers.start('step', now + timeoutMs);
    this.#progress = false;
    return this.output.take();
  }

  /** Of what is waited for now: the oldest reply owed, or else the next octets of the message. */
  #timeoutMs(): number {
    return this.#timeouts[TIMEOUTS[this.owed ?? 'DATA']];
  }
}

/** Of the class that lets the dialogue go on: 3xx after DATA, 2xx or what is listed for the step else. */
export function isGood({ code }: Reply, step: Step | undefined): boolean {
  const first = Math.floor(code / 100);
  if (step === 'DATA') return first === 3;
  return first === 2 || (step !== undefined && code === INTERMEDIATE[step]);
}

/** What a 4xx or 5xx reply means for the recipients that it is about. */
export function failureOf(reply: Reply, step: Step): 'temporary' | 'permanent' {
  if (reply.code < 500 || isTooMany(reply, step)) return 'temporary';
  // RFC 4954 §6: authentication is missing, wrong or too weak. The operator can mend it; the sender could not.
  return AUTHENTICATION.has(reply.code) ? 'temporary' : 'permanent';
}

const AUTHENTICATION: ReadonlySet<number> = new Set([530, 534, 535, 538]);

/** RFC 5321 §4.5.3.1.10: no more recipients in this transaction. 552 is to be read as 452 there. */
export function isTooMany({ code, status }: Reply, step: Step): boolean {
  return (
    step === 'RCPT' &&
    ((code === 552 && (status ?? '5.5.3') === '5.5.3') || (code === 452 && status === '4.5.3'))
  );
}
