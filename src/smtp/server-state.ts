import { splitAddress } from './address.js';
import type { LineEnds, LineSplitter } from './line.js';
import type { MessageReader } from './message-reader.js';
import { BASIC_OFFERS, type Offers } from './offers.js';
import type { ProxyAttributes } from './proxy-attributes.js';
import type { Moment } from './refusals.js';
import type { EnhancedReply } from './reply.js';
import type {
  ClientFacts,
  Hello,
  MailCommand,
  RestartPoint,
  ServerOptions,
  TlsFacts,
} from './server-interface.js';

/** A message from MAIL to its end. */
export class Transaction {
  readonly mail: MailCommand;
  /** Where an earlier session of this transaction stopped (RFC 1845). */
  readonly checkpoint: RestartPoint | undefined;
  accepted = 0;
  refused = 0;
  /** Different domains of accepted recipients, where they are limited (RFC 9422). */
  readonly #domains: Set<string> | undefined;
  readonly #maxDomains: number;
  /** The message, once its first chunk was accepted (RFC 3030). */
  reader: MessageReader | undefined;
  /** Why the chunks that come are thrown away. */
  failed: EnhancedReply | undefined;

  constructor(mail: MailCommand, checkpoint: RestartPoint | undefined, maxDomains: number | undefined) {
    this.mail = mail;
    this.checkpoint = checkpoint;
    this.#maxDomains = maxDomains ?? Number.POSITIVE_INFINITY;
    this.#domains = maxDomains === undefined ? undefined : new Set();
  }

  /** Whether its domain is one too many. */
  isTooWide(recipient: string): boolean {
    const domains = this.#domains;
    if (domains === undefined || domains.size < this.#maxDomains) return false;
    return !domains.has(splitAddress(recipient).domain);
  }

  accept(recipient: string): void {
    this.accepted++;
    this.#domains?.add(splitAddress(recipient).domain);
  }

  moment(): Moment {
    if (this.reader !== undefined || this.failed !== undefined) return 'chunks';
    if (this.checkpoint !== undefined) return 'resumed';
    return this.accepted === 0 ? 'mail' : 'recipients';
  }
}

/** What a session remembers between commands. */
export class ServerState {
  readonly options: ServerOptions;
  readonly offers: Offers;
  /** Greeted with a refusal. */
  refused = false;
  hello: Hello | undefined;
  tls: TlsFacts | undefined;
  /** A login succeeded in this session (RFC 4954 §4: there is no second). */
  loggedIn = false;
  identity: string | undefined;
  xclient: ProxyAttributes | undefined;
  xforward: ProxyAttributes | undefined;
  transaction: Transaction | undefined;
  /** Messages begun, as MAILMAX counts them. */
  messages = 0;
  failedLogins = 0;

  readonly #lines: LineSplitter;

  constructor(options: ServerOptions, lines: LineSplitter) {
    this.options = options;
    this.offers = options.offers ?? BASIC_OFFERS;
    this.#lines = lines;
  }

  /** What ends a line here; there was one when this is asked. */
  get lineEnds(): LineEnds {
    return this.#lines.lineEnds ?? 'crlf';
  }

  get moment(): Moment {
    if (this.refused) return 'refused';
    if (this.hello === undefined) return 'start';
    return this.transaction?.moment() ?? 'ready';
  }

  get client(): ClientFacts {
    const { hello, tls, identity, xclient, xforward } = this;
    return { hello, tls, identity, xclient, xforward };
  }

  /** Whether a password may be asked for now. */
  get authAllowed(): boolean {
    const { auth } = this.offers;
    return auth !== undefined && (auth.withoutTls || this.tls !== undefined);
  }

  /** Nothing is left of a message. What was said of its way holds for one message only. */
  endTransaction(): void {
    this.transaction = undefined;
    this.xforward = undefined;
  }

  /** As if the client had just been greeted, except for what a trusted client said of it. */
  forget(): void {
    this.transaction = undefined;
    this.hello = undefined;
    this.loggedIn = false;
    this.identity = this.xclient?.login;
    this.xforward = undefined;
  }
}
