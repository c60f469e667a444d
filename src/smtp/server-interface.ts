/** What the server's half of a session takes and gives; see `session.ts` for what holds for both halves. */
import type { MailParameters, RecipientParameters } from './envelope.js';
import type { Offers } from './offers.js';
import type { ProxyAttributes } from './proxy-attributes.js';
import type { EnhancedReply } from './reply.js';
import type { Credentials } from './sasl/index.js';
import type { DialogueEvent } from './session.js';

export interface ServerOptions {
  /** Our name in the greeting, in EHLO and in Received. */
  readonly hostname: string;
  /** After the host name in the greeting: `ESMTP NO UCE`. Line feeds make it a reply of several lines. */
  readonly greeting: string;
  readonly maxMessageSize: number;
  /** Of one message; those beyond get 452 (RFC 5321 §4.5.3.1.10). */
  readonly maxRecipients: number;
  /** Line ends: `crlf` on TCP; `learn` on a circuit, from the first command line (RFC 1090 §8). */
  readonly lineEnds: 'crlf' | 'learn';
  /** What a bare CR or LF in the data of a CRLF session becomes. Nothing, where it was declared BINARYMIME. */
  readonly bareLineEnd: 'refuse' | 'crlf';
  /** Longest wait for a command or for data, milliseconds (RFC 5321 §4.5.3.2.7: 5 minutes). */
  readonly idleTimeoutMs: number;
  /** So many errors of protocol (not refused mail) end the session with 421. */
  readonly maxErrors: number;
  /** Absent: `BASIC_OFFERS`. */
  readonly offers?: Offers;
  /** Octets of a text line, its end counted. Absent: any; RFC 5321 §4.5.3.1.6 asks for 1000 at least. */
  readonly maxTextLine?: number;
  /** Octets of a command line without its end; AUTH may have more. Default 2048. */
  readonly maxCommandLine?: number;
  /** So many commands of verbs that we don't know end the session with 421. Default 10. */
  readonly maxUnknownCommands?: number;
  /** So many commands that bring no message forward, between two messages, end the session with 421. Default 100. */
  readonly maxIdleCommands?: number;
  /** After so many refused recipients of a message no other is asked about: 452. Default 100. */
  readonly maxRefusedRecipients?: number;
  /** So many failed logins end the session with 421. Default 3. */
  readonly maxFailedLogins?: number;
  /** Mail only after AUTH (RFC 6409 §4.3). */
  readonly authRequired?: boolean;
  /** Little else than STARTTLS before TLS (RFC 3207 §4). */
  readonly tlsRequired?: boolean;
  /** A client that speaks before the greeting: is served (default), or is told 554 and cut off. */
  readonly earlyTalkers?: 'serve' | 'refuse';
  /** Data that comes more slowly than this, while we wait for it, ends the session with 421. */
  readonly slowestData?: DataRate;
}

export interface DataRate {
  /** A function where it changes; undefined while nothing could come, whoever sends: that time does not count. */
  readonly octetsPerSecond: number | (() => number | undefined);
  /** The time over which it is measured, milliseconds. */
  readonly overMs: number;
  /**
   * Octets that have come from the client so far, counted where they arrive: of a record of TLS (16 KB) nothing is seen
   * before it is whole, and that takes a slow line minutes. Absent: what is used up of a message counts.
   */
  readonly arrived?: () => number;
}

/** What is known of the TLS session in which the dialogue is held. */
export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
  /** What the client asked for (SNI). */
  readonly serverName?: string;
  /** Whom the client's certificate names, where one was given and verified. */
  readonly clientName?: string;
}

export type ServerInput =
  /**
   * The transport is open: the greeting goes out. `tls` where it is within TLS from the start; `refusal` instead of the
   * greeting: with 421 the session is over, with another code the client is heard only to say QUIT (RFC 5321 §3.1).
   */
  | { readonly type: 'start'; readonly tls?: TlsFacts; readonly refusal?: EnhancedReply }
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  /** What was asked is decided. `id` is that of the ask; one ask is open at a time. */
  | { readonly type: 'answer'; readonly id: number; readonly verdict: Verdict }
  /** The driver has room for more of the body (see `body`). */
  | { readonly type: 'bodyTaken' }
  /** TLS is on (see `upgrade`); octets are those within it from now on. */
  | { readonly type: 'secured'; readonly tls: TlsFacts }
  /** The gateway stops: 421 at the next good moment; a message being received and an open ask are finished first. */
  | { readonly type: 'stop' }
  /** The transport is gone. */
  | { readonly type: 'ended' };

export type Verdict =
  | {
      readonly accept: true;
      readonly reply?: EnhancedReply;
      /** To `sender`, where the transaction is known (RFC 1845). */
      readonly checkpoint?: RestartPoint;
      /** To `credentials`; absent: nobody of this name. */
      readonly credentials?: Credentials;
    }
  | { readonly accept: false; readonly reply: EnhancedReply };

/** How far the message of a TRANSID came in an earlier session. */
export interface RestartPoint {
  /**
   * Octets of it on stable storage; all of them if it was finished. Also in the midst of a line: what goes on there begins as a line
   * does, so that a dot is stuffed.
   */
  readonly offset: number;
  /** What was said to the whole message, or is to be said now; it is not committed again. */
  readonly finished?: EnhancedReply;
}

export type ServerAction =
  /**
   * One reply, or the replies to one pipelined batch. While a command of a batch is being decided, the replies to those
   * before it wait up to 100 ms (see `nextDeadline`), that to a message never.
   */
  | { readonly do: 'send'; readonly octets: Uint8Array }
  /** The engine waits for an `answer`; pipelined input waits in order. */
  | { readonly do: 'ask'; readonly id: number; readonly ask: Ask; readonly client: ClientFacts }
  /**
   * A piece of the message, up to 64 KiB: CRLF line ends, dots unstuffed, nothing added; the last ends with CRLF. One
   * of BINARYMIME is as it came. The next piece, or what follows the last, comes only after `bodyTaken`. An empty
   * message has no piece.
   */
  | { readonly do: 'body'; readonly octets: Uint8Array }
  /**
   * The message that was begun won't be finished: throw it away. May come while `begin` is still open; never once
   * `commit` was asked. `cutOff`: the session ended in it, and what is stored of a message with a TRANSID may be kept.
   */
  | { readonly do: 'discard'; readonly why: 'refused' | 'cutOff' }
  /** So many octets of input are used up. */
  | { readonly do: 'consumed'; readonly octets: number }
  | { readonly do: 'dialogue'; readonly event: DialogueEvent }
  | { readonly do: 'count'; readonly what: Misdeed }
  /**
   * STARTTLS was answered: begin with TLS, then say `secured`, and give no octets before. Octets in the clear that came
   * behind the command are thrown away already. If TLS fails, the transport is to be closed (`ended`).
   */
  | { readonly do: 'upgrade' }
  /**
   * ATRN was answered (RFC 2645): the session is over, and begins anew with a client on our side, which is greeted next.
   * `octets` came behind the command and are the new session's; they are not consumed yet.
   */
  | { readonly do: 'turn'; readonly domains: readonly string[]; readonly octets: Uint8Array }
  /** We said 221 or 421 (and, on TCP, close), or the transport is gone. `why` for the log. */
  | { readonly do: 'close'; readonly why: CloseReason };

export type CloseReason =
  | 'quit'
  | 'errors'
  | 'timeout'
  | 'stop'
  | 'gone'
  /** Greeted with a refusal. */
  | 'refused'
  /** It spoke before the greeting. */
  | 'early'
  /** Its data came too slowly. */
  | 'slow'
  /** MAILMAX messages were taken (RFC 9422). */
  | 'enough'
  /** A chunk's length could not be read, so where the next command is can't be known. */
  | 'lost';

/** What a client did that whoever watches for attacks counts. */
export type Misdeed = 'earlyTalker' | 'clearTextBehindStartTls' | 'failedLogin' | 'slowSender';

/** Who the client is, as far as the session knows. */
export interface ClientFacts {
  /** Undefined before EHLO. */
  readonly hello: Hello | undefined;
  readonly tls: TlsFacts | undefined;
  /** For whom it acts: who logged in, or LOGIN of XCLIENT. */
  readonly identity: string | undefined;
  /** What a trusted client says of the client that it speaks for. */
  readonly xclient: ProxyAttributes | undefined;
  /** What a trusted client says of where the next message comes from; for the log and Received only. */
  readonly xforward: ProxyAttributes | undefined;
}

export type Ask =
  /** With TRANSID, `checkpoint` in the verdict goes on where an earlier session was cut off; 451 if another has it now. */
  | { readonly type: 'sender'; readonly mail: MailCommand }
  | {
      readonly type: 'recipient';
      readonly address: string;
      readonly parameters: RecipientParameters;
      readonly mail: MailCommand;
    }
  /**
   * DATA or the first BDAT was given: make ready to take the body, from `offset` on (0 unless `checkpoint` said
   * otherwise). Refusing it refuses the command.
   */
  | { readonly type: 'begin'; readonly mail: MailCommand; readonly offset: number }
  /** The whole body was passed on: put it on stable storage, then answer. `size` counts from the message's start. */
  | { readonly type: 'commit'; readonly size: number; readonly mail: MailCommand }
  | { readonly type: 'verify'; readonly text: string }
  | { readonly type: 'expand'; readonly text: string }
  /** What is kept of this user, to check a login with. A refusal (454) ends the login without a verdict. */
  | { readonly type: 'credentials'; readonly user: string; readonly mechanism: string }
  /** The login is right: may `user` log in, and act for `identity` (RFC 4422 §3.4.1)? */
  | {
      readonly type: 'login';
      readonly user: string;
      readonly identity: string;
      readonly mechanism: string;
    }
  /** RFC 1985: start the queue of a domain (`@`: and all below it; `#`: of a queue of this name). */
  | { readonly type: 'etrn'; readonly kind: 'domain' | 'subdomains' | 'queue'; readonly name: string }
  /** RFC 2645: turn the session, to send what waits for these domains (none: for all of this client). */
  | { readonly type: 'atrn'; readonly domains: readonly string[] }
  /** XCLIENT: the greeting for the client that this one speaks for. `client` tells of it already. */
  | { readonly type: 'proxied' };

export interface MailCommand extends MailParameters {
  /** Empty for the null reverse path. */
  readonly address: string;
  readonly body: NonNullable<MailParameters['body']>;
}

export interface Hello {
  readonly name: string;
  readonly extended: boolean;
}
