/** STARTTLS (RFC 3207) and AUTH (RFC 4954). */
import { randomBytes } from 'node:crypto';
import type { Decoded } from '../core/index.js';
import type { Answer, Exchange } from './answer.js';
import type { LineFault } from './line.js';
import type { EnhancedReply } from './reply.js';
import { type Login, MECHANISMS, type MechanismName, type Step } from './sasl/index.js';
import type { ServerState } from './server-state.js';

const DEFAULT_MAX_FAILED_LOGINS = 3;
const NONCE_OCTETS = 18;

export function startTls(state: ServerState): Answer {
  if (state.tls !== undefined) return { error: { code: 503, status: '5.5.1', text: 'TLS is on' } };
  return { say: { code: 220, status: '2.0.0', text: 'Begin with TLS' }, next: { upgrade: true } };
}

const reply = (code: number, status: string, text: string): EnhancedReply => ({ code, status, text });

const ALREADY = reply(503, '5.5.1', 'Logged in already');
const ENCRYPTION_NEEDED = reply(538, '5.7.11', 'A password needs TLS; say STARTTLS first');
const NO_MECHANISM = reply(504, '5.5.4', 'No such mechanism here');
const NOT_BASE64 = reply(501, '5.5.2', 'That is not base64');
const NOT_EXPECTED = reply(501, '5.5.2', 'This mechanism has no initial response');
const UNREADABLE = reply(501, '5.5.2', 'That is no message of this mechanism');
const CANCELLED = reply(501, '5.7.0', 'Login given up');
const LINE_TOO_LONG = reply(500, '5.5.6', 'Line too long');
const WRONG = reply(535, '5.7.8', 'User or password is wrong');
const TOO_MANY = reply(421, '4.7.0', 'Too many failed logins');
const LOGGED_IN = reply(235, '2.7.0', 'Logged in');

/** `AUTH mechanism [initial-response]`. */
export function auth(state: ServerState, argument: string, syntax: string): Answer {
  if (state.loggedIn) return { error: ALREADY };
  if (!state.authAllowed) return { error: ENCRYPTION_NEEDED };
  const words = /^(\S+)(?: +(\S+))?$/.exec(argument);
  if (words === null) return { error: reply(501, '5.5.4', `Syntax: ${syntax}`) };
  const name = words[1]?.toUpperCase();
  const offered = state.offers.auth?.mechanisms.find((mechanism) => mechanism === name);
  if (offered === undefined) return { error: NO_MECHANISM };
  const mechanism = MECHANISMS[offered];
  const nonce = (): string => randomBytes(NONCE_OCTETS).toString('base64');
  const dialogue = new AuthDialogue(state, offered);
  const first = mechanism.begin({ hostname: state.options.hostname, nonce });
  if (words[2] === undefined) return dialogue.follow(first);
  if (!mechanism.initialResponse) return { error: NOT_EXPECTED };
  // RFC 4954 §4: `=` is a response of no octets.
  const response = words[2] === '=' ? new Uint8Array(0) : fromBase64(words[2]);
  return response === undefined ? { error: NOT_BASE64 } : dialogue.follow(first.respond(response));
}

/** The lines that go to and fro until the mechanism has its answer. */
class AuthDialogue implements Exchange {
  readonly #state: ServerState;
  readonly #mechanism: MechanismName;
  #respond: ((response: Uint8Array) => Step) | undefined;

  constructor(state: ServerState, mechanism: MechanismName) {
    this.#state = state;
    this.#mechanism = mechanism;
  }

  line(line: Decoded<string, LineFault>): Answer {
    if (!line.ok) return { error: line.fault === 'tooLong' ? LINE_TOO_LONG : NOT_BASE64 };
    if (line.value === '*') return { say: CANCELLED };
    const response = fromBase64(line.value);
    if (response === undefined || this.#respond === undefined) return { error: NOT_BASE64 };
    return this.follow(this.#respond(response));
  }

  follow(step: Step): Answer {
    if ('challenge' in step) {
      this.#respond = step.respond;
      const text = Buffer.from(step.challenge).toString('base64');
      return { say: { code: 334, text }, next: { exchange: this } };
    }
    if ('lookUp' in step)
      return {
        ask: { type: 'credentials', user: step.lookUp, mechanism: this.#mechanism },
        decided: (verdict) =>
          verdict.accept ? this.follow(step.found(verdict.credentials)) : { say: verdict.reply },
      };
    if ('proven' in step) return this.#logIn(step.proven);
    return step.failed === 'syntax' ? { error: UNREADABLE } : this.#refuse();
  }

  #logIn({ user, identity }: Login): Answer {
    const state = this.#state;
    return {
      ask: { type: 'login', user, identity, mechanism: this.#mechanism },
      decided: (verdict) => {
        if (!verdict.accept) return { say: verdict.reply };
        state.loggedIn = true;
        state.identity = identity;
        return { say: verdict.reply ?? LOGGED_IN };
      },
    };
  }

  #refuse(): Answer {
    const state = this.#state;
    state.failedLogins++;
    const isOver = state.failedLogins >= (state.options.maxFailedLogins ?? DEFAULT_MAX_FAILED_LOGINS);
    return isOver
      ? { say: TOO_MANY, next: { count: 'failedLogin', end: 'errors' } }
      : { say: WRONG, next: { count: 'failedLogin' } };
  }
}

/** RFC 4648 §4, with nothing else in it. */
function fromBase64(text: string): Uint8Array | undefined {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isBase64 ? new Uint8Array(Buffer.from(text, 'base64')) : undefined;
}
