/**
 * The shared session engine's two halves speak through these inputs and actions. They do no I/O and know no
 * transport: whoever drives them feeds what happens and carries out what they return, in order.
 *
 * Octets given to a session belong to it from then on; those that it gives out belong to the driver, and may be views
 * of the former. An action that the driver answers with an input (`ask`, `body`, `upgrade`, `ready`, `pull`) and the
 * end (`close`, `turn`, `finished`) stand last in their list, so the answer may be given from within the loop over the
 * list. After the end every input is ignored; before it, an input that was not asked for throws: the driver is wrong.
 */
import type { MailParameters, RecipientParameters } from './envelope.js';

/**
 * What of the dialogue matters to the timers and closing rules of RFC 1090, seen from the half that tells it.
 * `awaiting` and `settled` bracket the time in which something is owed by the other end (a reply to the client;
 * a command or data to the server).
 */
export type DialogueEvent =
  | 'greetingSeen'
  | 'awaiting'
  | 'settled'
  | 'quitSent'
  | 'farewellSeen'
  | 'farewellSent';

// ---------------------------------------------------------------- client

export interface ClientOptions {
  readonly hostname: string;
  /** Command pipelining when offered (RFC 2920). */
  readonly pipelining: boolean;
  /** BDAT in place of DATA when offered (RFC 3030). Default true. */
  readonly chunking?: boolean;
  /** How the session is opened; HELO where the server is known to drop EHLO. Default EHLO. */
  readonly hello?: 'EHLO' | 'HELO';
  /**
   * LMTP (RFC 2033), by which mail is put into mailboxes: the server is greeted with LHLO and answers for each recipient by
   * itself. BDAT is not used in it. Default false.
   */
  readonly lmtp?: boolean;
  /** STARTTLS (RFC 3207): never, where offered, or no mail without it. Default none. */
  readonly tls?: 'none' | 'may' | 'must';
  /** The transport is encrypted before the session begins. Default false. */
  readonly secure?: boolean;
  /** Who we are to the server (RFC 4954). With it nothing is sent before the server has accepted it. */
  readonly login?: Login;
  /**
   * Longest wait for replies by step, milliseconds (RFC 5321 §4.5.3.2); Infinity leaves the wait to others. RFC 1090
   * has its own on circuits.
   */
  readonly timeouts: {
    readonly greetingMs: number;
    readonly commandMs: number;
    /** For the reply to DATA, and from each `pull` to its `body`: a transport that takes nothing holds the body up. */
    readonly dataMs: number;
    readonly endOfDataMs: number;
  };
}

export interface Login {
  readonly user: string;
  readonly password: string;
  /** The line is private: the password may be used on it without TLS. */
  readonly privateLine?: boolean;
  /** Random text for SCRAM; only tests give it. */
  readonly nonce?: string;
}

/** What is said of a message in MAIL; its size is that of the message as it is sent. */
export type OutgoingParameters = Omit<MailParameters, 'size' | 'transactionId'>;

export interface OutgoingMessage {
  readonly id: string;
  readonly sender: string;
  readonly recipients: readonly OutgoingRecipient[];
  /** Octets, dots not stuffed. */
  readonly size: number;
  readonly parameters: OutgoingParameters;
  /** A transaction that can go on after an interruption, where the server offers it (RFC 1845). */
  readonly checkpoint?: Checkpoint;
}

export interface OutgoingRecipient {
  readonly address: string;
  readonly parameters: RecipientParameters;
}

export interface Checkpoint {
  /** With brackets, at most 80 characters. New for each new transaction. */
  readonly transactionId: string;
  /**
   * The transaction was interrupted after the server had accepted these, and the message has not changed since. Absent:
   * it is new.
   */
  readonly accepted?: readonly string[];
}

export type ClientInput =
  | { readonly type: 'start' }
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  /** Only after `ready`. Without recipients it is done at once. */
  | { readonly type: 'message'; readonly message: OutgoingMessage }
  /** Answer to `pull`: the next octets of the body with CRLF line ends (not stuffed), `last` with the final ones (may be empty). */
  | { readonly type: 'body'; readonly octets: Uint8Array; readonly last: boolean }
  /** The body can't be read: the message must not look complete, so the session is broken off. */
  | { readonly type: 'bodyFailed'; readonly reason: string }
  /** Answer to `upgrade`: the transport is encrypted. */
  | { readonly type: 'secured' }
  /** Answer to `upgrade`: it is not, and can't be used any longer. */
  | { readonly type: 'failed'; readonly reason: string }
  /** Only after `ready`: client and server change places, for the mail of these domains (RFC 2645). None: of all that are ours. */
  | { readonly type: 'turn'; readonly domains: readonly string[] }
  /** Only after `ready`: the server is asked to bring what waits for these nodes (RFC 1985). `ready` follows. */
  | { readonly type: 'etrn'; readonly nodes: readonly string[] }
  /** Only after `ready`: nothing more to send. */
  | { readonly type: 'quit' }
  | { readonly type: 'ended'; readonly reason: string };

export type ClientAction =
  /** One command or one pipelined batch ends its sequence; data is full sequences, only its end ends one. */
  | { readonly do: 'send'; readonly octets: Uint8Array; readonly endOfSequence: boolean }
  | { readonly do: 'consumed'; readonly octets: number }
  /** Greeted (or done with the last message): give a message, `turn` or quit. */
  | { readonly do: 'ready'; readonly capabilities: PeerCapabilities }
  /**
   * Give the next octets of the body. With `from` it begins at that octet, once more where it was given before: not at 0
   * where the server has a part of it already.
   */
  | { readonly do: 'pull'; readonly from?: number }
  /** Begin TLS as its client, then say `secured` or `failed`. Octets of before must not get into it. */
  | { readonly do: 'upgrade' }
  /** What became of every recipient of a message; before the next `ready`, or before `finished`. */
  | {
      readonly do: 'result';
      readonly message: string;
      readonly outcomes: readonly RecipientOutcome[];
      /** The session ended while the message was on its way, in a transaction that can go on. */
      readonly interrupted?: Required<Checkpoint>;
    }
  | { readonly do: 'dialogue'; readonly event: DialogueEvent }
  /** The server refused to change places, or to bring what waits for a node (`reason` names it); `ready` follows. */
  | { readonly do: 'notFetched'; readonly code: number; readonly reason: string }
  /**
   * We are the server from here on: this session is over, the transport is not. `octets` came after the reply and are
   * the first of the new client; they are not consumed yet.
   */
  | { readonly do: 'turned'; readonly octets: Uint8Array }
  /**
   * The session is over; `close` in order after a farewell, `abort` when the other end can't be trusted any longer.
   * `again` says how another session at once would fare better.
   */
  | {
      readonly do: 'finished';
      readonly how: 'close' | 'abort';
      readonly reason: string;
      readonly again?: Again;
    };

/**
 * helo     the server dropped EHLO
 * noTls    TLS failed, and is not asked for by policy
 * more     the server takes no more messages in one session (RFC 9422, or 421 to MAIL of a further one); nothing is wrong with
 *          it, and a message that it did not begin with has no result
 */
export type Again = 'helo' | 'noTls' | 'more';

export interface RecipientOutcome {
  readonly address: string;
  readonly outcome: 'delivered' | 'temporary' | 'permanent';
  /** The reply in one line (`550 5.1.1 no such user`), or what happened instead (`circuit reset`). */
  readonly reason: string;
  /** Delivered to a server that makes no delivery reports: who asked for one is told "relayed" by us (RFC 3461 §5.2.2). */
  readonly relayed?: true;
  /** Delivered to a server without DELIVERBY: that the time is kept is not known any more (RFC 2852 §4.1.4.2). */
  readonly untimed?: true;
  /** Put into the recipient's mailbox: nobody after us could report on it. */
  readonly final?: true;
}

/** What is to be told of a delivery beside that it went well. */
export type DeliveryFacts = Pick<RecipientOutcome, 'relayed' | 'untimed' | 'final'>;

export interface PeerCapabilities {
  readonly name: string;
  readonly extended: boolean;
  readonly pipelining: boolean;
  readonly eightBitMime: boolean;
  /** RFC 3030; BINARYMIME counts only beside CHUNKING. */
  readonly chunking: boolean;
  readonly binaryMime: boolean;
  readonly smtpUtf8: boolean;
  readonly dsn: boolean;
  readonly checkpoint: boolean;
  /** Undefined: SIZE not offered; 0: offered without a limit. */
  readonly size: number | undefined;
  /** RFC 9422; Infinity where it is not told. */
  readonly limits: { readonly mails: number; readonly recipients: number; readonly domains: number };
  /** SASL mechanisms, upper case. */
  readonly mechanisms: readonly string[];
  readonly keywords: ReadonlyMap<string, string>;
}
