/**
 * From the greeting to the first message: EHLO or HELO, TLS and what is offered then, who we are (RFC 5321 §3.2, RFC 3207,
 * RFC 4954).
 *
 * What stands in the way of mail here is about the next hop and not about a message: it is put off, with a 4.7.x in the
 * reason where it is a matter of policy.
 */
import { capabilitiesOf, NO_CAPABILITIES } from './capabilities.js';
import type { ClientDialogue } from './client-dialogue.js';
import { describeReply, type Reply } from './reply.js';
import { chooseMechanism, type SaslClient } from './sasl-client/index.js';
import type { Again, ClientOptions, PeerCapabilities } from './session.js';

export interface OpeningEnd {
  /** Mail may go out. */
  ready(): void;
  /** It may not: the session ends with QUIT. */
  refused(why: string): void;
  /** The transport is to be encrypted before anything else is read or said. */
  upgrade(): void;
}

/** RFC 4954 §4: more than any mechanism here needs. */
const MAX_CHALLENGES = 8;

export class ClientOpening {
  readonly #options: ClientOptions;
  readonly #dialogue: ClientDialogue;
  readonly #end: OpeningEnd;
  #capabilities: PeerCapabilities = NO_CAPABILITIES;
  #secure: boolean;
  #authenticated = false;

  constructor(options: ClientOptions, dialogue: ClientDialogue, end: OpeningEnd) {
    this.#options = options;
    this.#dialogue = dialogue;
    this.#end = end;
    this.#secure = options.secure ?? false;
  }

  get capabilities(): PeerCapabilities {
    return this.#capabilities;
  }

  get authenticated(): boolean {
    return this.#authenticated;
  }

  begin(): void {
    this.#dialogue.owe({ step: 'greeting', line: '', answered: (reply, good) => this.#greeted(reply, good) });
  }

  /** RFC 3207 §4.2: what was learnt in the clear is forgotten. */
  secured(): void {
    this.#secure = true;
    this.#capabilities = NO_CAPABILITIES;
    this.#introduce(this.#extended);
  }

  /** How another session would get further than this one, which is gone. */
  another(): Again | undefined {
    return this.#dialogue.owed === 'EHLO' && !this.#secure ? 'helo' : undefined;
  }

  /** TLS could not be begun. */
  get againWithoutTls(): Again | undefined {
    return this.#options.tls === 'must' ? undefined : 'noTls';
  }

  #greeted(reply: Reply, good: boolean): void {
    if (!good) this.#end.refused(`refused by the greeting: ${describeReply(reply)}`);
    else {
      this.#dialogue.output.event('greetingSeen');
      this.#introduce(this.#options.hello ?? this.#extended);
    }
  }

  /** RFC 2033 §4.1. */
  get #extended(): 'EHLO' | 'LHLO' {
    return this.#options.lmtp === true ? 'LHLO' : 'EHLO';
  }

  #introduce(step: 'EHLO' | 'HELO' | 'LHLO'): void {
    this.#dialogue.send([
      {
        step,
        line: `${step} ${this.#options.hostname}`,
        answered: (reply, good) => {
          if (good) {
            this.#capabilities = this.#usable(capabilitiesOf(reply, step !== 'HELO'));
            this.#introduced();
          }
          // RFC 5321 §3.2: a server that does not know EHLO may know HELO.
          else if (step === 'EHLO' && reply.code >= 500) this.#introduce('HELO');
          else this.#end.refused(`refused after ${step}: ${describeReply(reply)}`);
        },
      },
    ]);
  }

  /** BDAT in LMTP would need as many replies as RCPT has had good ones, and it goes out before those are there. */
  #usable(capabilities: PeerCapabilities): PeerCapabilities {
    return this.#options.lmtp === true
      ? { ...capabilities, chunking: false, binaryMime: false }
      : capabilities;
  }

  #introduced(): void {
    const { tls = 'none', login } = this.#options;
    const { keywords, name } = this.#capabilities;
    if (this.#secure || tls === 'none') {
      if (login !== undefined && !this.#authenticated) this.#authenticate();
      else this.#end.ready();
    } else if (keywords.has('STARTTLS')) this.#startTls();
    else if (tls === 'must') this.#end.refused(`4.7.4 TLS is required, and ${name} does not offer it`);
    else this.#goOnInTheClear();
  }

  #startTls(): void {
    this.#dialogue.send([
      {
        step: 'STARTTLS',
        line: 'STARTTLS',
        answered: (reply, good) => {
          if (good) this.#end.upgrade();
          else if (this.#options.tls === 'must')
            this.#end.refused(`4.7.0 TLS is required, and was refused: ${describeReply(reply)}`);
          else this.#goOnInTheClear();
        },
      },
    ]);
  }

  #goOnInTheClear(): void {
    if (this.#options.login === undefined) this.#end.ready();
    else this.#authenticate();
  }

  // ---------------------------------------------------------------- who we are

  #authenticate(): void {
    const { login } = this.#options;
    const { mechanisms, name } = this.#capabilities;
    if (login === undefined) return;
    if (!this.#secure && login.privateLine !== true) {
      this.#end.refused(`4.7.11 login as ${login.user} needs TLS, and there is none`);
      return;
    }
    const mechanism = chooseMechanism(mechanisms, login, login.nonce);
    if (mechanism === undefined) {
      const offered = mechanisms.length === 0 ? 'no login' : `only ${mechanisms.join(', ')}`;
      this.#end.refused(`4.7.0 login as ${login.user} is asked for, and ${name} offers ${offered}`);
      return;
    }
    // RFC 4954 §4: an empty first response is written `=`.
    const initial = mechanism.initial && ` ${base64(mechanism.initial) || '='}`;
    this.#prove(mechanism, `AUTH ${mechanism.name}${initial ?? ''}`, MAX_CHALLENGES);
  }

  #prove(mechanism: SaslClient, line: string, challengesLeft: number): void {
    this.#dialogue.send([
      {
        step: 'AUTH',
        line,
        answered: (reply, good) => {
          if (good && reply.code === 334) this.#challenged(mechanism, reply, challengesLeft);
          else if (!good) this.#notAuthenticated(describeReply(reply));
          else if (mechanism.isSatisfied()) {
            this.#authenticated = true;
            this.#end.ready();
          } else this.#notAuthenticated('the server did not prove that it knows the password');
        },
      },
    ]);
  }

  #challenged(mechanism: SaslClient, reply: Reply, challengesLeft: number): void {
    const challenge = reply.lines.join('').trim();
    const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(challenge);
    const response =
      isBase64 && challengesLeft > 0 ? mechanism.respond(Buffer.from(challenge, 'base64')) : undefined;
    if (response !== undefined) this.#prove(mechanism, base64(response), challengesLeft - 1);
    else {
      // RFC 4954 §4: taken back, and answered 501.
      const why = `what the server says does not fit ${mechanism.name}`;
      this.#dialogue.send([{ step: 'AUTH', line: '*', answered: () => this.#notAuthenticated(why) }]);
    }
  }

  #notAuthenticated(why: string): void {
    this.#end.refused(`4.7.8 login as ${this.#options.login?.user} failed: ${why}`);
  }
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}
